"""A typed client of the JSON API, for programs elsewhere; it imports nothing of the server.

from broadsheet.client import Client

with Client("https://papers.example.org") as broadsheet:
    for paper in broadsheet.search("tidal attention has:code", limit=5).papers:
        print(paper.listed_on, paper.title_text)
"""

from broadsheet.client.asking import (
    Ask,
    ask_paper,
    ask_papers,
    ask_search,
    ask_similar,
    ask_status,
    ask_trending,
)
from broadsheet.client.blocking import Client
from broadsheet.client.problems import ApiError, BadAnswer, ClientError, Unreachable
from broadsheet.client.shapes import (
    Hit,
    Index,
    Link,
    Page,
    Paper,
    PaperDetail,
    Reason,
    Related,
    Source,
    Status,
    Version,
)
from broadsheet.client.waiting import AsyncClient

__all__ = [
    "ApiError",
    "Ask",
    "AsyncClient",
    "BadAnswer",
    "Client",
    "ClientError",
    "Hit",
    "Index",
    "Link",
    "Page",
    "Paper",
    "PaperDetail",
    "Reason",
    "Related",
    "Source",
    "Status",
    "Unreachable",
    "Version",
    "ask_paper",
    "ask_papers",
    "ask_search",
    "ask_similar",
    "ask_status",
    "ask_trending",
]
