"""Citations of papers and lists at their addresses, content negotiation, unAPI and COinS."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs

import pytest
import rispy
from lxml import etree
from pybtex.database import parse_string
from starlette.testclient import TestClient

ENDINGS = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl.json": "application/vnd.citationstyles.csl+json",
}
KEYS = ["2608.00100", "cs/0112017", "10.5555/journal(2026)/12", "2607.90001", "2607.90003"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_paper_has_its_citation_at_an_address(client: TestClient, key: str, ending: str) -> None:
    reply = client.get(f"/papers/{key}.{ending}")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith(ENDINGS[ending])
    assert f'.{ending}"' in reply.headers["content-disposition"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_another_name_leads_to_the_citation(client: TestClient, ending: str) -> None:
    reply = client.get(f"/papers/2608.00100v2.{ending}")
    assert (reply.status_code, reply.headers["location"]) == (301, f"/papers/2608.00100.{ending}")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/x-bibtex", "application/x-bibtex"),
        ("application/x-research-info-systems;q=0.9, text/html;q=0.5", ENDINGS["ris"]),
        ("text/html;q=0.9, application/x-bibtex;q=0.9", "text/html"),
        ("application/vnd.citationstyles.csl+json", ENDINGS["csl.json"]),
        ("application/ld+json", "application/ld+json"),
        ("text/markdown", "text/markdown"),
        ("TEXT/MARKDOWN; charset=utf-8", "text/markdown"),
        ("text/*", "text/html"),
        ("application/*", "application/x-bibtex"),
        ("image/png", "text/html"),
        ("text/markdown;q=0", "text/html"),
        ("text/markdown;q=nonsense,;;,", "text/html"),
    ],
)
def test_a_paper_comes_in_the_form_that_is_asked_for(
    client: TestClient, accept: str, kind: str
) -> None:
    reply = client.get("/papers/2608.00100", headers={"Accept": accept})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith(kind)
    assert "Accept" in reply.headers["vary"].split(", ")


def test_negotiated_and_named_forms_are_the_same(client: TestClient) -> None:
    for ending, kind in ENDINGS.items():
        negotiated = client.get("/papers/2608.00100", headers={"Accept": kind})
        assert negotiated.content == client.get(f"/papers/2608.00100.{ending}").content


def test_a_list_is_cited_whole(client: TestClient) -> None:
    found = rispy.loads(client.get("/cite/day/2026-08-21.ris").text)
    api = client.get("/api/v1/papers?date=2026-08-21&limit=100").json()["papers"]
    assert [each["title"] for each in found] == [paper["title_text"] for paper in api]
    bib = client.get("/cite/search.bib?q=glaciers&limit=500").text
    assert len(parse_string(bib, "bibtex").entries) > 3


def test_longer_lists_go_on_by_the_link_header(client: TestClient) -> None:
    address, seen = "/cite/month/2026-08.csl.json?limit=20", []
    while address:
        reply = client.get(address)
        seen += [item["id"] for item in reply.json()]
        following = re.fullmatch(r'<([^>]+)>; rel="next"', reply.headers.get("link", ""))
        address = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 48


def test_one_request_may_cite_more_than_a_page_holds(client: TestClient) -> None:
    assert len(client.get("/cite/trending.csl.json?window=all&limit=500").json()) == 58


def test_lists_are_filtered_like_feeds(client: TestClient) -> None:
    few = client.get("/cite/month/2026-08.csl.json?min_votes=100").json()
    assert 0 < len(few) < 20


def test_unapi_lists_its_formats(client: TestClient) -> None:
    reply = client.get("/unapi")
    root = etree.fromstring(reply.content)
    assert reply.headers["content-type"] == "application/xml"
    assert [each.get("name") for each in root] == ["bibtex", "ris", "csl"]
    assert all(each.get("type") and each.get("docs") for each in root)


def test_unapi_lists_the_formats_of_a_paper_with_status_300(client: TestClient) -> None:
    reply = client.get("/unapi?id=2608.00100")
    assert reply.status_code == 300
    assert etree.fromstring(reply.content).get("id") == "2608.00100"


def test_unapi_gives_the_record_that_zotero_takes(client: TestClient) -> None:
    reply = client.get("/unapi?id=2608.00100&format=ris")
    record = rispy.loads(reply.text)[0]
    page = client.get("/papers/2608.00100").text
    authors = re.findall(r'name="citation_author" content="([^"]+)"', page)
    assert len(record["authors"]) == len(authors)
    assert record["abstract"]
    assert record["file_attachments1"] in page


def test_unapi_refuses_a_format_it_does_not_have(client: TestClient) -> None:
    assert client.get("/unapi?id=2608.00100&format=marc").status_code == 406


def test_lists_carry_unapi_ids_and_coins(client: TestClient) -> None:
    page = client.get("/papers").text
    ids = re.findall(r'<abbr class="unapi-id" title="([^"]+)">', page)
    spans = re.findall(r'<span class="Z3988" title="([^"]+)"></span>', page)
    assert len(ids) == len(spans) == 25
    assert '<link rel="unapi-server" type="application/xml" title="unAPI" href="/unapi">' in page
    first = parse_qs(html.unescape(spans[0]))
    assert first["ctx_ver"] == ["Z39.88-2004"]
    assert first["rft.atitle"] == ["Tidal Attention: Reading Long Documents in Waves"]
    assert first["rft.au"][0] == "Ines Calloway"
    assert first["rft_id"] == ["info:arxiv/2608.00100"]
    assert client.get(f"/unapi?id={ids[0]}").status_code == 300
