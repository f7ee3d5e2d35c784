"""What can be asked: address, parameters and the shape of the answer; nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Generic, Literal, TypeVar
from urllib.parse import quote

from broadsheet.client.shapes import Page, PaperDetail, Status

T = TypeVar("T")
Window = Literal["day", "week", "month", "all"]
PeriodSort = Literal["votes", "date"]
SearchSort = Literal["relevance", "date", "votes"]
Day = date | str
API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """One question to the API."""

    path: str
    shape: type[T]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def at(self, cursor: str) -> Ask[T]:
        """The same question about the page at a cursor."""
        return replace(self, parameters={**self.parameters, "cursor": cursor})


def ask_papers(
    *,
    date: Day | None = None,
    week: str | None = None,
    month: str | None = None,
    window: Window | None = None,
    sort: PeriodSort | None = None,
    cat: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Ask[Page]:
    """The papers of one `date`, `week` (2026-W34) or `month` (2026-08), or trending in a `window`.

    With none of them: the newest day that has papers.
    """
    given = _given(date=date, week=week, month=month, window=window, sort=sort, cat=cat,
                   limit=limit, cursor=cursor)  # fmt: skip
    return Ask(f"{API}/papers", Page, given)


def ask_trending(
    *,
    window: Window | None = None,
    cat: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Ask[Page]:
    """Papers by votes and comments that fade with time."""
    return Ask(f"{API}/trending", Page, _given(window=window, cat=cat, limit=limit, cursor=cursor))


def ask_search(
    q: str,
    *,
    sort: SearchSort | None = None,
    cat: str | None = None,
    after: Day | None = None,
    before: Day | None = None,
    verbatim: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> Ask[Page]:
    """Papers that match a query of the search language.

    `verbatim` adds no acronyms and answers no corrected query where this one finds nothing.
    """
    given = _given(q=q, sort=sort, cat=cat, after=after, before=before,
                   verbatim="1" if verbatim else None, limit=limit, cursor=cursor)  # fmt: skip
    return Ask(f"{API}/search", Page, given)


def ask_similar(key: str, *, limit: int | None = None, cursor: str | None = None) -> Ask[Page]:
    """Papers near one in meaning; `key` is an arXiv id, a DOI or a `~` key."""
    return Ask(f"{API}/papers/{_quoted(key)}/similar", Page, _given(limit=limit, cursor=cursor))


def ask_paper(key: str) -> Ask[PaperDetail]:
    """One paper; `key` is an arXiv id, a DOI or a `~` key, former ones included."""
    return Ask(f"{API}/papers/{_quoted(key)}", PaperDetail)


def ask_status() -> Ask[Status]:
    """The state of the library."""
    return Ask(f"{API}/status", Status)


def text_path(key: str, ending: Literal["md", "bib", "ris", "csl.json"]) -> str:
    """The address of a paper as a text: Markdown or a citation."""
    return f"/papers/{_quoted(key)}.{ending}"


def _quoted(key: str) -> str:
    """A key as part of a path; `.` and `..` between slashes must not climb."""
    parts = key.strip().split("/")
    return "/".join("%2E" * len(part) if part in {".", ".."} else quote(part, safe=":.-_~()")
                    for part in parts)  # fmt: skip


def _given(**parameters: Day | int | None) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value is not None}
