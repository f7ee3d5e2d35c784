"""What becomes of every answer and fault of a server, over a real connection."""

from __future__ import annotations

import gzip
import itertools
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import CUT, DRIP, HANG, HUGE, Loopback

from broadsheet.errors import SourceError
from broadsheet.sources.live.fetching import RETRY_AFTER_THROTTLING, Fetcher, Gate, service_of


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


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("nonsense", 300.0), ("0", 0.0)])
def test_retry_after_is_honoured(
    fetch: Fetcher, server: Loopback, value: str, seconds: float
) -> None:
    server.answer("/a", status=503, headers={"Retry-After": value})
    assert failure(fetch, server.url + "/a").retry_after == seconds


def test_retry_after_may_be_a_date(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=429, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"})
    assert failure(fetch, server.url + "/a").retry_after == 86_400.0


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


def test_slow_drip_ends_at_the_time_limit(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", body="x" * 1000, fault=DRIP)
    error = failure(replace(fetch, longest_answer=0.5), server.url + "/a")
    assert "longer than" in str(error)
    assert not error.permanent


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


def test_refused_connection_is_a_passing_failure(fetch: Fetcher) -> None:
    nobody = replace(fetch, hosts=frozenset({"127.0.0.1:9"}))
    error = failure(nobody, "http://127.0.0.1:9/")
    assert "cannot be reached" in str(error)
    assert not error.permanent


def test_unknown_host_is_a_passing_failure(fetch: Fetcher) -> None:
    nowhere = replace(fetch, hosts=frozenset({"papers.invalid"}))
    assert not failure(nowhere, "http://papers.invalid/").permanent


def test_redirect_within_the_hosts_is_followed(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=301, headers={"Location": "/b"})
    server.answer("/b", body="papers")
    reply = fetch(server.url + "/a")
    assert (reply.body, reply.url) == (b"papers", server.url + "/b")


def test_redirect_to_elsewhere_is_not_followed(fetch: Fetcher, server: Loopback) -> None:
    with Loopback.running() as other:
        server.answer("/a", status=302, headers={"Location": other.url + "/b"})
        error = failure(fetch, server.url + "/a")
        assert other.requests() == []
    assert "not one of its hosts" in str(error)


def test_redirects_without_end_are_left(fetch: Fetcher, server: Loopback) -> None:
    server.answer("/a", status=302, headers={"Location": "/a"})
    assert "without end" in str(failure(fetch, server.url + "/a"))


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


def test_hosts_of_one_domain_share_a_gate() -> None:
    names = {service_of(f"https://{host}.arxiv.org/x") for host in ("export", "rss", "oaipmh")}
    assert names == {"arxiv.org"}
    assert service_of("http://127.0.0.1:81/") != service_of("http://127.0.0.1:82/")
