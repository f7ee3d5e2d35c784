"""What stands in a digest: the reader's lists since the last one, nothing twice, nothing unwanted."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from desks import DAY, MORNING, Clock, Opened, a_day, invented, subscribe
from sqlalchemy import event

from broadsheet.delivery.mail.rounds import Desk, queue_due
from broadsheet.digests import Digest, Editor, Past
from broadsheet.mail import Preferences, Subscription, SubscriptionKind
from broadsheet.pipeline import sync_index
from broadsheet.services import Services

TRENDING = Subscription(SubscriptionKind.TRENDING)
NEW = Subscription(SubscriptionKind.DAY)
LISTED = Preferences(subscriptions=(NEW,))


def made(services: Services, preferences: Preferences, day: date = DAY) -> Digest:
    digest = Editor(services, services.clock()).digest(preferences, day)
    assert digest is not None
    return digest


def numbers(digest: Digest) -> list[int]:
    return [int(hit.paper.key.rpartition(".")[2]) for hit in digest.hits]


def sent_numbers(services: Services, reader_id: int) -> set[str]:
    """The keys of all papers a reader has been sent."""
    papers = services.store.papers(list(range(200)))
    seen = services.store.mail.sent.among([reader_id], [paper.paper_id for paper in papers])
    return {paper.key for paper in papers if paper.paper_id in seen.get(reader_id, set())}


def test_first_digest_holds_the_best_of_the_newest_day(opened: Opened) -> None:
    services = opened(records=[*a_day(DAY), *a_day(DAY - timedelta(days=1), 50)])
    assert numbers(made(services, LISTED)) == list(range(1, 11))


def test_empty_library_gives_no_digest(opened: Opened) -> None:
    services = opened(records=[])
    assert Editor(services, MORNING).digest(Preferences(), DAY) is None


def test_paper_is_never_sent_twice(opened: Opened, moving: Clock, store_url: str) -> None:
    services = opened(database_url=store_url, records=a_day(DAY, papers=15))
    reader = subscribe(services)
    for days in range(1, 4):
        queue_due(services)
        services.store.ingest(a_day(DAY + timedelta(days=days), days * 20, 3), now=moving())
        moving.advance(days=1)
    titles: list[str] = []
    while mail := services.store.mail.outbox.take("t", now=moving(), until=moving()):
        text = mail.message.decode().partition("text/html")[0]
        titles += re.findall(r"^\w+ing \w+, Part \d+(?=\r$)", text, re.MULTILINE)
    assert len(titles) == len(set(titles)) == 21
    assert services.store.mail.sent.count(reader.subscriber_id) == 21


def test_paper_in_two_lists_stands_in_one_and_names_the_other(opened: Opened) -> None:
    services = opened()
    preferences = Preferences(
        subscriptions=(NEW, Subscription(SubscriptionKind.CATEGORY, "cs.LG")), most_papers=4
    )
    digest = made(services, preferences)
    assert len(set(numbers(digest))) == 4
    assert [len(section.hits) for section in digest.sections] == [2, 2]
    first = digest.sections[0].hits[0].paper.paper_id
    assert dict(digest.also_in)[first] == (Subscription(SubscriptionKind.CATEGORY, "cs.LG"),)


def test_lists_take_turns_so_that_none_is_pushed_out(opened: Opened) -> None:
    services = opened(records=a_day(DAY, papers=30))
    odd, even = (Subscription(SubscriptionKind.CATEGORY, name) for name in ("cs.LG", "math.CO"))
    digest = made(services, Preferences(subscriptions=(odd, even), most_papers=6))
    assert numbers(digest) == [1, 3, 5, 2, 4, 6]


def test_quiet_day_brings_no_mail(opened: Opened, moving: Clock) -> None:
    services = opened(records=a_day(DAY, papers=30))
    subscribe(services)
    assert queue_due(services) == 1
    moving.advance(days=1)
    assert queue_due(services) == 0


def test_papers_that_came_late_to_a_day_are_sent_the_next_time(
    opened: Opened, moving: Clock
) -> None:
    services = opened(records=a_day(DAY, papers=5))
    reader = subscribe(services, preferences=LISTED)
    queue_due(services)
    services.store.ingest(a_day(DAY, 50, 3), now=moving() + timedelta(hours=5))
    moving.advance(days=1)
    assert queue_due(services) == 1
    assert {"2608.00050", "2608.00051", "2608.00052"} <= sent_numbers(
        services, reader.subscriber_id
    )


def test_import_of_an_old_archive_floods_nobody(opened: Opened, moving: Clock) -> None:
    services = opened(records=a_day(DAY, papers=5))
    subscribe(services, preferences=LISTED)
    queue_due(services)
    services.store.ingest(a_day(date(2024, 1, 5), 60, 30), now=moving() + timedelta(hours=1))
    moving.advance(days=1)
    assert queue_due(services) == 0


def test_after_a_holiday_one_digest_brings_the_best(opened: Opened, moving: Clock) -> None:
    services = opened(records=a_day(DAY, 90, 3))
    reader = subscribe(services, preferences=LISTED)
    queue_due(services)
    for day in range(1, 15):
        services.store.ingest(a_day(DAY + timedelta(days=day), day, 1), now=moving())
    moving.advance(days=15)
    assert queue_due(services) == 1
    assert {f"2608.{number:05d}" for number in range(1, 11)} <= sent_numbers(
        services, reader.subscriber_id
    )
    moving.advance(days=1)
    assert queue_due(services) == 0


def test_reader_without_catch_up_gets_the_last_period_only(opened: Opened, moving: Clock) -> None:
    services = opened(records=a_day(DAY, 90, 3))
    reader = subscribe(services, preferences=replace(LISTED, catches_up=False))
    queue_due(services)
    for day in range(1, 15):
        services.store.ingest(a_day(DAY + timedelta(days=day), day, 1), now=moving())
    moving.advance(days=14)
    queue_due(services)
    assert "2608.00014" in sent_numbers(services, reader.subscriber_id)
    assert "2608.00001" not in sent_numbers(services, reader.subscriber_id)


def test_digest_after_a_pause_says_so(opened: Opened) -> None:
    services = opened(records=[*a_day(DAY), *a_day(DAY - timedelta(days=9), 50)])
    digest = Editor(services, MORNING).digest(
        LISTED, DAY, Past(DAY - timedelta(days=12), MORNING - timedelta(days=12))
    )
    assert digest is not None
    assert digest.is_catch_up


@pytest.mark.parametrize(
    ("wish", "left"),
    [
        ({"without_words": ("lanterns",)}, {8}),
        ({"without_words": ("counting harbours",)}, {1}),
        ({"without_words": ("harb",)}, set()),
        ({"without_authors": ("Ada Author3",)}, {3}),
        ({"without_authors": ("author3",)}, {3}),
        ({"without_authors": ("Bo Writer",)}, set(range(1, 13))),
        ({"without_categories": ("cs",)}, {1, 3, 5, 7, 9, 11}),
        ({"without_categories": ("CS.lg",)}, {1, 3, 5, 7, 9, 11}),
        ({"without_categories": ("c",)}, set()),
        ({"least_votes": 95}, {6, 7, 8, 9, 10, 11, 12}),
    ],
)
def test_what_a_reader_leaves_out_stays_out(
    opened: Opened, wish: dict[str, object], left: set[int]
) -> None:
    services = opened()
    preferences = replace(LISTED, most_papers=30, **wish)  # type: ignore[arg-type]
    digest = Editor(services, MORNING).digest(preferences, DAY)
    found = set(numbers(digest)) if digest else set()
    assert found == set(range(1, 13)) - left


def test_least_score_holds_in_ranked_lists(opened: Opened) -> None:
    services = opened()
    digest = made(services, Preferences(least_score=100))
    assert all(hit.score is not None and hit.score >= 100 for hit in digest.hits)
    assert 0 < len(digest.hits) < 10


def test_withdrawn_paper_is_not_sent(opened: Opened) -> None:
    services = opened(records=[invented(1, is_withdrawn=True), invented(2)])
    assert numbers(made(services, LISTED)) == [2]


def test_paper_that_gathers_its_votes_later_is_sent_then(opened: Opened, moving: Clock) -> None:
    slow = invented(70, votes=2)
    services = opened(records=[slow, *a_day(DAY, papers=2)])
    reader = subscribe(services, preferences=replace(LISTED, least_votes=20))
    queue_due(services)
    later = moving() + timedelta(hours=9)
    services.store.ingest(
        [replace(slow, votes=40), invented(3, DAY + timedelta(days=1))], now=later
    )
    moving.advance(days=1)
    queue_due(services)
    assert "2608.00070" in sent_numbers(services, reader.subscriber_id)


def test_search_brings_only_papers_with_all_its_words(opened: Opened) -> None:
    services = opened(records=a_day(DAY, papers=40))
    sync_index(services)
    search = Subscription(SubscriptionKind.SEARCH, "counting harbours")
    assert numbers(made(services, Preferences(subscriptions=(search,)))) == [1]


def test_author_brings_their_papers(opened: Opened) -> None:
    services = opened(records=a_day(DAY, papers=20))
    sync_index(services)
    author = Subscription(SubscriptionKind.AUTHOR, "Ada Author7")
    assert numbers(made(services, Preferences(subscriptions=(author,)))) == [7]


def test_search_that_cannot_be_read_leaves_the_other_lists_and_a_note(opened: Opened) -> None:
    services = opened()
    broken = Subscription(SubscriptionKind.SEARCH, 'title:"open')
    digest = made(services, Preferences(subscriptions=(broken, NEW)))
    assert len(digest.hits) == 10
    assert digest.notes


def test_broken_preferences_of_one_reader_stop_nobody_else(opened: Opened) -> None:
    services = opened()
    bad = subscribe(services, "a@example.org")
    subscribe(services, "b@example.org")
    with services.store._database.write() as connection:
        from broadsheet.store.mail_schema import subscriber

        connection.execute(
            subscriber.update()
            .where(subscriber.c.subscriber_id == bad.subscriber_id)
            .values(address="bad\r\nBcc: x@example.org")
        )
    assert queue_due(services) == 1


def test_merged_paper_counts_as_sent_under_its_new_number(
    opened: Opened, moving: Clock, store_url: str
) -> None:
    early = replace(
        invented(1), arxiv_id=None, record_id="a-name", source="jsonl", title="Naming the Tides"
    )
    services = opened(database_url=store_url, records=[early, *a_day(DAY, 30, 2)])
    reader = subscribe(services, preferences=LISTED)
    queue_due(services)
    before = services.store.mail.sent.count(reader.subscriber_id)
    second = replace(invented(2, DAY + timedelta(days=1)), title="Naming the Tides",
                     abstract=early.abstract, authors=early.authors)  # fmt: skip
    moving.advance(days=1)
    services.store.ingest([second], now=moving())
    queue_due(services)
    assert services.store.count() == 3
    assert services.store.mail.sent.count(reader.subscriber_id) == before


def statements_of(services: Services, preferences: Preferences) -> int:
    found: list[str] = []
    engine = services.store._database._engine
    event.listen(engine, "before_cursor_execute", lambda *given: found.append(given[2]))
    reader = subscribe(services, f"{preferences.most_papers}@example.org", preferences)
    desk = Desk(services, services.clock())
    found.clear()
    list(desk.editions([reader]))
    return len(found)


def test_number_of_statements_does_not_grow_with_the_digest(opened: Opened) -> None:
    services = opened(records=a_day(DAY, papers=35))
    small, large = (replace(LISTED, most_papers=number) for number in (2, 30))
    assert statements_of(services, small) == statements_of(services, large)


def test_lists_are_asked_once_for_all_readers_who_want_the_same(opened: Opened) -> None:
    services = opened()
    readers = [subscribe(services, f"reader{number}@example.org") for number in range(30)]
    desk = Desk(services, services.clock())
    found: list[str] = []
    engine = services.store._database._engine
    event.listen(engine, "before_cursor_execute", lambda *given: found.append(given[2]))
    list(desk.editions(readers))
    assert len(found) < 12


def test_weekly_reader_gets_the_week(opened: Opened) -> None:
    records = [invented(day, DAY - timedelta(days=day)) for day in range(7)]
    services = opened(records=records)
    digest = made(services, replace(LISTED, weekdays=(5,)))
    assert digest.span.start == DAY - timedelta(days=6)
    assert len(digest.hits) == 7


def test_digest_made_up_late_names_the_day_it_is_made(opened: Opened, moving: Clock) -> None:
    services = opened()
    subscribe(services, due_at=datetime(2026, 8, 18, 8, tzinfo=UTC))
    assert queue_due(services) == 1
    mail = services.store.mail.outbox.take("t", now=moving(), until=moving())
    assert mail is not None
    assert "Friday, 21 August 2026" in mail.message.decode()
