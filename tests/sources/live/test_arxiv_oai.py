"""arXiv's OAI-PMH interface on loopback, with invented papers.

Answers follow the protocol (openarchives.org) and the form of arXiv's service since 2025; recorded
answers are read from the real data where it is present.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.domain import Version
from broadsheet.errors import SourceError
from broadsheet.sources.arxiv_snapshot import names_in
from broadsheet.sources.live.arxiv_oai import SOURCE, backfill, harvest, read_page
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
TODAY = NOW.date()

AUTHORS = (
    "<authors><author><keyname>Weaver</keyname><forenames>Ada M.</forenames></author>"
    "<author><keyname>Spinner</keyname><forenames>Bo</forenames><suffix>Jr</suffix>"
    "<affiliation>Mill</affiliation></author></authors>"
)


def record(number: int = 1, *, stamp: str = "2026-08-20", **changes: str) -> str:
    """A record in the format arXiv; `changes` replace fields, an empty text leaves one out."""
    fields = {
        "id": f"2608.{number:05d}",
        "created": "2026-08-18",
        "updated": "2026-08-20",
        "authors": AUTHORS,
        "title": f"On the Tension of Threads {number}",
        "categories": "cs.LG cs.AI",
        "comments": "12 pages; code at https://github.com/ada/thread",
        "license": "http://creativecommons.org/licenses/by/4.0/",
        "abstract": "  Threads are tense.\nWe ask why.\n",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    inner = "".join(
        value if name == "authors" else f"<{name}>{value}</{name}>"
        for name, value in fields.items()
        if value
    )
    return wrapped(
        fields["id"], f'<arXiv xmlns="http://arxiv.org/OAI/arXiv/">{inner}</arXiv>', stamp
    )


def raw(number: int = 1, *, versions: str = "", stamp: str = "2026-08-20", **changes: str) -> str:
    """A record in the format arXivRaw."""
    fields = {
        "id": f"2608.{number:05d}",
        "submitter": "Ada Weaver",
        "title": "On Looms",
        "authors": r"Ada Weaver (1 and 2), Bo Spinner, and Zo\'e Dyer ((1) Mill, (2) Dye House)",
        "categories": "cs.LG",
        "abstract": "Looms weave.",
        **changes,
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    versions = versions or version(1, "Mon, 17 Aug 2026 22:41:50 GMT")
    body = f'<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">{inner}{versions}</arXivRaw>'
    return wrapped(fields["id"], body, stamp)


def version(number: int, submitted: str, kind: str = "D") -> str:
    return (
        f'<version version="v{number}"><date>{submitted}</date><size>40kb</size>'
        f"<source_type>{kind}</source_type></version>"
    )


def wrapped(name: str, metadata: str, stamp: str) -> str:
    return (
        f"<record><header><identifier>oai:arXiv.org:{name}</identifier>"
        f"<datestamp>{stamp}</datestamp><setSpec>cs:cs:LG</setSpec></header>"
        f"<metadata>{metadata}</metadata></record>"
    )


def deleted(number: int) -> str:
    return (
        f'<record><header status="deleted"><identifier>oai:arXiv.org:2608.{number:05d}</identifier>'
        "<datestamp>2026-08-20</datestamp></header></record>"
    )


def page(*records: str, resume: str | None = None, answered: str = "2026-08-21T11:59:00Z") -> str:
    ending = "" if resume is None else f"<resumptionToken expires='x'>{resume}</resumptionToken>"
    return envelope(f"<ListRecords>{''.join(records)}{ending}</ListRecords>", answered)


def error(code: str, reason: str = "No.") -> str:
    return envelope(f"<error code='{code}'>{reason}</error>")


def envelope(inner: str, answered: str = "2026-08-21T11:59:00Z") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{answered}</responseDate><request>https://example.org/oai</request>"
        f"{inner}</OAI-PMH>"
    )


def options(server: Loopback, **changes: str) -> dict[str, str]:
    return SOURCE.completed({"url": f"{server.url}/oai", **changes})


def stored(batches: Iterable[Batch]) -> list[Batch]:
    """The batches, each with a cursor as it comes back from a database."""
    found = list(batches)
    for batch in found:
        assert json.loads(json.dumps(dict(batch.cursor))) == batch.cursor
    return found


def ids(batches: Iterable[Batch]) -> list[str]:
    return [one.record_id for batch in batches for one in batch.records]


def asked(server: Loopback) -> list[dict[str, str]]:
    return [request.query for request in server.requests()]


def run(
    server: Loopback, fetch: Fetcher, cursor: dict[str, Any] | None = None, **changes: str
) -> list[Batch]:
    return stored(harvest(fetch, options(server, **changes), cursor or {}, NOW))


# Records


def test_record_is_read() -> None:
    found = read_page(page(record(journal_ref="J. Loom 3", doi="10.1234/LOOM")).encode(), TODAY)
    (one,) = found.records
    assert one.source == "arxiv_oai"
    assert one.arxiv_id == one.record_id == "2608.00001"
    assert one.title == "On the Tension of Threads 1"
    assert one.abstract == "Threads are tense. We ask why."
    assert one.authors == ("Ada M. Weaver", "Bo Spinner Jr")
    assert one.categories == ("cs.LG", "cs.AI")
    assert one.license == "http://creativecommons.org/licenses/by/4.0/"
    assert (one.doi, one.journal_ref) == ("10.1234/loom", "J. Loom 3")
    assert one.links[0].url == "https://github.com/ada/thread"
    assert one.extras["update_date"] == "2026-08-20"
    assert one.announced_on is None


def only(*records: str) -> Any:
    found = read_page(page(*records).encode(), TODAY)
    assert not found.rejects
    return found.records[0]


def test_day_of_creation_may_be_the_submission() -> None:
    one = only(record())
    assert one.submitted_at == datetime(2026, 8, 18, tzinfo=UTC)
    assert one.updated_at == datetime(2026, 8, 18, tzinfo=UTC)


def test_creation_after_the_month_of_the_id_is_a_later_versions() -> None:
    one = only(record(id="2405.00001"))
    assert one.submitted_at == datetime(2024, 5, 1, tzinfo=UTC)
    assert one.extras["date_source"] == "id-month"
    assert one.updated_at == datetime(2026, 8, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arxiv_id", "month"),
    [
        ("hep-th/9901001", datetime(1999, 1, 1, tzinfo=UTC)),
        ("math.GT/0309136", datetime(2003, 9, 1, tzinfo=UTC)),
    ],
)
def test_old_ids_are_read_with_their_month(arxiv_id: str, month: datetime) -> None:
    one = only(record(id=arxiv_id))
    assert one.arxiv_id == arxiv_id
    assert one.submitted_at == month


def test_raw_record_has_exact_versions() -> None:
    first = version(1, "Mon, 17 Aug 2026 22:41:50 GMT")
    second = version(2, "Thu, 20 Aug 2026 01:02:03 GMT")
    one = only(raw(versions=second + first))
    assert one.versions == (
        Version(1, datetime(2026, 8, 17, 22, 41, 50, tzinfo=UTC)),
        Version(2, datetime(2026, 8, 20, 1, 2, 3, tzinfo=UTC)),
    )
    assert (one.submitted_at, one.updated_at) == tuple(v.submitted_at for v in one.versions)
    assert one.extras["submitter"] == "Ada Weaver"


def test_raw_authors_lose_their_affiliations() -> None:
    assert only(raw()).authors == ("Ada Weaver", "Bo Spinner", r"Zo\'e Dyer")


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("A. B. Weaver", ["A. B. Weaver"]),
        ("A. Weaver and B. Spinner", ["A. Weaver", "B. Spinner"]),
        ("A. Weaver, B. Spinner, and C. Dyer", ["A. Weaver", "B. Spinner", "C. Dyer"]),
        ("Fernand\nSandor; C. Anderson", ["Fernand Sandor", "C. Anderson"]),
        ("LOOM Collaboration: A. Weaver (a (b) c)", ["LOOM Collaboration: A. Weaver"]),
        ("A. Weaver (Mill", ["A. Weaver (Mill"]),
        ("", []),
    ],
)
def test_names_are_split(authors: str, names: list[str]) -> None:
    assert names_in(authors) == names


def test_withdrawal_is_told_by_the_comment() -> None:
    assert only(record(comments="This paper has been withdrawn by the author")).is_withdrawn
    assert not only(record()).is_withdrawn


def test_withdrawal_is_told_by_the_newest_versions_source() -> None:
    whole = version(1, "Mon, 17 Aug 2026 22:41:50 GMT")
    gone = version(2, "Thu, 20 Aug 2026 01:02:03 GMT", "I")
    assert only(raw(versions=gone + whole)).is_withdrawn
    back = version(3, "Thu, 20 Aug 2026 02:02:03 GMT")
    assert not only(raw(versions=whole + gone + back)).is_withdrawn


def test_formulae_and_other_scripts_are_kept() -> None:
    title = r"Łódź: $\alpha &lt; \beta$ für Fr\'echet &amp; 数学"
    assert only(record(title=title)).title == r"Łódź: $\alpha < \beta$ für Fr\'echet & 数学"


@pytest.mark.parametrize(
    ("bad", "position", "reason"),
    [
        (record(2, id="loom-1"), "loom-1", "no arXiv id"),
        (record(2, title=""), "2608.00002", "no title"),
        (record(2, created="2026-02-31"), "2608.00002", "no date"),
        (record(2, stamp="yesterday"), "2608.00002", "no date"),
        (raw(2, versions=version(1, "long ago")), "2608.00002", "date of a version"),
        (raw(2, versions=version(1, "Mon, 17 Aug 2037 22:41:50 GMT")), "2608.00002", "future"),
        (wrapped("2608.00002", "<dc>no</dc>", "2026-08-20"), "2608.00002", "neither arXiv"),
        ("<record><header/></record>", "record 3", "no metadata"),
    ],
)
def test_bad_record_is_rejected_and_the_rest_is_read(bad: str, position: str, reason: str) -> None:
    found = read_page(page(record(1), bad, record(3)).encode(), TODAY)
    assert [one.record_id for one in found.records] == ["2608.00001", "2608.00003"]
    (reject,) = found.rejects
    assert (reject.file, reject.position) == ("arxiv_oai", position)
    assert reason in reject.reason


# Harvests


def test_first_harvest_goes_back_seven_days(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(record(1), record(2)))
    (batch,) = run(server, fetch)
    assert ids([batch]) == ["2608.00001", "2608.00002"]
    assert asked(server) == [
        {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "from": "2026-08-14"}
    ]
    assert batch.cursor == {"from": "2026-08-21", "window_on": "2026-08-21"}


def test_format_and_first_day_are_options(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(raw()))
    run(server, fetch, format="arXivRaw", **{"from": "2001-01-01"})
    (query,) = asked(server)
    assert query["metadataPrefix"] == "arXivRaw"
    assert query["from"] == "2005-09-16", "arXiv refuses an earlier day"


def test_next_harvest_starts_at_the_day_of_the_last_answer(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer("/oai", body=page(record(), answered="2026-08-20T23:59:00Z"))
    (batch,) = run(server, fetch)
    assert batch.cursor["from"] == "2026-08-20"


def test_only_the_first_harvest_of_a_day_goes_back(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(record()))
    run(server, fetch, {"from": "2026-08-21", "window_on": "2026-08-21"})
    run(server, fetch, {"from": "2026-08-21", "window_on": "2026-08-20"})
    run(server, fetch, {"from": "2026-07-30", "window_on": "2026-07-30"})
    assert [query["from"] for query in asked(server)] == ["2026-08-21", "2026-08-14", "2026-07-30"]


TOKEN = "verb%3DListRecords%26metadataPrefix%3DarXiv%26skip%3D3500"


def three_pages(server: Loopback) -> None:
    server.answer("/oai", query={"resumptionToken": "end"}, body=page(record(3), resume=""))
    server.answer("/oai", query={"resumptionToken": TOKEN}, body=page(record(2), resume="end"))
    server.answer("/oai", query={"from": "2026-08-14"}, body=page(record(1), resume=TOKEN))


def test_resumption_tokens_are_followed_and_stand_alone(server: Loopback, fetch: Fetcher) -> None:
    three_pages(server)
    batches = run(server, fetch)
    assert ids(batches) == ["2608.00001", "2608.00002", "2608.00003"]
    assert asked(server)[1] == {"verb": "ListRecords", "resumptionToken": TOKEN}
    assert batches[-1].cursor == {"from": "2026-08-21", "window_on": "2026-08-21"}


def test_harvest_goes_on_from_every_cursor(server: Loopback, fetch: Fetcher) -> None:
    three_pages(server)
    whole = run(server, fetch)
    for number, batch in enumerate(whole[:-1], 1):
        rest = run(server, fetch, dict(batch.cursor))
        assert ids(rest) == ids(whole)[number:]
        assert rest[-1].cursor == whole[-1].cursor


def test_nothing_is_asked_beyond_the_batch_that_is_wanted(server: Loopback, fetch: Fetcher) -> None:
    three_pages(server)
    next(harvest(fetch, options(server), {}, NOW))
    assert len(server.requests()) == 1


def test_cursor_of_a_begun_harvest_keeps_its_first_day(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", query={"resumptionToken": "b"}, body=error("badResumptionToken"))
    server.answer("/oai", body=page(record(1), answered="2026-08-21T12:00:00Z"))
    cursor = {
        "from": "2026-08-12", "window_on": "2026-08-19", "next": "2026-08-19",
        "set": "", "token": "b",
    }  # fmt: skip
    (batch,) = run(server, fetch, cursor)
    assert asked(server)[1]["from"] == "2026-08-12"
    assert "begun anew" in batch.note
    assert batch.cursor == {"from": "2026-08-19", "window_on": "2026-08-19"}


def test_token_that_expires_in_the_middle_begins_the_list_anew(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer("/oai", query={"resumptionToken": "a"}, body=error("badResumptionToken"))
    server.answer("/oai", query={"from": "2026-08-14"}, body=page(record(1), resume="a"), times=1)
    server.answer("/oai", query={"from": "2026-08-14"}, body=page(record(1), record(2)))
    batches = run(server, fetch)
    assert ids(batches) == ["2608.00001", "2608.00001", "2608.00002"]
    assert "begun anew" in batches[-1].note


def test_tokens_that_are_never_known_end_in_an_error_that_may_pass(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer("/oai", query={"resumptionToken": "a"}, body=error("badResumptionToken"))
    server.answer("/oai", body=page(record(1), resume="a"))
    with pytest.raises(SourceError, match="own resumption tokens") as caught:
        run(server, fetch)
    assert not caught.value.permanent
    assert len(server.requests()) == 4


def test_token_that_leads_to_itself_ends_in_an_error(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(record(1), resume="a"))
    with pytest.raises(SourceError, match="twice") as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_sets_are_harvested_one_after_the_other(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", query={"resumptionToken": "t"}, body=page(record(2)))
    server.answer("/oai", query={"set": "cs:cs:LG"}, body=page(record(1), resume="t"))
    server.answer("/oai", query={"set": "math"}, body=error("noRecordsMatch"))
    server.answer("/oai", query={"set": "stat"}, body=page(record(3)))
    sets = "cs:cs:LG math stat"
    whole = run(server, fetch, set=sets)
    assert [ids([batch]) for batch in whole] == [["2608.00001"], ["2608.00002"], [], ["2608.00003"]]
    assert whole[1].cursor["set"] == "math"
    for number, batch in enumerate(whole[:-1], 1):
        rest = run(server, fetch, dict(batch.cursor), set=sets)
        assert ids(rest) == ids(whole[number:])


def test_set_that_is_no_longer_wanted_is_not_gone_on_with(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(record(1)))
    cursor = {"from": "2026-08-14", "window_on": "2026-08-21", "set": "math", "token": "t"}
    run(server, fetch, cursor, set="cs")
    assert asked(server) == [
        {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "from": "2026-08-14", "set": "cs"}
    ]


def test_quiet_day_is_an_empty_batch(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=error("noRecordsMatch"))
    (batch,) = run(server, fetch, {"from": "2026-08-21", "window_on": "2026-08-21"})
    assert (batch.records, batch.batch_on) == ((), None)
    assert batch.cursor == {"from": "2026-08-21", "window_on": "2026-08-21"}


def test_deleted_records_are_noted(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(record(1), *map(deleted, range(2, 9))))
    (batch,) = run(server, fetch)
    assert ids([batch]) == ["2608.00001"]
    assert batch.note.startswith("Deleted at arXiv: 2608.00002, 2608.00003")
    assert batch.note.endswith("and 2 more.")


def test_page_of_deleted_records_alone_is_not_empty(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(deleted(1)))
    (batch,) = run(server, fetch)
    assert batch.note == "Deleted at arXiv: 2608.00001."


def test_batch_is_of_the_newest_day_with_announcements(server: Loopback, fetch: Fetcher) -> None:
    days = ("2026-08-13", "2026-08-14", "2026-08-15")  # Thursday, Friday, Saturday
    server.answer("/oai", body=page(*(record(n, stamp=day) for n, day in enumerate(days, 1))))
    (batch,) = run(server, fetch)
    assert batch.batch_on == date(2026, 8, 14)


@pytest.mark.parametrize("code", ["badArgument", "badVerb", "cannotDisseminateFormat", "other"])
def test_errors_of_the_protocol_are_sentences(server: Loopback, fetch: Fetcher, code: str) -> None:
    server.answer("/oai", body=error(code, "Set does not exist."))
    with pytest.raises(SourceError, match=rf"\({code}\): Set does not exist\. Check") as caught:
        run(server, fetch)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (page(record(1), record(2))[:-300], "breaks off"),
        (page(), "without records"),
        (page(resume="t"), "without records"),
        ("<!DOCTYPE html><html><body>Busy</body></html>", "web page"),
        (" \n", "empty answer"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", "not of OAI-PMH"),
        ("Service unavailable", "breaks off"),
    ],
)
def test_answer_that_cannot_be_read_is_an_error_that_may_pass(
    server: Loopback, fetch: Fetcher, body: str, reason: str
) -> None:
    server.answer("/oai", body=body)
    with pytest.raises(SourceError, match=reason) as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_answer_that_is_cut_on_its_way_is_an_error_that_may_pass(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer("/oai", body=page(record()), fault=CUT)
    with pytest.raises(SourceError, match="broke off") as caught:
        run(server, fetch)
    assert not caught.value.permanent


@pytest.mark.parametrize(("status", "permanent"), [(503, False), (429, False), (404, True)])
def test_other_statuses_are_errors(
    server: Loopback, fetch: Fetcher, status: int, permanent: bool
) -> None:
    server.answer("/oai", status=status, body=page(record()))
    with pytest.raises(SourceError) as caught:
        run(server, fetch)
    assert caught.value.permanent is permanent


def test_document_type_is_refused(server: Loopback, fetch: Fetcher) -> None:
    bomb = page(record()).replace("?>", '?><!DOCTYPE x [<!ENTITY a "aaaa">]>', 1)
    server.answer("/oai", body=bomb)
    with pytest.raises(SourceError, match="document type"):
        run(server, fetch)


@pytest.mark.parametrize("soil", [b"\x0b", b"&#x1;", b"&#31;", b"\xff"])
def test_forbidden_characters_are_left_out_with_a_note(
    server: Loopback, fetch: Fetcher, soil: bytes
) -> None:
    body = page(record(1), record(2)).encode().replace(b"Threads are", b"Threads" + soil + b" are")
    server.answer("/oai", body=body)
    (batch,) = run(server, fetch)
    assert len(batch.records) == 2
    assert "left out" in batch.note
    assert batch.records[0].abstract.startswith("Threads")


def test_wrong_options_are_refused_before_anything_is_asked(
    server: Loopback, fetch: Fetcher
) -> None:
    for wrong in ({"format": "oai_dc"}, {"from": "August"}):
        with pytest.raises(SourceError, match=r"format|from"):
            run(server, fetch, **wrong)
    assert server.requests() == []


# Backfills


def fill(
    server: Loopback, fetch: Fetcher, cursor: dict[str, Any] | None = None, **changes: str
) -> list[Batch]:
    return stored(backfill(fetch, options(server, **changes), cursor or {}, NOW))


def windows(server: Loopback) -> list[tuple[str, str]]:
    return [(query["from"], query["until"]) for query in asked(server) if "from" in query]


def test_backfill_goes_month_by_month_until_today(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(record()))
    batches = fill(server, fetch, **{"from": "2026-06-15"})
    assert windows(server) == [
        ("2026-06-15", "2026-06-30"),
        ("2026-07-01", "2026-07-31"),
        ("2026-08-01", "2026-08-21"),
    ]
    assert [batch.note for batch in batches] == [
        "through 2026-06",
        "through 2026-07",
        "through 2026-08",
    ]


def test_backfill_over_a_year_ends_at_its_last_day(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=error("noRecordsMatch"))
    fill(server, fetch, **{"from": "2023-12-31", "until": "2024-02-29"})
    assert windows(server) == [
        ("2023-12-31", "2023-12-31"),
        ("2024-01-01", "2024-01-31"),
        ("2024-02-01", "2024-02-29"),
    ]


def test_backfill_goes_on_from_every_cursor(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", query={"resumptionToken": "t"}, body=page(record(2)))
    server.answer("/oai", query={"from": "2024-01-01"}, body=page(record(1), resume="t"))
    server.answer("/oai", query={"from": "2024-02-01"}, body=page(record(3)))
    window = {"from": "2024-01-01", "until": "2024-02-10"}
    whole = fill(server, fetch, **window)
    assert ids(whole) == ["2608.00001", "2608.00002", "2608.00003"]
    for number, batch in enumerate(whole, 1):
        assert ids(fill(server, fetch, dict(batch.cursor), **window)) == ids(whole)[number:]


def test_backfill_whose_token_expired_asks_its_month_again(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer("/oai", query={"resumptionToken": "t"}, body=error("badResumptionToken"))
    server.answer("/oai", body=page(record(1)))
    cursor = {
        "first": "2024-01-01",
        "from": "2024-03-01",
        "to": "2024-03-31",
        "set": "",
        "token": "t",
    }
    fill(server, fetch, cursor, **{"from": "2024-01-01", "until": "2024-04-10"})
    assert windows(server) == [("2024-03-01", "2024-03-31"), ("2024-04-01", "2024-04-10")]


def test_backfill_from_another_day_begins_anew(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(record(1)))
    cursor = {"first": "2024-01-01", "from": "2026-08-22"}
    fill(server, fetch, cursor, **{"from": "2026-07-01"})
    assert windows(server)[0] == ("2026-07-01", "2026-07-31")


def test_backfill_needs_a_first_day(server: Loopback, fetch: Fetcher) -> None:
    with pytest.raises(SourceError, match="--from"):
        fill(server, fetch)


def test_harvest_with_a_window_is_a_backfill(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/oai", body=page(record()))
    window = {"from": "2024-01-01", "until": "2024-02-10"}
    batches = run(server, fetch, **window)
    assert windows(server) == [("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-10")]
    assert run(server, fetch, dict(batches[-1].cursor), **window) == []


# Recorded answers, and speed


@pytest.mark.parametrize(
    ("pattern", "count"), [("hepcrawl_*.xml", 30), ("fatcat_*.xml", 1), ("*_oai_*ple_res*.xml", 2)]
)
def test_recorded_answers_are_read_whole(test_data: Path, pattern: str, count: int) -> None:
    folder = test_data / "protocol_samples" / "arxiv_oai_pmh"
    pages = [read_page(path.read_bytes(), TODAY) for path in sorted(folder.glob(pattern))]
    assert [reject for one in pages for reject in one.rejects] == []
    records = [record for one in pages for record in one.records]
    assert len(records) == count
    assert all(one.title and one.abstract and one.authors and one.submitted_at for one in records)


def test_recorded_versions_are_read(test_data: Path) -> None:
    path = test_data / "protocol_samples" / "arxiv_oai_pmh" / "fatcat_arxivraw_1810.09584.xml"
    (one,) = read_page(path.read_bytes(), TODAY).records
    assert [version.number for version in one.versions] == [1, 2]
    assert one.updated_at == datetime(2019, 1, 13, 11, 17, 9, tzinfo=UTC)
    assert len(one.authors) == 4


def test_recorded_token_is_read(test_data: Path) -> None:
    folder = test_data / "protocol_samples" / "arxiv_oai_pmh"
    body = (folder / "researchhub_arxiv_oai_with_resumption.xml").read_bytes()
    assert read_page(body, TODAY).token == "token123abc"


@pytest.mark.parametrize("make", [record, raw])
def test_page_as_large_as_arxiv_sends_is_read_fast(make: Any) -> None:
    abstract = "  Threads are tense, and we ask why, with $n$ looms and $m$ shafts.\n" * 18
    body = page(*(make(number, abstract=abstract) for number in range(3_500))).encode()
    start = time.process_time()
    assert len(read_page(body, TODAY).records) == 3_500
    assert 3_500 / (time.process_time() - start) > 1_500  # over 5,000 on a quiet core
