"""`broadsheet sources` and `broadsheet worker`, as an operator types them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from commands import Command
from outside import add, hf_list

from broadsheet.services import Services, utc_now
from broadsheet.sources.live.registry import KINDS
from loopback import Loopback


@pytest.fixture
def ours(command: Command, services: Services, server: Loopback) -> Command:
    """Commands in a library with one source whose list has two papers."""
    server.answer("/list", body=hf_list([1, 2], utc_now().date()))
    done = command(
        "sources", "add", "huggingface", "--set", f"url={server.url}/list", "--set", "days=1"
    )
    assert "`broadsheet sources check huggingface` tries it" in done.out
    return command


def test_library_without_sources_says_how_to_add_one(command: Command, services: Services) -> None:
    assert "No live sources yet. `broadsheet sources kinds`" in command("sources").err


def test_check_tells_what_would_come_and_stores_nothing(ours: Command, services: Services) -> None:
    told = ours("sources", "check", "huggingface").out
    assert "Options: days=1" in told
    assert "Goes on from: the beginning" in told
    assert "The first answer holds 2 papers" in told
    assert "2608.00001  Counting harbours in year 1" in told
    assert services.store.count() == 0
    assert services.store.source("huggingface").outcome is None


def test_check_tells_why_it_would_fail(ours: Command, server: Loopback) -> None:
    server.forget()
    server.answer("/list", status=503)
    done = ours("sources", "check", "huggingface")
    assert done.code == 1
    assert "It would fail now: 127.0.0.1 asks to slow down (HTTP 503)." in done.err


def test_check_tells_where_a_harvest_goes_on(ours: Command) -> None:
    ours("sources", "harvest", "huggingface")
    assert f"Goes on from: from={utc_now():%Y-%m-%d}" in ours("sources", "check", "huggingface").out


def test_harvest_tells_its_outcome(ours: Command, services: Services) -> None:
    assert "huggingface: fresh. 2 new, 0 updated." in ours("sources", "harvest", "huggingface").out
    assert services.store.count() == 2


def test_harvest_that_fails_ends_with_code_1(ours: Command, server: Loopback) -> None:
    server.forget()
    done = ours("sources", "harvest", "huggingface")
    assert done.code == 1
    assert "huggingface: failed. 127.0.0.1 answered HTTP 404." in done.out


def test_list_tells_state_and_reason(ours: Command) -> None:
    ours("sources", "harvest", "huggingface")
    listed = json.loads(ours("sources", "list", "--json").out)
    assert [(one["name"], one["state"]) for one in listed] == [("huggingface", "fresh")]
    assert "2 new, 0 updated." in ours("sources").out


def test_paused_source_is_left_alone_until_it_is_resumed(ours: Command, server: Loopback) -> None:
    ours("sources", "pause", "huggingface")
    assert "Paused by the operator" in ours("sources").out
    assert "0 sources harvested" in ours("worker", "--once").out
    ours("sources", "resume", "huggingface")
    assert "1 source harvested" in ours("worker", "--once").out
    assert len(server.requests()) == 1


def test_removed_source_leaves_its_papers(ours: Command, services: Services) -> None:
    ours("sources", "harvest", "huggingface")
    ours("sources", "remove", "huggingface")
    assert services.store.sources() == []
    assert services.store.count() == 2


def test_worker_tells_of_each_source_and_of_their_number(
    ours: Command, services: Services, server: Loopback
) -> None:
    add(services, server, "arxiv-oai", "nightly")
    services.store.pause_source("nightly", is_paused=False, due_at=utc_now())
    server.answer("/list*", status=503)
    told = ours("worker", "--once").out
    assert "huggingface: fresh. 2 new" in told
    assert "nightly: failed" in told
    assert "2 sources harvested." in told
    assert "0 sources harvested." in ours("worker", "--once").out


def test_key_may_be_read_from_a_file(command: Command, services: Services, tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("hush7\n")
    done = command("sources", "add", "openalex", "--set", f"key=@{tmp_path / 'key.txt'}")
    assert services.store.source("openalex").options["key"] == "hush7"
    assert "hush7" not in done.out + done.err


def test_every_kind_is_listed_with_its_options(command: Command, services: Services) -> None:
    told = command("sources", "kinds").out
    for kind in KINDS.values():
        assert f"{kind.name}: {kind.title}\n    {kind.about}\n" in told
        assert all(f"--set {name}=…  {text}" in told for name, (_, text) in kind.options.items())
    assert "Address of the feed. (required)" in told
    assert "(optional, kept secret)" in told


def test_kinds_tell_how_a_key_is_given(command: Command, services: Services) -> None:
    assert "--set key=@FILE" in command("sources", "kinds").err


def test_kinds_as_json_tell_what_is_required_and_secret(
    command: Command, services: Services
) -> None:
    listed = {one["kind"]: one for one in json.loads(command("sources", "kinds", "--json").out)}
    assert set(listed) == set(KINDS)
    assert listed["feed"]["options"]["url"]["is_required"] is True
    assert listed["github"]["options"]["token"]["is_secret"] is True
    assert listed["github"]["options"]["url"]["is_secret"] is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("sources", "add", "telepathy"), "no kind of source"),
        (("sources", "add", "feed"), "feed needs the option “url”"),
        (("sources", "add", "huggingface", "--set", "days"), "OPTION=VALUE"),
        (("sources", "add", "huggingface", "--set", "days=@/nowhere"), "cannot be read: No such"),
        (("sources", "check", "nobody"), "There is no source “nobody”"),
        (("sources", "harvest", "nobody"), "There is no source “nobody”"),
        (("sources", "pause", "nobody"), "There is no source “nobody”"),
        (("sources", "resume", "nobody"), "There is no source “nobody”"),
        (("sources", "remove", "nobody"), "There is no source “nobody”"),
    ],
)
def test_mistake_is_a_sentence_and_exit_code_1(
    command: Command, services: Services, arguments: tuple[str, ...], sentence: str
) -> None:
    done = command(*arguments)
    assert done.code == 1
    assert sentence in done.err
    assert services.store.sources() == []


def test_source_that_somebody_harvests_is_not_harvested_beside(
    ours: Command, services: Services, server: Loopback
) -> None:
    now = utc_now()
    until = now + timedelta(minutes=15)
    services.store.claim_source("huggingface", "elsewhere 1 x", now=now, until=until)
    done = ours("sources", "harvest", "huggingface")
    assert done.code == 1
    assert "Another worker is harvesting huggingface just now." in done.err
    assert server.requests() == []
