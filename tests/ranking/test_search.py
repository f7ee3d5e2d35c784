"""Search from listing to page: operators, order, names, notes, and life without an index."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import date
from pathlib import Path

import pytest
from shelves import BAKERY, NOW, Shelf, open_shelf, record

from broadsheet.domain import Listing, ListingKind, Page, Sort
from broadsheet.errors import QueryError
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.lance import PaperIndex
from broadsheet.ranking import search as search_module
from broadsheet.ranking.listings import Ranking


def search(shelf: Shelf, query: str, **fields: object) -> Page:
    listing = Listing(ListingKind.SEARCH, query=query)
    return shelf.ranking.page(dataclasses.replace(listing, **fields))  # type: ignore[arg-type]


def numbers(page: Page) -> list[int]:
    """The last digits of the hits' arXiv ids, in order."""
    return [int((hit.paper.arxiv_id or "0")[-1]) for hit in page.hits]


def test_words_bring_their_paper_first(bakery: Shelf) -> None:
    assert numbers(search(bakery, "galaxies telescope"))[0] == 4


def test_meaning_brings_papers_without_the_words(bakery: Shelf) -> None:
    page = search(bakery, "automatic transcription of audio")
    assert numbers(page)[0] == 3
    assert "meaning" in {reason.signal for reason in page.hits[0].reasons}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"neural network"', {1}),
        ('ovens "lip reading"', {3}),
        ("title:bread", {1}),
        ("title:voices", set()),
        ("author:chen", {2}),
        ('author:"Ada Lin"', {1, 2, 3, 5}),
        ('author:"Lin, Ada"', {1, 2, 3, 5}),
        ("author:muller", {4}),
        ("-author:lin", {4}),
        ("cat:cs.LG", {1, 2, 5}),
        ("cat:cs", {1, 2, 5}),
        ("cat:cs -cat:cs.RO", {1, 5}),
        ("has:code", {1}),
        ("-has:code", {2, 3, 4, 5}),
        ("id:2608.00003", {3}),
        ("id:2608.00003v2", {3}),
        ("id:10.5555/DUST.7", {4}),
        ("id:9999.99999", set()),
        ("-id:2608.00003 cat:eess", set()),
        ("after:2026-08-19", {1, 2, 5}),
        ("before:2026-08", {4}),
        ("after:2026-08 before:2026-08-19", {3}),
        ("arXiv:2608.00004", {4}),
    ],
)
def test_operators_hold_for_every_hit(bakery: Shelf, query: str, expected: set[int]) -> None:
    assert set(numbers(search(bakery, query))) == expected


@pytest.mark.parametrize(
    ("query", "wanted", "unwanted"),
    [("speech ovens -voices", 1, 3), ('-"neural network" speech ovens', 3, 1)],
)
def test_what_is_not_wanted_stays_out_of_hits_by_meaning_too(
    bakery: Shelf, query: str, wanted: int, unwanted: int
) -> None:
    found = numbers(search(bakery, query))
    assert wanted in found
    assert unwanted not in found


def test_filters_of_the_listing_hold_too(bakery: Shelf) -> None:
    page = search(bakery, "ovens", start=date(2026, 8, 10), end=date(2026, 8, 19), category="eess")
    assert numbers(page) == [3]


@pytest.mark.parametrize("paper", BAKERY, ids=lambda paper: paper.arxiv_id)
def test_pasted_title_or_id_brings_its_paper_first(bakery: Shelf, paper: object) -> None:
    number = int(paper.arxiv_id[-1])  # type: ignore[attr-defined]
    for query in (
        paper.title,  # type: ignore[attr-defined]
        paper.title.upper() + " !",  # type: ignore[attr-defined]
        paper.arxiv_id,  # type: ignore[attr-defined]
        f"https://arxiv.org/abs/{paper.arxiv_id}v1",  # type: ignore[attr-defined]
    ):
        page = search(bakery, query)
        assert numbers(page)[0] == number


def test_pasted_doi_brings_its_paper_first(bakery: Shelf) -> None:
    assert numbers(search(bakery, "10.5555/dust.7"))[0] == 4


@pytest.mark.parametrize(
    "title",
    ['"Crusts" and -crumbs: why', 'The unclosed "crust', "Crust:crumb ratios", "author: unknown"],
)
def test_pasted_title_is_no_error_whatever_signs_it_has(empty: Shelf, title: str) -> None:
    empty.put([*BAKERY, record(9, title, "Some bread was cut.")])
    assert numbers(search(empty, title))[0] == 9


def test_title_of_a_paper_outside_the_filter_does_not_come(bakery: Shelf) -> None:
    assert 1 not in numbers(search(bakery, BAKERY[0].title, category="cs.RO"))


def test_by_date_the_papers_with_all_words_come_newest_first(bakery: Shelf) -> None:
    assert numbers(search(bakery, "ovens", sort=Sort.DATE)) == [1, 3]


def test_by_votes_the_papers_with_all_words_come_most_voted_first(bakery: Shelf) -> None:
    assert numbers(search(bakery, "dough ovens", sort=Sort.VOTES))[0] == 2
    assert numbers(search(bakery, "cat:cs", sort=Sort.VOTES)) == [2, 1, 5]


def test_empty_query_lists_everything_newest_first(bakery: Shelf) -> None:
    assert numbers(search(bakery, "")) == [5, 1, 2, 3, 4]


def test_query_that_cannot_be_read_raises_with_its_place(bakery: Shelf) -> None:
    with pytest.raises(QueryError) as caught:
        search(bakery, 'bread "ovens')
    assert caught.value.position == 6


def test_nothing_is_found_for_what_nobody_wrote(bakery: Shelf) -> None:
    page = search(bakery, "qqxxyyzz")
    assert page.hits == ()
    assert any("words only" in note for note in page.notes)


def test_nothing_is_found_for_a_subject_that_the_library_does_not_have(bakery: Shelf) -> None:
    page = search(bakery, "quark confinement")
    assert (page.hits, page.total, page.notes) == ((), 0, ())


def test_papers_far_in_meaning_do_not_pad_the_hits_of_a_word(bakery: Shelf) -> None:
    assert numbers(search(bakery, "telescope")) == [4]


def test_hits_carry_the_words_to_highlight(bakery: Shelf) -> None:
    assert search(bakery, "Bread -survey").hits[0].terms == ("bread",)


def test_full_window_makes_the_total_a_lower_bound(
    bakery: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert search(bakery, "ovens").is_total_exact
    monkeypatch.setattr(search_module, "WORD_WINDOW", 2)
    assert not search(bakery, "ovens").is_total_exact


def test_papers_not_yet_searchable_are_noted(empty: Shelf) -> None:
    empty.put(BAKERY)
    empty.put([record(6, "Late rye", "A late loaf.")], is_indexed=False)
    assert search(empty, "bread").notes == ("1 paper is not yet searchable.",)


def test_removed_paper_does_not_come(empty: Shelf) -> None:
    empty.put([record(6, "Late rye", "A late loaf.", source="sample")])
    empty.put([record(7, "Early rye", "An early loaf.")])
    empty.store.remove_sample()
    assert numbers(search(empty, "rye")) == [7]


def test_without_index_titles_are_searched_and_a_note_says_so(empty: Shelf) -> None:
    empty.put(BAKERY, is_indexed=False)
    page = search(empty, "bread ovens")
    assert numbers(page) == [1]
    assert "no search index" in page.notes[0]
    assert "broadsheet reindex" in page.notes[0]


def test_without_index_a_filter_lists_the_newest(empty: Shelf) -> None:
    empty.put(BAKERY, is_indexed=False)
    assert numbers(search(empty, "", category="cs.LG")) == [5, 1, 2]


def test_damaged_index_is_a_note_and_not_an_error(empty: Shelf, tmp_path: Path) -> None:
    empty.put(BAKERY)
    shutil.rmtree(tmp_path / "index" / empty.index.state().generation / "papers.lance")
    fresh = PaperIndex(tmp_path / "index", StaticEncoder.load())
    page = Ranking(empty.store, fresh, lambda: NOW).page(Listing(ListingKind.SEARCH, query="bread"))
    assert numbers(page) == [1]
    assert "damaged" in page.notes[0]


def test_without_encoder_words_alone_are_searched_and_a_note_says_so(tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path, None).put(BAKERY)
    page = search(shelf, "galaxies")
    assert numbers(page) == [4]
    assert "words only" in page.notes[0]


def test_very_long_query_is_answered(bakery: Shelf) -> None:
    assert numbers(search(bakery, "galaxies " * 5000))[0] == 4
