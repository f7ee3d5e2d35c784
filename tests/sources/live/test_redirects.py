"""Where redirects lead, and what is sent along: never a key to another address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from broadsheet.errors import SourceError
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Reply
from broadsheet.sources.live.verdicts import redirect_target
from loopback import Loopback

SECRETS = {"Authorization": "Bearer hush", "x-api-key": "hush"}


@pytest.fixture(scope="module")
def another() -> Iterator[Loopback]:
    """A second server, which is another origin: its port differs."""
    with Loopback.running() as server:
        yield server


@pytest.fixture
def other(another: Loopback) -> Loopback:
    another.forget()
    return another


def failure(fetch: Fetcher, url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(url)
    return caught.value


def test_redirect_within_the_hosts_is_followed(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=301, headers={"Location": "/b"})
    server.answer("/b", body="papers")
    reply = fetch(server.url + "/a")
    assert (reply.body, reply.url) == (b"papers", server.url + "/b")


def test_redirect_to_another_port_is_not_followed(
    fetch: Fetcher, server: Loopback, other: Loopback
) -> None:
    server.answer("/a", status=302, headers={"Location": other.url + "/b"})
    error = failure(fetch, server.url + "/a")
    assert f"{other.host}, which is not one of its hosts" in str(error)
    assert other.requests() == []


def test_redirect_to_elsewhere_may_pass(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=302, headers={"Location": "https://login.example.org/?key=hush"})
    error = failure(fetch, server.url + "/a")
    assert "login.example.org" in str(error)
    assert "hush" not in str(error)
    assert not error.permanent


def test_redirects_without_end_are_left(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=302, headers={"Location": "/a"})
    assert "without end" in str(failure(fetch, server.url + "/a"))
    assert len(server.requests()) == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://[bad",
        "http://127.0.0.1:99999999/",
        "http://127.0.0.1:x/",
        "//",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/" + "a" * 70_000,
        "/\x01",
    ],
)
def test_location_that_is_no_web_address_is_a_passing_failure(
    fetch: Fetcher, server: Loopback, location: str
) -> None:
    server.answer("/a", status=302, headers={"Location": location})
    server.answer("/a*", status=500)
    assert not failure(fetch, server.url + "/a").permanent


@pytest.mark.parametrize("headers", [{}, {"Location": ""}])
def test_redirect_to_nowhere_says_so(
    fetch: Fetcher, server: Loopback, headers: dict[str, str]
) -> None:
    server.answer("/a", status=302, headers=headers)
    assert "without saying where to" in str(failure(fetch, server.url + "/a"))


def test_location_outside_ascii_is_followed(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=302, headers={"Location": "/caf\xe9"})
    server.answer("/caf*", body="papers")
    assert fetch(server.url + "/a").body == b"papers"


def test_redirect_from_https_to_http_is_refused() -> None:
    reply = Reply(
        "https://papers.example.org/a", 302, {"location": "http://papers.example.org/"}, b""
    )
    with pytest.raises(SourceError, match="from https to http") as caught:
        redirect_target(reply)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "location", ["/b", "https://papers.example.org/b", "//papers.example.org/b"]
)
def test_redirect_stays_with_https(location: str) -> None:
    reply = Reply("https://papers.example.org/a", 302, {"location": location}, b"")
    assert redirect_target(reply) == "https://papers.example.org/b"


def test_keys_are_not_sent_to_another_origin(
    fetch: Fetcher, server: Loopback, other: Loopback
) -> None:
    server.answer("/a", status=307, headers={"Location": other.url + "/b"})
    other.answer("/b", body="papers")
    both = replace(fetch, hosts=frozenset({server.host, other.host}))
    assert both(server.url + "/a", headers=SECRETS).body == b"papers"
    assert server.requests()[0].headers["x-api-key"] == "hush"
    sent = other.requests()[0].headers
    assert not {"authorization", "x-api-key"} & set(sent)


def test_keys_go_along_to_the_same_origin(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=302, headers={"Location": f"{server.url}/b"})
    server.answer("/b", body="papers")
    fetch(server.url.replace("//", "//ada:hush@") + "/a", headers={"x-api-key": "hush"})
    assert server.requests()[1].headers["x-api-key"] == "hush"


def test_password_of_an_address_is_not_sent_to_another_origin(
    fetch: Fetcher, server: Loopback, other: Loopback
) -> None:
    server.answer("/a", status=302, headers={"Location": other.url + "/b"})
    other.answer("/b", body="papers")
    both = replace(fetch, hosts=frozenset({server.host, other.host}))
    both(server.url.replace("//", "//ada:hush@") + "/a")
    assert "authorization" in server.requests()[0].headers
    assert "authorization" not in other.requests()[0].headers


@pytest.mark.parametrize(("status", "method"), [(303, "GET"), (307, "POST"), (308, "POST")])
def test_redirect_keeps_or_drops_the_question_as_its_status_says(
    fetch: Fetcher, server: Loopback, status: int, method: str
) -> None:
    server.answer("/a", status=status, headers={"Location": "/b"})
    server.answer("/b", body="papers")
    fetch(server.url + "/a", content=b"question")
    first, second = server.requests()
    assert (first.method, first.body) == ("POST", b"question")
    assert second.method == method
    assert second.body == (b"question" if method == "POST" else b"")
