"""Invented answers of the outside world, and a clock that moves when it is told to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

SUBJECTS = ("lanterns", "harbours", "beehives", "glaciers", "orchards", "kites", "bridges", "mills")


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


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
