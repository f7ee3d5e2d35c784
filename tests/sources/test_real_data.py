"""The real archives, measured where they are present; nothing of them is kept here."""

from __future__ import annotations

import lzma
import time
from datetime import date
from itertools import islice
from pathlib import Path

import orjson
import pytest

from broadsheet.domain import PaperRecord
from broadsheet.identifiers import abstract_similarity, title_key
from broadsheet.sources.files import expand, read_file

TODAY = date(2026, 11, 21)


def records(path: Path) -> list[PaperRecord]:
    items = [item for one in expand([str(path)]) for item in read_file(one, today=TODAY)]
    rejects = [item.reject for item in items if item.reject is not None]
    assert rejects == []
    return [item.record for item in items if item.record is not None]


@pytest.fixture(scope="module")
def archive(test_data: Path) -> list[PaperRecord]:
    return records(test_data / "hf_daily")


@pytest.fixture(scope="module")
def pages(test_data: Path) -> list[list[PaperRecord]]:
    return [records(path) for path in sorted((test_data / "listing_pages").iterdir())]


def test_every_paper_of_the_listing_pages_comes_out(pages: list[list[PaperRecord]]) -> None:
    assert [len(page) for page in pages] == [69, 92, 61]


def test_titles_and_abstracts_of_the_listing_pages_look_like_it(
    pages: list[list[PaperRecord]],
) -> None:
    papers = [paper for page in pages for paper in page]
    assert all(16 <= len(paper.title) <= 166 for paper in papers)
    assert all(1_364 <= len(paper.abstract) <= 1_916 for paper in papers)


def test_days_of_the_listing_pages_are_read(pages: list[list[PaperRecord]]) -> None:
    days = {paper.listed_on for page in pages for paper in page}
    assert days == {date(2026, 3, 13), date(2026, 3, 11), date(2026, 5, 8)}


def test_repeated_papers_have_one_id(pages: list[list[PaperRecord]]) -> None:
    papers = [paper for page in pages for paper in page]
    assert len({paper.record_id for paper in papers}) == 199
    assert len({title_key(paper.title) for paper in papers}) == 199


def test_abstracts_of_the_listing_pages_belong_to_their_titles(
    pages: list[list[PaperRecord]], test_data: Path
) -> None:
    abstracts = {paper.title.lower(): paper.abstract for page in pages for paper in page}
    known = []
    for path in sorted((test_data / "corpus").iterdir())[:2]:  # no later one has any of them
        with lzma.open(path) as lines:
            known.extend(
                (abstracts[title], paper["abstract"])
                for paper in map(orjson.loads, lines)
                if (title := paper["title"].lower()) in abstracts
            )
    assert len(known) >= 15
    assert all(abstract_similarity(*pair) > 0.9 for pair in known)


def test_every_paper_of_the_archive_is_read(archive: list[PaperRecord]) -> None:
    assert len(archive) == 7_412
    assert len({paper.arxiv_id for paper in archive}) == 7_412


def test_every_paper_of_the_archive_has_what_the_service_gives(archive: list[PaperRecord]) -> None:
    assert all(paper.listed_on and paper.authors and paper.abstract for paper in archive)
    assert all(paper.votes is not None and paper.comments is not None for paper in archive)
    assert all(
        link.url.startswith(("https://", "http://")) for paper in archive for link in paper.links
    )


def test_listing_days_of_the_archive_are_those_of_its_files(
    archive: list[PaperRecord], test_data: Path
) -> None:
    days = {path.name.split(".")[0] for path in (test_data / "hf_daily").iterdir()}
    assert {paper.listed_on.isoformat() for paper in archive if paper.listed_on} == days


def test_days_in_the_content_agree_with_the_files(archive: list[PaperRecord]) -> None:
    told = [
        (str(paper.extras["listed_at"])[:10], str(paper.listed_on))
        for paper in archive
        if "listed_at" in paper.extras
    ]
    assert sum(one == other for one, other in told) / len(told) > 0.9


def test_archive_is_read_fast(test_data: Path) -> None:
    start = time.process_time()
    records(test_data / "hf_daily")
    assert time.process_time() - start < 4  # 1.2 s on a quiet core


def test_each_file_of_the_corpus_is_read(test_data: Path) -> None:
    start = time.process_time()
    paths = sorted((test_data / "corpus").iterdir())
    items = [item for path in paths for item in islice(read_file(path, today=TODAY), 3_000)]
    assert len(items) == 15_000
    assert [item.reject for item in items if item.record is None] == []
    assert all(item.record.arxiv_id == item.record.record_id for item in items if item.record)
    assert len(items) / (time.process_time() - start) > 3_000  # 10,000 on a quiet core


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("query_cs.RO_2entries_2025-10.xml", 2),
        ("query_empty_2025-10.xml", 0),
        ("researchhub_sample.xml", 2),
        ("researchhub_empty.xml", 0),
    ],
)
def test_atom_answers_are_read(test_data: Path, name: str, papers: int) -> None:
    assert len(records(test_data / "protocol_samples" / "arxiv_atom_api" / name)) == papers
