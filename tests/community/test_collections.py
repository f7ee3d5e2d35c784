"""Collections: who sees them, what is in them, and in what order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from broadsheet.community.collections import MOST_COLLECTIONS, Collections, slug_of
from broadsheet.community.secrets import Secrets
from broadsheet.community.throttling import Throttle
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied
from broadsheet.people import Account
from broadsheet.store import Store
from people_tables import NOW, account, library_of


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = library_of(store_url, papers=4)
    yield opened
    opened.close()


@pytest.fixture
def collections(store: Store) -> Collections:
    throttle = Throttle(store.people.throttles, Secrets(b"k" * 32), lambda: NOW)
    return Collections(store.people, throttle, lambda: NOW)


@pytest.fixture
def alice(store: Store) -> Account:
    return account(store, "alice")


@pytest.fixture
def bob(store: Store) -> Account:
    return account(store, "bob")


def order(collections: Collections, alice: Account, slug: str = "mills") -> list[int]:
    return [each.paper_id for each in collections.papers(collections.own(alice, slug))]


def test_papers_stay_in_the_order_they_came(collections: Collections, alice: Account) -> None:
    collections.create(alice, "Mills")
    assert collections.add(alice, "mills", {3: "", 1: "Start here."}) == 2
    assert collections.add(alice, "mills", {2: "", 3: "again"}) == 1
    held = collections.papers(collections.own(alice, "mills"))
    assert [(each.paper_id, each.note) for each in held] == [(3, ""), (1, "Start here."), (2, "")]


@pytest.mark.parametrize(
    ("paper", "to", "expected"),
    [(3, 1, [3, 1, 2, 4]), (1, 4, [2, 3, 4, 1]), (2, 99, [1, 3, 4, 2]), (4, -5, [4, 1, 2, 3])],
)
def test_paper_moves_to_a_place(
    collections: Collections, alice: Account, paper: int, to: int, expected: list[int]
) -> None:
    collections.create(alice, "Mills")
    collections.add(alice, "mills", dict.fromkeys((1, 2, 3, 4), ""))
    collections.move(alice, "mills", paper, to=to)
    assert order(collections, alice) == expected


def test_paper_that_is_not_there_cannot_move_or_get_a_note(
    collections: Collections, alice: Account
) -> None:
    collections.create(alice, "Mills")
    with pytest.raises(NotFound):
        collections.move(alice, "mills", 2, to=1)
    with pytest.raises(NotFound):
        collections.note(alice, "mills", 2, "No.")


def test_unknown_papers_are_not_added(collections: Collections, alice: Account) -> None:
    collections.create(alice, "Mills")
    assert collections.add(alice, "mills", {1: "", 4_000: ""}) == 1


def test_removed_paper_is_gone_and_twice_is_once(collections: Collections, alice: Account) -> None:
    collections.create(alice, "Mills")
    collections.add(alice, "mills", {1: "", 2: ""})
    collections.remove(alice, "mills", 1)
    collections.remove(alice, "mills", 1)
    assert order(collections, alice) == [2]


def test_private_collection_is_hidden_from_others_as_if_it_were_not_there(
    collections: Collections, alice: Account, bob: Account
) -> None:
    collections.create(alice, "Mills")
    for viewer in (bob, None):
        with pytest.raises(NotFound) as hidden:
            collections.see(viewer, "alice", "mills")
        with pytest.raises(NotFound) as missing:
            collections.see(viewer, "alice", "looms")
        assert str(hidden.value) == str(missing.value)
        assert collections.of(viewer, alice) == []
    assert collections.see(alice, "alice", "mills").name == "Mills"


def test_link_opens_a_private_collection_until_it_is_taken_back(
    collections: Collections, alice: Account
) -> None:
    collections.create(alice, "Mills")
    token = collections.share(alice, "mills").share_token or ""
    assert collections.see(None, "alice", "mills", share_token=token).name == "Mills"
    assert collections.by_link(token).slug == "mills"
    collections.unshare(alice, "mills")
    with pytest.raises(NotFound):
        collections.see(None, "alice", "mills", share_token=token)


def test_new_link_ends_the_former_one(collections: Collections, alice: Account) -> None:
    collections.create(alice, "Mills")
    first = collections.share(alice, "mills").share_token or ""
    collections.share(alice, "mills")
    with pytest.raises(NotFound):
        collections.by_link(first)


def test_link_of_one_collection_opens_no_other(collections: Collections, alice: Account) -> None:
    collections.create(alice, "Mills")
    collections.create(alice, "Looms")
    token = collections.share(alice, "looms").share_token or ""
    with pytest.raises(NotFound):
        collections.see(None, "alice", "mills", share_token=token)


def test_nobody_changes_the_collection_of_somebody_else(
    collections: Collections, alice: Account, bob: Account
) -> None:
    collections.create(alice, "Mills", is_public=True)
    with pytest.raises(NotFound):
        collections.add(bob, "mills", {1: ""})
    with pytest.raises(NotFound):
        collections.delete(bob, "mills")
    assert order(collections, alice) == []


def test_one_name_is_used_once(collections: Collections, alice: Account, bob: Account) -> None:
    collections.create(alice, "Tidal Mills")
    with pytest.raises(InputError, match="already"):
        collections.create(alice, "tidal  mills!")
    assert collections.create(bob, "Tidal Mills").slug == "tidal-mills"


def test_renaming_into_a_used_name_changes_nothing(
    collections: Collections, alice: Account
) -> None:
    collections.create(alice, "Mills")
    collections.create(alice, "Looms")
    with pytest.raises(InputError):
        collections.change(alice, "looms", name="Mills", description="", is_public=True)
    assert not collections.own(alice, "looms").is_public


@pytest.mark.parametrize("name", ["", "  ", "\x00\x07", "x" * 101])
def test_name_must_be_one(collections: Collections, alice: Account, name: str) -> None:
    with pytest.raises(InputError):
        collections.create(alice, name)


def test_note_and_description_have_an_end(collections: Collections, alice: Account) -> None:
    with pytest.raises(InputError):
        collections.create(alice, "Mills", "x" * 2_001)
    collections.create(alice, "Mills", "x" * 2_000)
    collections.add(alice, "mills", {1: ""})
    with pytest.raises(InputError):
        collections.note(alice, "mills", 1, "x" * 100_000)


def test_suspended_account_makes_none(
    collections: Collections, store: Store, alice: Account
) -> None:
    suspended = store.people.accounts.change(alice.account_id, suspended_at=NOW)
    assert suspended is not None
    with pytest.raises(PermissionDenied):
        collections.create(suspended, "Mills")


def test_full_collection_takes_no_more(
    collections: Collections, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broadsheet.community.collections.MOST_PAPERS", 2)
    collections.create(alice, "Mills")
    collections.add(alice, "mills", {1: "", 2: ""})
    with pytest.raises(Conflict, match="2 papers at most"):
        collections.add(alice, "mills", {3: ""})
    assert order(collections, alice) == [1, 2]


def test_there_is_a_most_of_collections(
    collections: Collections, alice: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_COLLECTIONS >= 100
    monkeypatch.setattr("broadsheet.community.collections.MOST_COLLECTIONS", 1)
    collections.create(alice, "Mills")
    with pytest.raises(Conflict):
        collections.create(alice, "Looms")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Tidal Mills", "tidal-mills"),
        ("  C++ & Rust?  ", "c-rust"),
        ("数学", "数学"),
        ("!!!", "collection"),
        ("../../etc", "etc"),
        ("ＦＵＬＬ width", "full-width"),
    ],
)
def test_names_become_parts_of_addresses(name: str, slug: str) -> None:
    assert slug_of(name) == slug
