"""The endpoints of the JSON API, as an application of its own mounted at /api/v1."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

from broadsheet import __version__
from broadsheet.delivery import errors
from broadsheet.delivery.access import OPEN_TO_ALL, origin_of, paper_of, services_of
from broadsheet.delivery.addresses import api_paper_path, quoted_path
from broadsheet.delivery.api import people
from broadsheet.delivery.api.models import (
    IndexShape,
    PageShape,
    PaperDetailShape,
    ProblemShape,
    SourceShape,
    StatusShape,
)
from broadsheet.delivery.api.papers import detail_shape
from broadsheet.delivery.parameters import (
    After,
    Before,
    Category,
    Cursor,
    DayName,
    Key,
    Keys,
    Limit,
    MonthName,
    PeriodSort,
    QueryText,
    SearchSort,
    Verbatim,
    WeekName,
    WindowName,
)
from broadsheet.delivery.periods import parse_period
from broadsheet.delivery.steering import papers_named
from broadsheet.domain import Listing, ListingKind, Window
from broadsheet.status import status

_ABOUT = (
    "Papers by day, week, month, trending and search, with the same papers in the same order as "
    "the pages. Read only, no key. Lists are paged by cursor: pass `next_cursor` as `cursor`, or "
    "follow the Link header. Replies carry an ETag; errors are problem JSON (RFC 9457). Unknown "
    "parameters are ignored."
)
_PROBLEM: dict[str, Any] = {"model": ProblemShape, "content": {errors.PROBLEM_TYPE: {}}}
router = APIRouter(dependencies=[OPEN_TO_ALL])


def create_api() -> FastAPI:
    """The API; services are attached to it as to the application around it."""
    api = FastAPI(
        title="Broadsheet",
        version=__version__,
        description=_ABOUT,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=dict.fromkeys((400, 404, 422), _PROBLEM),
        servers=[{"url": "/api/v1"}],
    )
    for part in (*people.ROUTERS, router):
        api.include_router(part)
    errors.install(api)
    api.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD"],
        allow_headers=["If-None-Match"],
        expose_headers=["ETag", "Link"],
    )
    return api


@router.get("/papers", summary="A day, week, month or trending list")
def list_papers(
    request: Request,
    response: Response,
    *,
    day: DayName = None,
    week: WeekName = None,
    month: MonthName = None,
    window: WindowName = None,
    sort: PeriodSort = None,
    cat: Category = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> PageShape:
    """The papers of one `date`, `week` or `month`, or trending within a `window`.

    With none of them: the newest day that has papers.
    """
    if sum(value is not None for value in (day, week, month, window)) > 1:
        raise _refused("window", "Give only one of date, week, month and window.")
    if window:
        return trending(request, response, window=window, cat=cat, limit=limit, cursor=cursor)
    names = {ListingKind.DAY: day, ListingKind.WEEK: week, ListingKind.MONTH: month}
    period = next((parse_period(kind, name) for kind, name in names.items() if name), None)
    listing = Listing(
        period.kind if period else ListingKind.DAY,
        period.start if period else None,
        period.end if period else None,
        category=cat,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return _page(request, response, listing)


@router.get("/trending", summary="Trending papers")
def trending(
    request: Request,
    response: Response,
    *,
    window: WindowName = None,
    cat: Category = None,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> PageShape:
    """Papers by votes and comments with time decay; each with the reasons for its place."""
    listing = Listing(
        ListingKind.TRENDING,
        window=window or Window.WEEK,
        category=cat,
        limit=limit,
        cursor=cursor,
    )
    return _page(request, response, listing)


@router.get("/search", summary="Search")
def search(
    request: Request,
    response: Response,
    *,
    q: QueryText = None,
    sort: SearchSort = None,
    cat: Category = None,
    after: After = None,
    before: Before = None,
    verbatim: Verbatim = False,
    limit: Limit = 25,
    cursor: Cursor = None,
) -> PageShape:
    """Papers that match a query, by words and by meaning, with `guidance` on how to go on."""
    if not q:
        raise _refused("q", "Say what to search for, as in q=diffusion.")
    listing = Listing(
        ListingKind.SEARCH,
        after,
        before,
        query=q,
        sort=sort,
        category=cat,
        limit=limit,
        cursor=cursor,
        is_guided=True,
        is_verbatim=verbatim,
    )
    return _page(request, response, listing)


@router.get("/similar", summary="Papers like some papers, and unlike others")
def similar_to(
    request: Request,
    response: Response,
    *,
    to: Keys,
    unlike: Keys = [],  # noqa: B006 - FastAPI copies it
    limit: Limit = 25,
    cursor: Cursor = None,
) -> PageShape:
    """Papers near those in `to` in meaning, and away from those in `unlike`."""
    seeds = tuple(paper.key for paper in papers_named(request, to))
    if not seeds:
        raise _refused("to", "Name at least one paper, as in to=1706.03762.")
    avoided = tuple(paper.key for paper in papers_named(request, unlike))
    listing = Listing(ListingKind.SIMILAR, seeds=seeds, unlike=avoided, limit=limit, cursor=cursor)
    return _page(request, response, listing)


@router.get("/papers/{key:path}/similar", summary="Papers like one paper")
def similar(
    request: Request,
    response: Response,
    *,
    key: Key,
    limit: Limit = 10,
    cursor: Cursor = None,
) -> PageShape:
    """Papers near this one in meaning."""
    paper = paper_of(request, key)
    listing = Listing(ListingKind.SIMILAR, seed=paper.key, limit=limit, cursor=cursor)
    return _page(request, response, listing)


@router.get(
    "/papers/{key:path}",
    summary="One paper",
    response_model=PaperDetailShape,
    responses={301: {"description": "A former key; `Location` is the paper's present address."}},
)
def one_paper(request: Request, key: Key) -> PaperDetailShape | Response:
    """Everything known of one paper: `key` is an arXiv id, a DOI or a `~` key."""
    paper = paper_of(request, key)
    if paper.key != key:
        return RedirectResponse(api_paper_path(paper.key), 301)
    return detail_shape(services_of(request), paper, origin_of(request))


@router.get("/status", summary="State of the library")
def library_status(request: Request) -> StatusShape:
    """How many papers there are, where from, how fresh, and the state of the search index."""
    state = status(services_of(request))
    return StatusShape(
        version=__version__,
        papers=state.papers,
        newest_on=state.newest_on,
        sources=[SourceShape.model_validate(count) for count in state.sources],
        rejects=state.rejects,
        index=IndexShape.of(state),
    )


def _page(request: Request, response: Response, listing: Listing) -> PageShape:
    page = services_of(request).ranking.page(listing)
    if page.next_cursor:
        # Where another query than the one asked for was answered, its pages follow.
        ours = {"cursor": page.next_cursor}
        if page.listing.query != listing.query:
            ours["q"] = page.listing.query
        given = [pair for pair in request.query_params.multi_items() if pair[0] not in ours]
        path = quoted_path(request.scope["path"])
        address = f"{origin_of(request)}{path}?{urlencode([*given, *ours.items()])}"
        response.headers["Link"] = f'<{address}>; rel="next"'
    return PageShape.of(page, origin_of(request))


def _refused(parameter: str, sentence: str) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "value_error", "loc": ("query", parameter), "msg": sentence}]
    )
