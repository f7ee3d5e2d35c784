"""The search language: what parses to what, and what is refused where."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.errors import QueryError
from broadsheet.ranking.query import FIELDS, Clause, Field, Query, parse, plain, to_text

T = Field.TEXT


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        ("  \t\n ", []),
        ("graph  network", [Clause(T, "graph"), Clause(T, "network")]),
        ('"graph  network"', [Clause(T, "graph network", is_quoted=True)]),
        ("“graph network”", [Clause(T, "graph network", is_quoted=True)]),
        ("-survey", [Clause(T, "survey", is_negated=True)]),
        ('-"case study"', [Clause(T, "case study", is_negated=True, is_quoted=True)]),
        ("author:lin", [Clause(Field.AUTHOR, "lin")]),
        ('AUTHOR:"Ada Lin"', [Clause(Field.AUTHOR, "Ada Lin", is_quoted=True)]),
        ("-cat:cs.CV", [Clause(Field.CATEGORY, "cs.CV", is_negated=True)]),
        ("title:attention", [Clause(Field.TITLE, "attention")]),
        ("id:2608.19880v2", [Clause(Field.ID, "2608.19880v2")]),
        ("has:code", [Clause(Field.HAS, "code")]),
        ("-has:code", [Clause(Field.HAS, "code", is_negated=True)]),
        ('"two words"glued', [Clause(T, "two words", is_quoted=True), Clause(T, "glued")]),
        ("- alone", [Clause(T, "-"), Clause(T, "alone")]),
        ("--option", [Clause(T, "--option")]),
        ('5" disks', [Clause(T, '5"'), Clause(T, "disks")]),
        ("state-of-the-art", [Clause(T, "state-of-the-art")]),
    ],
)
def test_query_is_read_as_clauses(text: str, clauses: list[Clause]) -> None:
    assert parse(text) == Query(tuple(clauses))


@pytest.mark.parametrize(
    "text",
    ["GAN: a survey", "GAN:", "title: a study", "at 10:30", "3:1", "https://example.org/a:b", "::"],
)
def test_text_that_only_looks_like_the_language_stays_text(text: str) -> None:
    assert {clause.field for clause in parse(text).clauses} == {T}
    assert parse(text).words == text


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("arXiv:2608.19880", "2608.19880"),
        ("arxiv:2608.19880v3", "2608.19880"),
        ("https://arxiv.org/abs/2608.19880", "2608.19880"),
        ("doi:10.5555/Dust.7", "10.5555/dust.7"),
        ("https://doi.org/10.5555/Dust.7", "10.5555/dust.7"),
    ],
)
def test_name_or_address_of_a_paper_is_an_id(text: str, identifier: str) -> None:
    assert parse(text).clauses == (Clause(Field.ID, identifier),)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ('deep "learning', 5, "never closed"),
        ('-"case', 1, "never closed"),
        ('author:"Ada', 7, "never closed"),
        ("deep autor:lin", 5, "author:"),
        ("zzz:lin", 0, "title, author"),
        ('"" x', 0, "no words"),
        ('author:"--"', 7, "no words"),
        ("deep author:", 5, "nothing after"),
        ("author: ", 0, "nothing after"),
        ("after:yesterday", 6, "not a date"),
        ("x before:2024-13", 9, "not a date"),
        ("after:2024-02-30", 6, "not a date"),
        ("after:0000", 6, "not a date"),
        ("has:data", 4, "has:code"),
        ("cat:--", 4, "no value"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(QueryError, match=words) as caught:
        parse(text)
    assert caught.value.position == position


def test_period_runs_from_the_latest_after_to_the_earliest_before() -> None:
    query = parse("after:2024 after:2024-06 before:2025 before:2025-03-02")
    assert (query.start, query.end_before) == (date(2024, 6, 1), date(2025, 1, 1))


def test_minus_turns_after_into_before() -> None:
    query = parse("-after:2024-06 -before:2023")
    assert (query.start, query.end_before) == (date(2023, 1, 1), date(2024, 6, 1))


def test_terms_are_the_wanted_words_once_in_lower_case() -> None:
    query = parse('Deep "deep Fréchet" -survey author:Lin cat:cs.LG')
    assert query.terms == ("deep", "frechet", "lin")


def test_meaning_holds_words_phrases_and_titles_only() -> None:
    assert parse('deep "sea fish" -survey title:map author:lin').meaning == "deep sea fish map"


def test_plain_text_has_no_operators() -> None:
    assert plain('-a "b author:c').words == '-a "b author:c'


@given(st.text())
def test_any_text_parses_or_is_a_query_error(text: str) -> None:
    with contextlib.suppress(QueryError):
        parse(text)


@given(st.text(alphabet='-":afterxd2 '))
def test_place_of_an_error_lies_in_the_query(text: str) -> None:
    error: QueryError | None = None
    try:
        parse(text)
    except QueryError as caught:
        error = caught
    assert error is None or 0 <= error.position < len(text)


_PIECES = st.sampled_from(
    [*(f"{name}:" for name in FIELDS), "-", '"', "“", " ", "2024", "2024-06", "code", "x:", "word",
     "arXiv:2608.19880", "https://", "10.1/x", "\n", "é", "://", "foo:bar"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_query_written_out_parses_to_the_same_query(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    assert parse(to_text(query)) == query
