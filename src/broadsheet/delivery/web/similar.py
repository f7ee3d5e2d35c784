"""The page of papers like those that a reader has chosen, and unlike others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from broadsheet.delivery.access import OPEN_TO_ALL, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.parameters import At, Cursor, Keys
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.steering import Course, papers_named
from broadsheet.delivery.web.listing_view import ListingView, Place, similar_view
from broadsheet.delivery.web.people.doings import doings_of
from broadsheet.domain import Listing, ListingKind, Page

if TYPE_CHECKING:
    from broadsheet.delivery.web.cards import Card
    from broadsheet.domain import Paper

router = APIRouter(include_in_schema=False, dependencies=[OPEN_TO_ALL])


@dataclass(frozen=True, slots=True)
class Chosen:
    """A paper that was chosen; `without` leads to the list without it."""

    title: str
    path: str
    without: str


@router.get("/papers/similar")
def similar(
    request: Request,
    *,
    to: Keys = [],  # noqa: B006 - FastAPI copies it
    unlike: Keys = [],  # noqa: B006
    cursor: Cursor = None,
    at: At = 0,
) -> Response:
    """Papers near those in `to` in meaning, and away from those in `unlike`."""
    wanted, avoided = papers_named(request, to), papers_named(request, unlike)
    seeds = tuple(paper.key for paper in wanted)
    course = Course(seeds, tuple(p.key for p in avoided if p.key not in seeds))
    listing = Listing(ListingKind.SIMILAR, seeds=course.to, unlike=course.unlike, cursor=cursor)
    services = services_of(request)
    page = services.ranking.page(listing) if seeds else Page(listing, (), 0)
    today = services.clock().date()
    view = similar_view(page, Place("/papers/similar", {}, at), course, today=today)
    view = replace(view, cards=tuple(_steered(card, course) for card in view.cards))
    return _render(request, view, listing, course, (*wanted, *avoided))


def _steered(card: Card, course: Course) -> Card:
    return replace(
        card,
        more_like=course.more_like(card.key).path(),
        less_like=course.less_like(card.key).path(),
    )


def _render(
    request: Request, view: ListingView, listing: Listing, course: Course, papers: tuple[Paper, ...]
) -> Response:
    by_key = {paper.key: paper for paper in papers}

    def chosen(keys: tuple[str, ...]) -> list[Chosen]:
        return [
            Chosen(
                title_text(by_key[key].title) or "Untitled",
                paper_path(key),
                course.without(key).path(),
            )
            for key in keys
        ]

    rendered: Response = request.app.state.pages.render(
        request,
        "similar.html",
        view=view,
        listing=listing,
        doings=doings_of(request, [card.paper_id for card in view.cards]),
        sections=view.sections,
        course=course,
        wanted=chosen(course.to),
        avoided=chosen(course.unlike),
    )
    return rendered
