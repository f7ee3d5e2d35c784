"""Searching a snapshot: words, conditions, filters and vectors."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from broadsheet.index import layout, vector_tables, vectors
from broadsheet.index import snapshot as snapshots
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.lance import PaperIndex
from broadsheet.index.snapshot import Snapshot
from broadsheet.index.words import ALSO_WEIGHT, Column, Filter, Term, WordQuery
from feeds import Library, document

LIBRARY = Library().put(
    document(
        1,
        "Graph networks for bread",
        abstract="The crust of a loaf, state of the art.",
        authors=("Ada B. Lin", "Bo Chen"),
        categories=("cs.LG", "stat.ML"),
        listed_on=date(2026, 8, 1),
        has_code=True,
    ),
    document(
        2,
        "Networks of graph paper",
        abstract="A loaf of paper, and a survey.",
        authors=("Lin Bo", "Ada Zhou"),
        categories=("cs.CV",),
        listed_on=date(2026, 8, 2),
    ),
    document(
        3,
        "Bread without graphs",
        abstract="Baking in ovens.",
        authors=("Zoë Müller",),
        categories=("math.CO",),
        listed_on=date(2026, 8, 3),
    ),
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    index = PaperIndex(tmp_path_factory.mktemp("index"), StaticEncoder.load())
    index.sync(LIBRARY.feed())
    return index.snapshot()


def words(snapshot: Snapshot, query: WordQuery, filter_: Filter = Filter()) -> list[int]:  # noqa: B008
    return sorted(snapshot.search_words(query, filter_, 10)[0].tolist())


def by_vector(snapshot: Snapshot, query: WordQuery, filter_: Filter = Filter()) -> list[int]:  # noqa: B008
    anything = StaticEncoder.load().encode(["bread and paper"])[0]
    return sorted(snapshot.search_vectors(anything, query, filter_, 10)[0].tolist())


CONDITIONS = [
    (WordQuery("loaf", required=(Term(Column.TEXT, "graph networks", is_phrase=True),)), [1]),
    (WordQuery("graph", excluded=(Term(Column.TEXT, "survey"),)), [1, 3]),
    (WordQuery("graph", excluded=(Term(Column.TEXT, "graph paper", is_phrase=True),)), [1, 3]),
    (WordQuery("graph", required=(Term(Column.TITLE, "bread"),)), [1, 3]),
    (WordQuery("loaf", required=(Term(Column.TITLE, "loaf"),)), []),
    (WordQuery(required=(Term(Column.AUTHORS, "lin"),)), [1, 2]),
    (WordQuery(required=(Term(Column.AUTHORS, "Ada Lin", is_phrase=True),)), [1]),
    (WordQuery(required=(Term(Column.AUTHORS, "Zoe Muller", is_phrase=True),)), [3]),
    (WordQuery("bread", required=(Term(Column.TEXT, "of the", is_phrase=True),)), [1, 3]),
    (WordQuery("bread", excluded=(Term(Column.TEXT, "the"),)), [1, 3]),
]


@pytest.mark.parametrize(("query", "expected"), CONDITIONS)
def test_conditions_hold_for_hits_by_words(
    snapshot: Snapshot, query: WordQuery, expected: list[int]
) -> None:
    assert words(snapshot, query) == expected


@pytest.mark.parametrize(("query", "expected"), CONDITIONS)
def test_conditions_hold_for_hits_by_vector(
    snapshot: Snapshot, query: WordQuery, expected: list[int]
) -> None:
    conditions = [*query.required, *query.excluded]
    if any(term.words in ("of the", "the") for term in conditions):
        expected = [1, 2, 3]  # stop words are no condition
    elif query.excluded:
        expected = [1, 3]
    assert by_vector(snapshot, query) == expected


FILTERS = [
    (Filter(start=date(2026, 8, 2)), [2, 3]),
    (Filter(end=date(2026, 8, 2)), [1, 2]),
    (Filter(start=date(2026, 8, 2), end=date(2026, 8, 2)), [2]),
    (Filter(categories=("cs.LG",)), [1]),
    (Filter(categories=("CS.lg",)), [1]),
    (Filter(categories=("cs",)), [1, 2]),
    (Filter(categories=("cs", "stat")), [1]),
    (Filter(categories=("cs.",)), []),
    (Filter(without_categories=("cs",)), [3]),
    (Filter(categories=("it's",)), []),
    (Filter(has_code=True), [1]),
    (Filter(has_code=False), [2, 3]),
    (Filter(only=frozenset({1, 3, 99})), [1, 3]),
    (Filter(only=frozenset()), []),
    (Filter(without=frozenset({1, 99})), [2, 3]),
]


@pytest.mark.parametrize(("filter_", "expected"), FILTERS)
def test_filter_holds_for_hits_by_words(
    snapshot: Snapshot, filter_: Filter, expected: list[int]
) -> None:
    assert words(snapshot, WordQuery("graph"), filter_) == expected


@pytest.mark.parametrize(("filter_", "expected"), FILTERS)
def test_filter_holds_for_hits_by_vector(
    snapshot: Snapshot, filter_: Filter, expected: list[int]
) -> None:
    assert by_vector(snapshot, WordQuery(), filter_) == expected


@pytest.mark.parametrize(("filter_", "expected"), FILTERS)
def test_filter_alone_selects_newest_first(
    snapshot: Snapshot, filter_: Filter, expected: list[int]
) -> None:
    assert snapshot.select(WordQuery(), filter_).tolist() == expected[::-1]


def test_scores_of_words_fall(snapshot: Snapshot) -> None:
    _, scores = snapshot.search_words(WordQuery("graph bread loaf"), Filter(), 10)
    assert (np.diff(scores) <= 0).all()


def test_another_name_adds_a_part_of_its_score_under_the_same_conditions(
    snapshot: Snapshot,
) -> None:
    everything = Filter()
    plain = dict(zip(*_listed(snapshot, WordQuery("bread"), everything), strict=True))
    name = WordQuery("graph paper", is_every_word_needed=True)
    named = dict(zip(*_listed(snapshot, name, everything), strict=True))
    assert named
    expected = {
        paper_id: plain.get(paper_id, 0) + ALSO_WEIGHT * named.get(paper_id, 0)
        for paper_id in {*plain, *named}
    }
    both = WordQuery("bread", also=("graph paper", "of the"))
    ids, scores = _listed(snapshot, both, everything)
    assert dict(zip(ids, scores, strict=True)) == pytest.approx(expected, rel=1e-5)
    assert scores == sorted(scores, reverse=True)
    assert len(snapshot.search_words(both, everything, 2)[0]) == 2
    some = frozenset({1, 2})
    assert set(_listed(snapshot, both, Filter(only=some))[0]) == some


def _listed(snapshot: Snapshot, query: WordQuery, filter_: Filter) -> tuple[list[int], list[float]]:
    ids, scores = snapshot.search_words(query, filter_, 100)
    return ids.tolist(), scores.tolist()


def test_every_word_can_be_asked_for(snapshot: Snapshot) -> None:
    assert words(snapshot, WordQuery("bread loaf", is_every_word_needed=True)) == [1]


def test_query_of_stop_words_or_signs_alone_finds_nothing(snapshot: Snapshot) -> None:
    assert words(snapshot, WordQuery("the of")) == []
    assert words(snapshot, WordQuery("+++ --")) == []
    assert words(snapshot, WordQuery("")) == []


def test_title_is_found_whatever_its_signs_and_case(snapshot: Snapshot) -> None:
    assert snapshot.with_title("BREAD, without: graphs!").tolist() == [3]
    assert snapshot.with_title("Bread with graphs").tolist() == []
    assert snapshot.with_title("!?").tolist() == []


def test_only_allowed_papers_stay(snapshot: Snapshot) -> None:
    query = WordQuery(excluded=(Term(Column.TEXT, "survey"),))
    assert snapshot.allowed([2, 99, 1], query, Filter(has_code=True)).tolist() == [1]
    assert snapshot.allowed([2, 99, 1], WordQuery(), Filter()).tolist() == [2, 1]


def test_similarity_of_a_paper_to_itself_is_one(snapshot: Snapshot) -> None:
    vector = snapshot.vectors([1])[1]
    cosines = snapshot.cosines(vector, np.array([1, 2, 99]))
    assert cosines[0] == pytest.approx(1, abs=0.01)
    assert cosines[1] < 1
    assert np.isnan(cosines[2])


def test_vector_of_another_length_or_of_zeros_finds_nothing(snapshot: Snapshot) -> None:
    for vector in (np.ones(3, np.float32), np.zeros(256, np.float32)):
        assert not len(snapshot.search_vectors(vector, WordQuery(), Filter(), 10)[0])


def test_first_pass_over_many_rows_finds_nearly_all_true_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = StaticEncoder.load()
    nouns = ("bread", "glacier", "robot", "galaxy", "protein", "violin", "market", "vaccine")
    library = Library().put(
        *(
            document(
                paper_id,
                f"{nouns[paper_id % 8]} {nouns[paper_id // 8 % 8]} {nouns[paper_id // 64 % 8]}",
                abstract=nouns[paper_id * 7 % 5],
            )
            for paper_id in range(1, 513)
        )
    )
    exact = PaperIndex(tmp_path / "exact", encoder)
    exact.sync(library.feed())
    for module in (vectors, snapshots):
        monkeypatch.setattr(module, "EXACT_ROWS", 100)
    for module in (layout, vector_tables):
        monkeypatch.setattr(module, "CELL_ROWS", 200)
    monkeypatch.setattr(layout, "ROWS_PER_CENTROID", 4)
    monkeypatch.setattr(vectors, "PROBED_CELLS", 8)
    monkeypatch.setattr(vectors, "LEAST_COMPARED", 40)
    arranged = PaperIndex(tmp_path / "arranged", encoder)
    arranged.sync(library.feed())
    held = arranged.snapshot().sets[0]
    assert held.layout.cells > 8
    query = encoder.encode(["a robot plays the violin"])[0]
    for filter_ in (Filter(), Filter(only=frozenset(range(1, 512, 2)))):
        asked = (query, WordQuery(), filter_, 10)
        truth = set(exact.snapshot().search_vectors(*asked)[0].tolist())
        found = set(arranged.snapshot().search_vectors(*asked)[0].tolist())
        assert len(truth & found) >= 8
        assert filter_.only is None or found <= filter_.only
