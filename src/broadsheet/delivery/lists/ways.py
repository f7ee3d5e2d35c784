"""The links that lead from a page of a listing to the same list as a feed or as citations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.delivery.lists.places import exact_name, list_path, living_name
from broadsheet.domain import Listing, ListingKind

if TYPE_CHECKING:
    from collections.abc import Mapping

FEED_FORMATS = {
    "atom": ("Atom", "application/atom+xml"),
    "rss": ("RSS", "application/rss+xml"),
    "json": ("JSON Feed", "application/feed+json"),
}
_CITATIONS = {
    "bib": ("BibTeX", "application/x-bibtex"),
    "ris": ("RIS", "application/x-research-info-systems"),
    "csl.json": ("CSL-JSON", "application/vnd.citationstyles.csl+json"),
}
_TITLES = {
    ListingKind.DAY: "The newest day",
    ListingKind.WEEK: "The newest week",
    ListingKind.MONTH: "The newest month",
    ListingKind.TRENDING: "Trending",
    ListingKind.SEARCH: "New papers of this search",
}


@dataclass(frozen=True, slots=True)
class FormatLink:
    """A list in a format: `label` names the format, `title` the list."""

    label: str
    title: str
    media_type: str
    path: str


def feed_links(listing: Listing) -> tuple[FormatLink, ...]:
    """The feeds of a listing, which go on with its newest papers."""
    return _links("/feeds", living_name(listing), FEED_FORMATS, _title(listing))


def citation_links(listing: Listing) -> tuple[FormatLink, ...]:
    """The citations of just the papers of a listing."""
    return _links("/cite", exact_name(listing, listing.start), _CITATIONS, _title(listing))


def _title(listing: Listing) -> str:
    title = _TITLES.get(listing.kind, "")
    return f"{title} in {listing.category}" if listing.category else title


def _links(
    prefix: str,
    name: tuple[str, dict[str, object]] | None,
    formats: Mapping[str, tuple[str, str]],
    title: str,
) -> tuple[FormatLink, ...]:
    if name is None:
        return ()
    return tuple(
        FormatLink(label, title, media_type, list_path(prefix, name[0], ending, **name[1]))
        for ending, (label, media_type) in formats.items()
    )


FRONT_FEEDS = feed_links(Listing(ListingKind.DAY))
"""The feeds that every page names: those of the newest day."""
