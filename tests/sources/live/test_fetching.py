"""What becomes of every answer and fault of a server, over a real connection."""

from __future__ import annotations

import gzip
import itertools
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from broadsheet.errors import SourceError
from broadsheet.sources.live.fetching import Fetcher, Gate, service_of
from broadsheet.sources.live.harvesting import conditional, validators
from broadsheet.sources.live.verdicts import RETRY_AFTER_THROTTLING
from loopback import CUT, HANG, HUGE, Loopback


def failure(fetch: Fetcher, url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(url)
    return caught.value


def test_answer_comes_whole_with_lower_case_headers(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", body="papers", headers={"ETag": '"1"'})
    reply = fetch(server.url + "/a", accept="text/xml")
    assert (reply.status, reply.body, reply.headers["etag"]) == (200, b"papers", '"1"')
    asked = server.requests()[0].headers
    assert asked["accept"] == "text/xml"
    assert asked["user-agent"].startswith("Broadsheet/")


def test_contact_that_no_header_can_hold_is_told_in_ascii(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a")
    replace(fetch, contact="Zoë\r\nX-Sly: 1")(server.url + "/a")
    asked = server.requests()[0].headers
    assert "Zo???X-Sly: 1" in asked["user-agent"]
    assert "x-sly" not in asked


def test_validator_outside_ascii_is_not_sent_back(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", body="papers", headers={"ETag": '"caf\xe9"'})
    kept = validators(fetch(server.url + "/a"))
    assert kept["etag"] == '"caf\xe9"'
    assert fetch(server.url + "/a", headers=conditional(kept)).body == b"papers"
    assert "if-none-match" not in server.requests()[1].headers


def test_contact_is_told(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a")
    replace(fetch, contact="mailto:ada@example.org")(server.url + "/a")
    assert "mailto:ada@example.org" in server.requests()[0].headers["user-agent"]


@pytest.mark.parametrize("status", [403, 429, 503])
def test_throttling_is_passing_and_says_when_to_come_back(
    fetch: Fetcher, server: Loopback, status: int
) -> None:
    server.answer("/a", status=status)
    error = failure(fetch, server.url + "/a")
    assert (error.permanent, error.retry_after) == (False, RETRY_AFTER_THROTTLING)
    assert len(server.requests()) == 1


def test_success_that_says_rate_exceeded_is_throttling(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", body="Rate exceeded.")
    error = failure(fetch, server.url + "/a")
    assert (error.permanent, error.retry_after) == (False, RETRY_AFTER_THROTTLING)


def test_406_is_tried_once_more_and_no_oftener(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=406)
    assert not failure(fetch, server.url + "/a").permanent
    assert len(server.requests()) == 2


def test_406_once_is_mended_by_the_second_try(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=406, times=1)
    server.answer("/a", body="papers")
    assert fetch(server.url + "/a").body == b"papers"


@pytest.mark.parametrize(
    ("status", "is_permanent"), [(400, True), (401, True), (404, True), (410, True), (500, False)]
)
def test_other_statuses_tell_whether_to_try_again(
    fetch: Fetcher, server: Loopback, status: int, is_permanent: bool
) -> None:
    server.answer("/a", status=status)
    error = failure(fetch, server.url + "/a")
    assert error.permanent is is_permanent
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize("status", [304, 404])
def test_allowed_statuses_are_returned(fetch: Fetcher, server: Loopback, status: int) -> None:
    server.answer("/a", status=status)
    assert fetch(server.url + "/a", allow=(304, 404)).status == status


def test_body_cut_in_the_middle_is_a_passing_failure(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", body="x" * 1000, fault=CUT)
    assert not failure(fetch, server.url + "/a").permanent


def test_silence_ends_at_the_time_limit(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", fault=HANG)
    error = failure(replace(fetch, silence=0.3), server.url + "/a")
    assert "did not answer in time" in str(error)
    assert not error.permanent


def test_answer_of_ten_gigabytes_is_left_at_the_limit(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", fault=HUGE)
    assert "larger than 1 MiB" in str(
        failure(replace(fetch, largest_body=2**20), server.url + "/a")
    )


def test_answer_that_unpacks_without_end_is_left_at_the_limit(
    fetch: Fetcher, server: Loopback
) -> None:
    bomb = gzip.compress(b"\0" * (64 * 2**20))
    server.answer("/a", body=bomb, headers={"Content-Encoding": "gzip"})
    assert "larger than 1 MiB" in str(
        failure(replace(fetch, largest_body=2**20), server.url + "/a")
    )


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[bad"])
def test_only_web_addresses_are_asked(fetch: Fetcher, url: str) -> None:
    assert failure(fetch, url).permanent


def test_host_that_is_not_the_source_s_is_never_asked(fetch: Fetcher, server: Loopback) -> None:
    stranger = replace(fetch, hosts=frozenset({"export.arxiv.org"}))
    assert "not one of its hosts" in str(failure(stranger, server.url + "/a"))
    assert server.requests() == []


def test_requests_keep_their_distance(server: Loopback, tmp_path: Path) -> None:
    server.answer("/a")
    fetch = Fetcher(frozenset({server.host}), 0.4, Gate(tmp_path))
    for _ in range(3):
        fetch(server.url + "/a")
    times = [request.at for request in server.requests()]
    assert min(later - sooner for sooner, later in itertools.pairwise(times)) >= 0.39


def test_two_fetchers_share_the_gate_of_a_service(server: Loopback, tmp_path: Path) -> None:
    server.answer("/a")
    fetchers = [Fetcher(frozenset({server.host}), 0.3, Gate(tmp_path)) for _ in range(2)]
    threads = [threading.Thread(target=fetch, args=(server.url + "/a",)) for fetch in fetchers * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(request.at for request in server.requests())
    assert len(times) == 4
    assert min(later - sooner for sooner, later in itertools.pairwise(times)) >= 0.29


def test_clock_set_back_does_not_close_the_gate(tmp_path: Path) -> None:
    waits: list[float] = []
    (tmp_path / "x.last").write_text("2000000.0")
    with Gate(tmp_path, wait=waits.append, clock=lambda: 1_000.0).passing("x", 3.0):
        pass
    assert waits == []
    assert (tmp_path / "x.last").read_text() == "1000.0"


def test_gate_that_cannot_be_held_lets_nobody_through(
    fetch: Fetcher, server: Loopback, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    error = failure(replace(fetch, gate=Gate(tmp_path / "file")), server.url + "/a")
    assert "cannot be written" in str(error)
    assert not error.permanent
    assert server.requests() == []


def test_hosts_of_one_domain_share_a_gate() -> None:
    names = {service_of(f"https://{host}.arxiv.org/x") for host in ("export", "rss", "oaipmh")}
    assert names == {"arxiv.org"}
    assert service_of("http://127.0.0.1:81/") != service_of("http://127.0.0.1:82/")
