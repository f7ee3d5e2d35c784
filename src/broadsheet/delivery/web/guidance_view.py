"""The guidance of a search as links of its page: facets, conditions, spelling, related searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.delivery.periods import plain_day
from broadsheet.delivery.web.cards import source_name
from broadsheet.delivery.web.ways import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from broadsheet.domain import Choice, Facet, Listing, Page

    Address = Callable[..., str]

_FACET_NAMES = {
    "year": "Year",
    "archive": "Archive",
    "category": "Category",
    "source": "Source",
    "code": "Code",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """One row of links that narrow a search down."""

    name: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class GuidanceView:
    """What the search page says beside its papers.

    `filters` lead to the search without them. `meant` is the suggested spelling. `typed` is what
    found nothing, where the papers are those of another spelling. `exactly` searches what was
    typed alone, with `also` named beside it as what was added.
    """

    facets: tuple[Choices, ...] = ()
    filters: tuple[Way, ...] = ()
    meant: Way | None = None
    typed: str = ""
    also: tuple[str, ...] = ()
    exactly: str = ""
    author: Way | None = None
    related: tuple[Way, ...] = ()


def guidance_view(page: Page, to: Address) -> GuidanceView:
    """The guidance of a page; `to` gives its address with some parameters changed."""
    guidance = page.guidance
    if guidance is None:
        return GuidanceView(filters=_from_parameters(page.listing, to))
    filters = tuple(Way(each.text, to(q=each.query)) for each in guidance.filters if each.query)
    return GuidanceView(
        facets=tuple(filter(None, (_choices(page, facet, to) for facet in guidance.facets))),
        filters=filters + _from_parameters(page.listing, to),
        meant=_way(guidance.did_you_mean, to),
        typed=guidance.corrected_from,
        also=guidance.also_searched,
        exactly=to(q=guidance.corrected_from or page.listing.query, verbatim=1),
        author=_counted(guidance.author, to) if guidance.author else None,
        related=tuple(
            Way(each.text, to(q=each.query, cat=None, after=None, before=None))
            for each in guidance.related
        ),
    )


def _way(query: str, to: Address) -> Way | None:
    return Way(query, to(q=query)) if query else None


def _counted(choice: Choice, to: Address) -> Way:
    return Way(choice.text, to(q=choice.query), count=choice.count)


def _choices(page: Page, facet: Facet, to: Address) -> Choices | None:
    """The choices that would leave something out; a search by year forgets other days."""
    query = page.listing.query
    days = {"after": None, "before": None} if facet.name == "year" else {}
    ways = tuple(
        Way(
            source_name(choice.text) if facet.name == "source" else choice.text,
            to(q=choice.query, **days),
            count=choice.count,
        )
        for choice in facet.choices
        if choice.query != query and choice.count != page.total
    )
    return Choices(_FACET_NAMES[facet.name], ways) if ways else None


def _from_parameters(listing: Listing, to: Address) -> tuple[Way, ...]:
    """The conditions that the filter form has set."""
    ways = []
    if listing.category:
        ways.append(Way(listing.category, to(cat=None)))
    if listing.start:
        ways.append(Way(f"from {plain_day(listing.start)}", to(after=None)))
    if listing.end:
        ways.append(Way(f"to {plain_day(listing.end)}", to(before=None)))
    return tuple(ways)
