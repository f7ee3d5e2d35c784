"""Rows of live sources on both databases: added, claimed by one worker, moved on with a batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from invented import arxiv

from broadsheet.domain import Reject, Source, SourceState
from broadsheet.errors import ConfigurationError, NotFound, StorageError
from broadsheet.store.store import Store

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)


@pytest.fixture
def library(store_url: str) -> Iterator[Store]:
    store = Store.open(store_url)
    store.add_source("daily", "huggingface", {"days": "3"}, due_at=NOW)
    yield store
    store.close()


def take_in(library: Store, claim: str, number: int, **fields: Any) -> None:
    library.ingest_batch(
        [arxiv(f"2603.{number:05d}")],
        fields.get("rejects", []),
        source="daily",
        claim=claim,
        cursor={"next": number},
        now=NOW,
        until=LATER,
    )


def finish(library: Store, claim: str, state: SourceState = SourceState.FRESH) -> None:
    library.finish_source(
        "daily",
        claim,
        outcome=state,
        reason="Because.",
        checked_at=NOW,
        due_at=LATER,
        news_at=NOW,
        batch_on=date(2026, 8, 20),
        failures=2 if state is SourceState.FAILED else 0,
    )


def test_source_that_was_added_is_due_and_has_no_outcome(library: Store) -> None:
    assert library.sources() == [
        Source("daily", "huggingface", {"days": "3"}, False, {}, False, NOW)
    ]


def test_name_is_taken_once(library: Store) -> None:
    with pytest.raises(ConfigurationError, match="already"):
        library.add_source("daily", "crossref", {}, due_at=NOW)
    assert library.source("daily").kind == "huggingface"


def test_source_that_is_not_there_is_not_found(library: Store) -> None:
    with pytest.raises(NotFound):
        library.source("nightly")
    with pytest.raises(NotFound):
        library.remove_live_source("nightly")
    with pytest.raises(NotFound):
        library.pause_source("nightly", is_paused=True, due_at=NOW)


def test_removed_source_is_gone_and_its_papers_stay(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    take_in(library, "a", 1)
    library.remove_live_source("daily")
    assert library.sources() == []
    assert library.count() == 1


def test_paused_source_is_not_due_until_it_is_resumed(library: Store) -> None:
    library.pause_source("daily", is_paused=True, due_at=NOW)
    assert library.next_due_source(LATER) is None
    library.pause_source("daily", is_paused=False, due_at=LATER)
    assert library.next_due_source(NOW) is None
    due = library.next_due_source(LATER)
    assert due is not None
    assert due.name == "daily"


def test_source_due_for_longest_comes_first(library: Store) -> None:
    library.add_source("older", "crossref", {}, due_at=NOW - timedelta(hours=1))
    due = library.next_due_source(NOW)
    assert due is not None
    assert due.name == "older"


def test_one_worker_alone_gets_a_source(library: Store) -> None:
    assert library.claim_source("daily", "a", now=NOW, until=LATER)
    assert not library.claim_source("daily", "b", now=NOW, until=LATER)
    assert library.next_due_source(NOW) is None


def test_claim_of_a_dead_worker_ends(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    assert library.claim_source("daily", "b", now=LATER, until=LATER + timedelta(minutes=15))


def test_batch_and_cursor_are_stored_together(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    take_in(library, "a", 7, rejects=[Reject("daily", "item 3", "No title.", "x")])
    source = library.source("daily")
    assert (source.cursor, source.is_underway) == ({"next": 7}, True)
    assert library.count() == 1
    assert library.rejects()[1] == 1


def test_batch_that_brings_something_notes_when(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    take_in(library, "a", 7)
    assert library.source("daily").news_at == NOW


def test_batch_that_brings_nothing_leaves_the_time_of_the_last_news(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    library.ingest_batch([], [], source="daily", claim="a", cursor={}, now=NOW, until=LATER)
    assert library.source("daily").news_at is None


def test_claim_that_ends_in_a_far_future_is_void(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=NOW + timedelta(days=300))
    due = library.next_due_source(NOW)
    assert due is not None
    assert library.claim_source("daily", "b", now=NOW, until=LATER)


def test_source_asked_in_a_far_future_is_due(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    finish(library, "a")
    assert library.next_due_source(NOW) is None
    due = library.next_due_source(NOW - timedelta(days=300))
    assert due is not None


def test_source_that_is_not_due_is_claimed_only_where_that_does_not_matter(library: Store) -> None:
    early = NOW - timedelta(minutes=1)
    assert not library.claim_source("daily", "a", now=early, until=LATER, only_if_due=True)
    assert library.claim_source("daily", "a", now=early, until=LATER)


def test_paused_source_is_claimed_only_where_that_does_not_matter(library: Store) -> None:
    library.pause_source("daily", is_paused=True, due_at=NOW)
    assert not library.claim_source("daily", "a", now=NOW, until=LATER, only_if_due=True)
    assert library.claim_source("daily", "a", now=NOW, until=LATER)


def test_source_that_was_let_go_is_free_and_has_no_outcome(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    library.release_source("daily", "a")
    source = library.source("daily")
    assert (source.claim, source.outcome) == (None, None)
    assert library.claim_source("daily", "b", now=NOW, until=LATER)


def test_claim_of_another_is_not_let_go(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    library.release_source("daily", "b")
    assert library.source("daily").claim == "a"


def test_claim_of_a_dead_worker_is_taken_over_by_name(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    assert not library.claim_source("daily", "b", now=NOW, until=LATER, instead_of="x")
    assert library.claim_source("daily", "b", now=NOW, until=LATER, instead_of="a")


def test_worker_that_lost_its_claim_stores_nothing(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    library.claim_source("daily", "b", now=LATER, until=LATER + timedelta(minutes=15))
    with pytest.raises(StorageError, match="took over"):
        take_in(library, "a", 1)
    with pytest.raises(StorageError, match="took over"):
        finish(library, "a")
    assert library.count() == 0
    assert library.source("daily").cursor == {}


def test_finished_source_keeps_its_outcome_and_is_free(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    take_in(library, "a", 1)
    finish(library, "a")
    source = library.source("daily")
    assert (source.outcome, source.reason, source.batch_on) == (
        SourceState.FRESH,
        "Because.",
        date(2026, 8, 20),
    )
    assert (source.due_at, source.checked_at, source.is_underway) == (LATER, NOW, False)
    assert library.claim_source("daily", "b", now=NOW, until=LATER)


def test_failed_harvest_remains_underway(library: Store) -> None:
    library.claim_source("daily", "a", now=NOW, until=LATER)
    take_in(library, "a", 1)
    finish(library, "a", SourceState.FAILED)
    source = library.source("daily")
    assert (source.is_underway, source.failures, source.cursor) == (True, 2, {"next": 1})


def test_papers_that_a_source_says_nothing_of_are_found_youngest_first(library: Store) -> None:
    records = [arxiv(f"2603.{number:05d}") for number in (1, 2, 3)]
    library.ingest(records, now=NOW)
    ids = [library.paper(record.arxiv_id or "").paper_id for record in records]
    asked: dict[str, Any] = {"since": date(2000, 1, 1), "seen_before": NOW, "limit": 2}
    first = library.papers_without("openalex", below=None, **asked)
    assert [paper.paper_id for paper in first] == [ids[2], ids[1]]
    rest = library.papers_without("openalex", below=ids[1], **asked)
    assert [paper.paper_id for paper in rest] == [ids[0]]
    assert library.papers_without(records[0].source, below=None, **asked) == []
