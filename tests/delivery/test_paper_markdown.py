"""A paper as Markdown: what agents and `hf papers read` get."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from starlette.testclient import TestClient


def read(client: TestClient, key: str) -> str:
    reply = client.get(f"/papers/{key}.md")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
    return reply.text


def test_a_paper_is_a_document_with_title_facts_and_abstract(client: TestClient) -> None:
    text = read(client, "2608.00100")
    assert text.startswith("# Tidal Attention: Reading Long Documents in Waves\n\nInes Calloway, ")
    assert "- arXiv: 2608.00100\n" in text
    assert "- Listed: 2026-08-21\n" in text
    assert "\n\n## Abstract\n\nModels that read long documents" in text
    assert "- code: <https://github.com/example/paper-100>" in text
    assert "```bibtex\n@misc{calloway2026" in text
    assert text.endswith("```\n")


@pytest.mark.parametrize("key", ["cs/0112017", "10.5555/journal(2026)/12", "2608.00100v3"])
def test_every_kind_of_name_is_read(client: TestClient, key: str) -> None:
    assert read(client, key).startswith("# ")


def test_formulas_stay_tex(client: TestClient) -> None:
    text = read(client, "2607.90007")
    assert r"$\int_0^\infty e^{-x^2} dx \leq" in text
    assert "$$E = \\begin{pmatrix}" in text


@pytest.mark.parametrize("key", [f"2607.9000{number}" for number in range(1, 9)])
def test_no_paper_can_bring_html_or_headings_of_its_own(client: TestClient, key: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).parse(read(client, key))
    inline = [part for token in tokens for part in (token.children or [])]
    kinds = {token.type for token in tokens} | {part.type for part in inline}
    assert not kinds & {"html_block", "html_inline", "image"}
    headings = [token.tag for token in tokens if token.type == "heading_open"]
    assert headings == ["h1", "h2", *["h2"] * (len(headings) - 2)]
    links = [str(part.attrs["href"]) for part in inline if part.type == "link_open"]
    assert all(link.startswith(("http://", "https://")) for link in links)


def test_three_hundred_authors_are_cut_with_a_word(client: TestClient) -> None:
    assert "and 250 more\n" in read(client, "2607.90003")


def test_a_very_long_abstract_is_cut(client: TestClient) -> None:
    assert len(read(client, "2607.90008")) < 40_000


def test_the_same_comes_by_accept_header(client: TestClient) -> None:
    reply = client.get("/papers/2608.00100", headers={"Accept": "text/markdown"})
    assert reply.text == read(client, "2608.00100")
