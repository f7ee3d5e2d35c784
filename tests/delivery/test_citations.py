"""BibTeX entries."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from broadsheet.delivery.citations import bibtex, citation_key
from broadsheet.domain import Paper

PAPER = Paper(
    paper_id=1, key="2401.01234", title="The Art of Waiting in Line", abstract="",
    authors=("Ada Lovelace", "Émile du Châtelet"), arxiv_id="2401.01234", doi=None,
    categories=("cs.CL", "cs.LG"), submitted_at=datetime(2024, 1, 2, tzinfo=UTC), updated_at=None,
    announced_on=None, listed_on=date(2024, 1, 3), versions=(), comment=None, journal_ref=None,
    license=None, is_withdrawn=False, votes=0, comments=0, keywords=(), links=(),
    sources=("arxiv_atom",), is_sample=False, added_at=datetime(2024, 1, 3, tzinfo=UTC), revision=1,
)  # fmt: skip


def title_of(title: str) -> str:
    found = re.search(r"  title = \{(.*)\},\n", bibtex(replace(PAPER, title=title)))
    assert found is not None
    return found[1]


def test_entry_has_the_form_that_arxiv_gives() -> None:
    assert bibtex(PAPER) == (
        "@misc{lovelace2024artwaitingline,\n"
        "  title = {The Art of Waiting in Line},\n"
        "  author = {Ada Lovelace and Émile du Châtelet},\n"
        "  year = {2024},\n"
        "  eprint = {2401.01234},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.CL},\n"
        "  url = {https://arxiv.org/abs/2401.01234}\n"
        "}\n"
    )


def test_key_takes_four_words_and_folds_letters() -> None:
    paper = replace(
        PAPER, authors=("Kurt Gödel",), title="On the Über-Large and the Very Small Numbers"
    )
    assert citation_key(paper) == "godel2024uberlargeverysmall"


def test_key_of_a_paper_without_authors() -> None:
    assert citation_key(replace(PAPER, authors=())).startswith("anonymous2024")


def test_family_name_before_a_comma_names_the_key() -> None:
    assert citation_key(replace(PAPER, authors=("van der Berg, Jan",))).startswith("vanderberg")


def test_special_characters_are_escaped() -> None:
    assert title_of("5% of R&D costs #1_a ~ ^ <b>") == (
        r"5\% of {R\&D} costs \#1\_a \textasciitilde{} \textasciicircum{} "
        r"\textless{}b\textgreater{}"
    )


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Training BERT on mRNA data", "Training {BERT} on {mRNA} data"),
        ("A study of Bayesian methods for small samples",
         "A study of {Bayesian} methods for small samples"),
        ("Deep Networks Learn Everything Twice", "Deep Networks Learn Everything Twice"),
        ("Scaling Laws (GPT-4): Why?", "Scaling Laws ({GPT-4}): Why?"),
    ],
)  # fmt: skip
def test_capitals_that_matter_are_protected(title: str, shown: str) -> None:
    assert title_of(title) == shown


def test_formulas_stay_tex() -> None:
    assert title_of(r"Bounds on $\alpha_{1}$ norms") == r"Bounds on $\alpha_{1}$ norms"


@pytest.mark.parametrize("title", ["$}{$ x", "a } b { c", r"$\frac{a$ and }", r"end \\", "{{{"])
def test_braces_always_balance(title: str) -> None:
    entry = bibtex(replace(PAPER, title=title, authors=("A {", "} B")))
    bare = re.sub(r"\\.", "", entry.replace("\\\\", ""))
    assert bare.count("{") == bare.count("}")


def test_a_group_with_and_in_its_name_stays_whole() -> None:
    entry = bibtex(replace(PAPER, authors=("Research and Development Group",)))
    assert "author = {{Research and Development Group}}" in entry


def test_a_doi_paper_has_its_doi_and_address() -> None:
    paper = replace(PAPER, arxiv_id=None, doi="10.5555/a_b{c}")
    entry = bibtex(paper)
    assert "doi = {10.5555/a_b%7Bc%7D}" in entry
    assert "url = {https://doi.org/10.5555/a_b%7Bc%7D}" in entry
    assert "eprint" not in entry


def test_year_falls_back_to_the_listing_day() -> None:
    assert "year = {2024}" in bibtex(replace(PAPER, submitted_at=None))
