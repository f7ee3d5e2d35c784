"""The page of one paper: everything known, safe whatever the sources wrote."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import editions
import pytest
from starlette.testclient import TestClient


class Reader(HTMLParser):
    """Collects what a browser would run or follow."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(page)
    return reader.elements


HOSTILE_PAGES = [
    "/papers/2607.90001",
    "/papers/2607.90001.bib",
    "/papers/date/2026-07-30",
    "/papers?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/papers?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/papers/date/%3Cscript%3Ealert(1)",
    "/papers/%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/papers?q=x&after=%3Cscript%3E",
    "/papers?cat=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
]


@pytest.mark.parametrize("path", HOSTILE_PAGES)
def test_nothing_that_a_source_or_reader_writes_can_run(client: TestClient, path: str) -> None:
    reply = client.get(path)
    if reply.headers["content-type"].startswith("application/x-bibtex"):
        assert reply.headers["x-content-type-options"] == "nosniff"
        return
    found = elements(reply.text)
    data = {"type": "application/ld+json"}  # read by search engines, never run
    scripts = [attributes for tag, attributes in found if tag == "script" and attributes != data]
    assert [script.get("type") for script in scripts] == ["module"]
    assert all((script["src"] or "").startswith("/static/") for script in scripts)
    for tag, attributes in found:
        assert tag not in {"img", "svg", "iframe", "object", "embed", "style", "base"}
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "action", "formaction", "xlink:href"):
            assert not (attributes.get(name) or "").strip().lower().startswith("javascript:")


def test_hostile_title_is_shown_as_text(client: TestClient) -> None:
    assert (
        "&lt;script&gt;alert(&#39;edition&#39;)&lt;/script&gt;"
        in client.get("/papers/2607.90001").text
    )


def test_paper_page_shows_the_whole_abstract_and_the_record(client: TestClient) -> None:
    page = client.get("/papers/2608.00100").text
    assert "tells a reader which passages the answer rests on" in page
    assert "20 August 2026" in page
    assert '<a href="/papers/date/2026-08-21">' in page
    assert 'href="/papers?q=cat%3Acs.CL"' in page
    assert 'href="https://arxiv.org/pdf/2608.00100"' in page
    assert "Hugging Face Daily Papers" in page


def test_mathematics_is_mathml(client: TestClient) -> None:
    page = client.get("/papers/2607.90007").text
    assert "<msubsup><mo>∫</mo>" in page
    assert '<math display="block">' in page


def test_paper_page_lists_similar_papers_but_not_itself(client: TestClient) -> None:
    shelf = client.get("/papers/2608.00100").text.split('id="similar-title"', 1)[1]
    keys = re.findall(r'class="headline"[^>]*><a href="/papers/([^"]+)"', shelf)
    assert 1 <= len(keys) <= 8
    assert "2608.00100" not in keys


def test_bibtex_stands_on_the_page(client: TestClient) -> None:
    assert "@misc{calloway2026tidalattentionreadinglong," in client.get("/papers/2608.00100").text


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/papers/2608.00100v3", "/papers/2608.00100"),
        ("/papers/2608.00100v1.bib", "/papers/2608.00100.bib"),
        ("/papers/10.5555/JOURNAL(2026)/12", "/papers/10.5555/journal(2026)/12"),
    ],
)
def test_another_name_of_a_paper_redirects_for_good(
    client: TestClient, asked: str, path: str
) -> None:
    reply = client.get(asked)
    assert (reply.status_code, reply.headers["location"]) == (301, path)


@pytest.mark.parametrize("key", ["10.5555/journal(2026)/12", "cs/0112017", "2607.90002"])
def test_every_kind_of_key_has_a_page(client: TestClient, key: str) -> None:
    assert client.get(f"/papers/{key}").status_code == 200
    assert client.get(f"/papers/{key}.bib").status_code == 200


@pytest.mark.parametrize("key", ["2608.99999", "~0123456789ab", "x" * 5000, "a%00b", "%FF%FE"])
def test_an_unknown_paper_is_a_designed_404(client: TestClient, key: str) -> None:
    reply = client.get(f"/papers/{key}")
    assert reply.status_code == 404
    assert "The latest papers" in reply.text


def test_three_hundred_authors_fold_behind_the_first(client: TestClient) -> None:
    page = client.get("/papers/2607.90003").text
    assert "and 288 more authors" in page


def test_an_abstract_of_a_megabyte_is_cut_and_the_api_has_it_whole(client: TestClient) -> None:
    page = client.get("/papers/2607.90008").text
    assert len(page) < 300_000
    assert len(re.findall("<math ", page)) == 400
    assert "is very long and is cut here" in page
    whole = client.get("/api/v1/papers/2607.90008").json()["abstract"]
    assert whole.count("Sentence with") >= 40_000


def test_pages_carry_citation_metadata(client: TestClient) -> None:
    page = client.get("/papers/2608.00100").text
    assert '<meta name="citation_arxiv_id" content="2608.00100">' in page
    assert page.count('<meta name="citation_author"') == 6


def test_editions_hold_what_the_tests_say() -> None:
    assert len(editions.hostile()[7].abstract) > 1_000_000
