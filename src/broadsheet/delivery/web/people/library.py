"""What a reader keeps for themselves: read, saved, dismissed, notes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from broadsheet.community.library import LONGEST_NOTE
from broadsheet.delivery.access import SIGNED_IN, account_of, paper_of, services_of
from broadsheet.delivery.addresses import with_query
from broadsheet.delivery.lists.shelves import Asked, ShelfPage, shelf_page
from broadsheet.delivery.lists.ways import FRONT_FEEDS
from broadsheet.delivery.parameters import Category, QueryText
from broadsheet.delivery.private_addresses import own_feed
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.web.cards import card
from broadsheet.delivery.web.people.acting import acted
from broadsheet.delivery.web.people.doings import doings_of
from broadsheet.delivery.web.ways import Way
from broadsheet.doings import FeedKind, Mark, Shelf
from broadsheet.domain import Hit
from broadsheet.errors import InputError, QueryError
from broadsheet.people import Account

router = APIRouter(include_in_schema=False, dependencies=[SIGNED_IN])
Wanted = Annotated[bool, Form(alias="is")]
Next = Annotated[str, Form(alias="next")]
SHELF_NAMES = {
    Shelf.SAVED: "Saved",
    Shelf.NOTED: "Notes",
    Shelf.READ: "Read",
    Shelf.DISMISSED: "Dismissed",
}
_LABELS = {
    Shelf.SAVED: ("Save", "Saved"),
    Shelf.READ: ("Mark as read", "Read"),
    Shelf.DISMISSED: ("Dismiss", "Undo"),
}
_SAID = {
    Shelf.SAVED: ("Taken off your saved papers.", "Saved."),
    Shelf.READ: ("Marked as unread.", "Marked as read."),
    Shelf.DISMISSED: ("Brought back.", "Dismissed. Press x again, or Undo, to bring it back."),
}
_CHIPS = 8


@router.post("/papers/{key:path}/saved")
def saved(request: Request, key: str, *, wanted: Wanted = True, next_: Next = "") -> Response:
    """Save a paper for later, or with `is=0` take it off."""
    return _mark(request, key, Shelf.SAVED, next_, is_wanted=wanted)


@router.post("/papers/{key:path}/read")
def read(request: Request, key: str, *, wanted: Wanted = True, next_: Next = "") -> Response:
    """Mark a paper as read, or with `is=0` as unread."""
    return _mark(request, key, Shelf.READ, next_, is_wanted=wanted)


@router.post("/papers/{key:path}/dismissed")
def dismissed(request: Request, key: str, *, wanted: Wanted = True, next_: Next = "") -> Response:
    """Fold a paper away in lists, or with `is=0` bring it back."""
    return _mark(request, key, Shelf.DISMISSED, next_, is_wanted=wanted)


def _mark(request: Request, key: str, shelf: Shelf, next_: str, *, is_wanted: bool) -> Response:
    library = services_of(request).community.library
    change = library.put if is_wanted else library.take
    found, mark = change(account_of(request), key, shelf)
    is_on = mark.is_on(shelf)
    return acted(
        request, found, next_, is_on=is_on, label=_LABELS[shelf][is_on], said=_SAID[shelf][is_on]
    )


@router.post("/papers/{key:path}/note")
def note(
    request: Request, key: str, *, note: Annotated[str, Form()] = "", next_: Next = ""
) -> Response:
    """Write or, left empty, delete the private note on a paper."""
    library = services_of(request).community.library
    try:
        found, mark = library.write_note(account_of(request), key, note)
    except InputError as error:
        return _note_again(request, key, note, error)
    return acted(request, found, next_, **_noted(mark))


@router.post("/papers/{key:path}/note/undo")
def undo_note(request: Request, key: str, *, next_: Next = "") -> Response:
    """Bring back the note as it was before the last change."""
    paper = paper_of(request, key)
    library = services_of(request).community.library
    found, mark = library.undo_note(account_of(request), paper.key, paper.paper_id)
    return acted(request, found, next_, **_noted(mark))


def _noted(mark: Mark) -> dict[str, object]:
    said = "Note saved." if mark.note else "Note deleted."
    return {"is_on": bool(mark.note), "note": mark.note, "said": said}


def _note_again(request: Request, key: str, note: str, error: InputError) -> Response:
    paper = paper_of(request, key)
    rendered: Response = request.app.state.pages.render(
        request,
        "people/note.html",
        status=422,
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        note=note,
        error=str(error),
        longest=LONGEST_NOTE,
    )
    return rendered


@router.get("/library")
def library(
    request: Request,
    *,
    shelf: str = "saved",
    q: QueryText = None,
    cat: Category = None,
    unread: bool = False,
    at: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """One shelf of the reader's library, narrowed by words, category and what is unread."""
    account = account_of(request)
    asked = Asked(_shelf(shelf), q or "", cat, unread, at)
    page = shelf_page(services_of(request), account, asked)
    today = services_of(request).clock().date()
    saved = asked.shelf is Shelf.SAVED
    feed = own_feed(services_of(request), account, FeedKind.SAVED) if saved else None
    rendered: Response = request.app.state.pages.render(
        request,
        "people/library.html",
        saved_feed=feed,
        feeds=feed.links if feed else FRONT_FEEDS,
        page=page,
        cards=[card(Hit(paper), today=today) for paper, _ in page.papers],
        private={paper.paper_id: mark.note for paper, mark in page.papers if mark.note},
        doings=doings_of(request, [paper.paper_id for paper, _ in page.papers]),
        shelves=_shelves(request, account, asked),
        chips=_chips(request, account, asked),
        name=SHELF_NAMES[asked.shelf],
        is_searched=bool(asked.words or asked.category or asked.is_unread),
        more=_address(asked, at=page.next_offset),
        first=_address(asked) if at else "",
        toggle_unread=_address(asked, unread=None if unread else 1),
        clear_category=_address(asked, cat=None),
        count=_count(page),
    )
    return rendered


def _shelf(name: str) -> Shelf:
    try:
        return Shelf(name)
    except ValueError as error:
        names = ", ".join(Shelf)
        raise QueryError(f"There is no shelf “{name:.40}”. Choose one of: {names}.", 0) from error


def _address(asked: Asked, **changes: object) -> str:
    kept: dict[str, object] = {
        "shelf": None if asked.shelf is Shelf.SAVED else asked.shelf.value,
        "q": asked.words,
        "cat": asked.category,
        "unread": 1 if asked.is_unread else None,
    }
    return with_query("/library", **{**kept, **changes})


def _shelves(request: Request, account: Account, asked: Asked) -> list[Way]:
    counts = services_of(request).store.people.marks.counts(account.account_id)
    return [
        Way(
            name,
            with_query("/library", shelf=None if shelf is Shelf.SAVED else shelf.value),
            is_current=shelf is asked.shelf,
            count=counts[shelf],
        )
        for shelf, name in SHELF_NAMES.items()
    ]


def _chips(request: Request, account: Account, asked: Asked) -> list[Way]:
    marks = services_of(request).store.people.marks
    return [
        Way(name, _address(asked, cat=name), is_current=name == asked.category, count=count)
        for name, count in marks.categories(account.account_id, asked.shelf, _CHIPS)
    ]


def _count(page: ShelfPage) -> str:
    return "1 paper" if page.total == 1 else f"{page.total:,} papers"
