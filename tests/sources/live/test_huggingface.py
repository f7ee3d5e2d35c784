"""The daily lists of Hugging Face: invented lists, and real days where the archive is present."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.errors import SourceError
from broadsheet.sources.files import read_file
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch
from broadsheet.sources.live.huggingface import SOURCE, harvest
from loopback import CUT, Loopback

NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
PATH = "/api/daily_papers"


def item(number: int, *, on: str = "2026-03-12", votes: int = 4, **fields: Any) -> dict[str, Any]:
    paper = {
        "id": f"2603.{number:05}",
        "title": f"Loom {number}",
        "summary": "Tissage à la α-main, $x<y$.",
        "authors": [{"name": "Ada Weaver"}],
        "publishedAt": "2026-03-10T10:00:00.000Z",
        "submittedOnDailyAt": f"{on}T03:55:12.777Z",
        "upvotes": votes,
    }
    return {"paper": paper, "title": paper["title"], "numComments": 2, **fields}


def day(server: Loopback, on: str, items: object, **answer: Any) -> None:
    server.answer(PATH, query={"date": on}, body=json.dumps(items), **answer)


def run(
    server: Loopback,
    fetch: Fetcher,
    cursor: Mapping[str, Any] | None = None,
    *,
    days: str = "3",
    now: datetime = NOW,
) -> list[Batch]:
    options = SOURCE.completed({"url": server.url + PATH, "days": days})
    return list(harvest(fetch, options, cursor or {}, now))


def asked_days(server: Loopback) -> list[str]:
    return [request.query["date"] for request in server.requests()]


def three_days(server: Loopback) -> None:
    day(server, "2026-03-10", [item(1, on="2026-03-10")])
    day(server, "2026-03-11", [])
    day(server, "2026-03-12", [item(2), item(3, votes=0)])


def test_each_day_of_the_window_is_one_request_and_one_batch(
    server: Loopback, fetch: Fetcher
) -> None:
    three_days(server)
    batches = run(server, fetch)
    assert asked_days(server) == ["2026-03-10", "2026-03-11", "2026-03-12"]
    assert [len(batch.records) for batch in batches] == [1, 0, 2]
    assert {request.query["limit"] for request in server.requests()} == {"100"}


def test_default_window_is_seven_days(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body="[]")
    options = SOURCE.completed({"url": server.url + PATH})
    assert len(list(harvest(fetch, options, {}, NOW))) == 7
    assert asked_days(server)[0] == "2026-03-06"


def test_paper_is_listed_on_the_day_asked_for(server: Loopback, fetch: Fetcher) -> None:
    day(server, "2026-03-12", [item(2, on="2026-03-11")])
    record = run(server, fetch, days="1")[0].records[0]
    assert (record.listed_on, record.source) == (date(2026, 3, 12), "hf_daily")
    assert (record.record_id, record.arxiv_id) == ("2603.00002", "2603.00002")
    assert (record.votes, record.comments) == (4, 2)
    assert record.abstract == "Tissage à la α-main, $x<y$."
    assert record.submitted_at == datetime(2026, 3, 10, 10, tzinfo=UTC)


def test_day_without_a_list_is_no_failure(server: Loopback, fetch: Fetcher) -> None:
    day(server, "2026-03-12", [])
    (batch,) = run(server, fetch, days="1")
    assert (batch.records, batch.rejects, batch.batch_on) == ((), (), None)


def test_batch_names_the_day_of_its_list(server: Loopback, fetch: Fetcher) -> None:
    three_days(server)
    days = [batch.batch_on for batch in run(server, fetch)]
    assert days == [date(2026, 3, 10), None, date(2026, 3, 12)]


def test_harvest_killed_after_any_batch_goes_on_there(server: Loopback, fetch: Fetcher) -> None:
    three_days(server)
    whole = run(server, fetch)
    ids = [[record.record_id for record in batch.records] for batch in whole]
    for done in range(1, 3):
        cursor = json.loads(json.dumps(whole[done - 1].cursor))
        rest = run(server, fetch, cursor)
        assert [[record.record_id for record in batch.records] for batch in rest] == ids[done:]


def test_finished_harvest_is_followed_by_the_whole_window(server: Loopback, fetch: Fetcher) -> None:
    three_days(server)
    cursor = run(server, fetch)[-1].cursor
    assert cursor["from"] == "2026-03-12"
    before = len(server.requests())
    run(server, fetch, cursor)
    assert asked_days(server)[before:] == ["2026-03-10", "2026-03-11", "2026-03-12"]


def test_votes_are_refreshed(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=json.dumps([item(2, votes=4)]), times=1)
    server.answer(PATH, body=json.dumps([item(2, votes=9)]))
    cursor = run(server, fetch, days="1")[-1].cursor
    assert run(server, fetch, cursor, days="1")[0].records[0].votes == 9


def test_days_missed_while_the_machine_was_off_are_asked_for(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer(PATH, body="[]")
    run(server, fetch, {"from": "2026-03-08"})
    assert asked_days(server)[0] == "2026-03-08"


def test_unchanged_day_is_not_sent_again(server: Loopback, fetch: Fetcher) -> None:
    day(server, "2026-03-12", [item(2)], headers={"ETag": 'W/"one"'}, times=1)
    server.answer(PATH, status=304)
    cursor = run(server, fetch, days="1")[-1].cursor
    (batch,) = run(server, fetch, cursor, days="1")
    assert server.requests()[-1].headers["if-none-match"] == 'W/"one"'
    assert (batch.records, batch.cursor) == ((), cursor)


def test_empty_day_is_asked_for_whole_again(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body="[]", headers={"ETag": '"one"'})
    run(server, fetch, run(server, fetch, days="1")[-1].cursor, days="1")
    assert "if-none-match" not in server.requests()[-1].headers


def test_what_is_known_of_old_days_is_forgotten(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=json.dumps([item(1)]), headers={"ETag": '"one"'})
    cursor = run(server, fetch, days="2")[-1].cursor
    for _ in range(2):
        later = run(server, fetch, cursor, days="2", now=datetime(2026, 3, 14, tzinfo=UTC))
        cursor = later[-1].cursor
    assert set(later[-1].cursor["seen"]) == {"2026-03-13", "2026-03-14"}


def test_not_modified_is_no_answer_to_a_plain_request(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, status=304)
    with pytest.raises(SourceError):
        run(server, fetch, days="1")


def test_long_day_is_read_page_by_page(server: Loopback, fetch: Fetcher) -> None:
    first, second = [item(n) for n in range(1, 101)], [item(n) for n in range(100, 121)]
    server.answer(PATH, query={"p": "1"}, body=json.dumps(second))
    server.answer(PATH, body=json.dumps(first), headers={"ETag": '"one"'})
    (batch,) = run(server, fetch, days="1")
    assert len(batch.records) == 120
    assert batch.cursor["seen"] == {}


def test_server_that_ignores_the_page_number_is_not_asked_without_end(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer(PATH, body=json.dumps([item(n) for n in range(1, 101)]))
    assert len(run(server, fetch, days="1")[0].records) == 100
    assert len(server.requests()) == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"title": "No paper"},
        "text",
        item(9, title="", paper={"id": "2603.00009"}),
        item(9, paper={"id": "2603.00009", "title": "T", "authors": "Ada"}),
        item(9, paper={"id": "2603.00009", "title": "T", "publishedAt": "2031-01-01T00:00:00Z"}),
    ],
)
def test_bad_item_is_rejected_and_the_others_are_kept(
    server: Loopback, fetch: Fetcher, broken: object
) -> None:
    day(server, "2026-03-12", [item(1), broken, item(2)])
    (batch,) = run(server, fetch, days="1")
    assert len(batch.records) == 2
    assert len(batch.rejects) == 1
    assert batch.rejects[0].reason.endswith(".")
    assert "date=2026-03-12" in batch.rejects[0].file


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<!doctype html><p>Sign in</p>", "page instead of data"),
        ('[{"paper": {"id": "2603.1', "breaks off"),
        ("", "breaks off"),
        ('{"error": "Internal trouble"}', "Internal trouble"),
        ("null", "not answer with a list"),
    ],
)
def test_answer_that_is_no_list_is_a_passing_failure(
    server: Loopback, fetch: Fetcher, body: str, words: str
) -> None:
    server.answer(PATH, body=body)
    with pytest.raises(SourceError, match=words) as caught:
        run(server, fetch, days="1")
    assert not caught.value.permanent


def test_answer_that_is_cut_off_is_a_passing_failure(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=json.dumps([item(1)]), fault=CUT)
    with pytest.raises(SourceError) as caught:
        run(server, fetch, days="1")
    assert not caught.value.permanent


def test_list_of_another_day_is_refused(server: Loopback, fetch: Fetcher) -> None:
    day(server, "2026-03-12", [item(1, on="2026-03-05"), item(2, on="2026-03-05")])
    with pytest.raises(SourceError, match="sent that of 2026-03-05") as caught:
        run(server, fetch, days="1")
    assert not caught.value.permanent


def test_throttled_day_keeps_the_days_before_it(server: Loopback, fetch: Fetcher) -> None:
    day(server, "2026-03-10", [item(1, on="2026-03-10")])
    server.answer(PATH, status=429, headers={"Retry-After": "60"})
    options = SOURCE.completed({"url": server.url + PATH, "days": "3"})
    batches = harvest(fetch, options, {}, NOW)
    assert next(batches).cursor["next"] == "2026-03-11"
    with pytest.raises(SourceError) as caught:
        next(batches)
    assert (caught.value.permanent, caught.value.retry_after) == (False, 60.0)


@pytest.mark.parametrize("days", ["0", "-1", "a week", "1000"])
def test_option_days_that_is_no_number_is_told(server: Loopback, fetch: Fetcher, days: str) -> None:
    with pytest.raises(SourceError, match="option “days”"):
        run(server, fetch, days=days)


@pytest.mark.parametrize("on", ["2024-06-05", "2024-12-20", "2025-03-12", "2026-03-06"])
def test_real_days_give_the_records_of_the_archive_import(
    server: Loopback, fetch: Fetcher, test_data: Path, on: str
) -> None:
    path = test_data / "hf_daily" / f"{on}.json.gz"
    if not path.exists():
        pytest.skip(f"the archive has no list of {on}")
    today = date.fromisoformat(on)
    imported = [one.record for one in read_file(path, today=today) if one.record is not None]
    server.answer(PATH, query={"date": on}, body=gzip.decompress(path.read_bytes()))
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    (batch,) = run(server, fetch, days="1", now=now)
    assert batch.rejects == ()
    assert list(batch.records) == imported
    assert batch.batch_on == today
