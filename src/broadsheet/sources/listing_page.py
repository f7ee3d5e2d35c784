"""A page of Daily Papers as a browser saves it as plain text: header, then title and abstract in
turn. It holds neither ids nor authors.

Whether a block is a title or an abstract follows from its place. Only where the places cannot be
right (a count that is odd, a title as long as an abstract) do the blocks' looks decide where an
abstract is missing or has more than one paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from broadsheet.domain import PaperRecord
from broadsheet.errors import RecordError
from broadsheet.identifiers import content_key
from broadsheet.sources.fields import Context, fold
from broadsheet.sources.links import find_links

Role = Literal["title", "abstract"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = re.compile(
    rf"(?:[a-z]+,? )?{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"by ?@?_?ak(?:haliq)?(?: and the research community)?|get trending papers\b.*"
    r"|(?:hugging ?face )?(?:daily|weekly|monthly|trending) papers",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"new|subscribe|hugging face|models|datasets|spaces|buckets|docs|posts|enterprise|pricing"
    r"|log in|sign up|papers|daily|weekly|monthly|trending|previous|next|today|week \d+"
    r"|\d{4}-\d\d-\d\d|system theme|company|tos|privacy|about|careers|jobs|website|load more"
    r"|.*\bemail inbox\b.*",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?] +[A-Z]")
_HEADER_LINES = 30

# Costs of an unlikely reading; lengths are in characters.
_LONG_TITLE = 300
_TOO_LONG_TITLE = 360
_MISSING_ABSTRACT = 6.0
_SECOND_PARAGRAPH = 6.0


@dataclass(frozen=True, slots=True)
class Block:
    """Lines between blank lines: the number of the first, and the text of all."""

    line: int
    content: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Title and paragraphs of the abstract of one paper on the page."""

    line: int
    title: str
    abstract: str


@dataclass(frozen=True, slots=True)
class ListingPage:
    """A page taken apart: its entries, and the day of its header as month, day and perhaps year."""

    entries: tuple[Entry, ...]
    day: tuple[int, int, int | None] | None


def is_listing(start: str) -> bool:
    """Whether a text's start is such a page: by its header, or by its strict alternation."""
    lines = [line for line in map(str.strip, start.splitlines()) if line]
    if any(_MARK.fullmatch(" ".join(line.split())) for line in lines[:_HEADER_LINES]):
        return True
    blocks = [block.content for block in _blocks(start.splitlines(), 0)]
    pairs = list(zip(blocks[::2], blocks[1::2], strict=False))
    return len(pairs) > 1 and all(
        "\n" not in title and len(title) < _LONG_TITLE and len(abstract) > max(200, len(title))
        for title, abstract in pairs[:-1]
    )


def read_page(content: str) -> ListingPage:
    """The page's papers in order."""
    lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start, day = _skip_header(lines)
    blocks = list(_blocks(lines, start))
    while blocks and _FURNITURE.fullmatch(" ".join(blocks[-1].content.split())):
        blocks.pop()
    return ListingPage(tuple(_entries(blocks)), day)


def _skip_header(lines: Sequence[str]) -> tuple[int, tuple[int, int, int | None] | None]:
    """The index of the first line of the first title, and the day named before it."""
    found: tuple[int, int, int | None] | None = None
    for index, line in enumerate(lines):
        folded = " ".join(line.split()).lstrip("\ufeff")
        if not folded:
            continue
        if (named := _DAY.fullmatch(folded)) is not None:
            year = named["year"]
            month = _MONTHS.index(named["month"].lower()) + 1
            found = (month, int(named["day"]), int(year) if year else None)
        elif not _MARK.fullmatch(folded) and not _FURNITURE.fullmatch(folded):
            return index, found
    return len(lines), found


def _blocks(lines: Sequence[str], start: int) -> Iterator[Block]:
    part: list[str] = []
    for number, line in enumerate(lines[start:], start + 1):
        if line.strip():
            part.append(line)
        elif part:
            yield Block(number - len(part), "\n".join(part))
            part = []
    if part:
        yield Block(len(lines) - len(part) + 1, "\n".join(part))


def _entries(blocks: Sequence[Block]) -> Iterator[Entry]:
    title: Block | None = None
    paragraphs: list[str] = []
    for block, role in zip(blocks, _roles(blocks), strict=True):
        if role == "abstract":
            paragraphs.append(block.content)
            continue
        if title is not None:
            yield Entry(title.line, title.content, "\n\n".join(paragraphs))
        title, paragraphs = block, []
    if title is not None:
        yield Entry(title.line, title.content, "\n\n".join(paragraphs))


def _roles(blocks: Sequence[Block]) -> list[Role]:
    plain: list[Role] = ["title", "abstract"]
    is_plain = len(blocks) % 2 == 0 and all(
        len(block.content) < _TOO_LONG_TITLE for block in blocks[::2]
    )
    return plain * (len(blocks) // 2) if is_plain else _likeliest_roles(blocks)


def _likeliest_roles(blocks: Sequence[Block]) -> list[Role]:
    """The cheapest assignment, by dynamic programming over the blocks (Viterbi 1967)."""
    best: dict[Role, float] = {"title": 0.0, "abstract": float("inf")}
    origins: list[dict[Role, Role]] = []
    for index, block in enumerate(blocks):
        gap = _MISSING_ABSTRACT if index else 0.0
        before: dict[Role, list[tuple[float, Role]]] = {
            "title": [(best["abstract"], "abstract"), (best["title"] + gap, "title")],
            "abstract": [
                (best["title"], "title"),
                (best["abstract"] + _SECOND_PARAGRAPH, "abstract"),
            ],
        }
        if not index:
            before["abstract"] = [(float("inf"), "title")]
        chosen = {role: min(ways, key=lambda way: way[0]) for role, ways in before.items()}
        best = {role: cost + _COSTS[role](block.content) for role, (cost, _) in chosen.items()}
        origins.append({role: origin for role, (_, origin) in chosen.items()})
    role: Role = "title" if best["title"] + _MISSING_ABSTRACT < best["abstract"] else "abstract"
    roles: list[Role] = []
    for origin in reversed(origins):
        roles.append(role)
        role = origin[role]
    return roles[::-1]


def _cost_as_title(content: str) -> float:
    cost = min(30.0, max(0.0, len(content) - _LONG_TITLE) / 15)
    cost += 0.5 * content.endswith(".") + 2.0 * (content[0].islower() and content.endswith("."))
    cost += 1.0 * (len(_SENTENCE_END.findall(content[:1000])) > 1)
    return cost + 5.0 * content.startswith(("http://", "https://"))


def _cost_as_abstract(content: str) -> float:
    """One for a text that has the look of a title: short, no sentence, most words capitalised."""
    if len(content) > _LONG_TITLE or content.endswith(".") or _SENTENCE_END.search(content):
        return 0.0
    words = [word for word in content.split() if len(word) > 3]  # noqa: PLR2004
    return float(2 * sum(word[0].isupper() for word in words) >= len(words))


_COSTS = {"title": _cost_as_title, "abstract": _cost_as_abstract}


def record_of_entry(entry: Entry, listed_on: date | None, context: Context) -> PaperRecord:
    """The record of one entry. Raises RecordError when its bytes are not UTF-8."""
    title, abstract = fold(entry.title), fold(entry.abstract)
    if not title:
        raise RecordError("The title holds nothing but control characters.")
    return PaperRecord(
        source=context.source or "listing_page",
        record_id=content_key(title, abstract),
        title=title,
        abstract=abstract,
        listed_on=listed_on,
        links=find_links(abstract),
    )


def day_of_page(page: ListingPage, context: Context) -> date | None:
    """The day that was asked for, that the header names, or that the file's name holds.

    A header names no year: it means the most recent such day that is not after today, unless the
    file's name holds that day of another year.
    """
    if context.listed_on is not None or page.day is None:
        return context.listed_on or context.named_on
    month, number, year = page.day
    named_on = context.named_on
    if named_on is not None and (named_on.month, named_on.day) == (month, number):
        return named_on
    years = (year,) if year else range(context.today.year, context.today.year - 8, -1)
    days = (_day(one, month, number) for one in years)
    return next((found for found in days if found and (year or found <= context.today)), None)


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
