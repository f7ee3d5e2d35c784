"""Whose papers `submitter=` asks for: people of this site, and those that Hugging Face names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from broadsheet.doings import Decision
from broadsheet.domain import Paper
from broadsheet.errors import NotFound
from broadsheet.store.store import Store

_SOURCE = "hf_daily"
_MOST = 1_000
"""So many submissions of one account of ours are looked at, the newest."""


def submitted_by(store: Store, name: str, start: date | None, end: date | None) -> list[Paper]:
    """The papers that were listed within a period because of one person, newest day first."""
    known = _named_by_source(store, name)
    papers = store.papers(sorted(known | _brought_here(store, name)))
    chosen = [
        paper
        for paper in papers
        if (start is None or paper.listed_on >= start) and (end is None or paper.listed_on <= end)
    ]
    return sorted(
        chosen, key=lambda paper: (paper.listed_on, paper.votes, paper.paper_id), reverse=True
    )


def _named_by_source(store: Store, name: str) -> set[int]:
    spelled = orjson.dumps(name).decode()
    numbers = store.harvest.numbers_saying(_SOURCE, ['"submittedBy"', spelled])
    said = store.harvest.extras(numbers)
    return {number for number in numbers if any(_is_named(one, name) for one in said[number])}


def _is_named(extras: Mapping[str, Any], name: str) -> bool:
    found = extras.get("submittedBy")
    return isinstance(found, dict) and name in {found.get("user"), found.get("name")}


def _brought_here(store: Store, name: str) -> set[int]:
    try:
        account = store.people.accounts.by_name(name)
    except NotFound:
        return set()
    brought = store.people.submissions.of_account(account.account_id, _MOST, None)
    granted = (one.paper_id for one in brought if one.state is Decision.GRANTED)
    return {number for number in granted if number is not None}
