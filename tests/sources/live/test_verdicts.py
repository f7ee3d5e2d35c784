"""When to come back after a refusal, and what a connection that cannot be made is called."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import pytest

from broadsheet.errors import SourceError
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import NoConnection, Reply
from broadsheet.sources.live.verdicts import RETRY_AFTER_THROTTLING, check_clock
from loopback import Loopback
from parts import missing_part


def failure(fetch: Fetcher, url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(url)
    return caught.value


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1" + "0" * 30, 86_400.0),
        ("9" * 5_000, 86_400.0),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 86_400.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sun, 06 Nov 1994 08:49:37", 0.0),
        ("soon", RETRY_AFTER_THROTTLING),
        ("-5", RETRY_AFTER_THROTTLING),
        ("1.5", RETRY_AFTER_THROTTLING),
        ("\xb2", RETRY_AFTER_THROTTLING),
        ("Fri, 31 Dec 9999999 23:59:59 GMT", RETRY_AFTER_THROTTLING),
        ("", RETRY_AFTER_THROTTLING),
    ],
)
def test_retry_after_is_honoured_where_it_says_something(
    fetch: Fetcher, server: Loopback, value: str, seconds: float
) -> None:
    server.answer("/a", status=503, headers={"Retry-After": value})
    assert failure(fetch, server.url + "/a").retry_after == seconds


def test_error_with_retry_after_is_waited_for(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=500, headers={"Retry-After": "900"})
    error = failure(fetch, server.url + "/a")
    assert (error.permanent, error.retry_after) == (False, 900.0)


def test_refused_connection_is_no_connection(fetch: Fetcher) -> None:
    nobody = replace(fetch, hosts=frozenset({"127.0.0.1:9"}))
    error = failure(nobody, "http://127.0.0.1:9/")
    assert isinstance(error, NoConnection)
    assert "127.0.0.1:9 cannot be reached" in str(error)
    assert not error.permanent


def test_unknown_host_is_no_connection(fetch: Fetcher) -> None:
    nowhere = replace(fetch, hosts=frozenset({"papers.invalid"}))
    error = failure(nowhere, "http://papers.invalid/")
    assert isinstance(error, NoConnection)
    assert not error.permanent


def test_answer_that_breaks_off_was_a_connection(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=503)
    assert not isinstance(failure(fetch, server.url + "/a"), NoConnection)


def test_key_that_no_header_can_hold_is_not_told(fetch: Fetcher, server: Loopback) -> None:
    with pytest.raises(SourceError) as caught:
        fetch(server.url + "/a", headers={"Authorization": "Bearer hush\nhush"})
    assert "mistyped" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert server.requests() == []


NOON = datetime(2026, 8, 20, 12, tzinfo=UTC)


def dated(**headers: str) -> Reply:
    return Reply("https://papers.example.org/", 200, headers, b"papers")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"date": ""},
        {"date": "today"},
        {"date": "Thu, 99 Aug 2026 12:00:00 GMT"},
        {"date": "Thu, 20 Aug 2026 11:59:58 GMT"},
        {"date": "Wed, 19 Aug 2026 00:00:00 GMT"},
        {"date": "Fri, 21 Aug 2026 23:00:00 GMT"},
        {"date": "Mon, 10 Aug 2026 12:00:00 GMT", "age": "864000"},
    ],
)
def test_answer_of_about_now_is_read(headers: dict[str, str]) -> None:
    check_clock(dated(**headers), NOON)


@pytest.mark.parametrize(
    "headers",
    [
        {"date": "Mon, 17 Aug 2026 12:00:00 GMT"},
        {"date": "Sun, 23 Aug 2026 12:00:00 GMT"},
        {"date": "Mon, 10 Aug 2026 12:00:00 GMT", "age": "soon"},
    ],
)
def test_answer_of_another_week_tells_of_a_clock_that_is_wrong(headers: dict[str, str]) -> None:
    with pytest.raises(SourceError, match="Set the clock") as caught:
        check_clock(dated(**headers), NOON)
    assert not caught.value.permanent


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that this address gave itself, with its key."""
    if which("openssl") is None:
        missing_part("openssl")
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture(scope="module")
def secure(certificate: Path) -> Iterator[Loopback]:
    with Loopback.running(certificate) as server:
        yield server


def test_certificate_that_is_not_trusted_is_told_with_what_to_do(
    fetch: Fetcher, secure: Loopback
) -> None:
    error = failure(replace(fetch, hosts=frozenset({secure.host})), secure.url + "/a")
    assert "SSL_CERT_FILE" in str(error)
    assert not isinstance(error, NoConnection)
    assert not error.permanent


def test_certificate_that_the_environment_names_is_trusted(
    fetch: Fetcher, secure: Loopback, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure.answer("/a", body="papers")
    assert (
        replace(fetch, hosts=frozenset({secure.host}), _client=[])(secure.url + "/a").body
        == b"papers"
    )


def test_proxy_that_the_environment_names_is_asked(
    fetch: Fetcher, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "")
    server.answer("/a", body="papers")
    behind = replace(fetch, hosts=frozenset({"papers.invalid"}), _client=[])
    assert behind("http://papers.invalid/a").body == b"papers"
    assert server.requests()[0].headers["host"] == "papers.invalid"
