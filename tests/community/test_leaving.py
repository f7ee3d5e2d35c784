"""Leaving on both databases: everything is given, everything private goes, counters stay true."""

from __future__ import annotations

import itertools
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Boolean, Date, Integer, LargeBinary, Table, select

from broadsheet.errors import Conflict, InputError, NotFound
from broadsheet.people import Role
from broadsheet.store.mail_schema import subscriber
from broadsheet.store.people_schema import (
    account,
    comment,
    log_entry,
    one_time_link,
    submission,
    vote,
)
from broadsheet.store.schema import Instant, metadata, paper, paper_category
from people_factories import person
from talk import KEY, Talk

HERE = "192.0.2.7"
NUMBERS = itertools.count(1)
WITH_ACCOUNT = [
    table for table in metadata.sorted_tables if "account_id" in table.c and table is not account
]


def fill(talk: Talk, table: Table, account_id: int, **given: object) -> None:
    """Add a row of an account with something in every column."""
    number = next(NUMBERS)

    def value(column: Any) -> Any:
        if column.name == "account_id":
            return account_id
        if column.name == "paper_id":
            return talk.paper.paper_id
        if column.name in {"state", "kind", "purpose"}:
            return {"submission": "granted", "one_time_link": "sign-in"}.get(table.name, "pending")
        kinds = (
            (Boolean, True), (Instant, talk.clock()), (Date, date(2026, 8, 21)),
            (Integer, number), (LargeBinary, str(number).encode()),
        )  # fmt: skip
        return next((to for kind, to in kinds if isinstance(column.type, kind)), f"words {number}")

    with talk.services.store._database.write() as connection:
        filled = {each.name: value(each) for each in table.c}
        connection.execute(table.insert().values({**filled, **given}))


def rows(talk: Talk, table: Table) -> list[Any]:
    with talk.services.store._database.read() as connection:
        return list(connection.execute(table.select()))


def counters(talk: Talk) -> tuple[Any, ...]:
    columns = ("votes", "comments", "strength", "people_votes", "counted_votes", "people_comments")
    with talk.services.store._database.read() as connection:
        of_paper = connection.execute(select(*(paper.c[name] for name in columns))).one()
        found = select(paper_category.c.votes, paper_category.c.comments, paper_category.c.strength)
        return (*of_paper, *connection.execute(found).all())


@pytest.mark.parametrize("table", WITH_ACCOUNT, ids=lambda table: table.name)
def test_no_row_knows_an_account_that_left(talk: Talk, table: Table) -> None:
    fill(talk, table, talk.bob.account_id)
    assert any(row.account_id == talk.bob.account_id for row in rows(talk, table))
    talk.services.community.leaving.remove(talk.bob, with_comments=False)
    assert not any(row.account_id == talk.bob.account_id for row in rows(talk, table))


@pytest.mark.parametrize("table", WITH_ACCOUNT, ids=lambda table: table.name)
def test_every_table_is_in_the_export(talk: Talk, table: Table) -> None:
    fill(talk, table, talk.bob.account_id)
    fill(talk, table, talk.eve.account_id) if table.name != "pick" else None
    everything = talk.services.community.leaving.everything(talk.bob)
    if table is one_time_link:
        assert table.name not in everything
        return
    assert len(everything[table.name]) == 1
    if "paper_id" in table.c:
        assert everything[table.name][0]["paper"] == KEY


def test_the_export_holds_no_secret(talk: Talk) -> None:
    community = talk.services.community
    bob = community.signing_in.join_at_once("bobby", "", "seven quiet harbours", HERE)
    cookie = community.sessions.open(bob, "x")
    secret, _ = community.sessions.make_token(bob, "x", can_write=True)
    text = repr(community.leaving.everything(bob))
    assert "x" in text
    for hidden in ("argon2", cookie, secret, "digest"):
        assert hidden not in text


def test_counters_are_what_they_were_before_the_person_came(talk: Talk) -> None:
    talk.says(talk.eve, "Mine stays.")
    before = counters(talk)
    talk.says(talk.bob, "Two words.")
    talk.says(talk.bob, "And two more.")
    talk.services.community.votes.cast(talk.bob, KEY)
    assert counters(talk) != before
    talk.services.community.leaving.remove(talk.bob, with_comments=True)
    assert counters(talk) == before


def test_comments_stay_without_a_name_if_the_person_wants(talk: Talk) -> None:
    number = talk.says(talk.bob, "I stay.")
    before = counters(talk)
    talk.services.community.leaving.remove(talk.bob, with_comments=False)
    row = next(row for row in rows(talk, comment) if row.comment_id == number)
    assert (row.account_id, row.body, row.deleted_at) == (None, "I stay.", None)
    assert counters(talk) == before


def test_comments_lose_their_words_and_keep_their_place_if_the_person_wants(talk: Talk) -> None:
    number = talk.says(talk.bob, "I go.")
    answer = talk.says(talk.eve, "A pity.", to=number)
    talk.services.community.leaving.remove(talk.bob, with_comments=True)
    found = {row.comment_id: row for row in rows(talk, comment)}
    assert (found[number].account_id, found[number].body) == (None, "")
    assert found[number].deleted_at == talk.clock()
    assert found[answer].body == "A pity."


def test_what_others_build_on_stays_and_what_waits_goes(talk: Talk) -> None:
    fill(talk, submission, talk.bob.account_id)
    fill(talk, submission, talk.bob.account_id, state="pending", paper_id=None)
    talk.services.community.leaving.remove(talk.bob, with_comments=False)
    assert [(row.account_id, row.state) for row in rows(talk, submission)] == [(None, "granted")]


def test_the_public_log_stays_without_the_name_of_who_left(talk: Talk) -> None:
    talk.services.community.accounts.suspend(talk.mora, "eve", "Sold tides.")
    talk.services.community.votes.cast(talk.mora, KEY)
    talk.services.community.leaving.remove(talk.mora, with_comments=False)
    assert [(row.action, row.account_id) for row in rows(talk, log_entry)] == [
        ("suspend-account", None)
    ]


def test_a_subscription_by_mail_goes_with_the_account(talk: Talk) -> None:
    fill(talk, subscriber, talk.bob.account_id)
    talk.services.community.leaving.remove(talk.bob, with_comments=False)
    assert rows(talk, subscriber) == []


def test_somebody_without_a_password_types_the_handle_to_leave(talk: Talk) -> None:
    leave = talk.services.community.leaving.leave
    with pytest.raises(InputError) as error:
        leave(talk.bob, confirmation="eve", with_comments=False, client=HERE)
    assert error.value.field == "confirmation"
    leave(talk.bob, confirmation=" Bob ", with_comments=False, client=HERE)
    with pytest.raises(NotFound):
        talk.services.community.accounts.by_name("bob")


def test_somebody_with_a_password_needs_it_to_leave(talk: Talk) -> None:
    community = talk.services.community
    bob = community.signing_in.join_at_once("bobby", "", "seven quiet harbours", HERE)
    leave = community.leaving.leave
    with pytest.raises(InputError):
        leave(bob, confirmation="bobby", with_comments=False, client=HERE)
    leave(bob, confirmation="seven quiet harbours", with_comments=False, client=HERE)
    assert not talk.services.store.people.accounts.by_ids({bob.account_id})


def test_a_suspended_person_may_still_leave(talk: Talk) -> None:
    bob = talk.services.community.accounts.suspend(talk.mora, "bob", "Sold tides.")
    talk.services.community.leaving.leave(bob, confirmation="bob", with_comments=True, client=HERE)
    assert not talk.services.store.people.accounts.by_ids({bob.account_id})


def test_the_only_owner_cannot_leave_the_others_alone(talk: Talk) -> None:
    talk.services.community.votes.cast(talk.alice, KEY)
    with pytest.raises(Conflict, match="only owner"):
        talk.services.community.leaving.remove(talk.alice, with_comments=True)
    assert len(rows(talk, vote)) == 1, "nothing was half done"
    talk.services.community.accounts.set_role(talk.alice, "bob", Role.OWNER)
    talk.services.community.leaving.remove(talk.alice, with_comments=True)


def test_the_last_account_may_leave_and_the_next_one_owns_the_instance(talk: Talk) -> None:
    for each in (talk.bob, talk.eve, talk.mora, talk.alice):
        talk.services.community.leaving.remove(each, with_comments=True)
    made = person(talk.services, "later", Role.OWNER)
    assert talk.services.store.people.accounts.oldest_owner() == made


def test_a_token_of_somebody_who_left_opens_nothing(talk: Talk) -> None:
    community = talk.services.community
    secret, _ = community.sessions.make_token(talk.bob, "x", can_write=True)
    cookie = community.sessions.open(talk.bob, "x")
    assert community.sessions.visit_by_token(secret) is not None
    community.leaving.remove(talk.bob, with_comments=False)
    assert community.sessions.visit_by_token(secret) is None
    assert community.sessions.visit(cookie) is None


def test_instants_of_the_export_are_aware(talk: Talk) -> None:
    [row] = talk.services.community.leaving.everything(talk.bob)["account"]
    assert isinstance(row["created_at"], datetime)
    assert row["created_at"].tzinfo is not None
