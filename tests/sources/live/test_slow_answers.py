"""Answers that never end, each in a way of its own: all are left at the time limit."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from broadsheet.errors import SourceError
from broadsheet.sources.live.fetching import Fetcher
from loopback import DRIP, DRIP_HEADERS, DRIP_UNBOUNDED, ENDLESS, Loopback

LIMIT = 0.5


@pytest.fixture
def hasty(fetch: Fetcher) -> Fetcher:
    """Waits half a second for an answer; no pause between two bytes is long enough to end it."""
    return replace(fetch, longest_answer=LIMIT, silence=30.0)


def gives_up(fetch: Fetcher, url: str) -> None:
    started = time.monotonic()
    with pytest.raises(SourceError, match="took longer than") as caught:
        fetch(url)
    assert LIMIT <= time.monotonic() - started < LIMIT + 2
    assert not caught.value.permanent


@pytest.mark.parametrize("fault", [DRIP, DRIP_HEADERS])
def test_answer_that_drips_is_left_at_the_limit(
    hasty: Fetcher, server: Loopback, fault: str
) -> None:
    server.answer("/a", body="x" * 1000, fault=fault)
    gives_up(hasty, server.url + "/a")


def test_packed_answer_that_unpacks_to_nothing_for_ever_is_left_at_the_limit(
    hasty: Fetcher, server: Loopback
) -> None:
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    server.answer("/a", body=head, headers={"Content-Encoding": "gzip"}, fault=ENDLESS)
    gives_up(hasty, server.url + "/a")


def test_part_of_an_answer_without_length_is_not_taken_for_the_whole(
    hasty: Fetcher, server: Loopback
) -> None:
    server.answer("/a", body="[]" + " " * 1000, fault=DRIP_UNBOUNDED)
    gives_up(hasty, server.url + "/a")


def test_after_an_answer_that_was_left_the_next_one_is_read(
    hasty: Fetcher, server: Loopback
) -> None:
    server.answer("/a", fault=DRIP, times=1)
    server.answer("/a", body="papers")
    gives_up(hasty, server.url + "/a")
    assert hasty(server.url + "/a").body == b"papers"
