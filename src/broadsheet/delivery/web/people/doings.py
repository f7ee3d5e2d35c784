"""What the signed-in reader has done on the papers of a page, in two queries however many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from broadsheet.delivery.access import services_of
from broadsheet.delivery.visitors import visitor_of
from broadsheet.doings import Mark, Shelf

if TYPE_CHECKING:
    from fastapi import Request


@dataclass(frozen=True, slots=True)
class Doing:
    """What the reader has done on one paper."""

    has_voted: bool
    mark: Mark

    @property
    def is_read(self) -> bool:
        """Whether the reader has opened it, or says so."""
        return self.mark.is_on(Shelf.READ)

    @property
    def is_saved(self) -> bool:
        """Whether it is kept for later."""
        return self.mark.is_on(Shelf.SAVED)

    @property
    def is_dismissed(self) -> bool:
        """Whether the reader does not want to see it."""
        return self.mark.is_on(Shelf.DISMISSED)

    @property
    def is_noted(self) -> bool:
        """Whether there is a private note."""
        return self.mark.is_on(Shelf.NOTED)

    @property
    def classes(self) -> str:
        """The classes of its card, each after a blank."""
        return " is-read" * self.is_read + " is-dismissed" * self.is_dismissed


@dataclass(frozen=True, slots=True)
class Doings:
    """What the reader has done on the papers of a page."""

    voted: frozenset[int] = frozenset()
    marks: Mapping[int, Mark] = field(default_factory=dict)

    def of(self, paper_id: int) -> Doing:
        """What was done on one paper."""
        return Doing(paper_id in self.voted, self.marks.get(paper_id) or Mark(paper_id))


NOTHING = Doings()


def doings_of(request: Request, paper_ids: Collection[int]) -> Doings:
    """What the visitor has done on these papers; nothing, and no query, for one signed out."""
    account = visitor_of(request).account
    if account is None or not paper_ids:
        return NOTHING
    community = services_of(request).community
    return Doings(
        community.votes.voted(account, paper_ids), community.library.marks(account, paper_ids)
    )
