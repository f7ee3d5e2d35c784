"""The Python client against a running server: answers, paging, errors, both kinds alike."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any, get_type_hints

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from broadsheet import client as package
from broadsheet.client import (
    ApiError,
    AsyncClient,
    BadAnswer,
    Client,
    Hit,
    Page,
    PaperDetail,
    Status,
    Unreachable,
    ask_search,
    asking,
    shapes,
)
from broadsheet.client.decoding import decoded
from loopback import Loopback


@pytest.fixture
def client(site: str) -> Iterator[Client]:
    with Client(site) as opened:
        yield opened


def test_a_day_comes_typed(client: Client) -> None:
    page = client.papers(date=date(2026, 8, 21), limit=3)
    assert isinstance(page, Page)
    assert page.start == page.end == date(2026, 8, 21)
    first = page.papers[0]
    assert isinstance(first, Hit)
    assert (first.id, first.votes) == ("2608.00009", 9)
    assert first.listed_on == date(2026, 8, 21)
    assert first.published_at == datetime(2026, 8, 20, 12, tzinfo=UTC)
    assert first.link("code") == "https://github.com/example/lanterns-9"
    assert first.link("media") is None
    assert "α" in first.title_text
    assert first.versions[1].submitted_at is None


def test_every_parameter_of_a_period_is_sent(client: Client) -> None:
    assert client.papers(week="2026-W33").total == 0
    assert client.papers(month="2026-08").total == 30
    newest = client.papers(month="2026-08", sort="date", cat="math.CO", limit=1)
    assert newest.total == 10
    assert newest.papers[0].categories == ("math.CO",)
    assert client.papers(window="all", limit=1).papers[0].reasons


def test_trending_and_search_give_reasons(client: Client) -> None:
    hit = client.trending(window="month", limit=1).papers[0]
    assert hit.score is not None
    assert hit.reasons[0].text.endswith(".")
    found = client.search("lanterns", after="2026-08-20", before=date(2026, 8, 20), sort="votes")
    assert {paper.listed_on for paper in found.papers} == {date(2026, 8, 20)}


def test_one_paper_has_everything(client: Client) -> None:
    paper = client.paper("2608.00001")
    assert isinstance(paper, PaperDetail)
    assert paper.doi == "10.5555/lantern.1"
    assert paper.comment == "9 pages"
    assert paper.added_at == datetime(2026, 8, 21, 12, tzinfo=UTC)
    assert paper.bibtex.startswith("@misc{author2026")


@pytest.mark.parametrize("key", ["2608.00001v2", "10.5555/LANTERN.1", "10.5555/a(b)/./c"])
def test_other_names_and_awkward_keys_find_their_paper(client: Client, key: str) -> None:
    assert client.paper(key).title


def test_texts_of_a_paper(client: Client) -> None:
    assert client.markdown("2608.00001").startswith("# Lanterns of α Harbours, Part 1\n")
    assert client.citation("2608.00001").startswith("@misc{")
    assert client.citation("2608.00001", "ris").startswith("TY  - UNPB\r\n")
    assert client.citation("2608.00001", "csl.json").startswith('[{"id":"2608.00001"')


def test_similar_and_status(client: Client) -> None:
    assert "2608.00001" not in [paper.id for paper in client.similar("2608.00001", limit=5).papers]
    status = client.status()
    assert isinstance(status, Status)
    assert status.papers == 31
    assert status.index.is_available
    assert {source.source for source in status.sources} == {"hf_daily", "corpus"}


def test_each_walks_through_all_pages_once(client: Client) -> None:
    ids = [paper.id for paper in client.each(ask_search("lanterns", limit=7))]
    assert len(ids) == len(set(ids)) == 30


def test_the_waiting_client_gives_the_same(site: str, client: Client) -> None:
    async def ask_all() -> list[Any]:
        async with AsyncClient(site) as waiting:
            return [
                await waiting.papers(limit=3), await waiting.trending(limit=3),
                await waiting.search("lanterns", limit=3), await waiting.similar("2608.00001"),
                await waiting.paper("2608.00001"), await waiting.status(),
                await waiting.markdown("2608.00001"), await waiting.citation("2608.00001", "ris"),
                [paper async for paper in waiting.each(ask_search("lanterns", limit=7))],
            ]  # fmt: skip

    assert asyncio.run(ask_all()) == [
        client.papers(limit=3), client.trending(limit=3), client.search("lanterns", limit=3),
        client.similar("2608.00001"), client.paper("2608.00001"), client.status(),
        client.markdown("2608.00001"), client.citation("2608.00001", "ris"),
        list(client.each(ask_search("lanterns", limit=7))),
    ]  # fmt: skip


def test_both_kinds_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {
            name: list(inspect.signature(of).parameters) for name, of in found if name[0] != "_"
        }

    assert methods(Client) == methods(AsyncClient)


def test_a_refusal_keeps_the_servers_words(client: Client) -> None:
    with pytest.raises(ApiError, match=r"no paper “2608\.99999”") as missing:
        client.paper("2608.99999")
    assert (missing.value.status, missing.value.title) == (404, "Not found")
    with pytest.raises(ApiError) as unreadable:
        client.search('deep "lanterns')
    assert (unreadable.value.status, unreadable.value.position) == (400, 5)
    with pytest.raises(ApiError, match="limit") as wrong:
        client.papers(limit=1000)
    assert wrong.value.status == 422
    with pytest.raises(ApiError):
        client.markdown("2608.99999")


def test_nobody_there_is_one_kind_of_error() -> None:
    with (
        pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"),
        Client("http://127.0.0.1:9") as nobody,
    ):
        nobody.status()
    with pytest.raises(Unreachable), Client("http://[broken") as nowhere:
        nowhere.status()


@pytest.mark.parametrize(
    "body",
    ["<html>", "[]", "{}", '{"papers": 1}', "null", '{"version": 1, "papers": true}', "\xff"],
)
def test_an_answer_of_something_else_is_told_as_such(body: str) -> None:
    with Loopback.running() as server:
        server.answer("/api/v1/status", body=body)
        with Client(server.url) as client, pytest.raises(BadAnswer, match="did not answer"):
            client.status()


def test_waiting_times_and_tokens_are_passed_on() -> None:
    with Loopback.running() as server:
        server.answer("/api/v1/status", status=429, headers={"Retry-After": "17"})
        token = "s3"
        with Client(server.url, token=token) as client, pytest.raises(ApiError) as refused:
            client.status()
        assert refused.value.retry_after == 17
        headers = server.requests()[0].headers
        assert headers["authorization"] == "Bearer s3"
        assert headers["user-agent"].startswith("broadsheet-client/")


def test_a_newer_servers_members_are_left_aside() -> None:
    found = decoded(shapes.Link, {"kind": "pdf", "url": "https://x.example", "colour": "red"})
    assert found == shapes.Link("pdf", "https://x.example")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_a_status_or_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match=r"expected|missing"):
        decoded(Status, value)


SCHEMAS = {
    shapes.Page: "PageShape", shapes.Hit: "HitShape", shapes.PaperDetail: "PaperDetailShape",
    shapes.Link: "LinkShape", shapes.Version: "VersionShape", shapes.Reason: "ReasonShape",
    shapes.Related: "RelatedShape", shapes.Source: "SourceShape", shapes.Index: "IndexShape",
    shapes.Status: "StatusShape",
}  # fmt: skip
KINDS = {
    str: {"string"}, int: {"integer"}, float: {"number"}, bool: {"boolean"}, datetime: {"date-time"},
    date: {"date"},
}  # fmt: skip


def openapi_kinds(of: dict[str, Any]) -> set[str]:
    """The JSON types, or formats of dates, that a member may have; of a list, those of its items."""
    if "anyOf" in of:
        return set().union(*(openapi_kinds(part) for part in of["anyOf"]))
    if "$ref" in of:
        return {of["$ref"].rpartition("/")[2]}
    if of.get("type") == "array":
        return {f"{kind}[]" for kind in openapi_kinds(of["items"])}
    return {of.get("format") if of.get("format") in {"date", "date-time"} else of["type"]}


def client_kinds(hint: Any) -> set[str]:
    if hint is type(None):
        return {"null"}
    if hint in KINDS:
        return KINDS[hint]
    if is_dataclass(hint):
        return {SCHEMAS[hint]}  # type: ignore[index]
    inner = [client_kinds(part) for part in hint.__args__ if part is not ...]
    found = set().union(*inner)
    return {f"{kind}[]" for kind in found} if hint.__origin__ is tuple else found


@pytest.mark.parametrize("shape", SCHEMAS)
def test_shapes_have_the_members_and_types_of_the_openapi_description(
    app: FastAPI, shape: type
) -> None:
    properties = app.state.api.openapi()["components"]["schemas"][SCHEMAS[shape]]["properties"]
    hints = {name: hint for name, hint in get_type_hints(shape).items()
             if name in {field.name for field in fields(shape)}}  # fmt: skip
    assert hints.keys() <= properties.keys()
    for name, hint in hints.items():
        assert _flat(hint) == openapi_kinds(properties[name]), name


def _flat(hint: Any) -> set[str]:
    if hasattr(hint, "__args__") and not hasattr(hint, "__origin__"):
        return set().union(*map(_flat, hint.__args__))
    return client_kinds(hint)


QUESTIONS = {
    "/papers": asking.ask_papers, "/trending": asking.ask_trending, "/search": asking.ask_search,
    "/papers/{key}/similar": asking.ask_similar, "/papers/{key}": asking.ask_paper,
    "/status": asking.ask_status,
}  # fmt: skip


@pytest.mark.parametrize("path", QUESTIONS)
def test_questions_have_the_parameters_of_the_openapi_description(app: FastAPI, path: str) -> None:
    described = app.state.api.openapi()["paths"][path]["get"].get("parameters", [])
    offered = set(inspect.signature(QUESTIONS[path]).parameters)
    assert offered == {parameter["name"] for parameter in described}


def test_everything_named_for_import_is_there() -> None:
    assert all(hasattr(package, name) for name in package.__all__)


REFUSING = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {WITHOUT}:
            raise ImportError(name)
        if name.startswith("broadsheet.") and not name.startswith("broadsheet.client"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
from broadsheet.client import AsyncClient, Client
with Client(sys.argv[1]) as client:
    print(client.papers(limit=1).papers[0].id)
"""
SERVER_ONLY = {
    "fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "lance", "pyarrow", "numpy",
    "jinja2", "pydantic", "pydantic_settings", "typer", "rich", "orjson", "latex2mathml", "mcp", "PIL",
}  # fmt: skip


def test_it_works_where_nothing_of_the_server_is_installed(site: str) -> None:
    code = REFUSING.replace("WITHOUT", repr(SERVER_ONLY)[1:-1])
    done = subprocess.run(
        [sys.executable, "-c", code, site], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("2608.00009\n", "")
