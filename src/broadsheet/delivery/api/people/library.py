"""The library of the account that asks: papers read, saved and dismissed, and private notes."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from broadsheet.community.library import LONGEST_NOTE
from broadsheet.delivery.access import SIGNED_IN, account_of, origin_of, paper_of, services_of
from broadsheet.delivery.api.models import PaperShape, paper_fields
from broadsheet.delivery.api.people.votes import CHANGE_REFUSALS
from broadsheet.delivery.lists.shelves import Asked, shelf_page
from broadsheet.delivery.parameters import Category, Key, Limit, QueryText
from broadsheet.doings import Mark, Shelf

router = APIRouter(tags=["library"], dependencies=[SIGNED_IN])


class MarkName(StrEnum):
    """What can be marked by hand."""

    SAVED = "saved"
    READ = "read"
    DISMISSED = "dismissed"


NamedMark = Annotated[MarkName, Path(description="Saved, read or dismissed.")]


class MarkShape(BaseModel):
    """What the account has marked on a paper; nobody else sees it."""

    id: str = Field(description="Key of the paper.")
    read_at: datetime | None = Field(description="When it was marked as read.")
    saved_at: datetime | None = Field(description="When it was saved.")
    dismissed_at: datetime | None = Field(description="When it was dismissed.")
    note: str = Field(description="The private note; empty where there is none.")
    noted_at: datetime | None = Field(description="When the note was last changed.")


class NoteInput(BaseModel):
    """A private note."""

    note: str = Field(
        max_length=LONGEST_NOTE, description="Plain text; an empty one deletes the note."
    )


class ShelvedShape(BaseModel):
    """A paper on a shelf."""

    paper: PaperShape = Field(description="The paper.")
    mark: MarkShape = Field(description="What is marked on it.")


class ShelfShape(BaseModel):
    """A page of a shelf."""

    papers: list[ShelvedShape] = Field(description="Put there last first.")
    total: int = Field(description="Papers on the shelf that fit.")
    next_offset: int | None = Field(description="`offset` of the next page; null on the last.")
    notes: list[str] = Field(description="Sentences that a reader must see.")


@router.get("/library", summary="My library")
def library(
    request: Request,
    *,
    shelf: Annotated[Shelf, Query(description="saved, noted, read or dismissed.")] = Shelf.SAVED,
    q: QueryText = None,
    cat: Category = None,
    unread: Annotated[bool, Query(description="Only what is not marked as read.")] = False,
    limit: Limit = 25,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Papers to pass over.")] = 0,
) -> ShelfShape:
    """One shelf; `q` are words that papers, or notes on them, must hold."""
    asked = Asked(shelf, q or "", cat, unread, offset, limit)
    page = shelf_page(services_of(request), account_of(request), asked)
    origin = origin_of(request)
    return ShelfShape(
        papers=[
            ShelvedShape(
                paper=PaperShape.model_validate(paper_fields(paper, origin)),
                mark=_shape(paper.key, mark),
            )
            for paper, mark in page.papers
        ],
        total=page.total,
        next_offset=page.next_offset,
        notes=list(page.notes),
    )


@router.get("/papers/{key:path}/marks", summary="My marks on a paper")
def marks(request: Request, key: Key) -> MarkShape:
    """What the account has marked on a paper, with its note."""
    paper = paper_of(request, key)
    found = services_of(request).community.library.marks(account_of(request), [paper.paper_id])
    return _shape(paper.key, found.get(paper.paper_id) or Mark(paper.paper_id))


@router.put("/papers/{key:path}/marks/{name}", summary="Mark a paper", responses=CHANGE_REFUSALS)
def put_mark(request: Request, key: Key, name: NamedMark) -> MarkShape:
    """Mark a paper as `saved`, `read` or `dismissed`; once, however often."""
    library = services_of(request).community.library
    return _shape(*library.put(account_of(request), key, Shelf(name)))


@router.delete("/papers/{key:path}/marks/{name}", summary="Undo a mark", responses=CHANGE_REFUSALS)
def take_mark(request: Request, key: Key, name: NamedMark) -> MarkShape:
    """Afterwards the paper is not marked so, whether it was or not."""
    library = services_of(request).community.library
    return _shape(*library.take(account_of(request), key, Shelf(name)))


@router.put("/papers/{key:path}/note", summary="Write a private note", responses=CHANGE_REFUSALS)
def put_note(request: Request, key: Key, given: NoteInput) -> MarkShape:
    """Replace the note on a paper; the former one can be brought back once."""
    library = services_of(request).community.library
    return _shape(*library.write_note(account_of(request), key, given.note))


@router.post(
    "/papers/{key:path}/note/undo",
    summary="Undo the last change of a note",
    responses={**CHANGE_REFUSALS, 409: {"description": "The note has never changed."}},
)
def undo_note(request: Request, key: Key) -> MarkShape:
    """Bring back the note as it was before; undone twice, nothing has changed."""
    paper = paper_of(request, key)
    library = services_of(request).community.library
    return _shape(*library.undo_note(account_of(request), paper.key, paper.paper_id))


def _shape(key: str, mark: Mark) -> MarkShape:
    return MarkShape(
        id=key,
        read_at=mark.read_at,
        saved_at=mark.saved_at,
        dismissed_at=mark.dismissed_at,
        note=mark.note,
        noted_at=mark.noted_at,
    )
