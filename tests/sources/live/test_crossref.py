"""Crossref's `/works`, replayed; pages are written after Crossref's documentation, with invented
works, and the recorded works of the test data are read where present.
"""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from broadsheet.domain import LinkKind, PaperRecord
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.crossref_work import record_of_work
from broadsheet.sources.fields import Context
from broadsheet.sources.live import crossref
from broadsheet.sources.live.crossref import ROWS, SOURCE
from broadsheet.sources.live.harvesting import Batch, Cursor, Fetch
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
TODAY = NOW.date()


def work(number: int = 1, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "DOI": f"10.26434/Looms-{number}",
        "type": "posted-content",
        "subtype": "preprint",
        "title": [f"Looms and Threads, Part {number}"],
        "author": [{"given": "Ada", "family": "Weaver", "sequence": "first", "affiliation": []}],
        "abstract": "<jats:p>We weave.</jats:p>",
        "posted": {"date-parts": [[2026, 8, 19]]},
        "created": {"date-parts": [[2026, 8, 20]], "date-time": "2026-08-20T09:00:00Z"},
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def page(*works: Any, total: int | None = None, token: str = "next") -> bytes:  # noqa: S107
    message = {
        "facets": {},
        "next-cursor": token,
        "total-results": len(works) if total is None else total,
        "items": list(works),
    }
    return orjson.dumps({"status": "ok", "message-type": "work-list", "message": message})


def full_page(first: int, *, total: int) -> bytes:
    works = (work(number) for number in range(first, first + ROWS))
    return page(*works, total=total, token=f"after-{first + ROWS - 1}")


def harvested(
    fetch: Fetch, server: Loopback, cursor: Cursor | None = None, **options: str
) -> list[Batch]:
    asked = SOURCE.completed({"url": server.url, **options})
    return list(crossref.harvest(fetch, asked, cursor or {}, NOW))


def record_of(**changes: Any) -> PaperRecord:
    return record_of_work(work(**changes), Context(TODAY))


def test_work_becomes_a_record(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=page(work()))
    (batch,) = harvested(fetch, server)
    (record,) = batch.records
    assert (record.source, record.record_id, record.doi) == (
        "crossref",
        "10.26434/looms-1",
        "10.26434/looms-1",
    )
    assert (record.title, record.abstract) == ("Looms and Threads, Part 1", "We weave.")
    assert record.authors == ("Ada Weaver",)
    assert record.announced_on == date(2026, 8, 19)
    assert record.extras == {"type": "preprint", "published": "2026-08-19"}


def test_first_harvest_asks_for_seven_days_with_the_filter(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=page(work()))
    harvested(fetch, server, filter="type:posted-content,prefix:10.26434", mailto="a@loom.example")
    (request,) = server.requests()
    assert request.query == {
        "filter": "from-created-date:2026-08-14,type:posted-content,prefix:10.26434",
        "rows": "200",
        "cursor": "*",
        "mailto": "a@loom.example",
    }


def test_no_address_is_sent_where_none_is_given(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=page(work()))
    harvested(fetch, server)
    assert "mailto" not in server.requests()[0].query


def test_pages_follow_each_other_until_a_short_one(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", query={"cursor": "*"}, body=full_page(1, total=201))
    server.answer("/works", query={"cursor": "after-200"}, body=page(work(201), total=201))
    batches = harvested(fetch, server)
    assert [len(batch.records) for batch in batches] == [200, 1]
    assert [batch.declared for batch in batches] == [201, 201]
    assert batches[0].cursor == {
        "from": "2026-08-14",
        "token": "after-200",
        "window_on": "2026-08-21",
    }
    assert batches[1].cursor == {"from": "2026-08-21", "window_on": "2026-08-21"}


def test_full_last_page_is_followed_by_an_empty_one(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", query={"cursor": "*"}, body=full_page(1, total=200))
    server.answer("/works", query={"cursor": "after-200"}, body=page(total=200))
    batches = harvested(fetch, server)
    assert [len(batch.records) for batch in batches] == [200, 0]
    assert "token" not in batches[-1].cursor


def test_interrupted_harvest_goes_on_at_its_page(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", query={"cursor": "after-200"}, body=page(work(201), total=201))
    cursor = {"from": "2026-08-14", "token": "after-200", "window_on": "2026-08-21"}
    (batch,) = harvested(fetch, server, cursor)
    assert [record.record_id for record in batch.records] == ["10.26434/looms-201"]
    assert len(server.requests()) == 1


@pytest.mark.parametrize("status", [400, 404])
def test_expired_page_starts_the_harvest_anew(server: Loopback, fetch: Fetch, status: int) -> None:
    server.answer("/works", query={"cursor": "old"}, status=status, body=b'{"status":"failed"}')
    server.answer("/works", query={"cursor": "*"}, body=page(work(1)))
    cursor = {"from": "2026-08-10", "token": "old", "window_on": "2026-08-19"}
    (batch,) = harvested(fetch, server, cursor)
    assert len(batch.records) == 1
    assert server.requests()[1].query["filter"].startswith("from-created-date:2026-08-10,")


def test_page_that_expires_within_a_harvest_is_passing(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", query={"cursor": "*"}, body=full_page(1, total=201))
    server.answer("/works", query={"cursor": "after-200"}, status=404, body=b"gone")
    with pytest.raises(SourceError, match="refused") as caught:
        harvested(fetch, server)
    assert not caught.value.permanent


def test_each_day_looks_back_seven_days_once(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=page(work()))
    for window_on in ("2026-08-20", "2026-08-21"):
        harvested(fetch, server, {"from": "2026-08-20", "window_on": window_on})
    filters = [request.query["filter"] for request in server.requests()]
    assert filters == [
        "from-created-date:2026-08-14,type:posted-content",
        "from-created-date:2026-08-20,type:posted-content",
    ]


def test_long_pause_is_caught_up(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=page(work()))
    harvested(fetch, server, {"from": "2026-06-01", "window_on": "2026-06-01"})
    assert server.requests()[0].query["filter"].startswith("from-created-date:2026-06-01,")


def test_nothing_new_is_a_batch_without_records(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=page())
    (batch,) = harvested(fetch, server)
    assert (batch.records, batch.declared) == ((), 0)
    assert batch.cursor == {"from": "2026-08-21", "window_on": "2026-08-21"}


def test_declared_works_that_do_not_come_are_an_error(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=page(total=12))
    with pytest.raises(SourceError, match="declared works and sent none") as caught:
        harvested(fetch, server)
    assert not caught.value.permanent


def test_refused_filter_is_told_in_the_words_of_crossref(server: Loopback, fetch: Fetch) -> None:
    said = [{"type": "filter-not-available", "message": "Filter loom is not available."}]
    answer = {"status": "failed", "message-type": "validation-failure", "message": said}
    server.answer("/works", status=400, body=orjson.dumps(answer))
    with pytest.raises(SourceError, match="refused the question: Filter loom is not") as caught:
        harvested(fetch, server, filter="loom:1")
    assert caught.value.permanent


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Bad gateway</body></html>",
        page(work())[:-20],
        b"[]",
        b'{"status":"ok"}',
        b'{"status":"failed","message":"busy"}',
        b'{"status":"ok","message":{"total-results":3}}',
    ],
)
def test_unreadable_answer_is_passing(server: Loopback, fetch: Fetch, body: bytes) -> None:
    server.answer("/works", body=body)
    with pytest.raises(SourceError) as caught:
        harvested(fetch, server)
    assert not caught.value.permanent


def test_answer_that_breaks_off_is_passing(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=page(work()), fault=CUT)
    with pytest.raises(SourceError) as caught:
        harvested(fetch, server)
    assert not caught.value.permanent


def test_full_page_without_a_next_one_is_an_error(server: Loopback, fetch: Fetch) -> None:
    works = (work(number) for number in range(ROWS))
    server.answer("/works", body=page(*works, total=500, token=""))
    with pytest.raises(SourceError, match="without a next one"):
        harvested(fetch, server)


def test_bad_works_are_set_aside_and_the_rest_goes_on(server: Loopback, fetch: Fetch) -> None:
    bad = [work(2, title=[]), work(3, DOI=None), "no work", work(4, title=[7])]
    server.answer("/works", body=page(*bad, work(1)))
    (batch,) = harvested(fetch, server)
    assert [record.record_id for record in batch.records] == ["10.26434/looms-1"]
    assert [reject.reason for reject in batch.rejects][:2] == [
        "The work has no title.",
        "The work has no DOI.",
    ]
    assert batch.rejects[0].position == "10.26434/looms-2"
    assert len(batch.rejects) == 4


def test_title_with_mark_up_is_read() -> None:
    record = record_of(title=["", "Looms of <i>Bombyx mori</i>: CO<sub>2</sub> &amp; water"])
    assert record.title == "Looms of Bombyx mori: CO$_{2}$ & water"


@pytest.mark.parametrize("title", [[], [""], ["  "], None])
def test_work_without_title_is_refused(title: list[str] | None) -> None:
    with pytest.raises(RecordError, match="no title"):
        record_of(title=title)


def test_all_forms_of_names_are_read() -> None:
    authors = [
        {"given": "Łucja", "family": "Tkáč", "suffix": "Jr."},
        {"family": "Weaver"},
        {"name": "The Loom Collaboration", "sequence": "additional"},
        {"given": "", "family": "", "affiliation": []},
        {"literal": "unknown form"},
        None,
    ]
    assert record_of(author=authors).authors == (
        "Łucja Tkáč Jr.",
        "Weaver",
        "The Loom Collaboration",
    )


def test_work_without_abstract_and_authors_is_read() -> None:
    record = record_of(abstract=None, author=None)
    assert (record.abstract, record.authors) == ("", ())


@pytest.mark.parametrize(
    ("posted", "created", "announced_on", "published"),
    [
        ([2026, 8, 19], [2026, 8, 20], date(2026, 8, 19), "2026-08-19"),
        ([2026, 8], [2026, 8, 20], date(2026, 8, 20), "2026-08"),
        ([2026], [2026, 8, 20], date(2026, 8, 20), "2026"),
        ([1950], [2026, 8, 20], None, "1950"),
        ([2027, 1, 1], [2026, 8, 20], date(2026, 8, 20), "2027-01-01"),
        (["2026", "8", "19"], [2026, 8, 20], date(2026, 8, 19), "2026-08-19"),
        ([2026, 2, 30], [2026, 2, 3], date(2026, 2, 3), "2026-02"),
        ([2026, 13, 1], [2026, 2, 3], date(2026, 2, 3), "2026"),
        ([None], [2026, 8, 20], date(2026, 8, 20), None),
        ([], [2026, 8, 20], date(2026, 8, 20), None),
        ([2026, None, 3], [2026, 8, 20], date(2026, 8, 20), "2026"),
        ([0], [2026, 8, 20], date(2026, 8, 20), None),
    ],
)
def test_dates_of_one_to_three_numbers_are_read(
    posted: list[Any], created: list[int], announced_on: date | None, published: str | None
) -> None:
    record = record_of(posted={"date-parts": [posted]}, created={"date-parts": [created]})
    assert record.announced_on == announced_on
    assert record.extras.get("published") == published
    assert record.submitted_at is None


def test_day_on_line_wins_over_the_month_in_print() -> None:
    record = record_of(
        **{
            "posted": None,
            "type": "journal-article",
            "published-print": {"date-parts": [[2026, 11]]},
            "published-online": {"date-parts": [[2026, 8, 18]]},
            "issued": {"date-parts": [[2026, 8, 18]]},
        }
    )
    assert record.announced_on == date(2026, 8, 18)


def test_arxiv_doi_is_an_arxiv_id() -> None:
    record = record_of(DOI="10.48550/arXiv.2608.00001")
    assert (record.arxiv_id, record.doi) == ("2608.00001", None)


def test_named_arxiv_preprint_is_recognised() -> None:
    relation = {"has-preprint": [{"id-type": "doi", "id": "10.48550/arXiv.2608.00001"}]}
    record = record_of(relation=relation)
    assert (record.arxiv_id, record.doi) == ("2608.00001", "10.26434/looms-1")


def test_two_preprints_name_no_arxiv_id() -> None:
    ids = ("10.48550/arXiv.2608.00001", "10.48550/arXiv.2608.00002")
    assert record_of(relation={"has-preprint": [{"id": one} for one in ids]}).arxiv_id is None


def test_doi_is_normalised() -> None:
    assert record_of(DOI="https://doi.org/10.1234/LOOM.").doi == "10.1234/loom"


def test_journal_is_referred_to() -> None:
    record = record_of(
        **{
            "type": "journal-article",
            "container-title": ["Journal of Looms &amp; Yarn"],
            "volume": "3",
            "issue": "2",
            "page": "10-19",
        }
    )
    assert record.journal_ref == "Journal of Looms & Yarn 3(2), 10-19 (2026)"
    assert record.extras["venue"] == "Journal of Looms & Yarn"


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ["WITHDRAWN: Looms and Threads"]},
        {"title": ["[Retracted] Looms and Threads"]},
        {"updated-by": [{"type": "retraction", "DOI": "10.1/x"}]},
    ],
)
def test_withdrawn_work_is_marked(changes: dict[str, Any]) -> None:
    assert record_of(**changes).is_withdrawn


@pytest.mark.parametrize("title", ["Withdrawn Threads in Looms", "Looms retracted: a study"])
def test_work_about_withdrawal_is_not_marked(title: str) -> None:
    assert not record_of(title=[title]).is_withdrawn


def test_links_are_those_for_readers() -> None:
    pdf = {"content-type": "application/pdf", "URL": "https://loom.example/1.pdf"}
    record = record_of(
        link=[{**pdf, "URL": "https://check.example/1", "intended-application": "similarity-checking"},
              {**pdf, "intended-application": "text-mining"}],
        resource={"primary": {"URL": "https://loom.example/1"}},
    )  # fmt: skip
    assert [(link.kind, link.url) for link in record.links] == [
        (LinkKind.ABSTRACT, "https://loom.example/1"),
        (LinkKind.PDF, "https://loom.example/1.pdf"),
    ]


def _recorded(folder: Path) -> list[dict[str, Any]]:
    whole = orjson.loads((folder / "fatcat_crossref_api_works.json").read_bytes())
    works: list[dict[str, Any]] = whole["message"]["items"]
    works += [orjson.loads(path.read_bytes())["message"] for path in folder.glob("hepcrawl_*.json")]
    lines = (folder / "fatcat_crossref-works.2018-01-21.badsample.jsonl").read_bytes()
    works += map(orjson.loads, lines.splitlines())
    works.append(
        orjson.loads(gzip.decompress((folder / "fatcat_huge_crossref_doi.json.gz").read_bytes()))
    )
    return works


def test_recorded_works_are_read(test_data: Path) -> None:
    records = [
        record_of_work(one, Context(date(2026, 11, 21)))
        for one in _recorded(test_data / "protocol_samples" / "crossref")
    ]
    assert len(records) == 25
    assert all(record.doi and record.authors for record in records)
    assert max(len(record.authors) for record in records) == 1_014
    assert all("<" not in record.title + record.abstract for record in records)
    undated = [record for record in records if record.announced_on is None]
    assert all(record.extras["published"] for record in undated)


def test_recorded_page_is_harvested(server: Loopback, fetch: Fetch, test_data: Path) -> None:
    path = test_data / "protocol_samples" / "crossref" / "fatcat_crossref_api_works.json"
    server.answer("/works", body=path.read_bytes())
    (batch,) = harvested(fetch, server)
    assert (len(batch.records), batch.rejects, batch.declared) == (3, (), 2_473_850)
