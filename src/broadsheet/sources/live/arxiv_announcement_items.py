"""Items of arXiv's announcement feeds, RSS 2.0 or Atom: one paper, one event.

What a whole feed says, and whether to believe its date, is `arxiv_announcements`'s matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

from broadsheet.domain import PaperRecord, Version
from broadsheet.errors import RecordError, SourceError
from broadsheet.identifiers import arxiv_id_of_doi, normalise_doi, parse_arxiv_id
from broadsheet.sources.arxiv_snapshot import is_withdrawn, names_in
from broadsheet.sources.fields import checked, fold
from broadsheet.sources.links import find_links
from broadsheet.sources.live.arxiv_oai_records import id_month
from broadsheet.sources.live.calendars import EASTERN
from broadsheet.sources.live.xml_answers import text_of

NAME = "arxiv_announcements"
ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_HEAD = re.compile(
    r"^arXiv:(?P<id>\S+)\s+Announce Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE
)
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")


@dataclass(frozen=True, slots=True)
class Item:
    """One item as the feed has it; `day` is the day of the announcement in US-Eastern."""

    arxiv_id: str
    version: int
    announce_type: str
    day: date | None
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    license: str
    doi: str
    journal_ref: str

    @property
    def is_new(self) -> bool:
        """Whether the announcement is the paper's first."""
        return self.announce_type == "new"

    @property
    def announced_on(self) -> date | None:
        """The day of the paper's first announcement, if this may be it.

        A cross-list of a first version comes mostly with the announcement itself. It is a later
        event where the id, given in the month of announcement, is from another month.
        """
        if self.day is None or self.is_new:
            return self.day
        if self.announce_type != "cross" or self.version != 1:
            return None
        # The announcement is in the evening before the day that it is dated.
        months = {(day.year, day.month) for day in (self.day, self.day - timedelta(days=1))}
        month = id_month(self.arxiv_id)
        return self.day if month and (month.year, month.month) in months else None


def categories_in(option: str) -> tuple[str, ...]:
    """The categories of the option. Raises SourceError for none and for what is none."""
    names = tuple(dict.fromkeys(option.replace(",", " ").replace("+", " ").split()))
    wrong = [name for name in names if not _CATEGORY.fullmatch(name)]
    if wrong or not names:
        raise SourceError(
            f"The option “categories” holds {wrong[0][:40] if wrong else 'nothing'}; "
            "write categories such as cs.CL stat.ML, separated by blanks."
        )
    return names


def day_of(value: str) -> date | None:
    """The US-Eastern day of a date as mail (RSS) or RFC 3339 (Atom) writes it; None for none.

    Raises RecordError for what is no date.
    """
    if not value:
        return None
    try:
        is_rfc3339 = value[:4].isdigit()
        found = datetime.fromisoformat(value) if is_rfc3339 else parsedate_to_datetime(value)
        return found.astimezone(EASTERN).date() if found.tzinfo else found.date()
    except (ValueError, OverflowError) as error:
        raise RecordError(f"The date of the item cannot be read: {value[:40]}.") from error


def item_of(element: Element, today: date) -> Item:
    """The item in an `item` or `entry` element. Raises RecordError when it names no paper."""
    is_atom = element.tag != "item"
    words = text_of(element, f"{ATOM}summary" if is_atom else "description")
    head = _HEAD.match(words)
    name = text_of(element, f"{ATOM}id" if is_atom else "guid")
    parsed = parse_arxiv_id(name.replace("oai:arXiv.org:", "arXiv:"))
    if parsed is None:
        raise RecordError(f"The item is no arXiv paper: {name[:80] or 'it has no id'}.")
    day = day_of(text_of(element, f"{ATOM}published" if is_atom else "pubDate"))
    if day and day > today + timedelta(days=2):
        raise RecordError(f"The item is dated {day}, which is in the future.", parsed[0])
    announce_type = text_of(element, f"{_ARXIV}announce_type") or (head["type"] if head else "")
    return Item(
        arxiv_id=parsed[0],
        version=parsed[1] or 1,
        announce_type=announce_type.lower(),
        day=day,
        title=text_of(element, f"{ATOM}title" if is_atom else "title"),
        abstract=words[head.end() :] if head else words,
        authors=_authors(element),
        categories=_categories(element, is_atom=is_atom),
        license=text_of(element, f"{_DC}rights"),
        doi=text_of(element, f"{_ARXIV}DOI"),
        journal_ref=text_of(element, f"{_ARXIV}journal_reference"),
    )


def _authors(element: Element) -> tuple[str, ...]:
    creators = ("".join(one.itertext()) for one in element.iterfind(f"{_DC}creator"))
    return tuple(name for one in creators for name in names_in(fold(one)))


def _categories(element: Element, *, is_atom: bool) -> tuple[str, ...]:
    if is_atom:
        found = [one.get("term", "") for one in element.iterfind(f"{ATOM}category")]
    else:
        found = ["".join(one.itertext()) for one in element.iterfind("category")]
    return tuple(dict.fromkeys(name for one in found if _CATEGORY.fullmatch(name := fold(one))))


def record_of_item(item: Item, today: date, *, is_day_known: bool = True) -> PaperRecord:
    """The record of an item.

    A paper whose first announcement this is not gets the month in its id as its date, so that it
    is not taken for a new one. Without a known day the item's own is not used. Raises RecordError.
    """
    announced_on = item.announced_on if is_day_known else None
    month = id_month(item.arxiv_id)
    extras = {"announce_type": item.announce_type} if item.announce_type else {}
    if item.announce_type.startswith("replace") and item.day and is_day_known:
        extras["replaced_on"] = item.day.isoformat()
    is_month_needed = announced_on is None and month is not None
    if is_month_needed:
        extras["date_source"] = "id-month"
    doi = normalise_doi(item.doi)
    record = PaperRecord(
        source=NAME,
        record_id=item.arxiv_id,
        title=item.title,
        abstract=item.abstract,
        authors=item.authors,
        arxiv_id=item.arxiv_id,
        doi=None if arxiv_id_of_doi(doi) else doi,
        categories=item.categories,
        submitted_at=_midnight(month) if month and is_month_needed else None,
        announced_on=announced_on,
        versions=(Version(item.version),),
        journal_ref=item.journal_ref or None,
        license=item.license or None,
        is_withdrawn=is_withdrawn(None, item.abstract),
        links=find_links(item.abstract),
        extras=extras,
    )
    return checked(record, today)


def _midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day, tzinfo=UTC)
