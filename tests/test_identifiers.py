"""Names of papers are read from every form people write them in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.identifiers import (
    abstract_similarity,
    arxiv_id_of_doi,
    content_key,
    normalise_doi,
    parse_arxiv_id,
    title_key,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2608.19880", ("2608.19880", None)),
        ("arXiv:2608.19880v3", ("2608.19880", 3)),
        ("https://arxiv.org/abs/hep-th/9901001v2", ("hep-th/9901001", 2)),
        ("math.gt/0309136", ("math.GT/0309136", None)),
        ("http://arxiv.org/pdf/2510.14968v1.pdf", ("2510.14968", 1)),
        ("https://arxiv.org/abs/2510.14968?context=cs", ("2510.14968", None)),
        ("10.48550/arXiv.2401.01234", ("2401.01234", None)),
    ],
)
def test_an_arxiv_id_is_read_from_any_form(text: str, expected: tuple[str, int | None]) -> None:
    assert parse_arxiv_id(text) == expected


@pytest.mark.parametrize("text", ["", "hello", "see 2401.01234 there", "2413.00001", "10.1101/x"])
def test_text_without_an_arxiv_id_gives_none(text: str) -> None:
    assert parse_arxiv_id(text) is None


def test_a_doi_is_lower_cased_and_loses_its_resolver() -> None:
    assert normalise_doi("https://doi.org/10.1016/0370-2693(92)90710-L") == (
        "10.1016/0370-2693(92)90710-l"
    )
    assert normalise_doi("no doi") is None


def test_only_arxivs_own_dois_name_an_arxiv_id() -> None:
    assert arxiv_id_of_doi("10.48550/arxiv.2401.01234") == "2401.01234"
    assert arxiv_id_of_doi("10.1101/2401.01234") is None


@pytest.mark.parametrize(
    "texts",
    [
        (r"Fr\'echet na\"{\i}ve", "Fréchet naïve", "FRECHET   naive"),
        (r"$1\times 1$ convolution", "1times 1 convolution", "1×1 convolution"),
        (r"$\alpha$-fair", "α-fair", r"\textit{alpha}-fair"),
        (r"\v{S}koda \c{c}a", "Škoda ça", "Skoda ca"),
    ],
)
def test_titles_that_differ_in_mark_up_have_one_key(texts: tuple[str, ...]) -> None:
    assert len({title_key(text) for text in texts}) == 1


def test_titles_in_other_scripts_have_keys_of_their_own() -> None:
    assert title_key("图神经网络") != title_key("图卷积网络") != ""


@given(st.text(max_size=200), st.text(max_size=200))
def test_similarity_is_symmetric_and_bounded(first: str, second: str) -> None:
    assert abstract_similarity(first, second) == abstract_similarity(second, first)
    assert 0.0 <= abstract_similarity(first, second) <= 1.0


def test_an_edited_abstract_is_near_and_another_text_is_far() -> None:
    old = "We weigh apples on a scale and find that heavy apples are larger than light ones."
    new = "We weigh apples on a scale and show that heavy apples are larger than light ones."
    other = "Pears ripen in boxes; a model of the box predicts the day on which they are sweet."
    assert abstract_similarity(old, new) > 0.6
    assert abstract_similarity(old, other) < 0.1


def test_a_content_key_depends_on_title_and_abstract_but_not_on_mark_up() -> None:
    assert content_key("A title", "An abstract.") == content_key("a  Title", "An abstract")
    assert content_key("A title", "An abstract.") != content_key("A title", "Another.")
    assert content_key("A title", "").startswith("~")
