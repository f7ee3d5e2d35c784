"""Records that meet nobody take a short way into the library, and stand there like all others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from invented import MILLS_JOURNAL, arxiv, facts, listing, published
from sqlalchemy import create_engine, select

from broadsheet.domain import Link, LinkKind, PaperRecord, Version
from broadsheet.store import Store, ingest
from broadsheet.store.harvest_listing import HarvestRange
from broadsheet.store.merging import PaperHead, merge
from broadsheet.store.schema import harvest, paper, paper_category, record, relation

TABLES = (paper, record, paper_category, harvest, relation)


def strangers() -> list[PaperRecord]:
    """Records of many kinds, none of which has to do with another."""
    return [
        arxiv("2603.00001"),
        arxiv("2603.00002", title="Salt", abstract="", votes=7, comments=2, categories=()),
        arxiv(
            "2603.00003",
            title="Nine Oak Wheels Under Salt Water",
            abstract=MILLS_JOURNAL,
            doi="10.5555/oak",
            extras={"date_source": "listed"},
            versions=(Version(1, datetime(2026, 2, 1, 4, tzinfo=UTC)), Version(2)),
            links=(Link(LinkKind.CODE, "https://github.com/invented/oak"),),
        ),
        published("10.5555/mills.9", title="Drifting by a Minute a Month", announced_on=None),
        listing("Harbours of the Moon and Their Clocks", "", listed_on=None),
        listing("The Sample's Own Mill", "Ground.", source="sample", listed_on=date(2026, 1, 2)),
    ]


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a library in an order of their own, without what counts writes."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(map(repr, connection.execute(select(*_told(table)))))
            for table in TABLES
        }
    engine.dispose()
    return found


def _told(table: Any) -> list[Any]:
    return [column for column in table.c if column.name not in ("paper_id", "revision")]


def test_the_short_way_writes_the_rows_of_the_long_one(
    store_url: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(store_url)
    counts, _ = store.ingest(strangers(), now=now)
    short, papers = rows(store_url), facts(store)
    with store._database.write() as connection:
        for table in TABLES:
            connection.execute(table.delete())
    monkeypatch.setattr(ingest, "strangers", lambda *_: [])
    assert store.ingest(strangers(), now=now) == (counts, [])
    assert counts.new == len(strangers())
    assert facts(store) == papers
    found = rows(store_url)
    # Instants rise by a microsecond from transaction to transaction.
    assert len(found.pop("harvest")) == len(short.pop("harvest"))
    assert found == short
    store.close()


def test_a_record_between_two_others_is_no_stranger_to_either(store: Store, now: datetime) -> None:
    first = arxiv("2603.00001", doi="10.5555/one")
    second = published("10.5555/one", title="Other Words on Other Wheels", abstract=MILLS_JOURNAL)
    third = arxiv("2603.00003", abstract=MILLS_JOURNAL)
    store.ingest([first, second, third], now=now)
    number = store.paper("2603.00001").paper_id
    assert "2603.00003" in {each.key for each in store.related(number)}


def test_a_stranger_to_the_batch_meets_who_is_in_the_library(store: Store, now: datetime) -> None:
    near = "Tidal Mills That Always Keep Time Without a Moon"
    store.ingest([arxiv("2603.00001")], now=now)
    store.ingest([arxiv("2603.00002", title=near, abstract=MILLS_JOURNAL)], now=now)
    number = store.paper("2603.00002").paper_id
    assert [each.key for each in store.related(number)] == ["2603.00001"]


def test_a_paper_that_comes_back_is_no_longer_deleted_for_harvesters(
    store: Store, now: datetime
) -> None:
    store.ingest([arxiv(source="sample")], now=now)
    store.remove_sample()
    store.ingest([arxiv()], now=now)
    (item,) = store.harvest.walk(HarvestRange(), None, 5, with_papers=False)
    assert not item.is_deleted


@pytest.mark.parametrize("given", strangers(), ids=lambda each: each.record_id)
def test_a_record_said_twice_makes_the_paper_that_it_makes_once(given: PaperRecord) -> None:
    head = PaperHead(1, "key", datetime(2026, 1, 1, tzinfo=UTC), 5, 2, 1, 3)
    odd = replace(given, comment="", license="", keywords=("mill", "Mill"))
    assert merge([odd], head) == merge([odd, odd], head)
