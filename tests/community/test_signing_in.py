"""Signing up and in on both databases: passwords, links, and what strangers do not learn."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from broadsheet.community import Community, open_community
from broadsheet.community.own_account import Profile
from broadsheet.community.passwords import Passwords
from broadsheet.community.signing_in import SigningIn
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied, TooManyRequests
from broadsheet.people import LinkPurpose, Role
from broadsheet.store.people_schema import account, one_time_link, session, throttle
from talk import Talk

PASSWORD = "seven quiet harbours"
HERE = "192.0.2.7"


@pytest.fixture
def mailing(talk: Talk) -> Community:
    """The same community on an instance that sends mail."""
    settings = talk.services.settings.model_copy(update={"smtp_host": "mail.example.org"})
    return open_community(talk.services.store, settings, talk.clock)


@pytest.fixture
def quick(talk: Talk) -> SigningIn:
    """The same rules with passwords that cost nothing, for tests of many attempts."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return replace(talk.services.community.signing_in, passwords=Passwords(hasher))


def value_of(talk: Talk, column: object, name: str) -> object:
    with talk.services.store._database.read() as connection:
        return connection.scalar(select(column).where(account.c.name == name))


def test_a_password_signs_in_by_handle_and_by_address(talk: Talk) -> None:
    signing_in = talk.services.community.signing_in
    signing_in.join_at_once("nora", "Nora@People.example", PASSWORD, HERE)
    for login in ("nora", " NORA ", "nora@people.example", "Nora@PEOPLE.example"):
        assert signing_in.by_password(login, PASSWORD, HERE).name == "nora"


def test_passwords_are_kept_as_argon2id(talk: Talk) -> None:
    talk.services.community.signing_in.join_at_once("nora", "", PASSWORD, HERE)
    kept = str(value_of(talk, account.c.password_hash, "nora"))
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_of_former_cost_is_renewed_at_sign_in(talk: Talk) -> None:
    signing_in = talk.services.community.signing_in
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    talk.services.store.people.accounts.change(talk.bob.account_id, password_hash=cheap)
    assert signing_in.by_password("bob", PASSWORD, HERE).name == "bob"
    assert "m=19456,t=2" in str(value_of(talk, account.c.password_hash, "bob"))
    assert signing_in.by_password("bob", PASSWORD, HERE).name == "bob"


@pytest.mark.parametrize(
    "login", ["nora", "nobody-there", "bob", "x@y.example", "", "a\0b", "n" * 9_000]
)
def test_every_failure_to_sign_in_says_the_same(talk: Talk, login: str) -> None:
    signing_in = talk.services.community.signing_in
    signing_in.join_at_once("nora", "", PASSWORD, HERE)
    with pytest.raises(InputError) as error:
        signing_in.by_password(login, "seven quiet harbors", HERE)
    assert str(error.value) == "This name or address and this password do not go together."


def test_a_sign_in_costs_as_much_for_nobody_as_for_somebody(talk: Talk) -> None:
    signing_in = talk.services.community.signing_in
    signing_in.join_at_once("nora", "", PASSWORD, HERE)

    def cost(login: str) -> float:
        start = time.thread_time()
        with pytest.raises(InputError):
            signing_in.by_password(login, "seven quiet harbors", HERE)
        return time.thread_time() - start

    known, unknown = (min(cost(login) for _ in range(3)) for login in ("nora", "nobody-there"))
    assert known / 2 < unknown < known * 2


def test_attempts_on_one_account_wait_longer_and_longer(talk: Talk, quick: SigningIn) -> None:
    signing_in = quick
    waits = []
    for _ in range(40):
        try:
            signing_in.by_password("bob", "wrong", HERE)
        except TooManyRequests as error:
            waits.append(error.retry_after)
            talk.clock.pass_(seconds=error.retry_after)
        except InputError:
            pass
    assert waits[0] <= 60
    assert max(waits) > 10 * 60
    assert all(wait > 0 for wait in waits)


def test_attempts_from_one_place_on_many_accounts_are_stopped(talk: Talk, quick: SigningIn) -> None:
    signing_in = quick
    with pytest.raises(TooManyRequests):
        for number in range(31):
            with pytest.raises(InputError):
                signing_in.by_password(f"victim-{number}", "wrong", HERE)
    with pytest.raises(InputError):
        signing_in.by_password("victim-99", "wrong", "198.51.100.1")


def test_a_sign_in_that_goes_well_forgives_the_attempts_before(
    talk: Talk, quick: SigningIn
) -> None:
    signing_in = quick
    signing_in.join_at_once("nora", "", PASSWORD, HERE)
    for _ in range(4):
        for _ in range(4):
            with pytest.raises(InputError):
                signing_in.by_password("nora", "wrong", HERE)
        assert signing_in.by_password("nora", PASSWORD, HERE)


def test_throttling_keeps_no_names_and_no_addresses(talk: Talk) -> None:
    talk.services.community.throttle.check("sign-in:bob@people.example", 5, timedelta(minutes=1))
    with talk.services.store._database.read() as connection:
        names = " ".join(row.name for row in connection.execute(throttle.select()))
    assert names
    assert "bob" not in names


def test_concurrent_attempts_are_all_counted(talk: Talk) -> None:
    throttling = talk.services.community.throttle

    def attempt(_: int) -> bool:
        try:
            throttling.check("crowd", 10, timedelta(minutes=1))
        except TooManyRequests:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(40))) == 10


def test_counters_of_former_days_are_swept_away(talk: Talk) -> None:
    throttling = talk.services.community.throttle
    throttling.check("old", 10, timedelta(minutes=1))
    talk.clock.pass_(days=3)
    throttling.check("new", 10, timedelta(minutes=1))
    with talk.services.store._database.read() as connection:
        assert len(connection.execute(throttle.select()).all()) == 1


def test_one_password_typed_on_different_keyboards_is_the_same(talk: Talk) -> None:
    signing_in = talk.services.community.signing_in
    signing_in.join_at_once("nora", "", "cafe\u0301 au lait noir", HERE)
    assert signing_in.by_password("nora", "caf\u00e9 au lait noir", HERE)


def test_a_sign_up_by_mail_makes_no_account_before_its_link_is_used(
    talk: Talk, mailing: Community
) -> None:
    letter = mailing.signing_in.ask_to_join("nora", "nora@people.example", PASSWORD, HERE)
    assert (letter.kind, letter.address) == ("sign-up", "nora@people.example")
    with pytest.raises(NotFound):
        mailing.accounts.by_name("nora")
    made = mailing.signing_in.finish_joining(letter.token, "")
    assert made.verified_at == talk.clock()
    assert mailing.signing_in.by_password("nora", PASSWORD, HERE) == made


def test_a_sign_up_with_a_known_address_looks_the_same_and_writes_to_its_owner(
    mailing: Community,
) -> None:
    letter = mailing.signing_in.ask_to_join("nora", "BOB@people.example", PASSWORD, HERE)
    assert (letter.kind, letter.token) == ("known", "")
    with pytest.raises(NotFound):
        mailing.accounts.by_name("nora")


def test_nobody_gets_a_link(mailing: Community) -> None:
    asked = mailing.signing_in.ask_for_link(LinkPurpose.SIGN_IN, "nobody@x.example", HERE)
    assert asked is None


def test_strangers_cannot_fill_a_mailbox(mailing: Community) -> None:
    ask = mailing.signing_in.ask_for_link
    for number in range(3):
        ask(LinkPurpose.SIGN_IN, "bob@people.example", f"192.0.2.{number}")
    with pytest.raises(TooManyRequests):
        ask(LinkPurpose.SIGN_IN, "bob@people.example", "192.0.2.99")


def test_an_unverified_address_gets_no_link_and_blocks_nobody(mailing: Community) -> None:
    mailing.signing_in.join_at_once("squatter", "nora@people.example", PASSWORD, HERE)
    asked = mailing.signing_in.ask_for_link(LinkPurpose.RESET, "nora@people.example", HERE)
    assert asked is None
    letter = mailing.signing_in.ask_to_join("nora", "nora@people.example", PASSWORD, HERE)
    made = mailing.signing_in.finish_joining(letter.token, "")
    assert (made.name, made.email) == ("nora", "nora@people.example")


def test_a_link_signs_in_once(mailing: Community) -> None:
    letter = mailing.signing_in.ask_for_link(LinkPurpose.SIGN_IN, "bob@people.example", HERE)
    assert letter is not None
    assert mailing.signing_in.links.look(letter.token)
    assert mailing.signing_in.by_link(letter.token).name == "bob"
    with pytest.raises(NotFound, match="expired, or has been used"):
        mailing.signing_in.by_link(letter.token)


def test_of_ten_who_use_one_link_at_once_one_is_let_in(mailing: Community) -> None:
    token = mailing.signing_in.link_for("bob")

    def use(_: int) -> bool:
        try:
            return bool(mailing.signing_in.by_link(token))
        except NotFound:
            return False

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(use, range(10))) == 1


def test_a_link_ends_after_twenty_minutes(talk: Talk) -> None:
    signing_in = talk.services.community.signing_in
    token = signing_in.link_for("bob")
    talk.clock.pass_(minutes=20)
    with pytest.raises(NotFound):
        signing_in.by_link(token)


def test_a_link_does_only_what_it_was_made_for(talk: Talk) -> None:
    community = talk.services.community
    token = community.signing_in.link_for("bob")
    for use in (
        lambda: community.signing_in.finish_joining(token, "nora"),
        lambda: community.signing_in.reset(token, PASSWORD),
        lambda: community.own_account.verify(token),
    ):
        with pytest.raises(NotFound):
            use()
    assert community.signing_in.by_link(token).name == "bob"


def test_links_and_sessions_are_kept_as_digests(talk: Talk) -> None:
    community = talk.services.community
    secrets = [community.signing_in.link_for("bob"), community.sessions.open(talk.bob, "x")]
    with talk.services.store._database.read() as connection:
        rows = [
            repr(row) for table in (one_time_link, session)
            for row in connection.execute(table.select())
        ]  # fmt: skip
    assert len(rows) == 2
    assert not any(secret in row for secret in secrets for row in rows)


def test_a_reset_ends_all_sessions_and_other_links(talk: Talk) -> None:
    community = talk.services.community
    cookie = community.sessions.open(talk.bob, "x")
    other = community.signing_in.link_for("bob")
    token = community.signing_in.link_for("bob", is_reset=True)
    with pytest.raises(InputError):
        community.signing_in.reset(token, "short")
    community.signing_in.reset(token, PASSWORD)
    assert community.sessions.visit(cookie) is None
    with pytest.raises(NotFound):
        community.signing_in.by_link(other)
    assert community.signing_in.by_password("bob", PASSWORD, HERE).name == "bob"


def test_a_changed_password_ends_all_other_sessions(talk: Talk) -> None:
    community = talk.services.community
    bob = community.signing_in.join_at_once("bobby", "", PASSWORD, HERE)
    here, there = (community.sessions.open(bob, "x") for _ in range(2))
    visit = community.sessions.visit(here)
    assert visit is not None
    change = community.own_account.set_password
    with pytest.raises(InputError, match="not your password") as error:
        change(bob, visit.session, "wrong", "nine quiet harbours", HERE)
    assert error.value.field == "current"
    change(bob, visit.session, PASSWORD, "nine quiet harbours", HERE)
    assert community.sessions.visit(here) is not None
    assert community.sessions.visit(there) is None


def test_an_address_becomes_the_accounts_when_its_link_is_used(
    talk: Talk, mailing: Community
) -> None:
    own = mailing.own_account
    letter = own.set_address(talk.bob, "bob@new.example", "", HERE)
    assert letter is not None
    assert mailing.accounts.by_name("bob").email == "bob@people.example"
    changed, told = own.verify(letter.token)
    assert changed.email == "bob@new.example"
    assert told is not None
    assert (told.kind, told.address) == ("address-changed", "bob@people.example")


def test_an_address_that_is_confirmed_stays_so_when_it_is_saved_again(talk: Talk) -> None:
    own = talk.services.community.own_account
    assert own.set_address(talk.bob, "BOB@people.example", "", HERE) is None
    assert talk.services.community.accounts.by_name("bob").verified_at is not None
    assert own.set_address(talk.bob, "bob@new.example", "", HERE) is None
    assert talk.services.community.accounts.by_name("bob").verified_at is None


def test_an_address_of_somebody_else_is_not_given_away(talk: Talk, mailing: Community) -> None:
    letter = mailing.own_account.set_address(talk.bob, "eve@people.example", "", HERE)
    assert letter is not None
    assert (letter.kind, letter.address, letter.token) == ("known", "eve@people.example", "")


def test_of_two_who_claim_an_address_the_first_to_confirm_has_it(
    talk: Talk, mailing: Community
) -> None:
    letters = [
        mailing.own_account.set_address(who, "shared@new.example", "", HERE)
        for who in (talk.bob, talk.eve)
    ]
    tokens = [letter.token for letter in letters if letter]
    mailing.own_account.verify(tokens[1])
    with pytest.raises(Conflict, match="another account"):
        mailing.own_account.verify(tokens[0])
    assert mailing.accounts.by_name("bob").email == "bob@people.example"


def test_two_sign_ups_for_one_address_make_one_account(mailing: Community) -> None:
    ask = mailing.signing_in.ask_to_join
    first = ask("nora", "nora@people.example", PASSWORD, HERE)
    second = ask("norah", "nora@people.example", PASSWORD, HERE)
    mailing.signing_in.finish_joining(first.token, "")
    with pytest.raises(Conflict, match="account already"):
        mailing.signing_in.finish_joining(second.token, "")


def test_a_handle_taken_meanwhile_can_be_chosen_anew_with_the_same_link(
    mailing: Community,
) -> None:
    letter = mailing.signing_in.ask_to_join("nora", "nora@people.example", PASSWORD, HERE)
    mailing.accounts.join("nora")
    with pytest.raises(InputError, match="taken"):
        mailing.signing_in.finish_joining(letter.token, "")
    assert mailing.signing_in.finish_joining(letter.token, "Norah").name == "norah"


def test_a_closed_instance_lets_nobody_sign_up(talk: Talk) -> None:
    signing_in = talk.services.community.signing_in
    settings = talk.services.settings.model_copy(update={"sign_up": "closed"})
    closed = open_community(talk.services.store, settings, talk.clock).signing_in
    with pytest.raises(PermissionDenied, match="no new accounts"):
        closed.join_at_once("nora", "", PASSWORD, HERE)
    assert replace(signing_in).join_at_once("nora", "", PASSWORD, HERE).role is Role.READER


def test_a_profile_keeps_a_confirmed_orcid_id_until_it_changes(talk: Talk) -> None:
    accounts = talk.services.store.people.accounts
    orcid = "0000-0002-1825-0097"
    bob = accounts.change(talk.bob.account_id, orcid=orcid, orcid_verified_at=talk.clock())
    assert bob is not None
    change = talk.services.community.own_account.change_profile
    bob = change(bob, Profile(full_name="  Bob\n Reader ", orcid=orcid))
    assert (bob.full_name, bob.orcid_verified_at) == ("Bob Reader", talk.clock())
    bob = change(bob, Profile(orcid="0000-0002-1694-233X"))
    assert bob.orcid_verified_at is None


@pytest.mark.parametrize("typed", ["a\0b", "a\ud800b", "a\u202eb", "a\x1bb"])
def test_what_databases_and_screens_cannot_take_is_left_out_of_a_profile(
    talk: Talk, typed: str
) -> None:
    change = talk.services.community.own_account.change_profile
    bob = change(talk.bob, Profile(full_name=typed, biography=f"x\r\n{typed}"))
    assert (bob.full_name, bob.biography) == ("ab", "x\nab")
