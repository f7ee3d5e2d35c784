"""The log and the news of accounts, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from broadsheet.community.log import Log
from broadsheet.community.notifications import Notifications
from broadsheet.errors import NotFound
from broadsheet.people import Account, Role
from broadsheet.store.store import Store

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store.open(store_url)
    yield store
    store.close()


@pytest.fixture
def log(store: Store) -> Log:
    return Log(store.people, lambda: NOW)


@pytest.fixture
def notifications(store: Store) -> Notifications:
    return Notifications(store.people, lambda: NOW)


def account(store: Store, name: str, role: Role) -> Account:
    created = store.people.accounts.create(name, email=None, password_hash=None, created_at=NOW)
    assert created is not None
    changed = store.people.accounts.change(created.account_id, role=role.label)
    assert changed is not None
    return changed


def tell(notifications: Notifications, person: Account, name: str, text: str = "News.") -> bool:
    return notifications.tell(person.account_id, name=name, kind="reply", text=text, path="/papers")


def test_a_public_act_is_shown_to_everybody_with_its_actor(store: Store, log: Log) -> None:
    mora = account(store, "mora", Role.MODERATOR)
    log.note(mora, "hide-comment", "comment:7", "Hidden: abuse.", is_public=True)
    [entry] = log.entries(None)
    assert (entry.actor, entry.action, entry.subject) == ("mora", "hide-comment", "comment:7")
    assert entry.logged_at == NOW


def test_a_private_trace_is_shown_to_moderators_only(store: Store, log: Log) -> None:
    mora, bob = account(store, "mora", Role.MODERATOR), account(store, "bob", Role.READER)
    log.note(bob, "cast-vote", "paper:1", "Voted.", is_public=False)
    assert log.entries(None) == log.entries(bob) == []
    assert [entry.action for entry in log.entries(mora)] == ["cast-vote"]


def test_the_log_is_narrowed_by_action_subject_and_actor(store: Store, log: Log) -> None:
    mora = account(store, "mora", Role.MODERATOR)
    log.note(mora, "hide-comment", "comment:7", "", is_public=True)
    log.note(mora, "pick", "paper:2607.1", "", is_public=True)
    log.note(None, "pick", "paper:2607.2", "", is_public=True)
    assert len(log.entries(None, action="pick")) == 2
    assert len(log.entries(None, subject="comment:")) == 1
    assert len(log.entries(None, subject="comment:%")) == 0
    assert len(log.entries(None, subject="paper:2607.2")) == 1
    assert len(log.entries(None, actor="mora")) == 2


def test_the_log_is_paged_newest_first(log: Log) -> None:
    for number in range(5):
        log.note(None, "pick", f"paper:{number}", "", is_public=True)
    first = log.entries(None, limit=3)
    second = log.entries(None, limit=3, before=first[-1].entry_id)
    assert [entry.subject for entry in first + second] == [f"paper:{n}" for n in (4, 3, 2, 1, 0)]


def test_news_of_one_name_comes_once(store: Store, notifications: Notifications) -> None:
    bob = account(store, "bob", Role.READER)
    assert tell(notifications, bob, "reply:1", "First.")
    assert not tell(notifications, bob, "reply:1", "Second.")
    assert [news.text for news in notifications.of(bob)] == ["First."]


def test_news_is_marked_as_read_by_its_owner_only(
    store: Store, notifications: Notifications
) -> None:
    bob, eve = account(store, "bob", Role.READER), account(store, "eve", Role.READER)
    tell(notifications, bob, "reply:1")
    [news] = notifications.of(bob)
    with pytest.raises(NotFound):
        notifications.open(eve, news.notification_id)
    assert notifications.unread(bob) == 1
    assert notifications.open(bob, news.notification_id).path == "/papers"
    assert notifications.unread(bob) == 0
    assert notifications.of(bob)[0].read_at == NOW


def test_all_news_of_one_account_is_marked_at_once(
    store: Store, notifications: Notifications
) -> None:
    bob, eve = account(store, "bob", Role.READER), account(store, "eve", Role.READER)
    for name in ("reply:1", "reply:2"):
        tell(notifications, bob, name)
    tell(notifications, eve, "reply:1")
    assert notifications.mark_all_read(bob) == 2
    assert (notifications.unread(bob), notifications.unread(eve)) == (0, 1)
    assert notifications.of(bob, only_unread=True) == []
