"""arXiv's announcement feeds on loopback, with invented papers.

The Atom form follows a recorded feed, which is read from the real data where it is present. No
recorded RSS 2.0 feed was at hand: that form is written from arXiv's help page on it
(info.arxiv.org/help/rss_specifications.html).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.domain import PaperRecord, Version
from broadsheet.errors import SourceError
from broadsheet.sources.live.arxiv_announcements import SOURCE, harvest, read_feed
from broadsheet.sources.live.calendars import EASTERN
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)  # a Thursday
TODAY = NOW.date()
WEDNESDAY, FRIDAY, SATURDAY = date(2026, 8, 19), date(2026, 8, 21), date(2026, 8, 22)
PATH = "/feed/cs.AI+cs.LG"


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=EASTERN)


def rss_item(
    name: str = "2608.00001v1", kind: str = "new", *, day: date | None = TODAY, **changes: str
) -> str:
    fields = {
        "title": "On the Tension of Threads",
        "link": f"https://arxiv.org/abs/{name}",
        "description": f"arXiv:{name} Announce Type: {kind} \nAbstract: Threads are tense.\nWhy?",
        "category": "cs.LG</category><category>cs.AI",
        "pubDate": format_datetime(midnight(day)) if day else "",
        "arxiv:announce_type": kind,
        "dc:rights": "http://creativecommons.org/licenses/by/4.0/",
        "dc:creator": r"Ada Weaver, Zo\'e Dyer (Dye House, Loomtown)",
        **changes,
    }
    inner = "".join(f"<{tag}>{value}</{tag}>" for tag, value in fields.items() if value)
    return f'<item><guid isPermaLink="false">oai:arXiv.org:{name}</guid>{inner}</item>'


def rss(*items: str, day: date = TODAY, title: str = "cs.AI updates on arXiv.org") -> str:
    built = format_datetime(midnight(day).astimezone(UTC))
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<rss xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>'
        f"<title>{title}</title><link>http://rss.arxiv.org/rss/cs.AI</link>"
        f"<description>Bad archive “loom”.</description><lastBuildDate>{built}</lastBuildDate>"
        f"<pubDate>{format_datetime(midnight(day))}</pubDate>"
        "<skipDays><day>Saturday</day><day>Sunday</day></skipDays>"
        f"{''.join(items)}</channel></rss>"
    )


def atom_item(name: str = "2608.00001v1", kind: str = "new", *, day: date | None = TODAY) -> str:
    published = f"<published>{midnight(day).isoformat()}</published>" if day else ""
    return (
        f"<entry><id>oai:arXiv.org:{name}</id><title>On the Tension of Threads</title>"
        "<updated>2026-08-20T04:00:19.899254+00:00</updated>"
        f'<link href="https://arxiv.org/abs/{name}" rel="alternate" type="text/html"/>'
        f"<summary>arXiv:{name} Announce Type: {kind} \nAbstract: Threads are tense.\nWhy?</summary>"
        f'<category term="cs.LG"/><category term="cs.AI"/>{published}'
        f"<arxiv:announce_type>{kind}</arxiv:announce_type>"
        "<dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>"
        r"<dc:creator>Ada Weaver, Zo\'e Dyer (Dye House, Loomtown)</dc:creator></entry>"
    )


def atom(*items: str, day: date = TODAY) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<feed xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://www.w3.org/2005/Atom">'
        "<id>http://rss.arxiv.org/atom/cs.AI</id><title>cs.AI updates on arXiv.org</title>"
        f"<updated>{day.isoformat()}T04:00:19.866337+00:00</updated>{''.join(items)}</feed>"
    )


FORMS = pytest.mark.parametrize(("feed", "item"), [(rss, rss_item), (atom, atom_item)])
Make = Callable[..., str]


def options(server: Loopback, **changes: str) -> dict[str, str]:
    return SOURCE.completed({"url": f"{server.url}/feed", "categories": "cs.AI cs.LG", **changes})


def run(
    server: Loopback, fetch: Fetcher, cursor: Any = None, *, now: datetime = NOW, **changes: str
) -> Batch:
    (batch,) = harvest(fetch, options(server, **changes), cursor or {}, now)
    assert json.loads(json.dumps(dict(batch.cursor))) == batch.cursor
    return batch


def one(server: Loopback, fetch: Fetcher, body: str) -> PaperRecord:
    server.answer(PATH, body=body)
    batch = run(server, fetch)
    assert not batch.rejects
    (record,) = batch.records
    return record


@FORMS
def test_item_is_read(server: Loopback, fetch: Fetcher, feed: Make, item: Make) -> None:
    record = one(server, fetch, feed(item()))
    assert record.source == "arxiv_announcements"
    assert record.arxiv_id == record.record_id == "2608.00001"
    assert record.title == "On the Tension of Threads"
    assert record.abstract == "Threads are tense. Why?"
    assert record.authors == ("Ada Weaver", r"Zo\'e Dyer")
    assert record.categories == ("cs.LG", "cs.AI")
    assert record.license == "http://creativecommons.org/licenses/by/4.0/"
    assert record.announced_on == TODAY
    assert record.submitted_at is None
    assert record.versions == (Version(1),)


@FORMS
def test_batch_is_of_the_day_of_its_items(
    server: Loopback, fetch: Fetcher, feed: Make, item: Make
) -> None:
    server.answer(PATH, body=feed(item()))
    batch = run(server, fetch)
    assert (batch.batch_on, batch.note) == (TODAY, "")


def test_what_only_some_items_have_is_read(server: Loopback, fetch: Fetcher) -> None:
    more = {
        "arxiv:DOI": "10.1234/LOOM",
        "arxiv:journal_reference": "J. Loom 3",
        "category": "math-ph</category><category>68T40; I.2.9",
    }
    record = one(server, fetch, rss(rss_item("math.GT/0309136v1", **more)))
    assert (record.arxiv_id, record.doi) == ("math.GT/0309136", "10.1234/loom")
    assert (record.journal_ref, record.categories) == ("J. Loom 3", ("math-ph",))


def test_formulae_and_other_scripts_are_kept(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(rss_item(title=r"Łódź:\n $\alpha &lt; 1$ &amp; 数学")))
    assert record.title == r"Łódź:\n $\alpha < 1$ & 数学"


@FORMS
@pytest.mark.parametrize("kind", ["replace", "replace-cross", "absonly"])
def test_replacement_brings_a_version_and_no_announcement(
    server: Loopback, fetch: Fetcher, feed: Make, item: Make, kind: str
) -> None:
    record = one(server, fetch, feed(item("2405.00001v3", kind)))
    assert record.versions == (Version(3),)
    assert record.announced_on is None
    assert record.extras["announce_type"] == kind


def test_replacement_of_an_unknown_paper_is_not_taken_for_a_new_paper(
    server: Loopback, fetch: Fetcher
) -> None:
    record = one(server, fetch, rss(rss_item("2405.00001v3", "replace")))
    assert record.submitted_at == datetime(2024, 5, 1, tzinfo=UTC)
    assert record.extras["date_source"] == "id-month"
    assert record.extras["replaced_on"] == "2026-08-20"


@pytest.mark.parametrize(
    ("name", "day", "announced_on"),
    [
        ("2608.00001v1", TODAY, TODAY),
        ("2607.00001v1", TODAY, None),  # the id is of another month
        ("2608.00001v2", TODAY, None),  # and this is not the first version
        ("2607.00001v1", date(2026, 8, 1), date(2026, 8, 1)),  # announced in the evening before
    ],
)
def test_cross_list_is_an_announcement_where_it_may_be_the_first(
    server: Loopback, fetch: Fetcher, name: str, day: date, announced_on: date | None
) -> None:
    record = one(server, fetch, rss(rss_item(name, "cross", day=day)))
    assert record.announced_on == announced_on


def test_announcement_day_is_us_eastern_whatever_the_offset(
    server: Loopback, fetch: Fetcher
) -> None:
    in_utc = {"pubDate": "Thu, 20 Aug 2026 04:00:00 +0000"}
    assert one(server, fetch, rss(rss_item(**in_utc))).announced_on == TODAY


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2025, 11, 3)])
def test_announcement_day_is_right_when_clocks_have_changed(
    server: Loopback, fetch: Fetcher, day: date
) -> None:
    assert one(server, fetch, atom(atom_item(day=day))).announced_on == day


def test_item_without_day_has_no_announcement_day(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=rss(rss_item(day=None)))
    batch = run(server, fetch)
    assert batch.records[0].announced_on is None
    assert batch.batch_on is None, "the day of the build is no announcement day"


def test_announce_type_may_stand_in_the_description_alone(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(rss_item("2608.00001v2", **{"arxiv:announce_type": ""})))
    assert (record.extras["announce_type"], record.announced_on) == ("new", TODAY)


def test_withdrawal_is_told_by_the_abstract(server: Loopback, fetch: Fetcher) -> None:
    words = "arXiv:2608.00001v2 Announce Type: replace \nAbstract: This paper has been withdrawn."
    assert one(server, fetch, rss(rss_item("2608.00001v2", description=words))).is_withdrawn


def test_paper_in_several_categories_comes_once_and_as_new(
    server: Loopback, fetch: Fetcher
) -> None:
    record = one(server, fetch, rss(rss_item(kind="cross"), rss_item(), rss_item(kind="cross")))
    assert record.extras["announce_type"] == "new"


@pytest.mark.parametrize(
    ("bad", "position", "reason"),
    [
        ("<item><title>News</title></item>", "item 2", "has no id"),
        (rss_item("loom-1"), "item 2", "no arXiv paper"),
        (rss_item("2608.00002v1", pubDate="soon"), "item 2", "cannot be read"),
        (rss_item("2608.00002v1", day=date(2026, 9, 1)), "2608.00002", "future"),
        (rss_item("2608.00002v1", title=""), "2608.00002", "no title"),
    ],
)
def test_bad_item_is_rejected_and_the_rest_is_read(
    server: Loopback, fetch: Fetcher, bad: str, position: str, reason: str
) -> None:
    server.answer(PATH, body=rss(rss_item(), bad, rss_item("2608.00003v1")))
    batch = run(server, fetch)
    assert [record.record_id for record in batch.records] == ["2608.00001", "2608.00003"]
    (reject,) = batch.rejects
    assert (reject.file, reject.position) == ("arxiv_announcements", position)
    assert reason in reject.reason


# Which batch it is


def test_validators_make_the_next_request_conditional(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=rss(rss_item()), headers={"ETag": '"abc"'}, times=1)
    server.answer(PATH, status=304)
    first = run(server, fetch)
    second = run(server, fetch, first.cursor)
    assert server.requests()[1].headers["if-none-match"] == '"abc"'
    assert (second.records, second.cursor) == ((), first.cursor)
    assert second.batch_on == TODAY
    assert "not changed" in second.note


def test_date_of_other_categories_makes_no_request_conditional(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer(PATH, body=rss(rss_item()), headers={"Last-Modified": "yesterday"})
    server.answer("/feed/math", body=rss(rss_item()))
    cursor = run(server, fetch).cursor
    run(server, fetch, cursor, categories="math")
    assert "if-modified-since" not in server.requests()[1].headers


def test_stale_batch_with_a_fresh_build_date_shows_the_day_of_its_items(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer(PATH, body=rss(rss_item(day=WEDNESDAY), day=TODAY))
    batch = run(server, fetch)
    assert batch.batch_on == WEDNESDAY
    assert batch.note == "The feed is dated 2026-08-20 but holds the papers of 2026-08-19."
    assert batch.records[0].announced_on == WEDNESDAY


def many(day: date, numbers: range) -> str:
    items = (rss_item(f"2608.{number:05d}v1", day=day) for number in numbers)
    return rss(*items, rss_item("2405.00001v9", "replace", day=day), day=day)


def test_batch_that_repeats_the_day_before_under_a_new_date_is_noticed(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer(PATH, body=many(WEDNESDAY, range(1, 11)), times=1)
    server.answer(PATH, body=many(TODAY, range(1, 12)), times=1)
    server.answer(PATH, body=many(TODAY, range(11, 20)))
    first = run(server, fetch)
    stale = run(server, fetch, first.cursor)
    assert stale.batch_on == WEDNESDAY
    assert "repeats the announcements of 2026-08-19" in stale.note
    assert {record.announced_on for record in stale.records} == {None}
    right = run(server, fetch, stale.cursor)
    assert (right.batch_on, right.note) == (TODAY, "")
    assert {record.announced_on for record in right.records} == {TODAY, None}


def test_batch_read_twice_on_its_day_is_no_repetition(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=many(TODAY, range(1, 11)))
    first = run(server, fetch)
    second = run(server, fetch, first.cursor)
    assert second == first


@pytest.mark.parametrize("feed", [rss, atom])
def test_feed_of_the_weekend_is_empty(server: Loopback, fetch: Fetcher, feed: Make) -> None:
    server.answer(PATH, body=many(TODAY, range(1, 11)), times=1)
    server.answer(PATH, body=feed(day=SATURDAY))
    before = run(server, fetch)
    batch = run(server, fetch, before.cursor)
    assert (batch.records, batch.batch_on) == ((), None)
    assert batch.note == "The feed is empty, as on weekends and holidays."
    assert batch.cursor["batch_on"] == "2026-08-20"
    assert batch.cursor["new"] == before.cursor["new"]


def test_empty_feed_on_a_day_with_announcements_is_noted(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=rss(day=FRIDAY))
    assert "though arXiv announces papers for 2026-08-21" in run(server, fetch).note


def test_feed_at_arxivs_limit_is_noted(server: Loopback, fetch: Fetcher) -> None:
    items = (rss_item(f"2608.{number:05d}v1") for number in range(1, 2_001))
    server.answer(PATH, body=rss(*items))
    batch = run(server, fetch)
    assert len(batch.records) == 2_000
    assert "cut at 2,000" in batch.note


# What cannot be read


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (rss(rss_item())[:-40], "breaks off"),
        ("<html><body>Busy</body></html>", "web page"),
        ("", "empty answer"),
        ("<opml/>", "no feed"),
        ("Rate exceeded.", "slow down"),
    ],
)
def test_answer_that_cannot_be_read_is_an_error_that_may_pass(
    server: Loopback, fetch: Fetcher, body: str, reason: str
) -> None:
    server.answer(PATH, body=body)
    with pytest.raises(SourceError, match=reason) as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_answer_that_is_cut_on_its_way_is_an_error_that_may_pass(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer(PATH, body=rss(rss_item()), fault=CUT)
    with pytest.raises(SourceError, match="broke off") as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_refusal_in_form_of_a_feed_is_a_sentence(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=rss(title="Feed error for query: http://rss.arxiv.org/rss/loom"))
    with pytest.raises(SourceError, match="arXiv refuses the feed: Bad archive") as caught:
        run(server, fetch)
    assert caught.value.permanent


def test_not_modified_is_the_only_other_status_allowed(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, status=400, body=rss())
    with pytest.raises(SourceError, match="400"):
        run(server, fetch)


def test_document_type_is_refused(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=rss().replace("?>", '?><!DOCTYPE rss [<!ENTITY a "aa">]>', 1))
    with pytest.raises(SourceError, match="document type"):
        run(server, fetch)


@pytest.mark.parametrize("categories", ["", "cs.AI ../etc", "cs.AI?x=1"])
def test_categories_are_checked_before_anything_is_asked(
    server: Loopback, fetch: Fetcher, categories: str
) -> None:
    with pytest.raises(SourceError, match="categories"):
        run(server, fetch, categories=categories)
    assert server.requests() == []


def test_categories_may_be_separated_as_in_the_address(server: Loopback, fetch: Fetcher) -> None:
    server.answer(PATH, body=rss(rss_item()))
    assert run(server, fetch, categories="cs.AI+cs.LG, cs.AI").records


def test_recorded_feed_is_read_whole(test_data: Path) -> None:
    path = test_data / "protocol_samples" / "arxiv_rss" / "atom_cs.AI_2025-08-20.xml"
    feed = read_feed(path.read_bytes(), TODAY)
    assert (len(feed.items), feed.rejects) == (7, ())
    assert feed.batch_on == feed.dated_on == date(2025, 8, 20)
    assert [item.announce_type for item in feed.items] == ["cross"] * 5 + ["new"] * 2
    assert all(item.announced_on == date(2025, 8, 20) for item in feed.items)
    assert not any("Announce Type" in item.abstract for item in feed.items)
    assert all(item.authors and item.license for item in feed.items)
