"""A Page of papers as a page of the paper: headings, counts, and the ways on from here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from broadsheet.delivery.addresses import with_query
from broadsheet.delivery.periods import Period, period_around, plain_day
from broadsheet.delivery.steering import Course
from broadsheet.delivery.web.cards import Card, card
from broadsheet.delivery.web.counts import counted, number
from broadsheet.delivery.web.guidance_view import GuidanceView, guidance_view
from broadsheet.delivery.web.ways import Way, sections
from broadsheet.domain import ListingKind, Sort, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broadsheet.domain import Page

_KIND_WORDS = {ListingKind.DAY: "day", ListingKind.WEEK: "week", ListingKind.MONTH: "month"}
_WINDOW_NAMES = {
    Window.DAY: "Today",
    Window.WEEK: "This week",
    Window.MONTH: "This month",
    Window.ALL: "All time",
}
_SORT_NAMES = {
    Sort.RELEVANCE: "Relevance",
    Sort.VOTES: "Most votes",
    Sort.DATE: "Newest",
}
_CHIPS = 10


@dataclass(frozen=True, slots=True)
class ListingView:
    """Everything the listing template shows."""

    section: str
    title: str
    count: str
    cards: tuple[Card, ...]
    notes: tuple[str, ...]
    empty: str
    heading: str = ""
    is_front: bool = False
    is_ranked: bool = False
    first_number: int = 1
    range: str = ""
    previous: Way | None = None
    following: Way | None = None
    sections: tuple[Way, ...] = ()
    windows: tuple[Way, ...] = ()
    sorts: tuple[Way, ...] = ()
    chips: tuple[Way, ...] = ()
    clear_category: str = ""
    more: str = ""
    first: str = ""
    guidance: GuidanceView = field(default_factory=GuidanceView)
    elsewhere: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing was asked for: path, the parameters that stay, and papers passed so far."""

    path: str
    parameters: dict[str, str]
    passed: int = 0

    def to(self, **changes: object) -> str:
        """The address of this listing with some parameters changed; None takes one out."""
        return with_query(self.path, **{**self.parameters, **changes})


def period_view(
    page: Page, place: Place, categories: Sequence[tuple[str, int]], *, today: date
) -> ListingView:
    """The front page of a day, week or month."""
    kind = page.listing.kind
    period = Period(kind, page.start or today, page.end or today)
    view = _common(page, place, today=today, has_lead=True)
    place = replace(place, path=period.path)  # further pages alone stay with the address asked for
    category = page.listing.category
    where = f" in {category}" if category else ""
    return replace(
        view,
        section=kind.value,
        clear_category=place.to(cat=None) if page.listing.category else "",
        title=period.title,
        heading="Today’s papers" if kind is ListingKind.DAY and period.start == today else "",
        sections=sections(kind, period.start),
        previous=_neighbour(kind, page.previous_on, "Previous", place),
        following=_neighbour(kind, page.next_on, "Next", place),
        sorts=_front_sorts(page, place)
        if page.picks
        else _sorts(page, place, (Sort.VOTES, Sort.DATE)),
        chips=_chips(categories, place, category),
        empty=f"No papers{where} were listed {_on(period)}.",
    )


def _on(period: Period) -> str:
    return {
        ListingKind.DAY: f"on {period.title}",
        ListingKind.WEEK: f"in the week of {period.title}",
    }.get(period.kind, f"in {period.title}")


def trending_view(page: Page, place: Place, *, today: date) -> ListingView:
    """Trending papers, numbered."""
    chosen = page.listing.window
    windows = tuple(
        Way(name, place.to(window=window.value), is_current=window is chosen)
        for window, name in _WINDOW_NAMES.items()
    )
    return replace(
        _common(page, place, today=today),
        section="trending",
        title="Trending",
        sections=sections(ListingKind.TRENDING),
        windows=windows,
        is_ranked=True,
        empty="No papers were listed in this time. Choose a longer one.",
    )


def search_view(page: Page, place: Place, *, today: date) -> ListingView:
    """What a search found."""
    query = page.listing.query
    sorts = (Sort.RELEVANCE, Sort.DATE, Sort.VOTES)
    view = _common(page, place, today=today)
    return replace(
        view,
        cards=tuple(replace(card, more_like=Course((card.key,)).path()) for card in view.cards),
        guidance=guidance_view(page, place.to),
        section="search",
        title=f"Search: {query}",
        sections=sections(),
        sorts=_sorts(page, place, sorts),
        empty=f"Nothing found for “{query}”.",
    )


def similar_view(page: Page, place: Place, course: Course, *, today: date) -> ListingView:
    """Papers like those of a course."""
    view = _common(page, place, today=today)
    further = course.path(cursor=page.next_cursor, at=place.passed + len(view.cards))
    return replace(
        view,
        section="similar",
        title="Similar papers",
        sections=sections(),
        more=further if page.next_cursor else "",
        first=course.path() if page.listing.cursor else "",
        empty="Nothing similar was found." if course.to else "Name a paper to start from.",
    )


def _common(page: Page, place: Place, *, today: date, has_lead: bool = False) -> ListingView:
    is_front = has_lead and not place.passed and page.listing.cursor is None
    cards = tuple(
        card(hit, today=today, is_lead=is_front and not number)
        for number, hit in enumerate(page.hits)
    )
    category = page.listing.category
    more = place.to(cursor=page.next_cursor, at=place.passed + len(cards))
    return ListingView(
        section="",
        title="",
        count=_count(page),
        cards=cards,
        notes=page.notes,
        empty="",
        is_front=is_front,
        first_number=place.passed + 1,
        range=_range(page, place.passed),
        clear_category=place.to(cat=None) if category else "",
        more=more if page.next_cursor else "",
        first=place.to() if page.listing.cursor else "",
    )


def _count(page: Page) -> str:
    words = counted(page.total, "paper", "papers")
    return words if page.is_total_exact else f"at least {words}"


def _range(page: Page, passed: int) -> str:
    if not page.hits or (not passed and page.next_cursor is None):
        return ""
    return f"{number(passed + 1)} to {number(passed + len(page.hits))}"


def _neighbour(kind: ListingKind, day: date | None, word: str, place: Place) -> Way | None:
    if day is None:
        return None
    period = period_around(kind, day)
    label = plain_day(day) if kind is ListingKind.DAY else period.title
    url = replace(place, path=period.path).to()
    return Way(f"{word} {_KIND_WORDS[kind]}: {label}", url, short=label)


def _front_sorts(page: Page, place: Place) -> tuple[Way, ...]:
    """The orders of a day that editors laid out: theirs, then those without their picks first."""
    chosen = page.listing.sort
    front = Way("Front page", place.to(sort=None), is_current=chosen is None)
    others = (
        Way(_SORT_NAMES[sort], place.to(sort=sort.value), is_current=chosen is sort)
        for sort in (Sort.VOTES, Sort.DATE)
    )
    return (front, *others)


def _sorts(page: Page, place: Place, sorts: tuple[Sort, ...]) -> tuple[Way, ...]:
    current = page.listing.sort or sorts[0]
    return tuple(
        Way(
            _SORT_NAMES[sort],
            place.to(sort=None if sort is sorts[0] else sort.value),
            is_current=sort is current,
        )
        for sort in sorts
    )


def _chips(
    categories: Sequence[tuple[str, int]], place: Place, chosen: str | None
) -> tuple[Way, ...]:
    ways = [
        Way(name, place.to(cat=name), is_current=name == chosen, count=count)
        for name, count in categories[:_CHIPS]
    ]
    if chosen and not any(way.is_current for way in ways):
        ways.append(Way(chosen, place.to(cat=chosen), is_current=True))
    return tuple(ways)
