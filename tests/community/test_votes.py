"""Votes: once per account and paper, counters that equal the rows, and which votes order lists."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from broadsheet.doings import Tally
from broadsheet.domain import Listing, ListingKind, PaperRecord
from broadsheet.errors import NotFound, PermissionDenied, TooManyRequests
from broadsheet.people import Account, Role
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.people_schema import vote
from broadsheet.store.schema import paper, paper_category
from people_factories import person

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
LOOMS, KILNS = "2608.00001", "2608.00002"


@dataclass(slots=True)
class Clock:
    """A clock that a test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def record(key: str, title: str, **fields: object) -> PaperRecord:
    base = PaperRecord(
        "hf_daily", key, title, f"A study of {title} in nine towns.", arxiv_id=key,
        categories=("cs.LG", "stat.ML"), listed_on=date(2026, 8, 21), votes=12, comments=1,
    )  # fmt: skip
    return replace(base, **fields)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(store_url: str, tmp_path: Path, clock: Clock) -> Iterator[Services]:
    """Services with an owner, Alice, and two papers."""
    opened = open_services(Settings(data=tmp_path, database_url=store_url), clock)
    opened.store.ingest([record(LOOMS, "Looms"), record(KILNS, "Kilns", votes=13)], now=NOW)
    person(opened, "alice", Role.OWNER)
    yield opened
    opened.store.close()


def counters(services: Services, key: str = LOOMS) -> tuple[int, int, int]:
    """Votes as shown, votes of our people, and those of them that count."""
    found = services.store.paper(key)
    return found.votes, found.people_votes, found.counted_votes


def order(services: Services) -> list[str]:
    page = services.ranking.page(Listing(ListingKind.DAY))
    return [hit.paper.key for hit in page.hits]


def cast(services: Services, account: Account, key: str = LOOMS) -> Tally:
    return services.community.votes.cast(account, key)


def sound(services: Services) -> bool:
    return services.store.people.counters.check() == []


def test_a_vote_is_added_to_those_of_the_sources(services: Services) -> None:
    tally = cast(services, person(services, "bob"))
    assert (tally.votes, tally.people_votes, tally.is_on) == (13, 1, True)
    assert counters(services) == (13, 1, 1)
    assert sound(services)


def test_a_second_vote_changes_nothing(services: Services) -> None:
    bob = person(services, "bob")
    cast(services, bob)
    again = cast(services, bob)
    assert (again.votes, again.has_changed, again.is_on) == (13, False, True)
    assert counters(services) == (13, 1, 1)


def test_a_vote_can_be_withdrawn_and_cast_again(services: Services) -> None:
    bob = person(services, "bob")
    votes = services.community.votes
    assert not votes.withdraw(bob, LOOMS).has_changed
    cast(services, bob)
    gone = votes.withdraw(bob, LOOMS)
    assert (gone.votes, gone.is_on, gone.has_changed) == (12, False, True)
    assert cast(services, bob).votes == 13
    assert sound(services)


def test_counted_votes_order_the_day(services: Services) -> None:
    assert order(services) == [KILNS, LOOMS]
    for name in ("bob", "eve"):
        cast(services, person(services, name))
    assert order(services) == [LOOMS, KILNS]


@pytest.mark.parametrize(("verified", "old"), [(True, False), (False, True), (False, False)])
def test_votes_of_young_and_unverified_accounts_are_shown_and_do_not_order(
    services: Services, verified: bool, old: bool
) -> None:
    for name in ("bob", "eve"):
        cast(services, person(services, name, verified=verified, old=old))
    assert counters(services) == (14, 2, 0)
    assert order(services) == [KILNS, LOOMS]
    assert sound(services)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.MODERATOR, Role.OWNER])
def test_votes_of_people_with_a_role_count_at_once(services: Services, role: Role) -> None:
    cast(services, person(services, "edda", role, verified=False, old=False))
    assert counters(services) == (13, 1, 1)


def test_votes_count_a_day_after_the_account_was_made(services: Services, clock: Clock) -> None:
    bob = person(services, "bob", old=False)
    cast(services, bob)
    clock.now = NOW + timedelta(hours=23)
    assert services.community.votes.count_matured() == 0
    clock.now = NOW + timedelta(days=1)
    assert services.community.votes.is_counted(bob)
    assert services.community.votes.count_matured() == 1
    assert services.community.votes.count_matured() == 0
    assert counters(services) == (13, 1, 1)
    assert sound(services)


def test_the_rule_is_the_same_for_asking_and_for_counting(services: Services) -> None:
    for number, (verified, old, role) in enumerate(
        [(v, o, r) for v in (True, False) for o in (True, False) for r in Role]
    ):
        bob = person(services, f"p{number}", role, verified=verified, old=old)
        before = counters(services)[2]
        cast(services, bob)
        counted = counters(services)[2] - before
        assert services.community.votes.is_counted(bob) is bool(counted), (verified, old, role)


def test_votes_of_a_suspended_account_stop_counting_until_it_is_back(services: Services) -> None:
    bob = person(services, "bob")
    cast(services, bob)
    decide = services.store.people.accounts.decide
    decide(bob.account_id, actor_id=1, action="suspend-account", text="", now=NOW,
           suspended_at=NOW)  # fmt: skip
    assert counters(services) == (13, 1, 0)
    decide(bob.account_id, actor_id=1, action="unsuspend-account", text="", now=NOW,
           suspended_at=None)  # fmt: skip
    assert counters(services) == (13, 1, 1)
    assert sound(services)


def test_a_suspended_account_may_not_vote(services: Services) -> None:
    bob = replace(person(services, "bob"), suspended_at=NOW)
    with pytest.raises(PermissionDenied, match="suspended"):
        cast(services, bob)
    assert counters(services) == (12, 0, 0)


def test_votes_go_with_their_account(services: Services) -> None:
    bob, eve = person(services, "bob"), person(services, "eve", old=False)
    cast(services, bob)
    cast(services, bob, KILNS)
    cast(services, eve)
    services.store.people.leaving.remove(bob.account_id, with_comments=False, now=NOW)
    assert counters(services) == (13, 1, 0)
    assert counters(services, KILNS) == (13, 0, 0)
    assert sound(services)


def test_a_vote_on_a_merged_paper_counts_once_on_the_survivor(services: Services) -> None:
    bob, eve = person(services, "bob"), person(services, "eve")
    services.store.ingest(
        [record("10.5555/looms", "Looms in Print", source="journal", arxiv_id=None,
                doi="10.5555/looms", votes=None, abstract="Forty looms of the coast, drawn.")],
        now=NOW,
    )  # fmt: skip
    for key in (LOOMS, "10.5555/looms"):
        cast(services, bob, key)
    cast(services, eve, "10.5555/looms")
    services.store.ingest([record(LOOMS, "Looms", doi="10.5555/looms")], now=NOW)
    services.store.ingest(
        [record(LOOMS, "Looms in Print", source="corpus", doi="10.5555/looms", votes=None)],
        now=NOW,
    )
    survivor = services.store.paper("10.5555/looms")
    assert survivor.key == LOOMS
    assert counters(services) == (14, 2, 2)
    again = cast(services, bob, "10.5555/looms")
    assert (again.key, again.has_changed) == (LOOMS, False)
    assert sound(services)


def test_nothing_is_voted_for_that_is_not_here(services: Services) -> None:
    with pytest.raises(NotFound):
        cast(services, person(services, "bob"), "2608.99999")


def test_too_many_votes_are_refused_until_later(services: Services, clock: Clock) -> None:
    bob = person(services, "bob")
    for _ in range(100):
        cast(services, bob)
        services.community.votes.withdraw(bob, LOOMS)
    with pytest.raises(TooManyRequests):
        cast(services, bob)
    cast(services, person(services, "eve"))
    clock.now += timedelta(minutes=10)
    assert cast(services, bob).has_changed


def test_an_address_has_its_own_limit(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadsheet.community.votes.PER_ADDRESS", (2, timedelta(minutes=10)))
    votes = services.community.votes
    for name in ("bob", "eve"):
        votes.cast(person(services, name), LOOMS, address="192.0.2.7")
    third = person(services, "mallory")
    with pytest.raises(TooManyRequests):
        votes.cast(third, LOOMS, address="192.0.2.7")
    assert votes.cast(third, LOOMS, address="192.0.2.8").votes == 15


def test_every_vote_leaves_a_trace_that_only_moderators_see(services: Services) -> None:
    bob, mora = person(services, "bob"), person(services, "mora", Role.MODERATOR)
    cast(services, bob)
    cast(services, bob)
    services.community.votes.withdraw(bob, LOOMS)
    seen = services.community.log.entries(mora, subject=f"paper:{LOOMS}")
    assert [(entry.action, entry.actor) for entry in seen] == [
        ("withdraw-vote", "bob"), ("cast-vote", "bob"),
    ]  # fmt: skip
    assert services.community.log.entries(bob, subject=f"paper:{LOOMS}") == []


def test_the_history_counts_by_day_and_names_who_votes_in_public(
    services: Services, clock: Clock
) -> None:
    bob, eve = person(services, "bob"), person(services, "eve", old=False)
    services.store.people.accounts.change(bob.account_id, are_votes_public=True)
    clock.now = NOW - timedelta(days=1)
    cast(services, person(services, "zoe"))
    clock.now = NOW
    cast(services, bob)
    cast(services, eve)
    days = services.community.votes.history(services.store.paper(LOOMS).paper_id)
    assert [(each.day, each.votes, each.counted, each.names) for each in days] == [
        (date(2026, 8, 21), 2, 1, ("bob",)), (date(2026, 8, 20), 1, 1, ()),
    ]  # fmt: skip


def test_votes_of_an_account_are_listed_latest_first(services: Services, clock: Clock) -> None:
    bob = person(services, "bob")
    cast(services, bob)
    clock.now += timedelta(hours=1)
    cast(services, bob, KILNS)
    numbers = [services.store.paper(key).paper_id for key in (KILNS, LOOMS)]
    found, total = services.store.people.votes.of_account(bob.account_id, limit=1)
    assert ([number for number, _ in found], total) == (numbers[:1], 2)
    assert services.community.votes.voted(bob, [*numbers, 99]) == frozenset(numbers)


def test_no_vote_is_lost_or_counted_twice_when_many_vote_at_once(services: Services) -> None:
    people = [person(services, f"p{number}") for number in range(8)]
    troubles: list[BaseException] = []

    def vote_often(who: Account) -> None:
        try:
            for _ in range(4):
                cast(services, who)
                cast(services, who, KILNS)
                services.community.votes.withdraw(who, KILNS)
        except BaseException as error:  # noqa: BLE001 - told to the test
            troubles.append(error)

    threads = [threading.Thread(target=vote_often, args=(who,)) for who in people for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert counters(services) == (20, 8, 8)
    assert counters(services, KILNS) == (13, 0, 0)
    assert sound(services)


def test_lists_of_categories_follow_the_votes(services: Services) -> None:
    for name in ("bob", "eve"):
        cast(services, person(services, name))
    page = services.ranking.page(Listing(ListingKind.DAY, category="stat.ML"))
    assert [hit.paper.key for hit in page.hits] == [LOOMS, KILNS]


def test_wrong_counters_are_found_and_set_right(services: Services) -> None:
    cast(services, person(services, "bob"))
    number = services.store.paper(LOOMS).paper_id
    with services.store._database.write() as connection:
        connection.execute(
            update(paper).where(paper.c.paper_id == number).values(people_votes=7, votes=20)
        )
        connection.execute(
            update(paper_category).where(paper_category.c.category == "stat.ML").values(strength=1)
        )
    table = services.store.people.counters
    found = {(miss.counter, miss.kept, miss.true) for miss in table.check()}
    assert found == {("people_votes", 7, 1), ("votes", 20, 13), ("strength", 1, 15)}
    assert {(miss.counter, miss.kept, miss.true) for miss in table.repair()} == found
    assert table.check() == []
    assert counters(services) == (13, 1, 1)


def test_rows_hold_one_vote_per_account_and_paper(services: Services) -> None:
    bob = person(services, "bob")
    for _ in range(3):
        cast(services, bob)
    with services.store._database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(vote)) == 1
