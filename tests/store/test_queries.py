"""What lists hold, in what order, and with how many queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from invented import MILLS, arxiv, listing
from sqlalchemy import event

from broadsheet.domain import PaperRecord, Reject, SourceCount
from broadsheet.store import Store

MONDAY = date(2026, 3, 9)


def daily(number: int, day: int = 0, **fields: object) -> PaperRecord:
    """The numbered paper of a day, each with a title and abstract of its own."""
    return arxiv(
        f"2603.{number:05}",
        source="hf_daily",
        title=f"Wheel number {number} of the great mill",
        abstract=f"{MILLS} This is wheel {number}.",
        listed_on=MONDAY + timedelta(days=day),
        submitted_at=datetime(2026, 3, 1, 0, 0, number, tzinfo=UTC),
        **fields,
    )


def selected(store: Store, **question: object) -> list[str]:
    papers, _ = store.select(limit=100, **question)  # type: ignore[arg-type]
    return [paper.key[-1] for paper in papers]


@pytest.fixture
def library(store: Store, now: datetime) -> Store:
    records = [
        daily(1, 0, votes=5, comments=1),
        daily(2, 0, votes=5, comments=3),
        daily(3, 1, votes=9, categories=("cs.CV",)),
        daily(4, 4, votes=5, comments=1, categories=("hep-th", "csx.LG")),
        daily(5, 4, categories=()),
    ]
    store.ingest(records, now=now)
    return store


def test_votes_order_breaks_ties_by_comments_and_submission(library: Store) -> None:
    assert selected(library) == ["3", "2", "4", "1", "5"]


def test_date_order_is_newest_day_first(library: Store) -> None:
    assert selected(library, order="date") == ["5", "4", "3", "2", "1"]


def test_period_includes_both_ends(library: Store) -> None:
    assert selected(library, start=MONDAY, end=MONDAY + timedelta(days=1)) == ["3", "2", "1"]


def test_category_and_archive_filter(library: Store) -> None:
    assert selected(library, category="cs.LG") == ["2", "1"]
    assert selected(library, category="cs") == ["3", "2", "1"]
    assert selected(library, category="hep-th", start=MONDAY, end=date(2026, 4, 1)) == ["4"]


def test_pages_of_a_selection_follow_each_other(library: Store) -> None:
    pages = [library.select(limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [paper.key[-1] for papers, _ in pages for paper in papers] == ["3", "2", "4", "1", "5"]
    assert {total for _, total in pages} == {5}


def test_papers_come_in_the_order_asked_and_missing_ones_are_left_out(library: Store) -> None:
    one, two = library.paper("2603.00001").paper_id, library.paper("2603.00002").paper_id
    assert [paper.paper_id for paper in library.papers([two, 999, one])] == [two, one]


def test_signals_carry_votes_comments_and_day(library: Store) -> None:
    found = library.signals(start=MONDAY, end=MONDAY, category="cs.LG")
    assert sorted(row[1:] for row in found) == [(5, 1, MONDAY), (5, 3, MONDAY)]


def test_limited_signals_are_the_strongest(library: Store) -> None:
    assert [row[1:3] for row in library.signals(limit=2)] == [(5, 3), (9, 0)]


def test_category_filter_follows_a_change_of_votes_and_category(
    library: Store, now: datetime
) -> None:
    library.ingest([daily(1, 0, votes=50, comments=1, categories=("math.NA",))], now=now)
    assert selected(library, category="cs.LG") == ["2"]
    assert [row[1] for row in library.signals(category="math")] == [50]


def test_days_around_a_period(library: Store) -> None:
    day = MONDAY + timedelta(days=1)
    assert library.newest_day() == MONDAY + timedelta(days=4)
    assert library.neighbour_days(day, day) == (MONDAY, MONDAY + timedelta(days=4))
    assert library.neighbour_days(MONDAY, date(2026, 4, 1)) == (None, None)


def test_empty_library_has_no_days(store: Store) -> None:
    assert store.newest_day() is None
    assert store.neighbour_days(MONDAY, MONDAY) == (None, None)
    assert store.select(limit=5) == ([], 0)
    assert (store.count(), store.revision(), store.source_counts()) == (0, 0, [])


def test_categories_are_counted_without_archives(library: Store) -> None:
    assert library.categories() == [
        ("cs.LG", 2),
        ("physics.soc-ph", 2),
        ("cs.CV", 1),
        ("csx.LG", 1),
        ("hep-th", 1),
    ]
    assert library.categories(start=MONDAY + timedelta(days=1), limit=1) == [("cs.CV", 1)]


def test_title_search_finds_beginnings_of_words(library: Store) -> None:
    papers, total = library.title_search("Wheel numb 3", limit=5)
    assert ([paper.key for paper in papers], total) == (["2603.00003"], 1)
    assert library.title_search("heel", limit=5) == ([], 0)
    assert library.title_search("%_'", limit=5) == ([], 0)


def test_records_come_most_trusted_first(store: Store, now: datetime) -> None:
    store.ingest([listing(), arxiv(), arxiv(source="arxiv_atom")], now=now)
    records = store.records(store.paper("2603.00001").paper_id)
    assert [record.source for record in records] == ["arxiv_atom", "corpus", "listing_page"]


def test_sources_are_counted_with_their_freshness(store: Store, now: datetime) -> None:
    store.ingest([arxiv(), listing()], now=now)
    later = now + timedelta(days=1)
    store.ingest([arxiv("2603.00002", title="Oak")], now=later)
    assert store.source_counts() == [
        SourceCount("corpus", 2, later, date(2026, 3, 10)),
        SourceCount("listing_page", 1, now, date(2026, 3, 13)),
    ]


def test_changes_come_in_steps_and_pending_counts_the_rest(library: Store) -> None:
    first = library.changes(0, 2)
    assert library.pending(first[-1].revision) == 3
    rest = library.changes(first[-1].revision, 100)
    assert [paper.key[-1] for paper in (*first, *rest)] == ["1", "2", "3", "4", "5"]
    assert library.pending(library.revision()) == 0


def test_rejects_are_kept_once_and_cleared(store: Store, now: datetime) -> None:
    one = Reject("a.jsonl", "line 2", "It has no title.", "{}\0\ud800")
    store.add_rejects([one, one, Reject("a.jsonl", "line 3", "It has no title.", "{}")], now=now)
    store.add_rejects([one], now=now + timedelta(days=1))
    rejects, total = store.rejects()
    assert [reject.position for reject in rejects] == ["line 2", "line 3"]
    assert (total, rejects[0].rejected_at) == (2, now)
    assert store.rejects(limit=1, offset=1)[0][0].position == "line 3"
    assert (store.clear_rejects(), store.rejects()) == (2, ([], 0))


def test_export_is_ordered_by_number_over_several_pages(store: Store, now: datetime) -> None:
    records = [daily(number) for number in range(1, 60)]
    records += [
        arxiv(f"2604.{number:05}", title=f"Oak {number}", abstract="") for number in range(1100)
    ]
    store.ingest(records, now=now)
    numbers = [paper.paper_id for paper, _ in store.every_paper()]
    assert len(numbers) == 1159
    assert numbers == sorted(set(numbers))


@contextmanager
def counted_queries(store: Store) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            statements.append(statement)

    engine = store._database._engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_number_of_queries_does_not_grow_with_the_list(store: Store, now: datetime) -> None:
    store.ingest([daily(number) for number in range(1, 60)], now=now)
    numbers = [row[0] for row in store.signals()]
    questions: list[tuple[Callable[[int], object], int]] = [
        (lambda n: store.papers(numbers[:n]), 1),
        (lambda n: store.select(limit=n), 3),
        (lambda n: store.select(limit=n, category="cs.LG", start=MONDAY, end=MONDAY), 3),
        (lambda n: store.changes(0, n), 1),
        (lambda n: store.title_search("wheel", n), 3),
        (lambda n: store.signals(limit=n), 1),
    ]
    for ask, expected in questions:
        for length in (1, 50):
            with counted_queries(store) as statements:
                ask(length)
            assert len(statements) == expected


def test_number_of_queries_of_an_import_does_not_grow_with_new_records(
    store: Store, now: datetime
) -> None:
    store.ingest([daily(1)], now=now)
    numbers = []
    for first, length in ((2, 1), (10, 300)):
        with counted_queries(store) as statements:
            store.ingest(
                [
                    daily(first + step % 50)
                    if length == 1
                    else arxiv(f"2605.{step:05}", title=f"Oak {step}", abstract="")
                    for step in range(length)
                ],
                now=now,
            )
        numbers.append(len(statements))
    # The second batch meets nobody, and so takes the short way.
    assert numbers[1] <= numbers[0] <= 20
