"""What is looked up of a text, and that every way of writing the index agrees on it."""

from __future__ import annotations

import pytest
from tests.index.feeds import document, shelf

from broadsheet.index import writing
from broadsheet.index.analyser import STOP_WORDS, analysed
from broadsheet.index.lance import PaperIndex
from broadsheet.index.words import Column, Filter, Term, WordQuery


def test_english_is_stemmed_and_folded() -> None:
    assert analysed("The naïve crackling of breads", Column.TEXT) == ["naiv", "crackl", "bread"]


def test_every_stop_word_is_left_out() -> None:
    kept = {word for word in STOP_WORDS if analysed(word, Column.TITLE)}
    assert kept == set()


def test_words_that_deny_are_looked_up() -> None:
    assert analysed("no free lunch, not now, nor ever", Column.TITLE) == [
        "no", "free", "lunch", "not", "nor", "ever"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["WHO", "T cells", "Down syndrome", "DOE"])
def test_short_words_that_name_something_are_looked_up(name: str) -> None:
    assert len(analysed(name, Column.TITLE)) == len(name.split())


def test_names_are_taken_as_they_are() -> None:
    assert analysed("Will S. Ng", Column.AUTHORS) == ["will", "s", "ng"]


@pytest.mark.parametrize("is_phrase", [True, False])
@pytest.mark.parametrize(
    ("words", "paper_id"),
    [
        ("Alzheimer's disease", 101),
        ("no free lunch", 102),
        ("do not forget", 103),
        ("attention is all you need", 104),
        ("why we don't sleep", 105),
    ],
)
def test_titles_with_small_words_are_found_however_they_came_in(
    index: PaperIndex, monkeypatch: pytest.MonkeyPatch, words: str, paper_id: int, is_phrase: bool
) -> None:
    monkeypatch.setattr(writing, "UNINDEXED_ROWS", 0)
    titles = {
        101: "Alzheimer's disease",
        102: "There is no free lunch",
        103: "Do not forget",
        104: "Attention is all you need",
        105: "Why we don't sleep",
    }
    library = shelf(40).put(*(document(number, title) for number, title in titles.items()))
    index.sync(library.feed())
    library.put(*(document(number + 100, title) for number, title in titles.items()))
    index.sync(library.feed())
    library.put(*(document(number + 200, title) for number, title in titles.items()))
    monkeypatch.setattr(writing, "UNINDEXED_ROWS", 64)
    index.sync(library.feed())
    query = WordQuery(required=(Term(Column.TITLE, words, is_phrase),))
    ids, _ = index.snapshot().search_words(query, Filter(), 100)
    assert sorted(ids.tolist()) == [paper_id, paper_id + 100, paper_id + 200]
