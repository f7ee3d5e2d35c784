"""What moderators do with comments: hide them, show them again, answer reports.

Every act stands in the public log. Accounts are suspended in `accounts`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from broadsheet.community.acting import may_act
from broadsheet.community.comments import checked_reason
from broadsheet.doings import Comment, LogEntry, Report, SignedComment
from broadsheet.errors import Conflict
from broadsheet.people import Account, Role
from broadsheet.store.people.tables import PeopleTables

MOST_REPORTS = 200
"""How many open reports the desk shows at once."""
_MOST_HIDDEN = 50


@dataclass(frozen=True, slots=True)
class ReportedComment:
    """A comment with the open reports of it, oldest first."""

    signed: SignedComment
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Moderation:
    """The rules of moderating comments; `actor` is None for the operator at the command line."""

    tables: PeopleTables
    clock: Callable[[], datetime]

    def hide(self, actor: Account | None, comment_id: int, reason: str) -> Comment:
        """Hide a comment, close its reports, and tell its writer why.

        Raises PermissionDenied, InputError without a reason, NotFound, Conflict where it is hidden
        already.
        """
        _check(actor)
        words = checked_reason(reason)
        entry = self._entry(actor, "hide-comment", comment_id, words)
        hidden = self.tables.comments.hide(comment_id, reason=words, entry=entry)
        if hidden is None:
            raise Conflict("This comment is hidden already.")
        self._tell_writer(hidden, f"A moderator hid a comment of yours: {words}")
        return hidden

    def show_again(self, actor: Account | None, comment_id: int, reason: str = "") -> Comment:
        """Undo the hiding of a comment. Raises PermissionDenied, NotFound, Conflict."""
        _check(actor)
        words = checked_reason(reason) if reason.strip() else "Hiding was undone."
        entry = self._entry(actor, "show-comment", comment_id, words)
        shown = self.tables.comments.show_again(comment_id, entry=entry)
        if shown is None:
            raise Conflict("This comment is not hidden.")
        self._tell_writer(shown, "A moderator shows a comment of yours again.")
        return shown

    def keep(self, actor: Account | None, comment_id: int, reason: str = "") -> int:
        """Close the open reports of a comment and leave it where it is; how many there were.

        Raises PermissionDenied, Conflict where none are open.
        """
        _check(actor)
        words = checked_reason(reason) if reason.strip() else "Reported, and left where it is."
        entry = self._entry(actor, "keep-comment", comment_id, words)
        closed = self.tables.reports.close(comment_id, "kept", entry)
        if not closed:
            raise Conflict("No report of this comment is open.")
        return closed

    def reopen(self, actor: Account | None, comment_id: int) -> int:
        """Undo `keep`: open the reports again; how many there were. Raises as `keep`."""
        _check(actor)
        entry = self._entry(actor, "reopen-reports", comment_id, "Its reports are open again.")
        opened = self.tables.reports.reopen(comment_id, "kept", entry)
        if not opened:
            raise Conflict("No report of this comment was closed in this way.")
        return opened

    def reported(self, actor: Account | None) -> list[ReportedComment]:
        """Comments with open reports, the longest waiting first. Raises PermissionDenied."""
        _check(actor)
        reports: dict[int, list[Report]] = {}
        for report in self.tables.reports.open(MOST_REPORTS):
            reports.setdefault(report.comment_id, []).append(report)
        comments = self.tables.threads.by_number(list(reports))
        return [
            ReportedComment(comments[number], tuple(of_it))
            for number, of_it in reports.items()
            if number in comments
        ]

    def open_reports(self) -> int:
        """How many reports are open."""
        return self.tables.reports.count_open()

    def hidden(self, actor: Account | None) -> list[SignedComment]:
        """The comments hidden last, with their words. Raises PermissionDenied."""
        _check(actor)
        return self.tables.threads.hidden(_MOST_HIDDEN)

    def is_hidden(self, comment_ids: list[int]) -> frozenset[int]:
        """Those of these comments that are hidden now."""
        return self.tables.threads.hidden_among(comment_ids)

    def suspended_among(self, names: Collection[str]) -> frozenset[str]:
        """Those of these handles whose accounts are suspended now."""
        numbers = self.tables.threads.accounts_called(names)
        accounts = self.tables.accounts.by_ids(set(numbers.values())) if numbers else {}
        return frozenset(each.name for each in accounts.values() if each.is_suspended)

    def _entry(self, actor: Account | None, action: str, comment_id: int, text: str) -> LogEntry:
        number = actor.account_id if actor else None
        subject = f"comment:{comment_id}"
        return LogEntry(self.clock(), number, action, subject, text, is_public=True)

    def _tell_writer(self, comment: Comment, text: str) -> None:
        if comment.account_id is not None and comment.changed_at is not None:
            self.tables.notifications.tell(
                comment.account_id,
                name=f"moderated:{comment.comment_id}:{comment.changed_at.isoformat()}",
                kind="decision",
                text=text,
                path=f"/comments/{comment.comment_id}",
                paper_id=comment.paper_id,
                now=comment.changed_at,
            )


def _check(actor: Account | None) -> None:
    if actor is not None:
        may_act(actor, Role.MODERATOR)
