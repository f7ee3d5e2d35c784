"""What search engines, browsers, crawlers and language models find: and that it is true."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html
from PIL import Image
from starlette.testclient import TestClient

from broadsheet.delivery import discovery
from broadsheet.delivery.negotiation import preferred
from broadsheet.delivery.share_image import HEIGHT, WIDTH

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def meta(client: TestClient, path: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in html.fromstring(client.get(path).text).iter("meta"):
        name = each.get("name") or each.get("property")
        if name:
            found.setdefault(name, []).append(each.get("content"))
    return found


def article(client: TestClient, path: str) -> dict[str, object]:
    page = html.fromstring(client.get(path).text)
    found = page.xpath('//script[@type="application/ld+json"]/text()')
    assert len(found) == 1
    read: dict[str, object] = json.loads(found[0])
    return read


def test_highwire_tags_describe_a_paper(client: TestClient) -> None:
    found = meta(client, "/papers/2608.00100")
    assert found["citation_title"] == ["Tidal Attention: Reading Long Documents in Waves"]
    assert found["citation_author"][0] == "Ines Calloway"
    assert found["citation_publication_date"] == ["2026/08/20"]
    assert found["citation_pdf_url"] == ["https://arxiv.org/pdf/2608.00100"]
    assert found["citation_abstract"][0].startswith("Models that read long documents")


def test_open_graph_describes_a_paper(client: TestClient) -> None:
    found = meta(client, "/papers/2608.00100")
    assert found["og:title"] == found["citation_title"]
    assert found["og:image"] == ["http://testserver/papers/2608.00100.png"]
    assert client.get(found["og:image"][0]).status_code == 200


def test_json_ld_is_a_scholarly_article(client: TestClient) -> None:
    found = article(client, "/papers/2608.00100")
    assert (found["@context"], found["@type"]) == ("https://schema.org", "ScholarlyArticle")
    assert found["headline"] == "Tidal Attention: Reading Long Documents in Waves"
    assert found["author"][0] == {"@type": "Person", "name": "Ines Calloway"}  # type: ignore[index]
    assert found["datePublished"] == "2026-08-20"
    assert found["sameAs"] == "https://arxiv.org/abs/2608.00100"
    statistic = found["interactionStatistic"]
    assert statistic["userInteractionCount"] == 130  # type: ignore[index]


@pytest.mark.parametrize("key", ["2607.90001", "2607.90002", "2607.90003", "2607.90008"])
def test_json_ld_survives_hostile_and_bare_papers(client: TestClient, key: str) -> None:
    found = article(client, f"/papers/{key}")
    assert found["headline"]
    assert len(json.dumps(found)) < 20_000
    source = client.get(f"/papers/{key}").text
    inside = source.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert "<" not in inside


def test_negotiated_json_ld_is_that_of_the_page(client: TestClient) -> None:
    reply = client.get("/papers/2608.00100", headers={"Accept": "application/ld+json"})
    assert reply.json() == article(client, "/papers/2608.00100")


def test_opensearch_keeps_the_lengths_of_its_specification(client: TestClient) -> None:
    reply = client.get("/opensearch.xml")
    assert reply.headers["content-type"] == "application/opensearchdescription+xml"
    root = etree.fromstring(reply.content)
    for name, longest in (
        ("ShortName", 16),
        ("LongName", 48),
        ("Description", 1024),
        ("Tags", 256),
    ):
        assert 0 < len(root.findtext(OPENSEARCH + name)) <= longest


def test_every_address_of_opensearch_answers_with_its_type(client: TestClient) -> None:
    root = etree.fromstring(client.get("/opensearch.xml").content)
    urls = root.findall(f"{OPENSEARCH}Url")
    assert {url.get("rel") for url in urls} == {"self", "results", "suggestions"}
    for url in urls:
        reply = client.get(url.get("template").replace("{searchTerms}", "tidal%20attention"))
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith(url.get("type"))


def test_pages_point_to_the_search_description(client: TestClient) -> None:
    page = html.fromstring(client.get("/papers").text)
    assert page.xpath('//link[@rel="search"]/@href') == ["/opensearch.xml"]


def test_suggestions_are_titles_with_their_addresses(client: TestClient) -> None:
    typed, titles, _, addresses = client.get("/suggest?q=glaciers").json()
    assert typed == "glaciers"
    assert 0 < len(titles) == len(addresses) <= 8
    assert all("Glaciers" in title for title in titles)
    assert client.get(addresses[0]).status_code == 200


@pytest.mark.parametrize("typed", ["", "%22tid", "author:", "zzzzqqq", "%00", "-", "*"])
def test_half_typed_queries_are_no_mistake(client: TestClient, typed: str) -> None:
    reply = client.get(f"/suggest?q={typed}")
    assert reply.status_code == 200
    assert len(reply.json()) == 4


def test_site_maps_hold_every_paper_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "SITEMAP_PAPERS", 20)
    maps = etree.fromstring(client.get("/sitemap.xml").content).findall(f".//{SITEMAP}loc")
    assert len(maps) == 3
    found: list[str] = []
    for each in maps:
        part = etree.fromstring(client.get(each.text).content)
        found += [loc.text for loc in part.findall(f".//{SITEMAP}loc")]
    assert len(found) == len(set(found)) == 58
    assert "http://testserver/papers/cs/0112017" in found
    assert all(client.get(address).status_code == 200 for address in found[::10])


def test_a_map_does_not_shift_when_papers_come(client: TestClient) -> None:
    keys = client.app.state.services.store.keys_between(10, 19)  # type: ignore[attr-defined]
    assert len(keys) == 10


def test_an_empty_library_has_an_empty_map(empty_client: TestClient) -> None:
    assert etree.fromstring(empty_client.get("/sitemap.xml").content).findall(f".//{SITEMAP}loc")
    assert len(etree.fromstring(empty_client.get("/sitemap-0.xml").content)) == 0


def test_robots_name_the_map(client: TestClient) -> None:
    assert "Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").text


def test_the_guide_for_language_models_tells_the_truth(client: TestClient) -> None:
    reply = client.get("/llms.txt")
    assert reply.headers["content-type"].startswith("text/markdown")
    assert reply.text.startswith("# Broadsheet\n\n> ")
    addresses = re.findall(r"http://testserver(/[^\s,)]*)", reply.text)
    assert len(addresses) > 6
    for address in addresses:
        known = address.replace("1706.03762", "2608.00100")
        expected = 405 if address == "/mcp" else 200
        assert client.get(known).status_code == expected, address


@pytest.mark.parametrize(
    "key", ["2608.00100", "2607.90001", "2607.90004", "2607.90005", "cs/0112017"]
)
def test_every_paper_has_a_picture(client: TestClient, key: str) -> None:
    reply = client.get(f"/papers/{key}.png")
    assert reply.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(reply.content))
    assert image.size == (WIDTH, HEIGHT)
    assert len(reply.content) < 60_000


def test_pictures_show_the_title(client: TestClient) -> None:
    pictures = {client.get(f"/papers/2608.00{number}.png").content for number in range(100, 108)}
    assert len(pictures) == 8


def test_a_title_in_another_script_is_left_out_not_shown_as_boxes(client: TestClient) -> None:
    image = Image.open(io.BytesIO(client.get("/papers/2607.90005.png").content)).convert("L")
    title = image.crop((0, 190, WIDTH, 480))
    assert min(title.tobytes()) > 200


def test_a_picture_may_be_kept_for_a_day(client: TestClient) -> None:
    assert client.get("/papers/2608.00100.png").headers["cache-control"] == "public, max-age=86400"


@given(st.text(max_size=200))
def test_any_accept_header_gets_one_of_the_offers(accept: str) -> None:
    assert preferred(accept, ("text/html", "text/markdown")) in {"text/html", "text/markdown"}
