"""Addresses as they are shown and compared: no password, no key, no default port."""

from __future__ import annotations

import pytest

from broadsheet.sources.live.addresses import host_of, public_address, shown_address


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://papers.example.org/feed", "https://papers.example.org/feed"),
        ("https://ada:hush@papers.example.org:8443/feed", "https://papers.example.org:8443/feed"),
        ("https://hush@papers.example.org", "https://papers.example.org"),
        ("https://a@b:hush@papers.example.org/x", "https://papers.example.org/x"),
        ("https://papers.example.org/feed?key=hush", "https://papers.example.org/feed?…"),
        ("https://papers.example.org/feed?key=hush&x=1", "https://papers.example.org/feed?…"),
        (
            "https://papers.example.org/d?date=2026-08-20",
            "https://papers.example.org/d?date=2026-08-20",
        ),
        (
            "https://papers.example.org/d?key=hush&date=2026-08-20&page=2",
            "https://papers.example.org/d?…&date=2026-08-20",
        ),
        ("https://papers.example.org/d#hush", "https://papers.example.org/d"),
        ("https://[hush", "an address that cannot be read"),
        ("", ""),
    ],
)
def test_shown_address_holds_no_secret(url: str, shown: str) -> None:
    assert shown_address(url) == shown


@pytest.mark.parametrize(
    ("url", "public"),
    [
        (
            "https://ada:hush@papers.example.org/feed?key=hush#hush",
            "https://papers.example.org/feed",
        ),
        ("https://[hush", ""),
    ],
)
def test_public_address_has_neither_password_nor_query(url: str, public: str) -> None:
    assert public_address(url) == public


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Papers.Example.org/feed", "papers.example.org"),
        ("https://papers.example.org:443/feed", "papers.example.org"),
        ("http://papers.example.org:80/feed", "papers.example.org"),
        ("http://papers.example.org:443/feed", "papers.example.org:443"),
        ("https://ada:hush@papers.example.org:8443/", "papers.example.org:8443"),
        ("http://[::1]:8000/feed", "[::1]:8000"),
    ],
)
def test_host_has_a_port_only_where_it_is_not_the_schemes_own(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    ["", "papers.example.org/feed", "ftp://papers.example.org", "https:///feed", "http://[bad",
     "http://papers.example.org:99999/", "http://papers.example.org:0/"],
)  # fmt: skip
def test_what_is_no_web_address_has_no_host(url: str) -> None:
    assert host_of(url) == ""
