"""GitHub: stars of the repositories that papers link to, and whether they are archived or gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from broadsheet.domain import LinkKind, Paper, PaperRecord, Reject
from broadsheet.errors import RecordError
from broadsheet.sources.fields import count, excerpt, fold
from broadsheet.sources.live.calendars import Every
from broadsheet.sources.live.enriching import in_groups, record_about, with_ids
from broadsheet.sources.live.harvesting import Batch, Fetch, Options, SourceKind
from broadsheet.sources.live.shapes import object_answer

PAPERS_A_BATCH = 20
_REPOSITORY = re.compile(
    r"https?://(?:www\.)?github\.com/([\w-]{1,39})/([\w.-]{1,100})(?:[/?#].*)?", re.IGNORECASE
)
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS)


def enrich(
    fetch: Fetch, options: Options, papers: Sequence[Paper], now: datetime
) -> Iterator[Batch]:
    """A batch for every 20 papers with a repository; each repository is asked for once."""
    linked = [
        (paper, name) for paper in with_ids(papers) if (name := repository_of(paper)) is not None
    ]
    known: dict[str, dict[str, Any] | RecordError] = {}
    names = {paper.key: name for paper, name in linked}
    for group in in_groups([paper for paper, _ in linked], PAPERS_A_BATCH):
        records: list[PaperRecord] = []
        rejects: list[Reject] = []
        for paper in group:
            name = names[paper.key]
            if name.lower() not in known:
                known[name.lower()] = _asked(fetch, options, name)
            facts = known[name.lower()]
            if isinstance(facts, RecordError):
                rejects.append(Reject("GitHub", name, str(facts), facts.record_id))
            else:
                records.append(record_about(paper, "github", facts, now))
        yield Batch(tuple(records), {}, tuple(rejects))


def repository_of(paper: Paper) -> str | None:
    """`OWNER/REPO` of the first code link that leads to GitHub."""
    for link in paper.links:
        found = _REPOSITORY.fullmatch(link.url) if link.kind is LinkKind.CODE else None
        if found and (name := found[2].removesuffix(".git").rstrip(".")):
            return f"{found[1]}/{name}"
    return None


def _asked(fetch: Fetch, options: Options, name: str) -> dict[str, Any] | RecordError:
    """What GitHub says of a repository: `is_gone`, or its stars; RecordError without a count."""
    headers = {"X-GitHub-Api-Version": "2022-11-28"}
    if options.get("token"):
        headers["Authorization"] = f"Bearer {options['token']}"
    address = f"{options['url'].rstrip('/')}/repos/{name}"
    reply = fetch(address, accept="application/vnd.github+json", headers=headers, allow=_GONE)
    if reply.status in _GONE:
        return {"repository": name, "is_gone": True}
    answer = object_answer(reply)
    stars, new_name = count(answer, "stargazers_count"), answer.get("full_name")
    if stars is None:
        return RecordError("The answer names no number of stars.", excerpt(reply.body))
    # A repository that has moved answers under its new name.
    return {
        "repository": fold(new_name) if isinstance(new_name, str) and new_name else name,
        "stars": stars,
        "archived": answer.get("archived") is True,
    }


SOURCE = SourceKind(
    name="github",
    title="GitHub",
    about="Stars of the repositories that papers link to.",
    hosts=("api.github.com",),
    pause_seconds=1.0,
    calendar=Every(hours=24),
    enrich=enrich,
    record_source="github",
    secret=("token",),
    options={
        "url": ("https://api.github.com", "Address of the REST API."),
        "token": ("", "A token without any permission: 5,000 requests an hour instead of 60."),
    },
)
