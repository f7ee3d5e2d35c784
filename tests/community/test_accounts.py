"""Accounts on both databases: founding, roles, approval, suspension, and who may do it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from broadsheet.community import Community, open_community
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied
from broadsheet.people import Account, Role
from broadsheet.services import Services
from broadsheet.settings import Settings
from broadsheet.store.schema import metadata
from people_factories import person
from talk import Clock, Talk


@pytest.fixture
def empty(kept_services: tuple[Services, Clock]) -> Services:
    """Services of a community that nobody has joined."""
    services, _ = kept_services
    with services.store._database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return services


def with_settings(services: Services, **settings: object) -> Community:
    changed = services.settings.model_copy(update=settings)
    return open_community(services.store, changed, services.clock)


def test_of_twenty_who_join_at_once_exactly_one_owns_the_instance(empty: Services) -> None:
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda n: empty.community.accounts.join(f"p{n}"), range(20)))
    roles = sorted(account.role for account in made)
    assert roles == [Role.READER] * 19 + [Role.OWNER]


def test_a_closed_instance_takes_its_first_account_only_also_at_once(empty: Services) -> None:
    closed = with_settings(empty, sign_up="closed")

    def join(number: int) -> Account | None:
        try:
            return closed.accounts.join(f"p{number}")
        except PermissionDenied:
            return None

    with ThreadPoolExecutor(10) as pool:
        made = [account for account in pool.map(join, range(10)) if account]
    assert [account.role for account in made] == [Role.OWNER]
    assert not closed.accounts.is_open()


def test_single_user_mode_makes_one_owner_however_many_ask_at_once(empty: Services) -> None:
    with ThreadPoolExecutor(10) as pool:
        people = list(pool.map(lambda _: empty.community.accounts.local_person(), range(10)))
    assert {each.account_id for each in people} == {people[0].account_id}
    assert people[0].role is Role.OWNER
    assert empty.store.people.accounts.count() == 1


def test_single_user_mode_signs_in_the_owner_who_is_there(talk: Talk) -> None:
    assert talk.services.community.accounts.local_person().name == "alice"


def test_an_instance_that_approves_makes_newcomers_wait(talk: Talk) -> None:
    asking = with_settings(talk.services, sign_up="approval")
    newcomer = asking.accounts.join("nora")
    assert not newcomer.may(Role.READER)
    approved = asking.accounts.approve(talk.mora, "nora")
    assert approved.may(Role.READER)
    with pytest.raises(Conflict, match="approved already"):
        asking.accounts.approve(talk.mora, "nora")


def test_a_handle_is_taken_once_whatever_its_case(talk: Talk) -> None:
    with pytest.raises(InputError, match="taken") as error:
        talk.services.community.accounts.join("bob")
    assert error.value.field == "name"


def test_what_moderators_do_to_accounts_stands_in_the_public_log(talk: Talk) -> None:
    accounts, log = talk.services.community.accounts, talk.services.community.log
    accounts.suspend(talk.mora, "bob", "Sold tides.")
    accounts.unsuspend(talk.mora, "bob")
    accounts.set_role(talk.alice, "bob", Role.EDITOR)
    entries = log.entries(None, subject="account:bob")
    assert [(entry.action, entry.text) for entry in entries] == [
        ("set-role", "Role changed from reader to editor."),
        ("unsuspend-account", "Suspension undone."),
        ("suspend-account", "Sold tides."),
    ]
    assert [entry.account_id for entry in entries] == [
        talk.alice.account_id, talk.mora.account_id, talk.mora.account_id,
    ]  # fmt: skip


def test_a_suspension_needs_a_reason_and_is_undone(talk: Talk) -> None:
    accounts = talk.services.community.accounts
    with pytest.raises(InputError) as error:
        accounts.suspend(talk.mora, "bob", "  ")
    assert error.value.field == "reason"
    assert accounts.suspend(talk.mora, "bob", "Sold tides.").is_suspended
    assert accounts.unsuspend(talk.mora, "bob").may(Role.READER)


@pytest.mark.parametrize("judge", ["bob", "mora"])
@pytest.mark.parametrize("whom", ["alice", "mora"])
def test_nobody_suspends_an_equal_or_a_higher_role(talk: Talk, judge: str, whom: str) -> None:
    with pytest.raises(PermissionDenied):
        talk.services.community.accounts.suspend(getattr(talk, judge), whom, "No.")


def test_only_an_owner_gives_roles(talk: Talk) -> None:
    with pytest.raises(PermissionDenied):
        talk.services.community.accounts.set_role(talk.mora, "mora", Role.OWNER)


def test_the_only_owner_cannot_step_down_until_there_is_another(talk: Talk) -> None:
    accounts = talk.services.community.accounts
    with pytest.raises(Conflict, match="only owner"):
        accounts.set_role(talk.alice, "alice", Role.READER)
    accounts.set_role(talk.alice, "bob", Role.OWNER)
    assert accounts.set_role(talk.alice, "alice", Role.READER).role is Role.READER


def test_of_two_owners_who_step_down_at_once_one_stays(talk: Talk) -> None:
    accounts = talk.services.community.accounts
    accounts.set_role(talk.alice, "bob", Role.OWNER)

    def step_down(name: str) -> bool:
        try:
            return accounts.set_role(None, name, Role.READER).role is Role.READER
        except Conflict:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(step_down, ["alice", "bob"])) == [False, True]


def test_an_owner_who_is_suspended_does_not_count_as_one(talk: Talk) -> None:
    accounts = talk.services.community.accounts
    accounts.set_role(talk.alice, "bob", Role.OWNER)
    accounts.suspend(talk.alice, "bob", "Lost the key.")
    with pytest.raises(Conflict, match="only owner"):
        accounts.set_role(None, "alice", Role.READER)


def test_a_reader_does_not_see_the_list_of_accounts(talk: Talk) -> None:
    accounts = talk.services.community.accounts
    with pytest.raises(PermissionDenied):
        accounts.listed(talk.bob)
    found, total = accounts.listed(talk.mora)
    assert [each.name for each in found] == ["alice", "mora", "eve", "bob"]
    assert total == 4


def test_accounts_are_found_by_the_beginning_of_the_handle_or_by_name(talk: Talk) -> None:
    accounts = talk.services.community.accounts
    person(talk.services, "zoe_%")
    talk.services.store.people.accounts.change(talk.eve.account_id, full_name="Eve Bobrow")
    assert [each.name for each in accounts.listed(talk.mora, words="BOB")[0]] == ["eve", "bob"]
    assert accounts.listed(talk.mora, words="%")[1] == 0


def test_an_unknown_name_is_not_found(talk: Talk) -> None:
    for name in ("nobody-at-all", "x\0y", "", "ä"):
        with pytest.raises(NotFound):
            talk.services.community.accounts.by_name(name)


def test_the_operator_adds_accounts_to_a_closed_instance(talk: Talk) -> None:
    closed = with_settings(talk.services, sign_up="closed")
    assert closed.accounts.add("edda", role=Role.EDITOR).role is Role.EDITOR


def test_settings_refuse_a_provider_that_is_not_whole() -> None:
    whole = {"name": "lab", "client_id": "x"}
    for wrong in (
        {},
        {"issuer": "http://id.example.org"},
        {"issuer": "https://id.example.org", "token_url": "https://id.example.org/t"},
        {"authorize_url": "https://a.example.org", "token_url": "https://a.example.org"},
    ):
        with pytest.raises(ValueError, match=r"issuer|https"):
            Settings(sign_in_with=[{**whole, **wrong}])  # type: ignore[arg-type]


def test_secrets_of_providers_are_not_printed() -> None:
    provider = {
        "name": "lab", "client_id": "x", "client_secret": "hush", "issuer": "https://id.example.org"
    }  # fmt: skip
    shown = Settings(sign_in_with=[provider]).shown()  # type: ignore[arg-type]
    assert shown["sign_in_with"] == "lab"
    assert "hush" not in repr(shown)
