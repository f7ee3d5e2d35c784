"""The links by which readers of feeds find them on the pages."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

ALTERNATE = re.compile(r'<link rel="alternate" type="([^"]+)" title="([^"]+)" href="([^"]+)">')


def alternates(client: TestClient, page: str) -> dict[str, str]:
    found = ALTERNATE.findall(client.get(page).text)
    return {kind: html.unescape(href) for kind, _, href in found}


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("/papers", "/feeds/day.atom"),
        ("/papers/date/2026-08-20", "/feeds/day.atom"),
        ("/papers/week/2026-W34?cat=cs.LG", "/feeds/week.atom?cat=cs.LG"),
        ("/papers/month/2026-08?sort=date", "/feeds/month.atom?sort=date"),
        ("/papers/trending?window=month", "/feeds/trending.atom?window=month"),
        ("/papers?q=attention", "/feeds/search.atom?q=attention&sort=date"),
        ("/papers?q=%22tidal+attention%22&cat=cs.CL",
         "/feeds/search.atom?q=%22tidal+attention%22&cat=cs.CL&sort=date"),
        ("/papers/2608.00100", "/feeds/day.atom"),
        ("/about", "/feeds/day.atom"),
    ],
)  # fmt: skip
def test_a_page_names_the_feed_that_goes_on_from_it(
    client: TestClient, page: str, feed: str
) -> None:
    found = alternates(client, page)
    assert found["application/atom+xml"] == feed
    assert {"application/rss+xml", "application/feed+json"} <= found.keys()


@pytest.mark.parametrize(
    "page", ["/papers", "/papers?q=study", "/papers/trending", "/papers/2608.00100"]
)
def test_every_link_in_the_head_leads_somewhere(client: TestClient, page: str) -> None:
    for kind, address in alternates(client, page).items():
        reply = client.get(address)
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith(kind)


def test_readers_see_the_formats_below_a_list(client: TestClient) -> None:
    page = client.get("/papers/date/2026-08-20").text
    assert '<a href="/feeds/day.atom">Atom</a>' in page
    assert '<a href="/cite/day/2026-08-20.bib">BibTeX</a>' in page
