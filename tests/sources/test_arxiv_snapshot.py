"""Lines of the arXiv snapshot, with invented papers."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from broadsheet.domain import Link, LinkKind, Version

if TYPE_CHECKING:
    from tests.sources.conftest import Read

LINE: dict[str, Any] = {
    "id": "0704.0001",
    "submitter": "Ada Weaver",
    "authors": "Ada Weaver, Bo Spinner Jr",
    "title": "On the Tension\n  of Threads",
    "comments": "12 pages; code at https://github.com/ada/thread",
    "journal-ref": "J.Loom.12:1-9,2007",
    "doi": "10.1234/LOOM.2007",
    "report-no": "L-1",
    "categories": "hep-ph cs.LG",
    "license": "http://creativecommons.org/licenses/by/4.0/",
    "abstract": "  Threads are tense.\n  We ask why.\n",
    "versions": [
        {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [["Weaver", "Ada", ""], ["Spinner", "Bo", "Jr"]],
}
SECOND = {**LINE, "id": "math.GT/0309136", "title": "On Knots"}


def line(**changes: object) -> str:
    return json.dumps({**LINE, **changes}) + "\n"


def test_line_is_read(read: Read) -> None:
    record = read(line()).record
    assert record.source == "arxiv_snapshot"
    assert record.arxiv_id == record.record_id == "0704.0001"
    assert record.title == "On the Tension of Threads"
    assert record.abstract == "Threads are tense. We ask why."
    assert record.authors == ("Ada Weaver", "Bo Spinner Jr")
    assert record.categories == ("hep-ph", "cs.LG")
    assert record.doi == "10.1234/loom.2007"
    assert record.journal_ref == "J.Loom.12:1-9,2007"
    assert record.license == "http://creativecommons.org/licenses/by/4.0/"
    assert record.links == (Link(LinkKind.CODE, "https://github.com/ada/thread"),)
    assert record.extras["submitter"] == "Ada Weaver"


def test_versions_give_the_dates(read: Read) -> None:
    record = read(line()).record
    assert record.submitted_at == datetime(2007, 4, 2, 19, 18, 42, tzinfo=UTC)
    assert record.updated_at == datetime(2007, 7, 24, 20, 10, 27, tzinfo=UTC)
    assert record.versions == (Version(1, record.submitted_at), Version(2, record.updated_at))


def test_old_identifiers_are_read(read: Read) -> None:
    records = read(line() + json.dumps(SECOND)).records
    assert [record.arxiv_id for record in records] == ["0704.0001", "math.GT/0309136"]


def test_authors_are_split_where_they_are_not_parsed(read: Read) -> None:
    fields = {key: value for key, value in LINE.items() if key != "authors_parsed"}
    fields["authors"] = "Ada Weaver (Mill, Loomtown), Bo Spinner and Cy Dyer"
    assert read(json.dumps(fields)).record.authors == ("Ada Weaver", "Bo Spinner", "Cy Dyer")


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("Ada Weaver, Bo Spinner, and Cy Dyer", ("Ada Weaver", "Bo Spinner", "Cy Dyer")),
        ("Ada Weaver and Bo Spinner", ("Ada Weaver", "Bo Spinner")),
        (
            "Ada Weaver; Andrea Sandor,\nand Bo Andersen",
            ("Ada Weaver", "Andrea Sandor", "Bo Andersen"),
        ),
        ("Ada Weaver ((1) Mill, (2) Loom), Bo Spinner (2)", ("Ada Weaver", "Bo Spinner")),
        ("Ada Weaver (Mill", ("Ada Weaver (Mill",)),
        ("", ()),
    ],
)
def test_authors_in_one_text_come_out_name_by_name(
    read: Read, authors: str, names: tuple[str, ...]
) -> None:
    fields = {key: value for key, value in LINE.items() if key != "authors_parsed"}
    assert read(json.dumps({**fields, "authors": authors})).record.authors == names


def test_brackets_nested_without_end_take_no_long_time(read: Read) -> None:
    fields = {key: value for key, value in LINE.items() if key != "authors_parsed"}
    fields["authors"] = f"Ada Weaver {'(' * 50_000}{')' * 50_000}"
    started = time.perf_counter()
    assert read(json.dumps(fields)).record.authors == ("Ada Weaver",)
    assert time.perf_counter() - started < 2


def test_null_fields_are_absent(read: Read) -> None:
    empty = dict.fromkeys(("comments", "journal-ref", "doi", "report-no", "license", "submitter"))
    record = read(line(**empty)).record
    assert (record.comment, record.journal_ref, record.doi, record.license) == (None,) * 4


def test_doi_of_arxiv_itself_is_not_the_papers_doi(read: Read) -> None:
    assert read(line(doi="10.48550/arXiv.0704.0001")).record.doi is None


@pytest.mark.parametrize(
    "comment",
    [
        "This paper has been withdrawn by the authors due to an error",
        "Withdrawn: Lemma 3 is wrong",
        "withdrawn by arXiv administrators",
        "The submission was temporarily withdrawn",
    ],
)
def test_withdrawn_paper_is_marked(read: Read, comment: str) -> None:
    assert read(line(comments=comment)).record.is_withdrawn


def test_withdrawal_may_stand_in_the_abstract(read: Read) -> None:
    abstract = "This paper has been withdrawn."
    assert read(line(abstract=abstract, comments=None)).record.is_withdrawn


@pytest.mark.parametrize(
    "comment", ["Accepted (withdrawn before presentation for lack of funds)", "12 pages", None]
)
def test_other_comments_do_not_withdraw(read: Read, comment: str | None) -> None:
    abstract = "We study withdrawn papers, and why this paper is withdrawn by nobody."
    assert not read(line(comments=comment, abstract=abstract)).record.is_withdrawn


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "loom-1"},
        {"versions": "v1"},
        {"versions": [{"version": "v1", "created": "long ago"}]},
        {"authors_parsed": [["Weaver", 1]]},
        {"title": None},
    ],
)
def test_bad_line_is_rejected_and_the_rest_is_read(read: Read, changes: dict[str, Any]) -> None:
    result = read(line(**changes) + json.dumps(SECOND))
    assert [record.title for record in result.records] == ["On Knots"]
    assert result.rejects[0].position == "line 1"
