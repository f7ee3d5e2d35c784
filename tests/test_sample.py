"""The sample edition keeps its promises of form; whether its facts are true no test can say."""

import json
import re
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

ARXIV_ID = re.compile(r"\d{2}(0[1-9]|1[0-2])\.(\d{4}|\d{5})")
CATEGORY = re.compile(r"[a-z]+(-[a-z]+)?\.[A-Za-z]+(-[a-z]+)?")
SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z]|$)")
INLINE_MATH = re.compile(r"\$[^$]+\$")
REQUIRED = {"id", "title", "authors", "categories", "published", "abstract"}
OPTIONAL = {"code", "project"}

Paper = dict[str, Any]


def read_edition() -> list[Paper]:
    text = files("broadsheet.sample").joinpath("edition.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


PAPERS = read_edition()
each_paper = pytest.mark.parametrize("paper", PAPERS, ids=[str(p.get("id")) for p in PAPERS])


def months_from_first_version_to_id(paper: Paper) -> int:
    """Return how many months the identifier lies after the first version."""
    first = date.fromisoformat(paper["published"])
    year, month = 2000 + int(paper["id"][:2]), int(paper["id"][2:4])
    return (year - first.year) * 12 + month - first.month


def test_edition_holds_55_to_70_papers() -> None:
    assert 55 <= len(PAPERS) <= 70


def test_ids_are_unique() -> None:
    ids = [paper["id"] for paper in PAPERS]
    assert len(set(ids)) == len(ids)


def test_papers_are_listed_oldest_first() -> None:
    days = [paper["published"] for paper in PAPERS]
    assert days == sorted(days)


def test_at_least_three_summaries_show_mathematics() -> None:
    assert sum(bool(INLINE_MATH.search(paper["abstract"])) for paper in PAPERS) >= 3


@each_paper
def test_paper_has_the_documented_keys_only(paper: Paper) -> None:
    assert set(paper) >= REQUIRED
    assert set(paper) <= REQUIRED | OPTIONAL


@each_paper
def test_id_is_an_arxiv_id_without_version(paper: Paper) -> None:
    assert ARXIV_ID.fullmatch(paper["id"])


@each_paper
def test_title_is_one_trimmed_line(paper: Paper) -> None:
    assert paper["title"]
    assert paper["title"] == " ".join(paper["title"].split())


@each_paper
def test_authors_are_distinct_trimmed_names(paper: Paper) -> None:
    authors = paper["authors"]
    assert authors
    assert all(name and name == " ".join(name.split()) for name in authors)
    assert len(set(authors)) == len(authors)


@each_paper
def test_categories_look_like_arxiv_categories(paper: Paper) -> None:
    assert paper["categories"]
    assert all(CATEGORY.fullmatch(category) for category in paper["categories"])


@each_paper
def test_summary_has_two_to_four_sentences(paper: Paper) -> None:
    assert 2 <= len(SENTENCE_END.findall(paper["abstract"])) <= 4


@each_paper
def test_summary_has_150_to_700_characters(paper: Paper) -> None:
    assert 150 <= len(paper["abstract"]) <= 700


@each_paper
def test_math_delimiters_are_paired(paper: Paper) -> None:
    assert "$" not in INLINE_MATH.sub("", paper["abstract"])


@each_paper
def test_id_is_of_the_month_of_the_first_version_or_the_next(paper: Paper) -> None:
    # arXiv numbers papers when it announces them, which can fall into the next month.
    assert months_from_first_version_to_id(paper) in {0, 1}


@each_paper
def test_links_are_https_addresses(paper: Paper) -> None:
    links = [paper[key] for key in sorted(OPTIONAL) if key in paper]
    assert all(re.fullmatch(r"https://[^\s/]+(/\S*)?", link) for link in links)
