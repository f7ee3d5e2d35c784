"""The Hugging Face Papers API for reading, as `huggingface_hub` and its `hf papers` ask for it.

Point the client here with HF_ENDPOINT. What `hf papers read` asks for, `/papers/{id}.md`, is served
by `representations`; what changes something is in `huggingface_writing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from fastapi import APIRouter, Request, Response

from broadsheet.community.threads import ThreadOrder
from broadsheet.delivery.access import origin_of, paper_of, services_of
from broadsheet.delivery.addresses import quoted_path, with_query
from broadsheet.delivery.periods import Period, parse_period
from broadsheet.delivery.protocols.huggingface_people import JSON, comment_shape
from broadsheet.delivery.protocols.huggingface_replies import HuggingFaceRoute, json_reply
from broadsheet.delivery.protocols.huggingface_shapes import (
    daily_item,
    paper_object,
    repositories_of,
    search_item,
)
from broadsheet.delivery.protocols.huggingface_submitters import submitted_by
from broadsheet.delivery.protocols.routes import READABLE, given_once, whole_number
from broadsheet.domain import Listing, ListingKind, Page, Paper, Person, Sort
from broadsheet.errors import InputError
from broadsheet.ranking.cursors import write_cursor

Bringers = Mapping[int, Person | None]

LONGEST_SEARCH = 250
MOST_LISTED = 100
MOST_FOUND = 120
_FURTHEST_PAGE = 10**6
_REACHES = (31, 366)
"""Days back from the newest in which the newest papers are looked for first."""
_SORTS = ("publishedAt", "trending")
_PERIODS = {"date": ListingKind.DAY, "week": ListingKind.WEEK, "month": ListingKind.MONTH}


router = APIRouter(route_class=HuggingFaceRoute, include_in_schema=False, dependencies=[READABLE])


@router.get("/api/agent-harnesses")
def agent_harnesses() -> Response:
    """What `hf` asks before every command; an answer keeps it from asking again for a day."""
    return json_reply({"standardEnvVars": [], "harnesses": {}})


@router.get("/api/daily_papers")
def daily_papers(request: Request) -> Response:
    """The papers of a day, week or month, or the newest; `submitter` keeps one person's."""
    given = given_once(request.query_params.multi_items())
    limit = whole_number(given, "limit", 50, 1, MOST_LISTED)
    offset = limit * whole_number(given, "p", 0, 0, _FURTHEST_PAGE)
    listing = _listing(given, limit)
    if submitter := given.get("submitter", "").strip():
        store = services_of(request).store
        papers = submitted_by(store, submitter, listing.start, listing.end)[offset:]
        bringers = store.people.submissions.bringers([paper.paper_id for paper in papers[:limit]])
        return _daily(request, papers[:limit], bringers, has_more=len(papers) > limit)
    page = _page_or_newest(request, listing, offset)
    known = {hit.paper.paper_id: hit.brought_by for hit in page.hits}
    papers = [hit.paper for hit in page.hits]
    return _daily(request, papers, known, has_more=page.next_cursor is not None)


def _listing(given: dict[str, str], limit: int) -> Listing:
    """The listing that the parameters mean; raises InputError."""
    sort = given.get("sort", "")
    if sort and sort not in _SORTS:
        raise InputError(f"sort must be one of {', '.join(_SORTS)}, not “{sort[:40]}”.")
    period = _period(given)
    if period is not None:
        order = Sort.DATE if sort == "publishedAt" else None
        return Listing(period.kind, period.start, period.end, sort=order, limit=limit)
    if sort == "trending":
        return Listing(ListingKind.TRENDING, limit=limit)
    return Listing(ListingKind.DAY, date.min, date.max, sort=Sort.DATE, limit=limit)


def _period(given: dict[str, str]) -> Period | None:
    named = [(name, given[name]) for name in _PERIODS if given.get(name, "").strip()]
    if len(named) > 1:
        raise InputError("Give only one of date, week and month.")
    try:
        return parse_period(_PERIODS[named[0][0]], named[0][1]) if named else None
    except ValueError as error:
        raise InputError(f"Invalid {named[0][0]}: {error}") from error


def _page_or_newest(request: Request, listing: Listing, offset: int) -> Page:
    """The page of a listing; of one without bounds, found in its newest days where they suffice.

    Counting and sorting a whole library takes ten times as long.
    """
    newest = services_of(request).store.newest_day()
    if listing.start != date.min or newest is None:
        return _page(request, listing, offset)
    for days in _REACHES:
        start = date.fromordinal(max(1, newest.toordinal() - days))
        page = _page(request, replace(listing, start=start, end=newest), offset)
        if page.next_cursor:
            return page
    return _page(request, listing, offset)


def _page(request: Request, listing: Listing, offset: int) -> Page:
    cursor = write_cursor(listing, offset, None) if offset else None
    services = services_of(request)
    return services.ranking.page(replace(listing, cursor=cursor))


def _daily(
    request: Request, papers: Sequence[Paper], bringers: Bringers, *, has_more: bool
) -> Response:
    said = services_of(request).store.harvest.extras([paper.paper_id for paper in papers])
    reply = json_reply(
        [
            daily_item(paper, said.get(paper.paper_id, ()), bringers.get(paper.paper_id))
            for paper in papers
        ]
    )
    if has_more:
        given = dict(request.query_params)
        _link(request, reply, p=int(given.get("p") or 0) + 1)
    return reply


def _link(request: Request, reply: Response, **following: object) -> None:
    given = {**request.query_params, **{name: str(value) for name, value in following.items()}}
    path = origin_of(request) + quoted_path(request.url.path)
    reply.headers["Link"] = f'<{with_query(path, **given)}>; rel="next"'


@router.get("/api/papers/search")
def search(request: Request) -> Response:
    """Papers by words and meaning; without words the newest."""
    given = given_once(request.query_params.multi_items())
    limit = whole_number(given, "limit", MOST_LISTED, 1, MOST_FOUND)
    query = given.get("q", "").strip()
    if len(query) > LONGEST_SEARCH:
        raise InputError(f"q may have {LONGEST_SEARCH} characters and has {len(query)}.")
    listing = Listing(ListingKind.SEARCH, query=query, limit=min(limit, MOST_LISTED))
    page = _page(request, listing, 0)
    hits = list(page.hits)
    if limit > MOST_LISTED and page.next_cursor:
        hits += services_of(request).ranking.page(replace(listing, cursor=page.next_cursor)).hits
    hits = hits[:limit]
    said = services_of(request).store.harvest.extras([hit.paper.paper_id for hit in hits])
    return json_reply([search_item(hit, said.get(hit.paper.paper_id, ())) for hit in hits])


@router.get("/api/papers")
def all_papers(request: Request) -> Response:
    """Every paper, newest first; the Link header leads on."""
    given = given_once(request.query_params.multi_items())
    limit = whole_number(given, "limit", 50, 1, MOST_LISTED)
    listing = Listing(ListingKind.DAY, date.min, date.max, sort=Sort.DATE, limit=limit)
    page = services_of(request).ranking.page(replace(listing, cursor=given.get("cursor") or None))
    papers = [hit.paper for hit in page.hits]
    said = services_of(request).store.harvest.extras([paper.paper_id for paper in papers])
    reply = json_reply([paper_object(paper, said.get(paper.paper_id, ())) for paper in papers])
    if page.next_cursor:
        _link(request, reply, cursor=page.next_cursor)
    return reply


@router.get("/api/arxiv/{key:path}/repos")
def repositories(request: Request, key: str) -> Response:
    """The models, data sets and spaces that the paper itself links to."""
    return json_reply(repositories_of(paper_of(request, key)))


@router.get("/api/papers/{key:path}")
def one_paper(request: Request, key: str) -> Response:
    """One paper by arXiv id, with or without version, DOI or key; comments where asked for."""
    given = given_once(request.query_params.multi_items())
    paper = paper_of(request, key)
    services = services_of(request)
    said = services.store.harvest.extras([paper.paper_id])
    bringers = services.store.people.submissions.bringers([paper.paper_id])
    found: JSON = paper_object(paper, said.get(paper.paper_id, ()), bringers.get(paper.paper_id))
    if given.get("field") == "comments":
        thread = services.community.comments.thread(paper.paper_id, None, ThreadOrder.NEWEST)
        found["comments"] = [comment_shape(placed.signed) for placed in thread.placed]
    return json_reply(found)
