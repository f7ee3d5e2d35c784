"""A library of a few papers and people, for tests of the community's rules on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from broadsheet.domain import PaperRecord
from broadsheet.people import Account, Role
from broadsheet.store import Store

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)


def library_of(url: str, papers: int) -> Store:
    """A store with papers 1, 2, … under the keys 2608.00001, …, listed on the day of `NOW`."""
    store = Store.open(url)
    store.ingest([record(number) for number in range(1, papers + 1)], now=NOW)
    return store


def record(number: int, **fields: object) -> PaperRecord:
    """The record of an invented paper."""
    values = {
        "source": "corpus",
        "record_id": f"2608.{number:05}",
        "title": f"Wheel {number} of a Tidal Mill",
        "abstract": f"Wheel {number} is turned by the tide and measured over {number} winters.",
        "arxiv_id": f"2608.{number:05}",
        "categories": ("physics.soc-ph",),
        "listed_on": date(2026, 8, 21),
        **fields,
    }
    return PaperRecord(**values)  # type: ignore[arg-type]


def account(store: Store, name: str, role: Role = Role.READER) -> Account:
    """A verified account, a month old."""
    made = store.people.accounts.create(
        name,
        email=f"{name}@people.example",
        password_hash=None,
        created_at=NOW - timedelta(days=30),
        verified_at=NOW,
    )
    assert made is not None
    changed = store.people.accounts.change(made.account_id, role=role.label)
    assert changed is not None
    return changed
