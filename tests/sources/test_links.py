"""Addresses found in invented abstracts."""

from __future__ import annotations

import pytest

from broadsheet.domain import Link, LinkKind
from broadsheet.sources.links import find_links, web_link


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Code: https://github.com/ada/loom.", "https://github.com/ada/loom"),
        ("(https://github.com/ada/loom).", "https://github.com/ada/loom"),
        ("[code](https://github.com/ada/loom)", "https://github.com/ada/loom"),
        (
            "at https://github.com/ada/loom{https://github.com/ada/loom}.",
            "https://github.com/ada/loom",
        ),
        (r"\url{https://github.com/ada/my\_loom}", "https://github.com/ada/my_loom"),
        ("see github.com/ada/loom, please", "https://github.com/ada/loom"),
        ("see www.github.com/ada/loom", "https://github.com/ada/loom"),
        ("http://www.GitHub.com/ada/loom.git", "https://github.com/ada/loom"),
        ("https://github.com/ada/loom/tree/main", "https://github.com/ada/loom"),
        ("https://github.com/ada/loom/tree/main/x", "https://github.com/ada/loom/tree/main/x"),
        ("https://gitlab.com/ada/loom", "https://gitlab.com/ada/loom"),
        ("https://gitlab.uni.example/ada/loom", "https://gitlab.uni.example/ada/loom"),
        ("https://codeberg.org/ada/loom!", "https://codeberg.org/ada/loom"),
        ("https://bitbucket.org/ada/loom;", "https://bitbucket.org/ada/loom"),
        ("https://huggingface.co/ada/loom-7b", "https://huggingface.co/ada/loom-7b"),
        ("https://anonymous.4open.science/r/loom-1", "https://anonymous.4open.science/r/loom-1"),
    ],
)
def test_code_repositories_are_found(text: str, address: str) -> None:
    assert find_links(text) == (Link(LinkKind.CODE, address),)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://ada.github.io/loom/.", "https://ada.github.io/loom/"),
        ("see ada-lab.github.io.", "https://ada-lab.github.io"),
        ("Project page: https://loom.example.org/", "https://loom.example.org/"),
        ("on our website at https://loom.example.org", "https://loom.example.org"),
    ],
)
def test_project_pages_are_found(text: str, address: str) -> None:
    assert find_links(text) == (Link(LinkKind.PROJECT, address),)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1) and data:text/html,x and ftp://github.com/a/b",
        "We crawl github.com and Reddit.com, and example.com/a/b.",
        "cites https://doi.org/10.1234/x and https://arxiv.org/abs/2001.00001",
        "https://github.com/ada and https://github.com/topics/looms",
        "https://github.",
        "write to ada@loom.github.io",
        "broken http://[::1 and https:///nothing",
    ],
)
def test_other_addresses_are_left_out(text: str) -> None:
    assert find_links(text) == ()


def test_each_address_comes_once() -> None:
    text = "https://github.com/ada/loom and https://github.com/Ada/Loom/ and github.com/ada/loom"
    assert len(find_links(text)) == 1


def test_at_most_twenty_links_are_kept() -> None:
    text = " ".join(f"https://github.com/ada/loom{number}" for number in range(50))
    assert len(find_links(text)) == 20


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "//x.org", "x.org", "", None, 7, "https://x.org/a b", "http://"],
)
def test_only_web_addresses_become_links(address: object) -> None:
    assert web_link(LinkKind.PROJECT, address) is None
