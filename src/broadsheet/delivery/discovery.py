"""How programs find what is here: search descriptions, site maps, robots, llms.txt, pictures."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from broadsheet.delivery.access import ALWAYS_OPEN, OPEN_TO_ALL, origin_of, paper_of, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.guide import guide
from broadsheet.delivery.parameters import QueryText
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.share_image import share_image
from broadsheet.delivery.xml_writing import document, element, holding, plain
from broadsheet.domain import Listing, ListingKind
from broadsheet.errors import NotFound, QueryError

router = APIRouter(include_in_schema=False)
SITEMAP_PAPERS = 10_000
"""Numbers of papers on one site map; the protocol allows 50,000 addresses and 50 MB."""
SUGGESTIONS = 8
_DAY = "public, max-age=86400"
_OPENSEARCH = "application/opensearchdescription+xml"
_SUGGESTIONS = "application/x-suggestions+json"
_ROBOTS = """User-agent: *
Disallow: /papers?q=
Disallow: /api/
Disallow: /cite/
Disallow: /mcp
Sitemap: {origin}/sitemap.xml
"""


@router.get("/robots.txt", dependencies=[ALWAYS_OPEN])
def robots(request: Request) -> Response:
    """What crawlers may read, and where the map is."""
    return PlainTextResponse(_ROBOTS.format(origin=origin_of(request)))


@router.get("/llms.txt", dependencies=[ALWAYS_OPEN])
def llms(request: Request) -> Response:
    """The guide for language models (llmstxt.org), as Markdown."""
    return PlainTextResponse(guide(origin_of(request)), media_type="text/markdown; charset=utf-8")


@router.get("/opensearch.xml", dependencies=[ALWAYS_OPEN])
def opensearch(request: Request) -> Response:
    """The search as browsers add it (OpenSearch 1.1, draft 6)."""
    origin = origin_of(request)
    terms = "q={searchTerms}"
    urls = (
        ("text/html", "results", f"{origin}/papers?{terms}"),
        ("application/atom+xml", "results", f"{origin}/feeds/search.atom?{terms}"),
        ("application/rss+xml", "results", f"{origin}/feeds/search.rss?{terms}"),
        (_SUGGESTIONS, "suggestions", f"{origin}/suggest?{terms}"),
    )
    parts = [
        element("ShortName", "Broadsheet"),
        element("LongName", "Broadsheet, the daily paper of research"),
        element("Description", "Search research papers by words and by meaning."),
        element("Tags", "research papers preprints"),
        element("InputEncoding", "UTF-8"),
        element("Url", type=_OPENSEARCH, rel="self", template=f"{origin}/opensearch.xml"),
        *(element("Url", type=kind, rel=rel, template=url) for kind, rel, url in urls),
    ]
    spaces = {"xmlns": "http://a9.com/-/spec/opensearch/1.1/"}
    body = document(holding("OpenSearchDescription", parts, spaces))
    return Response(body, media_type=_OPENSEARCH)


@router.get("/suggest", dependencies=[OPEN_TO_ALL])
def suggest(request: Request, q: QueryText = None) -> Response:
    """Titles for what has been typed so far; none for what is no query yet."""
    titles: list[str] = []
    addresses: list[str] = []
    origin = origin_of(request)
    for title, path in _suggested(request, q or ""):
        titles.append(title)
        addresses.append(origin + path)
    body = orjson.dumps([q or "", titles, [], addresses])
    return Response(body, media_type=_SUGGESTIONS)


def _suggested(request: Request, text: str) -> list[tuple[str, str]]:
    if not text:
        return []
    listing = Listing(ListingKind.SEARCH, query=text, limit=SUGGESTIONS)
    try:
        hits = services_of(request).ranking.page(listing).hits
    except QueryError:
        return []  # a quotation that is still being typed is no mistake
    return [(title_text(hit.paper.title), paper_path(hit.paper.key)) for hit in hits]


@router.get("/sitemap.xml", dependencies=[OPEN_TO_ALL])
def sitemap(request: Request) -> Response:
    """The map of maps (sitemaps.org): one for each stretch of paper numbers, so none shifts."""
    origin = origin_of(request)
    maps = range(services_of(request).store.newest_number() // SITEMAP_PAPERS + 1)
    parts = [
        holding("sitemap", [element("loc", f"{origin}/sitemap-{number}.xml")]) for number in maps
    ]
    return _map("sitemapindex", parts)


@router.get("/sitemap-{number}.xml", dependencies=[OPEN_TO_ALL])
def sitemap_part(request: Request, number: Annotated[int, Path(ge=0, le=1_000_000)]) -> Response:
    """The addresses of one stretch of papers."""
    store, origin = services_of(request).store, origin_of(request)
    first = number * SITEMAP_PAPERS
    if first > store.newest_number():
        raise NotFound("There are not so many papers. See /sitemap.xml for the maps there are.")
    keys = store.keys_between(first, first + SITEMAP_PAPERS - 1)
    parts = [holding("url", [element("loc", plain(origin + paper_path(key)))]) for key in keys]
    return _map("urlset", parts)


def _map(root: str, parts: list[str]) -> Response:
    spaces = {"xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    return Response(document(holding(root, parts, spaces)), media_type="application/xml")


@router.get("/papers/{key:path}.png", dependencies=[OPEN_TO_ALL])
def paper_picture(request: Request, key: str) -> Response:
    """The picture of a paper for other sites."""
    paper = paper_of(request, key)
    if paper.key != key:
        return RedirectResponse(f"{paper_path(paper.key)}.png", 301)
    headers = {"Cache-Control": _DAY, "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(share_image(paper), media_type="image/png", headers=headers)
