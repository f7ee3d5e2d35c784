"""The tools as an agent's own client sees them, over both transports and protocol revisions."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import editions
import libraries
import pytest
from agent import MODES, Agent, Doing, answered, do, refused
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from broadsheet.cli.agents import agents_account
from broadsheet.delivery.mcp.arguments import named_key
from broadsheet.delivery.mcp.results import NOTICE
from broadsheet.delivery.mcp.server import described
from broadsheet.delivery.mcp.tools import MOST_TOOLS, TOOLS
from broadsheet.errors import NotFound, PermissionDenied
from broadsheet.people import Role
from people_factories import person

NAMES = [
    "search_papers", "list_papers", "read_paper", "similar_papers",
    "my_papers", "save_paper", "vote_for_paper", "collect_paper",
]  # fmt: skip
READING = NAMES[:5]


@pytest.mark.parametrize("mode", MODES)
def test_both_revisions_of_the_protocol_list_the_tools(site: str, mode: str) -> None:
    async def look(client: Client) -> tuple[str, list[str]]:
        return client.protocol_version, [tool.name for tool in (await client.list_tools()).tools]

    version, names = do(f"{site}/mcp", look, mode)
    assert version == MODES[mode]
    assert names == NAMES


@pytest.mark.parametrize("mode", MODES)
def test_both_revisions_answer_alike(site: str, mode: str) -> None:
    arguments = {"query": "glaciers", "limit": 2}
    asking: Doing = lambda client: client.call_tool("search_papers", arguments)  # noqa: E731
    result = do(f"{site}/mcp", asking, mode)
    assert not result.is_error
    assert len(result.structured_content["papers"]) == 2
    assert json.loads(result.content[0].text) == result.structured_content


def served(folder: Path, *options: str) -> Any:
    """The transport to `broadsheet mcp` in a process of its own."""
    return stdio_client(StdioServerParameters(
        command=sys.executable, args=["-m", "broadsheet", "mcp", *options],
        env={"BROADSHEET_DATA": str(folder)}, cwd=folder,
    ))  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_the_command_serves_the_same_over_stdio(tmp_path: Path, mode: str) -> None:
    services = libraries.open_library(tmp_path, editions.edition(editions.TODAY, 4, first=100))
    person(services, "bo")
    services.store.close()

    async def look(client: Client) -> tuple[str, Any, Any, Any]:
        found = await client.call_tool("search_papers", {"query": "weather model"})
        saved = await client.call_tool("save_paper", {"id": "2608.00101"})
        mine = await client.call_tool("my_papers", {"list": "saved"})
        version = client.protocol_version
        return version, found.structured_content, saved.structured_content, mine.structured_content

    version, found, saved, mine = do(served(tmp_path, "--as", "bo"), look, mode)
    assert version == MODES[mode]
    assert "Weather Model" in found["papers"][0]["title"]
    assert found["papers"][0]["url"] == "http://127.0.0.1:8000/papers/2608.00101"
    assert saved["saved"] is True
    assert [paper["id"] for paper in mine["papers"]] == ["2608.00101"]


def test_an_agent_at_the_terminal_is_nobody_unless_told(tmp_path: Path) -> None:
    services = libraries.open_library(tmp_path, [])
    alice, bo = person(services, "alice", Role.OWNER), person(services, "bo")
    assert agents_account(services, "") is None
    assert agents_account(services, "bo") == bo
    own = services.settings.model_copy(update={"single_user": True})
    assert agents_account(replace(services, settings=own), "") == alice
    with pytest.raises(NotFound):
        agents_account(services, "zoe")
    services.store.people.accounts.change(bo.account_id, suspended_at=editions.NOW)
    with pytest.raises(PermissionDenied):
        agents_account(services, "bo")


def tokens_at_most(text: str) -> int:
    """More tokens than any usual tokeniser makes: short pieces of words, every sign by itself."""
    return len(re.findall(r"[A-Za-z]{1,7}|\d{1,3}|[^\sA-Za-z\d]", text))


def test_the_schemas_leave_room_in_an_agents_memory() -> None:
    whole = [described(tool).model_dump(by_alias=True, exclude_none=True) for tool in TOOLS]
    cost = tokens_at_most(json.dumps(whole, separators=(",", ":")))
    assert len(TOOLS) <= MOST_TOOLS == 8
    assert cost < 2_000


def test_every_tool_says_what_it_may_change(site: str) -> None:
    tools = do(f"{site}/mcp", lambda client: client.list_tools()).tools
    assert all(tool.description and tool.title and tool.output_schema for tool in tools)
    hints = {tool.name: tool.annotations for tool in tools}
    assert [name for name in NAMES if hints[name].read_only_hint] == READING
    changing = [hints[name] for name in NAMES if name not in READING]
    assert [each.destructive_hint for each in changing] == [True, True, False]
    assert all(each.idempotent_hint for each in changing)


def test_the_list_of_tools_may_be_kept(site: str) -> None:
    listed = do(f"{site}/mcp", lambda client: client.list_tools())
    assert (listed.ttl_ms, listed.cache_scope) == (3_600_000, "public")


def test_instructions_tell_what_the_server_is_for(site: str) -> None:
    async def look(client: Client) -> str | None:
        return client.instructions

    assert NOTICE in do(f"{site}/mcp", look)


def test_search_finds_what_the_page_finds(agent: Agent, client: Any) -> None:
    found = answered(agent, "search_papers", query="attention", sort="date", limit=25)
    api = client.get("/api/v1/search?q=attention&sort=date&limit=25").json()
    assert [paper["id"] for paper in found["papers"]] == [paper["id"] for paper in api["papers"]]
    assert found["total"] == api["total"]
    first = found["papers"][0]
    assert set(first) == {
        "id", "title", "authors", "abstract", "categories", "listed_on", "votes", "url", "why",
    }  # fmt: skip
    assert len(first["abstract"]) <= 420


def test_search_takes_days_and_a_category(agent: Agent) -> None:
    found = answered(agent, "search_papers", query="study", category="cs.CL", after="2026-08-20",
                     before="2026-08-20", limit=50)["papers"]  # fmt: skip
    assert found
    assert {paper["listed_on"] for paper in found} == {"2026-08-20"}
    assert all("cs.CL" in paper["categories"] for paper in found)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({}, "/papers"),
        ({"list": "day", "period": "2026-08-20"}, "/papers?date=2026-08-20"),
        ({"list": "week", "period": "2026-W34"}, "/papers?week=2026-W34"),
        ({"list": "month", "sort": "date", "category": "cs.LG"}, "/papers?month=2026-08&sort=date&cat=cs.LG"),
        ({"list": "trending", "period": "month"}, "/trending?window=month"),
        ({"list": "trending"}, "/trending"),
    ],
)  # fmt: skip
def test_lists_hold_the_papers_of_the_api(
    agent: Agent, client: Any, arguments: dict[str, Any], path: str
) -> None:
    found = answered(agent, "list_papers", limit=25, **arguments)["papers"]
    wanted = client.get(f"/api/v1{path}").json()["papers"]
    assert found
    assert [paper["id"] for paper in found] == [paper["id"] for paper in wanted]


def test_cursors_lead_through_a_list_once(agent: Agent) -> None:
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = answered(agent, "list_papers", list="month", limit=20, cursor=cursor)
        seen += [paper["id"] for paper in page["papers"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 48


@pytest.mark.parametrize(
    "name",
    ["2608.00100", "arXiv:2608.00100v2", "https://arxiv.org/abs/2608.00100", " 2608.00100 "],
)
def test_a_paper_is_read_under_any_of_its_names(agent: Agent, name: str) -> None:
    found = answered(agent, "read_paper", id=name)
    assert found["id"] == "2608.00100"
    assert found["abstract"].startswith("Models that read long documents")
    assert found["bibtex"].startswith("@misc{")
    assert {link["kind"] for link in found["links"]} >= {"abstract", "pdf", "code"}


def test_papers_with_a_doi_or_slashes_are_read(agent: Agent) -> None:
    assert answered(agent, "read_paper", id="10.5555/JOURNAL(2026)/12")["doi"]
    assert answered(agent, "read_paper", id="cs/0112017")["title"]


def test_a_paper_is_read_by_the_address_that_a_list_gave(agent: Agent) -> None:
    for query in ("tidal attention", "id:10.5555/journal(2026)/12", "id:cs/0112017"):
        [found, *_] = answered(agent, "search_papers", query=query)["papers"]
        assert answered(agent, "read_paper", id=found["url"])["id"] == found["id"]
    key = "~0123456789ab"
    assert named_key(f"https://papers.example/papers/{key}?x=1#top") == key


def test_similar_papers_leave_the_paper_itself_out(agent: Agent) -> None:
    found = answered(agent, "similar_papers", id="2608.00100", limit=5)["papers"]
    assert 1 <= len(found) <= 5
    assert "2608.00100" not in [paper["id"] for paper in found]


def test_texts_of_papers_are_marked_as_coming_from_outside(agent: Agent) -> None:
    for tool, arguments in (
        ("search_papers", {"query": "study"}), ("list_papers", {}),
        ("read_paper", {"id": "2607.90001"}), ("similar_papers", {"id": "2608.00100"}),
    ):  # fmt: skip
        assert answered(agent, tool, **arguments)["notice"] == NOTICE
    hostile = answered(agent, "read_paper", id="2607.90001")
    assert all(link["url"].startswith("https://") for link in hostile["links"])


def test_three_hundred_authors_cost_few_words(agent: Agent) -> None:
    found = answered(agent, "search_papers", query="id:2607.90003")["papers"][0]
    assert found["authors"][-1] == "and 292 more"
    assert answered(agent, "read_paper", id="2607.90003")["authors"][-1] == "and 200 more"


@pytest.mark.parametrize(
    ("tool", "arguments", "status", "word"),
    [
        ("search_papers", {}, 422, "query"),
        ("search_papers", {"query": ""}, 422, "query"),
        ("search_papers", {"query": "x" * 2000}, 422, "query"),
        ("search_papers", {"query": ["x"]}, 422, "query"),
        ("search_papers", {"query": '"open'}, 400, "quotation"),
        ("search_papers", {"query": "colour:red"}, 400, "field"),
        ("search_papers", {"query": "x", "limit": 0}, 422, "limit"),
        ("search_papers", {"query": "x", "limit": 51}, 422, "limit"),
        ("search_papers", {"query": "x", "after": "yesterday"}, 422, "2026-08-21"),
        ("search_papers", {"query": "x", "sort": "colour"}, 422, "sort"),
        ("search_papers", {"query": "x", "colour": 1}, 422, "colour"),
        ("search_papers", {"query": "x", "cursor": "broken"}, 400, "cursor"),
        ("list_papers", {"list": "year"}, 422, "list"),
        ("list_papers", {"period": "2026-02-30"}, 422, "not a day"),
        ("list_papers", {"list": "week", "period": "34"}, 422, "not a week"),
        ("list_papers", {"list": "trending", "period": "2026-08"}, 422, "trending"),
        ("read_paper", {"id": "2608.99999"}, 404, "no paper"),
        ("read_paper", {"id": "\x00"}, 404, "no paper"),
        ("read_paper", {"id": "x" * 501}, 422, "id"),
        ("similar_papers", {"id": "nothing"}, 404, "no paper"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_shape(
    agent: Agent, tool: str, arguments: dict[str, Any], status: int, word: str
) -> None:
    error = refused(agent, tool, **arguments)
    assert error["status"] == status
    assert word in error["detail"]
    assert error["detail"].endswith(".")


def test_a_query_error_says_where(agent: Agent) -> None:
    assert refused(agent, "search_papers", query='deep "attention')["position"] == 5


def test_an_unknown_tool_is_a_mistake_in_the_protocol(agent: Agent) -> None:
    with pytest.raises(MCPError, match="search_papers"):
        agent.call("delete_everything")
