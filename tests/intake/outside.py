"""Invented answers of the outside world, a clock that moves when it is told to, and the few steps
that the tests of harvests share.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from broadsheet import intake
from broadsheet.domain import Source, SourceState
from broadsheet.services import Services
from broadsheet.source_states import Outcome, state_of
from broadsheet.sources.live.fetching import Fetcher
from loopback import Loopback

SUBJECTS = ("lanterns", "harbours", "beehives", "glaciers", "orchards", "kites", "bridges", "mills")


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def add(
    services: Services,
    server: Loopback,
    kind: str = "huggingface",
    name: str = "daily",
    **options: str,
) -> None:
    """Add a source whose answers are at `/list`."""
    if kind == "huggingface":
        options = {"days": "1", **options}
    intake.add_source(services, kind, {"url": f"{server.url}/list", **options}, name)


def run(
    services: Services,
    fetcher: Callable[[Services, Source], Fetcher] = intake.fetcher_of,
    name: str = "daily",
) -> Outcome:
    """Harvest a source that nobody else has."""
    outcome = intake.harvest(services, services.store.source(name), fetcher)
    assert outcome is not None
    return outcome


def shown(services: Services, name: str = "daily") -> SourceState:
    """The state that readers see."""
    return state_of(services.store.source(name), services.clock())[0]


def library(services: Services) -> Counter[str]:
    """How often each paper is in the library, by its title."""
    return Counter(paper.title for paper, _ in services.store.every_paper())


def once(*titles: str) -> Counter[str]:
    """A library that holds these papers, each once."""
    return Counter(dict.fromkeys(titles, 1))


def hf_title(number: int) -> str:
    """The title of a paper of `hf_list`."""
    return f"Counting {SUBJECTS[number % len(SUBJECTS)]} in year {number}"


def oai_title(number: int) -> str:
    """The title of a paper of `oai_record`."""
    return f"Weighing {SUBJECTS[number % len(SUBJECTS)]} in year {number}"


def hf_item(number: int, day: date, votes: int = 1) -> dict[str, object]:
    """One item of a daily list."""
    subject = SUBJECTS[number % len(SUBJECTS)]
    return {
        "paper": {
            "id": f"2608.{number:05d}",
            "title": f"Counting {subject} in year {number}",
            "summary": f"In year {number} we counted {subject} by hand, {number * 7919} times.",
            "authors": [{"name": "Ada Lin"}],
            "publishedAt": f"{day.isoformat()}T01:00:00.000Z",
            "submittedOnDailyAt": f"{day.isoformat()}T02:00:00.000Z",
            "upvotes": votes,
        },
        "title": f"Counting {subject} in year {number}",
        "numComments": 0,
    }


def hf_list(numbers: Sequence[int], day: date, votes: int = 1) -> str:
    """The answer for one day."""
    return json.dumps([hf_item(number, day, votes) for number in numbers])


def oai_record(number: int, changed_on: date) -> str:
    """One record of arXiv's OAI-PMH interface."""
    subject = SUBJECTS[number % len(SUBJECTS)]
    name = f"2608.{number:05d}"
    return (
        f"<record><header><identifier>oai:arXiv.org:{name}</identifier>"
        f"<datestamp>{changed_on}</datestamp><setSpec>cs:cs:LG</setSpec></header>"
        '<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/">'
        f"<id>{name}</id><created>{changed_on}</created>"
        "<authors><author><keyname>Lin</keyname><forenames>Ada</forenames></author></authors>"
        f"<title>Weighing {subject} in year {number}</title><categories>cs.LG</categories>"
        f"<abstract>In year {number} we weighed {subject}, {number * 7919} of them.</abstract>"
        "</arXiv></metadata></record>"
    )


def oai_answer(records: Sequence[str], answered_at: datetime, token: str = "") -> str:
    """One page of records; without any, the protocol's way of saying so."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{answered_at:%Y-%m-%dT%H:%M:%SZ}</responseDate>"
    )
    if not records:
        return f'{head}<error code="noRecordsMatch">none</error></OAI-PMH>'
    token_ = f"<resumptionToken>{token}</resumptionToken>" if token else ""
    return f"{head}<ListRecords>{''.join(records)}{token_}</ListRecords></OAI-PMH>"
