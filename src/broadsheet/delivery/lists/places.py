"""Which listing an address such as `day/2026-08-21` or `category/cs.LG` names.

Feeds and citations share these names. What people keep for themselves has feeds of its own
(`feeds.private`), a collection is `collection/OWNER/NAME` (`collecting`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from broadsheet.delivery.addresses import with_query
from broadsheet.delivery.periods import parse_period, period_around
from broadsheet.domain import Listing, ListingKind, Sort, Window
from broadsheet.errors import NotFound, QueryError

_LONGEST_NAME = 200
_WINDOW_TITLES = {
    Window.DAY: "Trending today",
    Window.WEEK: "Trending this week",
    Window.MONTH: "Trending this month",
    Window.ALL: "Trending, all time",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The parameters that listings by address take; each uses those that mean something to it."""

    query: str = ""
    category: str | None = None
    sort: Sort | None = None
    window: Window | None = None
    after: date | None = None
    before: date | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A listing with its title for a reader and the address of its page here."""

    listing: Listing
    title: str
    page: str


def place_of(name: str, choice: Choice) -> Place:
    """The listing that an address names.

    Raises NotFound for a name that is none, QueryError for a search without a query.
    """
    kind, _, rest = name.partition("/")
    make = _KINDS.get(kind)
    if make is None or len(rest) > _LONGEST_NAME or "\x00" in rest:
        message = (
            "There is no such list. There are day, week, month, trending, search, "
            "category/NAME and author/NAME, and day/2026-08-21 and the like."
        )
        raise NotFound(message)
    return make(rest.strip(), choice)


def _period(kind: ListingKind) -> Callable[[str, Choice], Place]:
    def make(name: str, choice: Choice) -> Place:
        sort = None if choice.sort is Sort.RELEVANCE else choice.sort
        listing = Listing(kind, category=choice.category, sort=sort, cursor=choice.cursor)
        kept = {"cat": choice.category, "sort": sort}
        where = f" in {choice.category}" if choice.category else ""
        if not name:
            path = "/papers" if kind is ListingKind.DAY else f"/papers/{kind.value}"
            title = f"The newest {kind.value}{where}"
            return Place(listing, title, with_query(path, **kept))
        try:
            period = parse_period(kind, name)
        except ValueError as error:
            raise NotFound(str(error)) from error
        listing = Listing(
            kind,
            period.start,
            period.end,
            category=choice.category,
            sort=sort,
            cursor=choice.cursor,
        )
        return Place(listing, period.title + where, with_query(period.path, **kept))

    return make


def _trending(name: str, choice: Choice) -> Place:
    _refuse_rest(name)
    window = choice.window or Window.WEEK
    listing = Listing(
        ListingKind.TRENDING, window=window, category=choice.category, cursor=choice.cursor
    )
    where = f" in {choice.category}" if choice.category else ""
    path = with_query("/papers/trending", window=choice.window, cat=choice.category)
    return Place(listing, _WINDOW_TITLES[window] + where, path)


def _search(name: str, choice: Choice) -> Place:
    _refuse_rest(name)
    if not choice.query:
        message = "Say what to search for, as in q=diffusion."
        raise QueryError(message, 0)
    return _found(choice.query, f"Search: {choice.query}", choice, choice.sort)


def _category(name: str, choice: Choice) -> Place:
    if not any(character.isalnum() for character in name):
        message = "Name a category, as in category/cs.LG."
        raise NotFound(message)
    sort = choice.sort or Sort.DATE
    listing = _listing("", choice, sort, category=name)
    page = with_query("/papers", q=f"cat:{name.split(maxsplit=1)[0]}", sort=sort)
    return Place(listing, f"New in {name}", page)


def _author(name: str, choice: Choice) -> Place:
    plain = " ".join(name.translate(_QUOTES).split())
    if not any(character.isalnum() for character in plain):
        message = "Name an author, as in author/Ada Lovelace."
        raise NotFound(message)
    return _found(f'author:"{plain}"', f"Papers by {plain}", choice, choice.sort or Sort.DATE)


def _found(query: str, title: str, choice: Choice, sort: Sort | None) -> Place:
    listing = _listing(query, choice, sort, category=choice.category)
    page = with_query(
        "/papers",
        q=query,
        cat=choice.category,
        sort=sort,
        after=choice.after,
        before=choice.before,
    )
    return Place(listing, title, page)


def _listing(query: str, choice: Choice, sort: Sort | None, *, category: str | None) -> Listing:
    return Listing(
        ListingKind.SEARCH,
        choice.after,
        choice.before,
        query=query,
        category=category,
        sort=sort,
        cursor=choice.cursor,
    )


def _refuse_rest(name: str) -> None:
    if name:
        message = "This list has no parts. Leave out what follows the slash."
        raise NotFound(message)


_QUOTES = str.maketrans(dict.fromkeys('"“”„', " "))
_KINDS: dict[str, Callable[[str, Choice], Place]] = {
    "day": _period(ListingKind.DAY),
    "week": _period(ListingKind.WEEK),
    "month": _period(ListingKind.MONTH),
    "trending": _trending,
    "search": _search,
    "category": _category,
    "author": _author,
}


def living_name(listing: Listing) -> tuple[str, dict[str, object]] | None:
    """Name and parameters of the list that goes on where a page's listing stands.

    A named day leads to the newest day, a search to its newest papers first. None for similar
    papers, which do not go on.
    """
    if listing.kind is ListingKind.SIMILAR:
        return None
    if listing.kind is ListingKind.SEARCH:
        sort = listing.sort if listing.sort is Sort.VOTES else Sort.DATE
        return "search", {"q": listing.query, "cat": listing.category, "sort": sort}
    if listing.kind is ListingKind.TRENDING:
        return "trending", {"window": listing.window, "cat": listing.category}
    return listing.kind.value, {"cat": listing.category, "sort": listing.sort}


def exact_name(listing: Listing, start: date | None) -> tuple[str, dict[str, object]] | None:
    """Name and parameters of just the list that a page shows; `start` is its first day."""
    found = living_name(listing)
    if found is None or listing.kind is ListingKind.TRENDING:
        return found
    name, parameters = found
    if listing.kind is ListingKind.SEARCH:
        days = {"after": listing.start, "before": listing.end}
        return name, {**parameters, "sort": listing.sort, **days}
    return (f"{name}/{_period_name(listing.kind, start)}" if start else name), parameters


def _period_name(kind: ListingKind, start: date) -> str:
    return period_around(kind, start).name


def list_path(prefix: str, name: str, suffix: str, **parameters: object) -> str:
    """The address of a list in a format: `/feeds/day.atom?cat=cs.LG`."""
    return with_query(f"{prefix}/{quote(name, safe='/:.-_~')}.{suffix}", **parameters)
