"""Editors' picks: which papers open a day's front page, in what order, and with what note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from broadsheet.community.acting import may_act
from broadsheet.community.typed import line
from broadsheet.doings import Pick
from broadsheet.domain import Paper
from broadsheet.errors import InputError, NotFound
from broadsheet.latex import readable
from broadsheet.people import Account, Role
from broadsheet.store.people.tables import PeopleTables

LONGEST_NOTE = 400
AHEAD = timedelta(days=7)
"""How long before its day a front page can be prepared."""
DAYS_PER_PAGE = 14


@dataclass(frozen=True, slots=True)
class Picks:
    """The rules of editors' picks."""

    tables: PeopleTables
    clock: Callable[[], datetime]

    def pick(self, editor: Account, paper: Paper, note: str = "", day: date | None = None) -> Pick:
        """Pick a paper for the front page of a day, its own if none is named; or change the note.

        Raises PermissionDenied, and InputError for a note too long or a day that cannot be.
        """
        may_act(editor, Role.EDITOR)
        note = line(note, "note", LONGEST_NOTE)
        day = day or paper.listed_on
        now = self.clock()
        if not paper.listed_on <= day <= max(now.date(), paper.listed_on) + AHEAD:
            raise InputError(
                f"Choose a day from {paper.listed_on} on, at most {AHEAD.days} days ahead.", "day"
            )
        said = f" Note: {note}" if note else ""
        return self.tables.picks.put(
            Pick(paper.paper_id, day, editor.account_id, note, now),
            key=paper.key,
            text=f"Picked {_title(paper)} for the front page of {day.isoformat()}.{said}",
        )

    def unpick(self, editor: Account, paper: Paper) -> None:
        """Take a pick back. Raises PermissionDenied, and NotFound where there is none."""
        may_act(editor, Role.EDITOR)
        found = self._of(paper)
        self.tables.picks.remove(
            self._by(editor, found),
            key=paper.key,
            text=f"Took {_title(paper)} from the front page of {found.picked_on.isoformat()}.",
        )

    def move(self, editor: Account, paper: Paper, place: int) -> Pick:
        """Put a pick at another place among its day's picks, counted from 1.

        Raises PermissionDenied and NotFound.
        """
        may_act(editor, Role.EDITOR)
        found = self._of(paper)
        return self.tables.picks.move(
            self._by(editor, found),
            place,
            key=paper.key,
            text=f"Moved {_title(paper)} on the front page of {found.picked_on.isoformat()}.",
        )

    def _of(self, paper: Paper) -> Pick:
        found = self.tables.picks.find(paper.paper_id)
        if found is None:
            raise NotFound("This paper is not among the editors' picks.")
        return found

    def _by(self, editor: Account, found: Pick) -> Pick:
        return Pick(found.paper_id, found.picked_on, editor.account_id, found.note, self.clock())

    def of(self, paper: Paper) -> Pick | None:
        """The pick of a paper, if it is one."""
        return self.tables.picks.find(paper.paper_id)

    def days(self, before: date | None = None) -> list[tuple[date, list[Pick]]]:
        """The newest days with picks, before a day if given, each with its picks in order."""
        return self.tables.picks.days(before=before, limit=DAYS_PER_PAGE)

    def day(self, day: date) -> list[Pick]:
        """The picks of one day in their order."""
        return self.tables.picks.of_day(day)


def _title(paper: Paper) -> str:
    return f"“{readable(paper.title):.120}”"
