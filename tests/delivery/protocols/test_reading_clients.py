"""docs/clients.md and docs/python-client.md show what clients of feeds, citations and tools print."""

from __future__ import annotations

import re

from tools.client_docs import ADDRESS, python_block, run_example, settle

from broadsheet.services import Services
from parts import PROJECT

FEEDPARSER = f"""
import feedparser

feed = feedparser.parse("{ADDRESS}/feeds/day.atom?min_votes=10&exclude=survey")
print(feed.status, feed.version, bool(feed.bozo), feed.feed.title)
for entry in feed.entries:
    print(entry.id, entry.published, entry.title)
again = feedparser.parse("{ADDRESS}/feeds/day.atom?min_votes=10&exclude=survey", etag=feed.etag)
print(again.status, len(again.entries))
"""
CITATIONS = f"""
import httpx2
import rispy
from pybtex.database import parse_string

paper = "{ADDRESS}/papers/2608.10001"
print(httpx2.get(paper, headers={{"Accept": "application/x-bibtex"}}).text)
reference = rispy.loads(httpx2.get(paper + ".ris").text)[0]
print(reference["type_of_reference"], reference["authors"], reference["title"])
found = parse_string(httpx2.get("{ADDRESS}/cite/search.bib?q=harbour").text, "bibtex")
print(len(found.entries), "entries:", *sorted(found.entries))
"""
MCP = f"""
import asyncio
from mcp.client.client import Client

async def main():
    async with Client("{ADDRESS}/mcp") as client:
        print(client.protocol_version, [tool.name for tool in (await client.list_tools()).tools])
        found = await client.call_tool("search_papers", {{"query": "fog horns", "limit": 1}})
        for paper in found.structured_content["papers"]:
            print(paper["id"], paper["title"], "|", paper["why"].split(" (")[0])
        wrong = await client.call_tool("list_papers", {{"list": "week", "period": "last"}})
        print(wrong.is_error, wrong.structured_content["error"])

asyncio.run(main())
"""
PYTHON_CLIENT = PROJECT / "docs" / "python-client.md"


def test_the_section_of_feedparser_is_what_it_prints(harbour_site: str) -> None:
    text = f"""## Feeds: `feedparser`

{python_block(FEEDPARSER, harbour_site)}
Addresses, formats and filters: [feeds.md](feeds.md).
"""
    assert settle("feedparser", text) == text.strip()


def test_the_section_of_reference_managers_is_what_they_print(harbour_site: str) -> None:
    text = f"""## Citations: `rispy`, `pybtex`, and whatever sends an Accept header

{python_block(CITATIONS, harbour_site)}
Zotero finds papers on their pages and in lists by unAPI. Formats and addresses:
[feeds.md](feeds.md#citations).
"""
    assert settle("citations", text) == text.strip()


def test_the_section_of_the_mcp_sdk_is_what_it_prints(harbour_site: str) -> None:
    text = f"""## Agents: the official `mcp` SDK

{python_block(MCP, harbour_site)}
Tools, transports and errors: [mcp.md](mcp.md).
"""
    assert settle("mcp", text) == text.strip()


def test_the_examples_of_the_python_client_print_what_they_claim(
    harbour_site: str, harbour_services: Services
) -> None:
    page = PYTHON_CLIENT.read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```\n\nprints\n\n```text\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 3
    for code, printed in examples:
        assert run_example(code, harbour_site) == printed


def test_every_piece_of_python_in_the_guide_is_an_example_with_its_output() -> None:
    page = PYTHON_CLIENT.read_text(encoding="utf-8")
    assert page.count("```python") == page.count("prints\n\n```text")
