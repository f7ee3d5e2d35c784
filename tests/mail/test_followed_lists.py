"""Collections and saved searches by mail: what is new in them, and only what a reader may read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from desks import DAY, MORNING, Clock, Opened, a_day, subscribe
from sqlalchemy import event
from starlette.testclient import TestClient

from apps import app_around
from broadsheet.delivery.mail.joining import token_of
from broadsheet.delivery.mail.rounds import Desk, queue_due
from broadsheet.doings import Collection, FollowKind
from broadsheet.mail import Preferences, Subscriber, Subscription, SubscriptionKind
from broadsheet.people import Account
from broadsheet.pipeline import sync_index
from broadsheet.services import Services
from broadsheet.subscriptions.links import Purpose
from broadsheet.subscriptions.references import CollectionReference, seconds_of, typed_collection
from people_factories import person, signed_in

LISTED = Subscription(SubscriptionKind.DAY)


@pytest.fixture
def services(opened: Opened) -> Services:
    return opened(base_url="http://papers.example.org")


@pytest.fixture
def either(opened: Opened, store_url: str) -> Services:
    """The same on each kind of database."""
    return opened(database_url=store_url, records=a_day(DAY, papers=12))


@pytest.fixture
def ada(services: Services) -> Account:
    return person(services, "ada")


@pytest.fixture
def bob(services: Services) -> Account:
    return person(services, "bob")


def collected(services: Services, ada: Account, **values: bool) -> Collection:
    return services.community.collections.create(
        ada, "Tidal Mills", **{"is_public": True, **values}
    )


def add(services: Services, ada: Account, *numbers: int, note: str = "") -> None:
    papers = [services.store.paper(f"2608.{number:05d}") for number in numbers]
    services.community.collections.add(
        ada, "tidal-mills", {paper.paper_id: note for paper in papers}
    )


def wish(found: Collection, link: str = "", **values: object) -> Preferences:
    reference = CollectionReference(
        found.collection_id, seconds_of(found.created_at), "ada", found.slug, link, found.name
    )
    wanted = Subscription(SubscriptionKind.COLLECTION, reference.write())
    return replace(Preferences(subscriptions=(wanted,)), **values)  # type: ignore[arg-type]


def next_mail(services: Services, moving: Clock) -> str:
    """The text of the mail of the next round, a day later; empty where there is none."""
    moving.advance(days=1)
    queue_due(services)
    mail = services.store.mail.outbox.take("t", now=moving(), until=moving())
    if mail is None:
        return ""
    message = message_from_bytes(mail.message, policy=policy.default)
    text = message.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    return str(text).replace("\r\n", "\n")


def titles(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^\w+ing \w+, Part (\d+)$", text, re.MULTILINE)]


def test_collection_brings_what_was_added_since_in_its_order(
    either: Services, moving: Clock
) -> None:
    services, ada = either, person(either, "ada")
    found = collected(services, ada)
    subscribe(services, preferences=wish(found))
    moving.advance(minutes=5)
    add(services, ada, 7, 3, note="Read this first.")
    first = next_mail(services, moving)
    assert titles(first) == [7, 3]
    assert "Why here: Read this first." in first
    assert "the collection “Tidal Mills”" in first
    assert next_mail(services, moving) == ""
    add(services, ada, 9)
    assert titles(next_mail(services, moving)) == [9]


def test_what_is_added_while_a_digest_is_made_comes_with_the_next(
    services: Services, ada: Account, moving: Clock
) -> None:
    found = collected(services, ada)
    reader = subscribe(services, preferences=wish(found))
    moving.advance(minutes=5)
    add(services, ada, 7)
    assert titles(next_mail(services, moving)) == [7]
    add(services, ada, 8)
    services.store.mail.subscribers.change(
        reader.subscriber_id, looked_at=moving() + timedelta(minutes=2)
    )
    assert titles(next_mail(services, moving)) == [8]


def test_what_a_second_mail_of_a_day_would_hold_comes_the_next_day(
    services: Services, ada: Account, moving: Clock
) -> None:
    found = collected(services, ada)
    reader = subscribe(services, preferences=wish(found))
    moving.advance(minutes=5)
    add(services, ada, 7)
    assert titles(next_mail(services, moving)) == [7]
    add(services, ada, 8)
    moving.advance(hours=3)
    services.store.mail.subscribers.change(reader.subscriber_id, due_at=MORNING)
    assert queue_due(services) == 0
    assert titles(next_mail(services, moving)) == [8]


def leave_public(services: Services, ada: Account) -> None:
    services.community.collections.change(
        ada, "tidal-mills", name="Tidal Mills", description="", is_public=False
    )


def test_collection_that_became_private_gives_nothing_and_the_mail_says_so(
    services: Services, ada: Account, moving: Clock
) -> None:
    found = collected(services, ada)
    both = wish(found)
    subscribe(services, preferences=replace(both, subscriptions=(LISTED, *both.subscriptions)))
    add(services, ada, 7)
    leave_public(services, ada)
    text = next_mail(services, moving)
    assert "You get the new papers every day" in text
    assert re.search(r"collection “Tidal Mills” can no longer\s+be read", text)


def test_successor_of_a_deleted_collection_is_not_mailed(
    services: Services, ada: Account, moving: Clock
) -> None:
    found = collected(services, ada)
    subscribe(services, preferences=wish(found))
    services.community.collections.delete(ada, "tidal-mills")
    moving.advance(minutes=5)
    collected(services, ada)
    add(services, ada, 7)
    assert next_mail(services, moving) == ""


def test_renamed_collection_goes_on_under_its_new_name(
    services: Services, ada: Account, moving: Clock
) -> None:
    found = collected(services, ada)
    subscribe(services, preferences=wish(found))
    moving.advance(minutes=5)
    add(services, ada, 7)
    services.community.collections.change(
        ada, "tidal-mills", name="Mills of the Tide", description="", is_public=True
    )
    assert "the collection “Mills of the Tide”" in " ".join(next_mail(services, moving).split())


@pytest.mark.parametrize("has_link", [True, False])
def test_private_collection_is_mailed_with_its_secret_link_only(
    services: Services, ada: Account, moving: Clock, has_link: bool
) -> None:
    collected(services, ada, is_public=False)
    shared = services.community.collections.share(ada, "tidal-mills")
    assert shared.share_token
    subscribe(services, preferences=wish(shared, shared.share_token if has_link else "x" * 43))
    moving.advance(minutes=5)
    add(services, ada, 7)
    assert bool(next_mail(services, moving)) is has_link
    services.community.collections.share(ada, "tidal-mills")
    add(services, ada, 8)
    assert next_mail(services, moving) == ""


def test_owner_gets_their_own_private_collection(
    services: Services, ada: Account, moving: Clock
) -> None:
    found = collected(services, ada, is_public=False)
    subscribe(services, preferences=wish(found), account_id=ada.account_id)
    subscribe(services, "bob@example.org", wish(found))
    moving.advance(minutes=5)
    add(services, ada, 7)
    assert titles(next_mail(services, moving)) == [7]
    assert services.store.mail.outbox.take("t", now=moving(), until=moving()) is None


def test_saved_search_is_mailed_as_long_as_it_is_saved(either: Services, moving: Clock) -> None:
    services, ada = either, person(either, "ada")
    sync_index(services)
    services.community.follows.follow(ada, FollowKind.SEARCH, "counting harbours")
    saved = Subscription(SubscriptionKind.SAVED, "counting harbours")
    given = Preferences(subscriptions=(saved,))
    subscribe(services, preferences=given, account_id=ada.account_id)
    subscribe(services, "bob@example.org", given)
    text = next_mail(services, moving)
    assert titles(text) == [1]
    assert services.store.mail.outbox.take("t", now=moving(), until=moving()) is None
    services.community.follows.leave(ada, FollowKind.SEARCH, "counting harbours")
    services.store.ingest(a_day(DAY + timedelta(days=1), 65, 1), now=moving())
    sync_index(services)
    assert next_mail(services, moving) == ""


def statements(services: Services, readers: list[Subscriber]) -> int:
    found: list[str] = []
    desk = Desk(services, services.clock())
    engine = services.store._database._engine
    event.listen(engine, "before_cursor_execute", lambda *given: found.append(given[2]))
    assert all(edition.mail for edition in desk.editions(readers))
    return len(found)


def test_statements_do_not_grow_with_readers_or_additions(
    services: Services, ada: Account, moving: Clock
) -> None:
    found = collected(services, ada)
    readers = [
        subscribe(services, f"reader{number}@example.org", wish(found, most_papers=number))
        for number in range(1, 9)
    ]
    moving.advance(minutes=5)
    add(services, ada, 1)
    few = statements(services, readers[:1])
    add(services, ada, *range(2, 12))
    assert statements(services, readers) == few


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada/tidal-mills", ("ada", "tidal-mills", "")),
        (" Ada/collections/tidal-mills ", ("ada", "tidal-mills", "")),
        ("/people/ada/collections/tidal-mills?link=x-1", ("ada", "tidal-mills", "x-1")),
        ("https://p.example/people/ada/collections/m%C3%BChle?q=1", ("ada", "mühle", "")),
    ],
)
def test_collection_is_named_as_people_write_it(text: str, found: tuple[str, str, str]) -> None:
    assert typed_collection(text) == found


@pytest.mark.parametrize("text", ["", "ada", "a b/c", "ada/", "/", "ada/x\0y", "http://[broken"])
def test_what_names_no_collection_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$|IPv6"):
        typed_collection(text)


def test_collection_page_leads_to_a_form_that_holds_it(
    services: Services, ada: Account, bob: Account
) -> None:
    collected(services, ada)
    app = app_around(services)
    page = TestClient(app).get("/people/ada/collections/tidal-mills").text
    way = re.search(r'href="(/subscriptions\?[^"]+)">Get this by mail', page)
    assert way
    form = TestClient(app).get(way[1].replace("&amp;", "&")).text
    assert "You choose the collection “Tidal Mills”." in form
    assert ">ada/tidal-mills</textarea>" in form
    leave_public(services, ada)
    assert TestClient(app).get(way[1]).status_code == 422


def test_secret_link_of_a_collection_travels_to_the_form(services: Services, ada: Account) -> None:
    collected(services, ada, is_public=False)
    token = services.community.collections.share(ada, "tidal-mills").share_token
    client = TestClient(app_around(services))
    page = client.get(f"/people/ada/collections/tidal-mills?link={token}").text
    way = re.search(r'href="(/subscriptions\?[^"]+)">Get this by mail', page)
    assert way
    assert f">ada/tidal-mills?link={token}</textarea>" in client.get(way[1]).text


def test_preferences_say_that_a_collection_is_lost_and_saving_drops_it(
    services: Services, ada: Account
) -> None:
    found = collected(services, ada)
    both = wish(found)
    reader = subscribe(
        services, preferences=replace(both, subscriptions=(LISTED, *both.subscriptions))
    )
    client = TestClient(app_around(services))
    path = f"/subscriptions/{token_of(services, Purpose.MANAGE, reader, services.clock())}"
    assert "can no longer be read" not in client.get(path).text
    leave_public(services, ada)
    assert "“Tidal Mills” can no longer be read" in client.get(path).text
    client.post(path, data={"lists": "day", "collections": ""})
    assert services.store.mail.subscribers.by_id(
        reader.subscriber_id
    ).preferences.subscriptions == (LISTED,)


def test_settings_begin_add_and_leave_without_a_letter(services: Services, bob: Account) -> None:
    browser = signed_in(app_around(services), bob)
    services.community.follows.follow(bob, FollowKind.SEARCH, "tidal mills")
    page = browser.get("/settings/mail").text
    assert "your address is confirmed" in page
    assert 'name="saved" value="tidal mills"' in page
    given = {"lists": "day", "saved": "tidal mills", "weekdays": "2", "schedule": "1"}
    assert browser.post("/settings/mail", data=given).status_code == 303
    [reader] = services.store.mail.subscribers.of_account(bob.account_id, None)
    assert reader.address == bob.email
    assert services.store.mail.outbox.counts() == {}
    page = browser.get("/settings/mail").text
    assert "On Tuesdays at 08:00 (UTC)" in page
    assert "Saved search: tidal mills" in page
    browser.post("/settings/mail", data={"categories": "cs.LG"})
    one = {"subscriber": str(reader.subscriber_id), "value": "day:"}
    browser.post("/settings/mail/leave", data=one)
    left = services.store.mail.subscribers.by_id(reader.subscriber_id)
    assert [each.value for each in left.preferences.subscriptions] == ["tidal mills", "cs.LG"]
    assert left.preferences.weekdays == (2,)
    browser.post("/settings/mail/leave", data={"subscriber": str(reader.subscriber_id)})
    assert "No papers come to you by mail." in browser.get("/settings/mail").text


def test_nobody_leaves_for_another(services: Services, ada: Account, bob: Account) -> None:
    app = app_around(services)
    signed_in(app, ada).post("/settings/mail", data={"lists": "day"})
    [reader] = services.store.mail.subscribers.of_account(ada.account_id, None)
    signed_in(app, bob).post("/settings/mail/leave", data={"subscriber": str(reader.subscriber_id)})
    assert services.store.mail.subscribers.by_id(reader.subscriber_id).due_at is not None


def test_search_of_another_account_cannot_be_subscribed_to(
    services: Services, ada: Account, bob: Account
) -> None:
    services.community.follows.follow(ada, FollowKind.SEARCH, "tidal mills")
    reply = signed_in(app_around(services), bob).post(
        "/settings/mail", data={"saved": "tidal mills"}
    )
    assert reply.status_code == 422
    assert "not saved in your account" in reply.text


def test_unverified_address_gets_no_mail_by_the_settings(services: Services) -> None:
    eve = person(services, "eve", verified=False)
    reply = signed_in(app_around(services), eve).post("/settings/mail", data={"lists": "day"})
    assert reply.status_code == 422
    assert services.store.mail.subscribers.everybody() == []
