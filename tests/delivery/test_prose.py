"""Excerpts, marks and whole abstracts."""

from __future__ import annotations

import time

import pytest

from broadsheet.delivery.prose import abstract_html, excerpt, marked, title_text

LONG = (
    "Harbours freeze in winter. " * 40 + "Only then do seals sing to each other. " + "More. " * 90
)


def test_a_short_abstract_is_its_own_excerpt() -> None:
    assert excerpt("Short and whole.", 280) == "Short and whole."


def test_an_excerpt_is_cut_between_words() -> None:
    short = excerpt(LONG, 100)
    assert short.endswith("…")
    assert len(short) <= 101
    assert LONG.startswith(short[:-1])
    assert LONG[len(short) - 1] in " ."


def test_an_excerpt_moves_to_the_word_that_was_searched_for() -> None:
    short = excerpt(LONG, 100, ("seals",))
    assert short.startswith("… Only then do seals sing")


def test_an_excerpt_stays_at_the_beginning_when_the_word_stands_there() -> None:
    assert excerpt(LONG, 100, ("freeze",)).startswith("Harbours freeze")


@pytest.mark.parametrize(
    ("text", "term", "shown"),
    [
        ("Graphs grow", "graph", "<mark>Graphs</mark> grow"),
        ("It learned fast", "learning", "It <mark>learned</mark> fast"),
        ("A paragraph", "graph", "A paragraph"),
        ("Graphene", "graph", "Graphene"),
        ("Fréchet means", "frechet", "<mark>Fréchet</mark> means"),
        ("<b>graph</b>", "graph", "&lt;b&gt;<mark>graph</mark>&lt;/b&gt;"),
    ],
)
def test_marks_stand_on_matching_words(text: str, term: str, shown: str) -> None:
    assert marked(text, (term,)) == shown


def test_text_without_terms_is_escaped() -> None:
    assert marked("a < b & c", ()) == "a &lt; b &amp; c"


def test_titles_are_readable() -> None:
    assert title_text(r"Fr\'echet $\alpha$-means") == "Fréchet α-means"


def test_addresses_in_an_abstract_are_links_without_the_full_stop() -> None:
    shown, is_cut = abstract_html("See https://example.org/a_b?c=1&d=2. Then rest.")
    assert '<a href="https://example.org/a_b?c=1&amp;d=2" rel="nofollow noopener">' in shown
    assert "</a>. Then rest." in shown
    assert not is_cut


def test_only_web_addresses_become_links() -> None:
    assert "<a " not in abstract_html("javascript:alert(1) and data:text/html,x and ftp://x.y")[0]


def test_prices_are_no_formulas() -> None:
    assert "<math" not in abstract_html("It costs $5 today and $6 tomorrow.")[0]


def test_an_abstract_of_two_megabytes_is_cut_between_words_and_says_so() -> None:
    before = time.perf_counter()
    shown, is_cut = abstract_html("word $x^2$ < " * 150_000)
    assert is_cut
    assert 15_000 < len(shown) < 200_000
    assert shown.endswith(("word", "</code>"))
    plain, is_cut = abstract_html("loom " * 150_000)
    assert is_cut
    assert plain.endswith("loom…")
    assert len(excerpt("word " * 400_000, 280)) < 300
    assert time.perf_counter() - before < 2
