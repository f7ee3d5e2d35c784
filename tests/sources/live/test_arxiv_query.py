"""arXiv's query API on loopback, with invented papers; recorded answers from the real data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.domain import Version
from broadsheet.errors import SourceError
from broadsheet.sources.live.arxiv_query import SOURCE, harvest, read_slice
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
ERROR = (
    "<entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_x</id><title>Error</title>"
    "<summary>incorrect id format for x</summary><author><name>arXiv api core</name></author>"
    "</entry>"
)


def entry(number: int, **changes: str) -> str:
    fields = {
        "id": f"http://arxiv.org/abs/2608.{number:05d}v2",
        "updated": "2026-08-20T10:00:00Z",
        "published": "2026-08-16T17:59:37Z",
        "title": "Weft &amp; Warp:\n  A Study",
        "summary": "  Looms weave. See https://github.com/ada/loom\n",
        **changes,
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    more = '<author><name>Ada Weaver</name></author><category term="cs.LG"/>'
    return f"<entry>{inner}{more}</entry>"


def feed(*entries: str, total: int | None = None) -> str:
    count = len(entries) if total is None else total
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom"><title>A query</title>'
        '<opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"{count}</opensearch:totalResults>{''.join(entries)}</feed>"
    )


def some(numbers: Iterable[int], *, total: int) -> str:
    return feed(*map(entry, numbers), total=total)


def options(server: Loopback, **changes: str) -> dict[str, str]:
    return SOURCE.completed({"url": f"{server.url}/api/query", **changes})


def run(
    server: Loopback, fetch: Fetcher, cursor: Any = None, *, now: datetime = NOW, **changes: str
) -> list[Batch]:
    found = list(harvest(fetch, options(server, **changes), cursor or {}, now))
    for batch in found:
        assert json.loads(json.dumps(dict(batch.cursor))) == batch.cursor
    return found


def ids(batches: Iterable[Batch]) -> list[int]:
    return [int(record.record_id[-5:]) for batch in batches for record in batch.records]


def asked(server: Loopback) -> list[tuple[str, str]]:
    queries = [request.query for request in server.requests()]
    return [(query["start"], query["max_results"]) for query in queries]


def slices(server: Loopback, *found: tuple[int, str]) -> None:
    for start, body in found:
        server.answer("/api/query", query={"start": str(start)}, body=body)


def test_papers_are_read(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/api/query", body=feed(entry(1), entry(2)))
    (batch,) = run(server, fetch, query="cat:cs.CL AND abs:loom", limit="50")
    assert ids([batch]) == [1, 2]
    assert batch.declared == 2
    record = batch.records[0]
    assert (record.source, record.arxiv_id) == ("arxiv_query", "2608.00001")
    assert record.title == "Weft & Warp: A Study"
    assert record.submitted_at == datetime(2026, 8, 16, 17, 59, 37, tzinfo=UTC)
    assert record.versions[-1] == Version(2, datetime(2026, 8, 20, 10, tzinfo=UTC))
    assert record.links[0].url == "https://github.com/ada/loom"
    assert record.announced_on is None
    assert server.requests()[0].query == {
        "search_query": "cat:cs.CL AND abs:loom",
        "start": "0",
        "max_results": "50",
        "sortBy": "lastUpdatedDate",
        "sortOrder": "descending",
    }


def test_slices_hold_at_most_two_thousand(server: Loopback, fetch: Fetcher) -> None:
    slices(
        server,
        (0, some(range(2_000), total=99_999)),
        (2_000, some(range(2_000, 2_500), total=99_999)),
    )
    batches = run(server, fetch, limit="2500")
    assert asked(server) == [("0", "2000"), ("2000", "500")]
    assert ids(batches) == list(range(2_500))
    assert {batch.declared for batch in batches} == {2_500}


def test_short_slice_is_followed_from_where_it_ends(server: Loopback, fetch: Fetcher) -> None:
    slices(server, (0, some((1, 2), total=5)), (2, some((3,), total=5)), (3, some((4, 5), total=5)))
    batches = run(server, fetch, limit="10")
    assert ids(batches) == [1, 2, 3, 4, 5]
    assert asked(server) == [("0", "10"), ("2", "8"), ("3", "7")]


def test_harvest_goes_on_from_every_cursor(server: Loopback, fetch: Fetcher) -> None:
    slices(server, (0, some((1, 2), total=5)), (2, some((3,), total=5)), (3, some((4, 5), total=5)))
    whole = run(server, fetch)
    for number, batch in enumerate(whole[:-1], 1):
        rest = run(server, fetch, batch.cursor)
        assert rest == whole[number:]


def test_finished_harvest_begins_at_the_start_again(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/api/query", body=feed(entry(1)))
    (batch,) = run(server, fetch)
    assert run(server, fetch, batch.cursor) == [batch]


@pytest.mark.parametrize(
    "changes",
    [{"now": datetime(2026, 8, 22, 12, tzinfo=UTC)}, {"query": "cat:cs.CL"}, {"limit": "3"}],
)
def test_begun_harvest_of_another_day_or_query_is_not_gone_on_with(
    server: Loopback, fetch: Fetcher, changes: dict[str, Any]
) -> None:
    slices(server, (0, some((1, 2), total=3)), (2, some((3,), total=3)))
    first, _ = run(server, fetch)
    assert ids(run(server, fetch, first.cursor, **changes)) == [1, 2, 3]


def test_papers_that_come_twice_are_taken_once(server: Loopback, fetch: Fetcher) -> None:
    slices(server, (0, some((1, 2), total=3)), (2, some((2, 3), total=4)))
    batches = run(server, fetch)
    assert ids(batches) == [1, 2, 3]
    assert batches[1].note == "1 paper came twice: the list moved while it was read."
    assert batches[1].declared == 3


def test_empty_slice_before_the_end_is_an_error_that_may_pass(
    server: Loopback, fetch: Fetcher
) -> None:
    slices(server, (0, some((1, 2), total=5)), (2, feed(total=5)))
    with pytest.raises(SourceError, match="5 papers match, and sends none from number 3") as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_list_that_has_become_shorter_ends_without_error(server: Loopback, fetch: Fetcher) -> None:
    slices(server, (0, some((1, 2), total=3)), (2, feed(total=2)))
    assert ids(run(server, fetch)) == [1, 2]


def test_query_without_results_is_an_empty_batch(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/api/query", body=feed())
    (batch,) = run(server, fetch)
    assert (batch.records, batch.declared) == ((), 0)


def test_error_in_form_of_an_entry_is_a_sentence(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/api/query", body=feed(ERROR))
    with pytest.raises(SourceError, match="incorrect id format for x") as caught:
        run(server, fetch)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("bad", "position", "reason"),
    [
        ("<entry><id>tag:blog.example.org</id></entry>", "entry 2", "no arXiv paper"),
        (entry(2, published="soon"), "entry 2", "no date"),
        (entry(2, title=""), "2608.00002", "no title"),
        (entry(2, published="2037-01-01T00:00:00Z"), "2608.00002", "future"),
    ],
)
def test_bad_entry_is_rejected_and_the_rest_is_read(
    server: Loopback, fetch: Fetcher, bad: str, position: str, reason: str
) -> None:
    server.answer("/api/query", body=feed(entry(1), bad, entry(3)))
    (batch,) = run(server, fetch)
    assert ids([batch]) == [1, 3]
    assert batch.declared == 3
    (reject,) = batch.rejects
    assert (reject.file, reject.position) == ("arxiv_query", position)
    assert reason in reject.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (feed(entry(1), entry(2))[:-30], "breaks off"),
        ("<html><body>Busy</body></html>", "web page"),
        ("", "empty answer"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"/>', "how many papers"),
        ("Rate exceeded.", "slow down"),
    ],
)
def test_answer_that_cannot_be_read_is_an_error_that_may_pass(
    server: Loopback, fetch: Fetcher, body: str, reason: str
) -> None:
    server.answer("/api/query", body=body)
    with pytest.raises(SourceError, match=reason) as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_answer_that_is_cut_on_its_way_is_an_error_that_may_pass(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer("/api/query", body=feed(entry(1)), fault=CUT)
    with pytest.raises(SourceError, match="broke off") as caught:
        run(server, fetch)
    assert not caught.value.permanent


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (403, False), (503, False)])
def test_other_statuses_are_errors(
    server: Loopback, fetch: Fetcher, status: int, permanent: bool
) -> None:
    server.answer("/api/query", status=status, body=feed(entry(1)))
    with pytest.raises(SourceError) as caught:
        run(server, fetch)
    assert caught.value.permanent is permanent


def test_document_type_is_refused(server: Loopback, fetch: Fetcher) -> None:
    bomb = feed(entry(1)).replace("?>", '?><!DOCTYPE feed [<!ENTITY a "aaaa">]>', 1)
    server.answer("/api/query", body=bomb)
    with pytest.raises(SourceError, match="document type"):
        run(server, fetch)


@pytest.mark.parametrize(
    "wrong", [{"query": " "}, {"limit": "0"}, {"limit": "many"}, {"limit": "30001"}]
)
def test_wrong_options_are_refused_before_anything_is_asked(
    server: Loopback, fetch: Fetcher, wrong: dict[str, str]
) -> None:
    with pytest.raises(SourceError, match="The option"):
        run(server, fetch, **wrong)
    assert server.requests() == []


@pytest.mark.parametrize(
    ("name", "papers", "total"),
    [
        ("query_cs.RO_2entries_2025-10.xml", 2, 5_619),
        ("query_empty_2025-10.xml", 0, 0),
        ("researchhub_sample.xml", 2, 141_182),
        ("researchhub_empty.xml", 0, 0),
    ],
)
def test_recorded_answers_are_read(test_data: Path, name: str, papers: int, total: int) -> None:
    body = (test_data / "protocol_samples" / "arxiv_atom_api" / name).read_bytes()
    found = read_slice(body, TODAY)
    assert (len(found.records), found.rejects, found.total) == (papers, (), total)
