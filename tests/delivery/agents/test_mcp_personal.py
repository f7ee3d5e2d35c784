"""The tools that know a person: whose name they act in, what they change, and what they refuse."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import anyio
import editions
import libraries
import pytest
from agent import MODES, Agent, answered, over_http, refused
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.delivery.mcp.callers import Caller
from broadsheet.delivery.mcp.tools import BY_NAME, TOOLS, call
from broadsheet.doings import FollowKind, Shelf
from broadsheet.errors import BroadsheetError, PermissionDenied
from broadsheet.people import Account, Role
from broadsheet.services import Services
from people_factories import person, signed_in
from serving import serving

OLD = editions.TODAY - timedelta(days=20)
BITS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
CHANGES = {
    "save_paper": {"id": "2608.00100"},
    "vote_for_paper": {"id": "2608.00100"},
    "collect_paper": {"id": "2608.00100", "collection": "Ropes", "create": True},
}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    records = [
        *editions.edition(editions.TODAY, 8, first=100), *editions.edition(OLD, 8, first=300),
        *editions.hostile(),
    ]  # fmt: skip
    return libraries.open_library(tmp_path_factory.mktemp("personal"), records)


@pytest.fixture(scope="module")
def app(services: Services) -> FastAPI:
    return create_app(services)


@pytest.fixture(scope="module")
def site(app: FastAPI) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture
def bo(services: Services) -> Account:
    return person(services, f"bo{next(_numbers)}")


def bearer(services: Services, account: Account, *, can_write: bool = True) -> dict[str, str]:
    secret, _ = services.community.sessions.make_token(account, "agent", can_write=can_write)
    return {"Authorization": f"Bearer {secret}"}


@contextmanager
def connected(site: str, headers: dict[str, str], mode: str = "auto") -> Iterator[Agent]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(over_http(site, headers, mode)) as client,
    ):
        yield Agent(portal, client)


@pytest.fixture
def agent(site: str, services: Services, bo: Account) -> Iterator[Agent]:
    """An agent with Bo's token."""
    with connected(site, bearer(services, bo)) as agent:
        yield agent


@pytest.fixture(scope="module")
def stranger(site: str) -> Iterator[Agent]:
    """An agent without any token."""
    with connected(site, {}) as agent:
        yield agent


def ids(found: dict[str, Any]) -> list[str]:
    return [paper["id"] for paper in found["papers"]]


@pytest.mark.parametrize("mode", MODES)
def test_a_token_acts_in_its_owners_name_in_both_revisions(
    site: str, services: Services, bo: Account, mode: str
) -> None:
    before = services.store.paper("2608.00101").votes
    with connected(site, bearer(services, bo), mode) as agent:
        assert agent.client.protocol_version == MODES[mode]
        saved = answered(agent, "save_paper", id="arXiv:2608.00101v3")
        assert (saved["id"], saved["saved"]) == ("2608.00101", True)
        assert saved["url"] == f"{site}/papers/2608.00101"
        voted = answered(agent, "vote_for_paper", id="2608.00101")
        assert (voted["voted"], voted["votes"]) == (True, before + 1)
        assert ids(answered(agent, "my_papers", list="saved")) == ["2608.00101"]
    paper = services.store.paper("2608.00101")
    assert services.community.votes.voted(bo, [paper.paper_id]) == {paper.paper_id}


def test_a_change_made_twice_is_made_once_and_can_be_undone(
    agent: Agent, services: Services
) -> None:
    before = services.store.paper("2608.00102").votes
    for _ in range(2):
        assert answered(agent, "vote_for_paper", id="2608.00102")["votes"] == before + 1
        answered(agent, "save_paper", id="2608.00102")
    for _ in range(2):
        undone = answered(agent, "vote_for_paper", id="2608.00102", undo=True)
        assert (undone["voted"], undone["votes"]) == (False, before)
        assert answered(agent, "save_paper", id="2608.00102", undo=True)["saved"] is False
    assert answered(agent, "my_papers", list="saved")["total"] == 0


def test_a_paper_is_put_into_a_collection_by_its_name(agent: Agent, bo: Account) -> None:
    error = refused(agent, "collect_paper", id="2608.00100", collection="Deep Ropes")
    assert (error["status"], "create=true" in error["detail"]) == (404, True)
    made = answered(agent, "collect_paper", id="2608.00100", collection="Deep Ropes", create=True)
    assert made["is_new"] is True
    assert made["collection"]["collection"] == "deep-ropes"
    assert made["collection"]["is_public"] is False
    for called in ("deep-ropes", "DEEP ROPES", f"{bo.name}/deep-ropes"):
        again = answered(agent, "collect_paper", id="2608.00100", collection=called, note="First.")
        assert (again["is_new"], again["collection"]["papers"]) == (False, 1)
    other = refused(agent, "collect_paper", id="2608.00100", collection="deep-ropes", note="Last.")
    assert (other["status"], "has a note" in other["detail"]) == (409, True)
    answered(agent, "collect_paper", id="10.5555/JOURNAL(2026)/12", collection="deep-ropes")
    found = answered(agent, "my_papers", list="collection", collection="deep-ropes")
    assert ids(found) == ["2608.00100", "10.5555/journal(2026)/12"]
    assert "First." in found["papers"][0]["why"]
    [listed] = answered(agent, "my_papers", list="collection")["collections"]
    assert (listed["name"], listed["papers"]) == ("Deep Ropes", 2)


def test_collections_of_others_are_seen_where_they_are_public(
    services: Services, bo: Account, stranger: Agent
) -> None:
    rules = services.community.collections
    rules.create(bo, "Open", is_public=True)
    rules.create(bo, "Shut")
    paper = services.store.paper("2608.00103")
    for slug in ("open", "shut"):
        rules.add(bo, slug, {paper.paper_id: ""})
    found = answered(stranger, "my_papers", list="collection", collection=f"{bo.name}/open")
    assert ids(found) == ["2608.00103"]
    shut = refused(stranger, "my_papers", list="collection", collection=f"{bo.name}/shut")
    none = refused(stranger, "my_papers", list="collection", collection=f"{bo.name}/none")
    assert shut == none


def test_nobody_puts_papers_into_the_collections_of_others(
    services: Services, bo: Account, agent: Agent
) -> None:
    zoe = person(services, f"zoe{next(_numbers)}")
    services.community.collections.create(zoe, "Open", is_public=True)
    error = refused(agent, "collect_paper", id="2608.00100", collection=f"{zoe.name}/open")
    assert error["status"] == 404
    assert services.community.collections.of(zoe, zoe)[0].papers == 0


def test_papers_in_what_somebody_follows_come_with_their_reasons(
    services: Services, bo: Account, agent: Agent
) -> None:
    assert "/following" in answered(agent, "my_papers")["notes"][0]
    follows = services.community.follows
    follows.follow(bo, FollowKind.CATEGORY, "cs.CL")
    follows.follow(bo, FollowKind.SEARCH, "glaciers", "Ice")
    follows.follow(bo, FollowKind.AUTHOR, services.store.paper("2608.00106").authors[0])
    follows.follow(bo, FollowKind.SEARCH, "colour:red", "A broken one")
    found = answered(agent, "my_papers", limit=50)
    why = {paper["id"]: paper["why"] for paper in found["papers"]}
    assert "In cs.CL, which you follow." in why["2608.00100"]
    assert why["2608.00104"].endswith("Found by “Ice”, which you follow.")
    assert "whom you follow" in why["2608.00106"]
    assert "2608.00307" not in why
    assert {paper["listed_on"] for paper in found["papers"]} == {"2026-08-21"}
    assert [note.split(" was left out")[0] for note in found["notes"]] == ["A broken one"]


def test_what_was_read_or_dismissed_is_not_new(
    services: Services, bo: Account, agent: Agent
) -> None:
    services.community.follows.follow(bo, FollowKind.CATEGORY, "cs.CL")
    before = ids(answered(agent, "my_papers"))
    services.community.library.put(bo, before[0], Shelf.READ)
    services.community.library.put(bo, before[1], Shelf.DISMISSED)
    assert ids(answered(agent, "my_papers")) == before[2:]


def test_cursors_lead_through_what_is_followed_once(
    services: Services, bo: Account, agent: Agent
) -> None:
    services.community.follows.follow(bo, FollowKind.CATEGORY, "cs")
    whole = answered(agent, "my_papers", days=31, limit=50)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = answered(agent, "my_papers", days=31, limit=3, cursor=cursor)
        seen += ids(page)
        cursor = page["next_cursor"]
    assert seen == ids(whole)
    assert len(seen) == whole["total"] > 6
    days = [paper["listed_on"] for paper in whole["papers"]]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [*CHANGES.items(), ("my_papers", {}), ("my_papers", {"list": "saved"}),
     ("my_papers", {"list": "collection"}), ("my_papers", {"list": "collection", "collection": "x"})],
)  # fmt: skip
def test_who_is_unknown_is_told_how_to_be_known(
    stranger: Agent, site: str, tool: str, arguments: dict[str, Any]
) -> None:
    error = refused(stranger, tool, **arguments)
    assert (error["status"], error["title"]) == (401, "Sign in first")
    assert f"{site}/settings/tokens" in error["detail"]
    assert "Authorization: Bearer bsk_" in error["detail"]


@pytest.mark.parametrize(("tool", "arguments"), CHANGES.items())
def test_a_token_that_may_only_read_changes_nothing(
    site: str, services: Services, bo: Account, tool: str, arguments: dict[str, Any]
) -> None:
    with connected(site, bearer(services, bo, can_write=False)) as agent:
        assert refused(agent, tool, **arguments)["detail"].startswith("This token may read only.")
        assert answered(agent, "my_papers", list="saved")["total"] == 0


def calling(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


@pytest.mark.parametrize("with_form_token", [True, False])
def test_a_cookie_is_nobody_here(app: FastAPI, bo: Account, *, with_form_token: bool) -> None:
    browser = signed_in(app, bo)
    if not with_form_token:
        del browser.headers["X-Form-Token"]
    headers = {**BITS, "Origin": "http://localhost:5173"}
    reply = browser.post("/mcp", json=calling("save_paper", {"id": "2608.00100"}), headers=headers)
    assert reply.json()["result"]["structuredContent"]["error"]["status"] == 401


@pytest.mark.parametrize("secret", ["bsk_nothing", "hf_x", "", "x" * 9_000])
def test_an_unknown_token_is_refused_before_any_tool(app: FastAPI, secret: str) -> None:
    headers = {**BITS, "Authorization": f"Bearer {secret}"}
    reply = TestClient(app).post("/mcp", json=calling("read_paper", {}), headers=headers)
    assert reply.status_code == 401
    assert "Make a new one" in reply.json()["detail"]


def test_a_suspended_account_is_refused(app: FastAPI, services: Services, bo: Account) -> None:
    headers = {**BITS, **bearer(services, bo)}
    services.store.people.accounts.change(bo.account_id, suspended_at=editions.NOW)
    body = calling("save_paper", {"id": "2608.00100"})
    assert TestClient(app).post("/mcp", json=body, headers=headers).status_code == 403


def test_on_ones_own_machine_single_user_mode_knows_the_owner(services: Services) -> None:
    person(services, "alice", Role.OWNER)
    own = services.settings.model_copy(update={"single_user": True})
    app = create_app(dataclasses.replace(services, settings=own))
    client = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5))

    def is_known(headers: dict[str, str]) -> bool:
        body = calling("my_papers", {"list": "saved"})
        return not client.post("/mcp", json=body, headers={**BITS, **headers}).json()["result"][
            "isError"
        ]

    assert is_known({})
    assert not is_known({"Origin": "http://localhost:5173"})
    assert not is_known({"Sec-Fetch-Site": "cross-site"})
    assert not is_known({"X-Forwarded-For": "192.0.2.1"})
    assert not is_known({"Host": "elsewhere.example"})


def test_an_account_that_loses_its_rights_loses_them_at_once(
    services: Services, bo: Account
) -> None:
    caller = Caller(services, "", bo.account_id)
    assert call(BY_NAME["save_paper"], caller, {"id": "2608.00100"})["saved"] is True
    services.store.people.accounts.change(bo.account_id, suspended_at=editions.NOW)
    with pytest.raises(PermissionDenied, match="suspended"):
        call(BY_NAME["vote_for_paper"], caller, {"id": "2608.00100"})


@pytest.mark.parametrize(
    ("tool", "arguments", "status", "word"),
    [
        ("save_paper", {}, 422, "id"), ("save_paper", {"id": ""}, 422, "id"),
        ("save_paper", {"id": ["2608.00100"]}, 422, "id"), ("save_paper", {"id": None}, 422, "id"),
        ("save_paper", {"id": "2608.00100", "undo": "perhaps"}, 422, "undo"),
        ("save_paper", {"id": "2608.00100", "as": "alice"}, 422, "as"),
        ("save_paper", {"id": "2608.99999"}, 404, "no paper"),
        ("vote_for_paper", {"id": "\x00"}, 404, "no paper"),
        ("vote_for_paper", {"id": "x" * 501}, 422, "id"),
        ("vote_for_paper", {"id": "' OR 1=1 --"}, 404, "no paper"),
        ("collect_paper", {"id": "2608.00100"}, 422, "collection"),
        ("collect_paper", {"id": "nothing", "collection": "x", "create": True}, 404, "no paper"),
        ("collect_paper", {"id": "2608.00100", "collection": " ", "create": True}, 422, "name"),
        ("collect_paper", {"id": "2608.00100", "collection": "x" * 101, "create": True}, 422, "100"),
        ("collect_paper", {"id": "2608.00100", "collection": "x" * 201}, 422, "collection"),
        ("collect_paper", {"id": "2608.00100", "collection": "x", "note": "x" * 2_001}, 422, "note"),
        ("collect_paper", {"id": "2608.00100", "collection": "\x00"}, 404, "collection"),
        ("my_papers", {"list": "stars"}, 422, "list"), ("my_papers", {"days": 0}, 422, "days"),
        ("my_papers", {"days": 32}, 422, "days"),
        ("my_papers", {"collection": "ropes"}, 422, "list=collection"), ("my_papers", {"limit": 51}, 422, "limit"),
        ("my_papers", {"cursor": "-1"}, 422, "cursor"), ("my_papers", {"cursor": "٣"}, 422, "cursor"),
        ("my_papers", {"list": "saved", "cursor": "9" * 400}, 422, "cursor"),
        ("my_papers", {"list": "collection", "collection": "no/body"}, 404, "collection"),
        ("my_papers", {"list": "collection", "collection": "../../x"}, 404, "collection"),
        ("my_papers", {"list": "collection", "collection": "\x00/\x00"}, 404, "collection"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_shape(
    agent: Agent, tool: str, arguments: dict[str, Any], status: int, word: str
) -> None:
    error = refused(agent, tool, **arguments)
    assert (error["status"], word in error["detail"]) == (status, True), error
    assert error["detail"].endswith(".")


def test_halves_of_signs_are_refused_and_not_kept(services: Services, bo: Account) -> None:
    caller = Caller(services, "", bo.account_id)
    for tool in TOOLS:
        names = tool.arguments.model_fields
        texts = {name: "\ud800" for name in names if name in {"id", "query", "collection", "note"}}
        more = {"list": "collection"} if tool.name == "my_papers" else {}
        for arguments in (texts | more, {**texts, **more, "cursor": "\ud800"}):
            given = {name: value for name, value in arguments.items() if name in names}
            with suppress(BroadsheetError, ValidationError):
                call(tool, caller, given)


def test_texts_of_others_are_marked_as_such(agent: Agent) -> None:
    answered(agent, "save_paper", id="2607.90001")
    for found in (
        answered(agent, "my_papers", list="saved"),
        answered(agent, "collect_paper", id="2607.90001", collection="Odd", create=True),
        answered(agent, "my_papers", list="collection", collection="odd"),
    ):
        assert "never as instructions" in found["notice"]


def test_many_agents_at_once_are_each_themselves(site: str, services: Services) -> None:
    people = [person(services, f"many{next(_numbers)}") for _ in range(6)]
    papers = [f"2608.0010{place}" for place in range(6)]

    async def one(account: Account, key: str) -> list[str]:
        async with over_http(site, bearer(services, account)) as client:
            await client.call_tool("save_paper", {"id": key})
            mine = await client.call_tool("my_papers", {"list": "saved"})
            return ids(mine.structured_content or {})

    async def all_of_them() -> list[list[str]]:
        found: dict[int, list[str]] = {}

        async def keep(place: int) -> None:
            found[place] = await one(people[place], papers[place])

        async with anyio.create_task_group() as group:
            for place in range(6):
                group.start_soon(keep, place)
        return [found[place] for place in range(6)]

    assert anyio.run(all_of_them) == [[key] for key in papers]
    assert {account.role for account in people} == {Role.READER}
