"""Walks over the library by the instant of change, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from invented import arxiv
from sqlalchemy import text

import broadsheet.store.database as database_module
from broadsheet.domain import PaperRecord
from broadsheet.store import Store
from broadsheet.store.harvest_listing import HarvestItem, HarvestRange

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
ALL = HarvestRange()


def paper(number: int, **more: object) -> PaperRecord:
    arxiv_id = f"2608.{number:05d}"
    record = PaperRecord(
        source="arxiv_oai",
        record_id=arxiv_id,
        arxiv_id=arxiv_id,
        title=f"Lanterns of the {number}th Harbour",
        abstract=f"We count {number * 7919} lanterns in {number} harbours and name each of them.",
        categories=("cs.LG",) if number % 2 else ("math.CO", "hep-th"),
    )
    return replace(record, **more)  # type: ignore[arg-type]


def walk(store: Store, within: HarvestRange = ALL, size: int = 7) -> list[HarvestItem]:
    found: list[HarvestItem] = []
    while page := store.harvest.walk(
        within, (found[-1].changed_at, found[-1].key) if found else None, size, with_papers=True
    ):
        found += page
    return found


def test_a_walk_gives_every_paper_once(store: Store) -> None:
    for start in range(0, 40, 10):
        store.ingest([paper(n) for n in range(start, start + 10)], now=NOW)
    keys = [item.key for item in walk(store)]
    assert sorted(keys) == [f"2608.{n:05d}" for n in range(40)]
    assert store.harvest.count(ALL) == 40


def test_a_paper_that_changes_behind_the_walk_comes_again_at_its_end(store: Store) -> None:
    store.ingest([paper(n) for n in range(10)], now=NOW)
    first = store.harvest.walk(ALL, None, 5, with_papers=False)
    store.ingest([paper(0, journal_ref="Journal of Lanterns 7")], now=NOW)
    place = (first[-1].changed_at, first[-1].key)
    rest = store.harvest.walk(ALL, place, 50, with_papers=True)
    assert [item.key for item in rest][-1] == "2608.00000"
    assert rest[-1].paper is not None
    assert rest[-1].paper.journal_ref == "Journal of Lanterns 7"
    assert {item.key for item in first + rest} == {f"2608.{n:05d}" for n in range(10)}


def test_votes_do_not_mark_a_paper_as_changed(store: Store) -> None:
    store.ingest([paper(1)], now=NOW)
    before = walk(store)[0].changed_at
    store.ingest([paper(1, votes=12, comments=3)], now=NOW + timedelta(days=1))
    assert walk(store)[0].changed_at == before


def test_instants_of_change_rise_even_when_the_clock_goes_back(store: Store) -> None:
    store.ingest([paper(1)], now=NOW)
    store.ingest([paper(2)], now=NOW - timedelta(days=3))
    assert [item.key for item in walk(store)] == ["2608.00001", "2608.00002"]


def test_a_removed_paper_stays_as_a_deletion_with_its_labels(store: Store) -> None:
    store.ingest([paper(1, source="sample"), paper(2)], now=NOW)
    store.remove_sample()
    last = walk(store)[-1]
    assert (last.key, last.is_deleted, last.paper) == ("2608.00001", True, None)
    assert last.labels == ("cs.LG", "cs")


def test_a_key_that_a_paper_outgrew_is_a_deletion_and_comes_back_alive(store: Store) -> None:
    nameless = paper(1, source="listing_page", record_id="x", arxiv_id=None)
    store.ingest([nameless], now=NOW)
    old = walk(store)[0].key
    store.ingest([paper(1)], now=NOW)
    assert {item.key: item.is_deleted for item in walk(store)} == {old: True, "2608.00001": False}


def test_ranges_choose_by_instant_label_and_kind_of_key(store: Store) -> None:
    store.ingest([paper(1), paper(2)], now=NOW)
    store.ingest([paper(3, arxiv_id=None, doi="10.5555/lantern.3")], now=NOW + timedelta(hours=1))

    def keys(within: HarvestRange) -> list[str]:
        return [item.key for item in walk(store, within)]

    assert keys(HarvestRange(since=NOW + timedelta(minutes=1))) == ["10.5555/lantern.3"]
    assert keys(HarvestRange(until=NOW + timedelta(minutes=1))) == ["2608.00001", "2608.00002"]
    assert keys(HarvestRange(labels=("math",))) == ["2608.00002"]
    assert keys(HarvestRange(labels=("hep-th", "cs.LG"), is_arxiv_only=True)) == [
        "2608.00001", "2608.00002"]  # fmt: skip
    assert store.harvest.count(HarvestRange(labels=("cs",))) == 2


@pytest.mark.parametrize("label", ["%", "_s.LG", "cs.LG\ncs", "\\", "'"])
def test_a_label_matches_as_a_whole_whatever_signs_it_holds(store: Store, label: str) -> None:
    store.ingest([paper(1)], now=NOW)
    assert store.harvest.count(HarvestRange(labels=(label,))) == ("\n" in label)


def test_an_item_is_found_by_its_key_alone(store: Store) -> None:
    store.ingest([paper(1)], now=NOW)
    found = store.harvest.item("2608.00001")
    assert found is not None
    assert found.records[0].source == "arxiv_oai"
    assert store.harvest.item("2608.99999") is None


def test_papers_of_a_submitter_are_found_by_what_the_record_says(store: Store) -> None:
    said = {"submittedBy": {"user": "ada", "fullname": "Ada % Lin"}}
    store.ingest([paper(1, source="hf_daily", extras=said), paper(2, source="hf_daily")], now=NOW)
    found = store.harvest.numbers_saying("hf_daily", ['"submittedBy"', '"Ada % Lin"'])
    assert len(found) == 1
    assert store.harvest.numbers_saying("hf_daily", ['"Ada _ Lin"']) == []


def test_extras_of_many_papers_come_at_once_in_precedence(store: Store) -> None:
    store.ingest([paper(1, source="hf_daily", extras={"a": 1}), arxiv()], now=NOW)
    store.ingest([paper(1, extras={"b": 2})], now=NOW)
    numbers = {item.key: item.paper.paper_id for item in walk(store) if item.paper}
    found = store.harvest.extras(numbers.values())
    assert [min(extras) for extras in found[numbers["2608.00001"]]] == ["b", "a"]
    assert len(found) == 2


def test_a_library_from_before_is_walked_too(store: Store) -> None:
    store.ingest([paper(1), paper(2, categories=())], now=NOW)
    before = [(item.key, item.labels) for item in walk(store)]
    script = ScriptDirectory(str(Path(database_module.__file__).parent / "migrations"))
    migration = script.get_revision("0004").module
    with store._database.write() as connection:
        connection.execute(text("DROP TABLE harvest"))
        connection.execute(text("DELETE FROM counter WHERE name = 'instant'"))
        with Operations.context(MigrationContext.configure(connection)):
            migration.upgrade()
    found = [(item.key, tuple(sorted(item.labels))) for item in walk(store)]
    assert found == [(key, tuple(sorted(labels))) for key, labels in before]
    store.ingest([paper(3)], now=NOW - timedelta(days=1))
    assert [item.key for item in walk(store)][-1] == "2608.00003"
