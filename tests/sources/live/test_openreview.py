"""OpenReview's notes, with an invented venue.

No recording of API v2 was at hand: the answers are written after its public documentation
(docs.openreview.net), with values at `content.X.value`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from broadsheet.domain import LinkKind
from broadsheet.errors import SourceError
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch
from broadsheet.sources.live.openreview import SOURCE, harvest
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 9, 30, tzinfo=UTC)
VENUE = "Loom.cc/2026/Conference"


def at(day: int) -> int:
    return int(datetime(2026, 5, day, 12, tzinfo=UTC).timestamp() * 1000)


def note(number: int = 1, *, content: Mapping[str, Any] | None = None, **fields: Any) -> Any:
    values = {
        "title": f"Weaving $\\alpha$-looms {number}",
        "abstract": "Tissage ⊗ warp.\nCode: https://github.com/ada/weft.",
        "authors": ["Ada Weaver", "Bo Spinner"],
        "authorids": ["~Ada_Weaver1", "~Bo_Spinner1"],
        "keywords": ["looms", "yarn"],
        "TLDR": "Looms weave.",
        "venue": "LOOM 2026 Poster",
        "venueid": VENUE,
        "pdf": "/pdf/0123abcd.pdf",
        **(content or {}),
    }
    return {
        "id": f"note{number}",
        "forum": f"note{number}",
        "number": number,
        "cdate": at(1),
        "mdate": at(9),
        "odate": at(3),
        "pdate": at(7),
        "license": "CC BY 4.0",
        "content": {name: {"value": value} for name, value in values.items() if value is not None},
        **fields,
    }


def answer(server: Loopback, notes: list[Any], count: int | None, offset: int = 0) -> None:
    told = {"notes": notes} if count is None else {"notes": notes, "count": count}
    server.answer("/notes", query={"offset": str(offset)}, body=json.dumps(told))


def run(
    server: Loopback, fetch: Fetcher, cursor: Mapping[str, Any] | None = None, venue: str = VENUE
) -> list[Batch]:
    options = SOURCE.completed({"url": f"{server.url}/notes", "venue": venue})
    return list(harvest(fetch, options, cursor or {}, NOW))


def one(server: Loopback, fetch: Fetcher, **fields: Any) -> Any:
    answer(server, [note(**fields)], 1)
    (batch,) = run(server, fetch)
    assert batch.rejects == ()
    return batch.records[0]


def test_note_is_read(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch)
    assert (record.source, record.record_id) == ("openreview", "note1")
    assert record.title == "Weaving $\\alpha$-looms 1"
    assert record.abstract.startswith("Tissage ⊗ warp. Code:")
    assert record.authors == ("Ada Weaver", "Bo Spinner")
    assert record.keywords == ("looms", "yarn")
    assert record.journal_ref == "LOOM 2026 Poster"
    assert record.license == "CC BY 4.0"
    assert record.extras["forum"] == "note1"
    assert record.extras["tldr"] == "Looms weave."
    assert (record.extras["venueid"], record.extras["number"]) == (VENUE, 1)


def test_dates_are_those_of_submission_change_and_publication(
    server: Loopback, fetch: Fetcher
) -> None:
    record = one(server, fetch)
    assert record.submitted_at == datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert record.updated_at == datetime(2026, 5, 9, 12, tzinfo=UTC)
    assert record.announced_on == date(2026, 5, 7)


def test_paper_under_review_is_announced_when_it_became_public(
    server: Loopback, fetch: Fetcher
) -> None:
    record = one(server, fetch, pdate=None)
    assert record.announced_on == date(2026, 5, 3)


def test_links_lead_to_forum_file_and_code(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, content={"code_URL": "https://github.com/bo/loom"})
    assert [(link.kind, link.url) for link in record.links] == [
        (LinkKind.ABSTRACT, "https://openreview.net/forum?id=note1"),
        (LinkKind.PDF, "https://openreview.net/pdf?id=note1"),
        (LinkKind.CODE, "https://github.com/bo/loom"),
        (LinkKind.CODE, "https://github.com/ada/weft"),
    ]


def test_file_at_arxiv_names_the_paper(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, content={"pdf": "https://arxiv.org/pdf/2605.01234v2"})
    assert record.arxiv_id == "2605.01234"
    assert record.links[1].url == "https://arxiv.org/pdf/2605.01234v2"


def test_decision_is_kept(server: Loopback, fetch: Fetcher) -> None:
    assert one(server, fetch, content={"decision": "Accept"}).extras["decision"] == "Accept"


@pytest.mark.parametrize("authors", [None, ["Anonymous"], []])
def test_paper_under_blind_review_has_no_authors(
    server: Loopback, fetch: Fetcher, authors: object
) -> None:
    assert one(server, fetch, content={"authors": authors}).authors == ()


def test_authors_as_objects_are_read(server: Loopback, fetch: Fetcher) -> None:
    authors = [{"fullname": "Ada Weaver", "username": "~Ada_Weaver1"}]
    assert one(server, fetch, content={"authors": authors}).authors == ("Ada Weaver",)


def test_keywords_in_one_text_are_parted(server: Loopback, fetch: Fetcher) -> None:
    assert one(server, fetch, content={"keywords": "looms, yarn"}).keywords == ("looms", "yarn")


def test_withdrawn_paper_is_marked(server: Loopback, fetch: Fetcher) -> None:
    content = {"venueid": f"{VENUE}/Withdrawn_Submission"}
    assert one(server, fetch, content=content).is_withdrawn


def test_pages_are_asked_for_until_the_count_is_reached(server: Loopback, fetch: Fetcher) -> None:
    answer(server, [note(1), note(2)], 3)
    answer(server, [note(3)], 3, offset=2)
    batches = run(server, fetch)
    assert [len(batch.records) for batch in batches] == [2, 1]
    assert [batch.declared for batch in batches] == [3, 3]
    assert batches[-1].cursor == {"venue": VENUE}
    asked = [request.query for request in server.requests()]
    assert asked[0] == {"content.venueid": VENUE, "limit": "1000", "offset": "0"}
    assert asked[1]["offset"] == "2"


def test_answer_without_count_is_followed_to_an_empty_page(
    server: Loopback, fetch: Fetcher
) -> None:
    answer(server, [note(1)], None)
    answer(server, [], None, offset=1)
    batches = run(server, fetch)
    assert [len(batch.records) for batch in batches] == [1, 0]
    assert batches[-1].cursor == {"venue": VENUE}


def test_notes_that_vanish_between_pages_end_the_harvest(server: Loopback, fetch: Fetcher) -> None:
    answer(server, [note(1)], 2)
    answer(server, [], 2, offset=1)
    assert run(server, fetch)[-1].cursor == {"venue": VENUE}


def test_harvest_killed_after_any_page_goes_on_there(server: Loopback, fetch: Fetcher) -> None:
    for offset in range(3):
        answer(server, [note(offset)], 3, offset=offset)
    whole = run(server, fetch)
    for done in (1, 2):
        cursor = json.loads(json.dumps(whole[done - 1].cursor))
        assert run(server, fetch, cursor) == whole[done:]


def test_next_harvest_reads_the_whole_venue_again(server: Loopback, fetch: Fetcher) -> None:
    answer(server, [note(1)], 1)
    cursor = run(server, fetch)[-1].cursor
    assert len(run(server, fetch, cursor)[0].records) == 1


def test_other_venue_is_begun_at_its_start(server: Loopback, fetch: Fetcher) -> None:
    answer(server, [note(1)], 1)
    assert run(server, fetch, {"venue": "Other.cc/2025", "offset": 3000})[0].records


def test_venue_without_notes_is_no_failure(server: Loopback, fetch: Fetcher) -> None:
    answer(server, [], 0)
    (batch,) = run(server, fetch)
    assert (batch.records, batch.declared) == ((), 0)


@pytest.mark.parametrize("count", [12, None])
def test_no_notes_without_a_count_of_none_is_a_failure(
    server: Loopback, fetch: Fetcher, count: int | None
) -> None:
    answer(server, [], count)
    with pytest.raises(SourceError, match="sent none") as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_missing_venue_is_told(server: Loopback, fetch: Fetcher) -> None:
    with pytest.raises(SourceError, match="option “venue”") as caught:
        run(server, fetch, venue=" ")
    assert caught.value.permanent
    assert server.requests() == []


def test_challenge_of_another_host_is_a_passing_failure(server: Loopback, fetch: Fetcher) -> None:
    address = "https://challenge.example.org/?back=notes"
    server.answer("/notes", status=302, headers={"Location": address})
    with pytest.raises(SourceError, match="challenge") as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_challenge_of_the_same_host_is_a_passing_failure(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/notes", status=302, headers={"Location": "/challenge"})
    server.answer("/challenge", body="<!doctype html><title>Are you a person?</title>")
    with pytest.raises(SourceError, match="challenge") as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_unknown_address_stays_a_lasting_failure(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/notes", status=400, body='{"name": "Error"}')
    with pytest.raises(SourceError, match="400") as caught:
        run(server, fetch)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"notes": [{"id": "a"', "breaks off"),
        ("", "breaks off"),
        ("[]", "without notes"),
        ('{"name": "Error", "message": "Too many requests"}', "Too many requests"),
    ],
)
def test_answer_that_cannot_be_read_is_a_passing_failure(
    server: Loopback, fetch: Fetcher, body: str, words: str
) -> None:
    server.answer("/notes", body=body)
    with pytest.raises(SourceError, match=words) as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_answer_that_is_cut_off_is_a_passing_failure(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/notes", body=json.dumps({"notes": [note()], "count": 1}), fault=CUT)
    with pytest.raises(SourceError) as caught:
        run(server, fetch)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (note(5, content={"title": None}), "no title"),
        (note(5, content=None, forum="", id="../x"), "no forum"),
        ({"id": "note5"}, "no content"),
        (note(5, cdate="yesterday"), "no instant"),
        (note(5, cdate=1e30), "no instant"),
        (note(5, pdate=4_000_000_000_000), "future"),
        (note(5, content={"authors": "Ada"}), "authors"),
        (note(5, content={"abstract": ["a"]}), "abstract"),
        ("text", "not a JSON object"),
    ],
)
def test_bad_note_is_rejected_and_the_others_are_kept(
    server: Loopback, fetch: Fetcher, broken: Any, reason: str
) -> None:
    answer(server, [note(1), broken, note(2)], 3)
    (batch,) = run(server, fetch)
    assert [record.record_id for record in batch.records] == ["note1", "note2"]
    assert reason in batch.rejects[0].reason
