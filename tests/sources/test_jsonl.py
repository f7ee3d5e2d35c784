"""Our own JSON lines: papers, the sample edition's form, and exports taken back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from broadsheet.domain import Link, LinkKind, PaperRecord, Version
from broadsheet.identifiers import content_key
from broadsheet.record_json import record_to_json

if TYPE_CHECKING:
    from tests.sources.conftest import Read

PAPER: dict[str, Any] = {
    "id": "2601.00001",
    "title": "Looms at Scale",
    "abstract": "We scale looms. Code: https://github.com/ada/scale",
    "authors": ["Ada Weaver"],
    "categories": ["cs.LG", "cs.RO"],
    "published": "2026-01-05",
    "date_source": "submitted",
    "doi": "10.1234/SCALE",
    "journal_ref": "J. Loom 4",
    "comment": "9 pages",
    "venues": ["loomconf 2026"],
    "keywords": ["looms"],
    "listed": "2026-01-07",
    "alt_ids": ["acl:X1"],
}


def line(**changes: object) -> str:
    return json.dumps({**PAPER, **changes})


def test_paper_is_read(read: Read) -> None:
    record = read(line()).record
    assert record == PaperRecord(
        source="corpus",
        record_id="2601.00001",
        title="Looms at Scale",
        abstract="We scale looms. Code: https://github.com/ada/scale",
        authors=("Ada Weaver",),
        arxiv_id="2601.00001",
        doi="10.1234/scale",
        categories=("cs.LG", "cs.RO"),
        submitted_at=datetime(2026, 1, 5, tzinfo=UTC),
        announced_on=date(2026, 1, 7),
        comment="9 pages",
        journal_ref="J. Loom 4",
        keywords=("looms",),
        links=(Link(LinkKind.CODE, "https://github.com/ada/scale"),),
        extras={"venues": ["loomconf 2026"], "alt_ids": ["acl:X1"]},
    )


def test_source_can_be_named_by_the_caller(read: Read) -> None:
    assert read(line(), source="sample").record.source == "sample"


def test_announcement_day_alone_is_no_submission(read: Read) -> None:
    record = read(line(date_source="listed", published="2026-01-07")).record
    assert (record.submitted_at, record.announced_on) == (None, date(2026, 1, 7))


def test_month_of_the_id_is_marked_as_such(read: Read) -> None:
    record = read(line(date_source="id-month", published="1996-05", listed=None)).record
    assert record.submitted_at == datetime(1996, 5, 1, tzinfo=UTC)
    assert record.extras["date_source"] == "id-month"


@pytest.mark.parametrize("published", ["1991-08-15", "2026-03-01"])
def test_list_of_a_new_version_is_no_announcement(read: Read, published: str) -> None:
    record = read(line(published=published)).record
    assert record.announced_on is None
    assert record.extras["listed"] == "2026-01-07"


def test_paper_without_arxiv_id_is_named_by_its_content(read: Read) -> None:
    record = read(line(id="loom-7", doi=None)).record
    assert record.arxiv_id is None
    assert record.record_id == content_key(PAPER["title"], PAPER["abstract"])
    assert record.extras["id"] == "loom-7"


def test_arxiv_id_may_come_from_the_doi(read: Read) -> None:
    record = read(line(id="x", doi="10.48550/arXiv.2601.00001")).record
    assert (record.arxiv_id, record.doi) == ("2601.00001", None)


def test_missing_fields_are_no_error(read: Read) -> None:
    record = read('{"title": "Looms"}').record
    assert (record.title, record.abstract, record.authors) == ("Looms", "", ())


@pytest.mark.parametrize(
    ("votes", "known"), [(3, 3), (0, 0), (-1, None), (True, None), ("3", None), (10**12, None)]
)
def test_only_counts_count(read: Read, votes: object, known: int | None) -> None:
    assert read(line(votes=votes)).record.votes == known


def test_exported_records_come_back_equal(read: Read) -> None:
    record = PaperRecord(
        source="hf_daily",
        record_id="2601.00001",
        title="Looms",
        abstract="We weave.",
        arxiv_id="2601.00001",
        listed_on=date(2026, 1, 8),
        versions=(Version(1, datetime(2026, 1, 5, 1, 2, 3, 456_000, tzinfo=UTC)),),
        votes=0,
        links=(Link(LinkKind.CODE, "https://github.com/ada/loom"),),
        extras={"first_seen_on": "2026-01-09", "nested": {"a": [1, None]}},
    )
    other = PaperRecord(source="listing_page", record_id="~1", title="Looms", abstract="We weave.")
    exported = {
        "id": "2601.00001",
        "title": "x",
        "records": [*map(record_to_json, (record, other))],
    }
    assert read(json.dumps(exported)).records == [record, other]


def test_exported_links_are_checked_again(read: Read) -> None:
    fields = {"source": "corpus", "record_id": "1", "title": "Looms"}
    fields["links"] = [{"kind": "code", "url": "javascript:alert(1)"}]  # type: ignore[assignment]
    assert read(json.dumps({"records": [fields]})).record.links == ()


@pytest.mark.parametrize("records", ["x", [1], [{"title": "x"}], [{"source": 1}]])
def test_damaged_export_line_is_rejected(read: Read, records: object) -> None:
    assert read(json.dumps({"id": "1", "records": records})).reject.position == "line 1"
