"""The listing pages: day, week, month, trending and search."""

from dataclasses import replace
from datetime import date
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import OPEN_TO_ALL, services_of
from broadsheet.delivery.addresses import collection_path, with_query
from broadsheet.delivery.lists.ways import citation_links, feed_links
from broadsheet.delivery.parameters import (
    After,
    At,
    Before,
    Category,
    Cursor,
    PeriodSort,
    QueryText,
    SearchSort,
    Verbatim,
    WindowName,
)
from broadsheet.delivery.periods import parse_period
from broadsheet.delivery.visitors import visitor_of
from broadsheet.delivery.web.listing_view import (
    ListingView,
    Place,
    period_view,
    search_view,
    trending_view,
)
from broadsheet.delivery.web.people.doings import doings_of
from broadsheet.delivery.web.ways import Way
from broadsheet.domain import Listing, ListingKind, Sort, Window
from broadsheet.errors import NotFound

router = APIRouter(include_in_schema=False, dependencies=[OPEN_TO_ALL])
MOST_COLLECTIONS = 8


@router.get("/")
@router.get("/papers/")
@router.get("/papers/date")
def front_door() -> Response:
    """The site's own address, and those that people shorten by hand, lead to the latest day."""
    return RedirectResponse("/papers", HTTPStatus.FOUND)


@router.get("/papers")
def papers(
    request: Request,
    *,
    q: QueryText = None,
    sort: SearchSort = None,
    cat: Category = None,
    after: After = None,
    before: Before = None,
    verbatim: Verbatim = False,
    cursor: Cursor = None,
    at: At = 0,
) -> Response:
    """The latest day, or what a search found."""
    if not q:
        sort = None if sort is Sort.RELEVANCE else sort
        listing = Listing(ListingKind.DAY, category=cat, sort=sort, cursor=cursor)
        return _period_page(request, listing, at)
    listing = Listing(
        ListingKind.SEARCH,
        after,
        before,
        query=q,
        category=cat,
        sort=sort,
        cursor=cursor,
        is_guided=True,
        is_verbatim=verbatim,
    )
    page = services_of(request).ranking.page(listing)
    kept = _kept(q=page.listing.query, cat=cat, sort=sort, after=after, before=before)
    place = Place("/papers", {**kept, **({"verbatim": "1"} if verbatim else {})}, at)
    view = search_view(page, place, today=_today(request))
    view = replace(view, elsewhere=_own_shelves(request, page.listing.query))
    return _render(request, view, page.listing)


def _own_shelves(request: Request, query: str) -> tuple[Way, ...]:
    """The same search within what the reader keeps."""
    account = visitor_of(request).account
    if account is None:
        return ()
    own = services_of(request).community.collections.of(account, account)[:MOST_COLLECTIONS]
    return (
        Way("Your library", with_query("/library", q=query)),
        *(
            Way(each.name, with_query(collection_path(account.name, each.slug), q=query))
            for each in own
        ),
    )


@router.get("/papers/trending")
def trending(
    request: Request,
    *,
    window: WindowName = None,
    cat: Category = None,
    cursor: Cursor = None,
    at: At = 0,
) -> Response:
    """What people vote for and talk about now."""
    listing = Listing(
        ListingKind.TRENDING, window=window or Window.WEEK, category=cat, cursor=cursor
    )
    page = services_of(request).ranking.page(listing)
    place = Place("/papers/trending", _kept(window=window, cat=cat), at)
    return _render(request, trending_view(page, place, today=_today(request)), listing)


@router.get("/papers/week")
@router.get("/papers/month")
def latest_period(
    request: Request,
    *,
    sort: PeriodSort = None,
    cat: Category = None,
    cursor: Cursor = None,
    at: At = 0,
) -> Response:
    """The newest week or month that has papers."""
    kind = ListingKind(request.url.path.rpartition("/")[2])
    return _period_page(request, Listing(kind, category=cat, sort=sort, cursor=cursor), at)


@router.get("/papers/date/{name}")
@router.get("/papers/week/{name}")
@router.get("/papers/month/{name}")
def named_period(
    request: Request,
    name: str,
    *,
    sort: PeriodSort = None,
    cat: Category = None,
    cursor: Cursor = None,
    at: At = 0,
) -> Response:
    """One day, week or month; one that has not come yet leads to the newest there is."""
    folder = request.url.path.split("/")[2]
    kind = ListingKind.DAY if folder == "date" else ListingKind(folder)
    try:
        period = parse_period(kind, name)
    except ValueError as error:
        raise NotFound(str(error)) from error
    if period.start > _today(request):
        newest = services_of(request).store.newest_day()
        if newest is None or period.start > newest:
            path = "/papers" if kind is ListingKind.DAY else f"/papers/{kind.value}"
            return RedirectResponse(with_query(path, cat=cat, sort=sort), HTTPStatus.FOUND)
    listing = Listing(kind, period.start, period.end, category=cat, sort=sort, cursor=cursor)
    return _period_page(request, listing, at)


def _period_page(request: Request, listing: Listing, at: int) -> Response:
    page = services_of(request).ranking.page(listing)
    counts = request.app.state.categories(page.start, page.end) if page.start else []
    place = Place(request.url.path, _kept(cat=listing.category, sort=listing.sort), at)
    view = period_view(page, place, counts, today=_today(request))
    return _render(request, view, listing)


def _render(request: Request, view: ListingView, listing: Listing) -> Response:
    if not view.cards and not services_of(request).store.count():
        return _render_empty_library(request, view, listing.query)
    is_search = listing.kind is ListingKind.SEARCH
    choices = request.app.state.categories(None, None) if is_search else []
    rendered: Response = request.app.state.pages.render(
        request,
        "listing.html",
        view=view,
        listing=listing,
        doings=doings_of(request, [card.paper_id for card in view.cards]),
        query=listing.query,
        sections=view.sections,
        feeds=feed_links(listing),
        citations=citation_links(listing),
        choices=[name for name, _ in choices],
    )
    return rendered


def _render_empty_library(request: Request, view: ListingView, query: str) -> Response:
    rendered: Response = request.app.state.pages.render(
        request, "empty.html", query=query, sections=view.sections, notes=view.notes
    )
    return rendered


def _kept(**parameters: object) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value is not None}


def _today(request: Request) -> date:
    return services_of(request).clock().date()
