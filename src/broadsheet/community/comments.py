"""Comments: writing, answering, editing, deleting, voting, reporting; who may, and how often."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.acting import may_act
from broadsheet.community.mentions import mentioned
from broadsheet.community.threads import Placed, ThreadOrder, arrange
from broadsheet.community.throttling import Throttle
from broadsheet.doings import Comment, FormerBody, SignedComment
from broadsheet.domain import Paper
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied
from broadsheet.latex import readable
from broadsheet.people import Account, Role
from broadsheet.store.people.comments import Told
from broadsheet.store.people.tables import PeopleTables

LONGEST_BODY = 10_000
"""Characters of a comment."""
LONGEST_REASON = 1_000
UNDO_FOR = timedelta(minutes=10)
"""So long a deleted comment can be brought back; then its words are forgotten."""
SAME_FOR = timedelta(minutes=1)
"""The same words again within this time are a form that was sent twice."""
PAGE = 50
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LIMITS = [(6, timedelta(minutes=1)), (40, _HOUR)]
_LIMITS_AT_FIRST = [(3, timedelta(minutes=1)), (10, _HOUR)]
_LIMITS_OF_ADDRESS = [(20, timedelta(minutes=1)), (200, _HOUR)]
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufff9-\ufffb\ufffe\uffff]")
"""Controls, halves of signs (which no database takes), private signs, and what is no sign."""
_TITLE = 80


@dataclass(frozen=True, slots=True)
class Thread:
    """A paper's comments from top to bottom; `voted` are those that the viewer voted for."""

    placed: tuple[Placed, ...]
    order: ThreadOrder
    voted: frozenset[int]
    handles: frozenset[str]
    """The handles mentioned that are somebody's."""


@dataclass(frozen=True, slots=True)
class Comments:
    """The rules of comments."""

    tables: PeopleTables
    throttle: Throttle
    clock: Callable[[], datetime]

    def thread(
        self, paper_id: int, viewer: Account | None, order: ThreadOrder = ThreadOrder.BEST
    ) -> Thread:
        """The comments of a paper as the viewer may see them; a few queries whatever its length."""
        is_moderator = viewer is not None and viewer.may(Role.MODERATOR)
        comments = self.tables.threads.of_paper(paper_id, with_hidden=is_moderator)
        if not comments:
            return Thread((), order, frozenset(), frozenset())
        number = viewer.account_id if viewer else None
        instants, voted = self.tables.threads.voters(paper_id, number)
        since = self.clock() - UNDO_FOR

        def is_shown(found: Comment) -> bool:
            is_own = found.account_id is not None and found.account_id == number
            if found.deleted_at is not None:
                return is_own and found.deleted_at >= since
            return found.hidden_at is None or is_own or is_moderator

        placed = arrange(comments, order, voted_at=instants, is_shown=is_shown)
        return Thread(tuple(placed), order, frozenset(voted), self.known_handles(comments))

    def known_handles(self, comments: list[SignedComment]) -> frozenset[str]:
        """The handles mentioned in comments that are somebody's; one query at most."""
        bodies = (signed.comment.body for signed in comments)
        handles = {handle for body in bodies if "@" in body for handle in mentioned(body)}
        return frozenset(self.tables.threads.accounts_called(handles))

    def known_in(self, body: str) -> frozenset[str]:
        """The handles mentioned in a text that are somebody's."""
        return frozenset(self.tables.threads.accounts_called(mentioned(body)))

    def find(self, comment_id: int, viewer: Account | None) -> SignedComment:
        """One comment with its paper's key. Raises NotFound."""
        is_moderator = viewer is not None and viewer.may(Role.MODERATOR)
        found = self.tables.threads.find(comment_id, with_hidden=is_moderator)
        if found is None:
            raise NotFound("There is no such comment.")
        return found

    def write(
        self,
        account: Account,
        paper: Paper,
        body: str,
        *,
        parent_id: int | None = None,
        address: str = "",
    ) -> tuple[Comment, bool]:
        """A new comment and True, or the same one sent again and False.

        `address` is where the request came from. Raises InputError, Conflict, TooManyRequests,
        PermissionDenied, and NotFound for a paper that is gone.
        """
        may_act(account)
        words = cleaned(body)
        self._check_pace(account, address)
        now = self.clock()
        written = self.tables.comments.add(
            paper.key,
            parent_id=parent_id,
            account_id=account.account_id,
            body=words,
            told=self._told(account, paper, words, parent_id),
            now=now,
            same_since=now - SAME_FOR,
        )
        self.forget_deleted()
        return written

    def edit(self, account: Account, paper: Paper, comment_id: int, body: str) -> Comment:
        """The comment with another body; readers can see what it said before.

        Raises InputError, TooManyRequests, NotFound, PermissionDenied for a comment of somebody
        else, Conflict for one that is deleted or hidden.
        """
        may_act(account)
        found = self._own(account, comment_id)
        if found.is_stub:
            raise Conflict("This comment has been removed, so it cannot be edited.")
        words = cleaned(body)
        self.throttle.check(f"comment-edits:account:{account.account_id}", 60, _HOUR)
        edited = self.tables.comments.edit(
            comment_id,
            account_id=account.account_id,
            body=words,
            told=self._told(account, paper, words, None),
            now=self.clock(),
        )
        if edited is None:
            raise Conflict("This comment has been removed, so it cannot be edited.")
        return edited

    def delete(self, account: Account, comment_id: int) -> Comment:
        """Delete a comment of the account; it can be restored for `UNDO_FOR`.

        Raises NotFound, PermissionDenied, Conflict where it is deleted already.
        """
        may_act(account)
        self._own(account, comment_id)
        deleted = self.tables.comments.delete(
            comment_id, account_id=account.account_id, now=self.clock()
        )
        if deleted is None:
            raise Conflict("This comment has been deleted already.")
        self.forget_deleted()
        return deleted

    def restore(self, account: Account, comment_id: int) -> Comment:
        """Bring a comment back that the account has just deleted.

        Raises NotFound, PermissionDenied, Conflict where it is too late or it was not deleted.
        """
        may_act(account)
        self._own(account, comment_id)
        now = self.clock()
        restored = self.tables.comments.restore(
            comment_id, account_id=account.account_id, deleted_since=now - UNDO_FOR, now=now
        )
        if restored is None:
            minutes = UNDO_FOR // timedelta(minutes=1)
            raise Conflict(
                f"A deleted comment can be brought back for {minutes} minutes; this one cannot."
            )
        return restored

    def vote(self, account: Account, comment_id: int, *, is_cast: bool) -> Comment:
        """Cast or withdraw the account's vote for a comment; twice is as once.

        Raises NotFound, TooManyRequests, Conflict for the account's own comment and for stubs.
        """
        may_act(account)
        self.throttle.check(f"comment-votes:account:{account.account_id}", 120, _HOUR)
        changed = self.tables.comments.vote(
            comment_id, account_id=account.account_id, is_cast=is_cast, now=self.clock()
        )
        if changed is None:
            raise Conflict("Votes are for comments of others that have not been removed.")
        return changed

    def report(self, account: Account, comment_id: int, reason: str) -> bool:
        """Report a comment to the moderators; False where the account has done so already.

        Raises InputError without a reason, NotFound, TooManyRequests, Conflict for a stub and for
        the account's own comment.
        """
        may_act(account)
        words = checked_reason(reason)
        found = self.tables.comments.find(comment_id)
        if found.is_stub:
            raise Conflict("This comment has been removed already.")
        if found.account_id == account.account_id:
            raise Conflict("This comment is yours: delete it if it should not stand here.")
        self.throttle.check(f"reports:account:{account.account_id}", 30, _DAY)
        return self.tables.reports.add(
            comment_id, account_id=account.account_id, reason=words, now=self.clock()
        )

    def has_reported(self, account: Account, comment_id: int) -> bool:
        """Whether the account has reported the comment."""
        return self.tables.reports.has(comment_id, account.account_id)

    def history(self, comment_id: int, viewer: Account | None) -> list[FormerBody]:
        """What a comment said before each edit, newest first; of a stub nothing, but to moderators.

        Raises NotFound.
        """
        found = self.tables.comments.find(comment_id)
        is_moderator = viewer is not None and viewer.may(Role.MODERATOR)
        if found.deleted_at is not None or (found.hidden_at is not None and not is_moderator):
            return []
        return self.tables.threads.history(comment_id)

    def of_account(self, account_id: int, *, before: int | None = None) -> list[SignedComment]:
        """The comments of an account that everybody sees, newest first."""
        return self.tables.threads.of_account(account_id, limit=PAGE, before=before)

    def changes(
        self, *, since: datetime | None, after: tuple[datetime, int] | None, limit: int
    ) -> list[SignedComment]:
        """All comments in the order of their last change, stubs too, without their words.

        `after` is `changed_at` and number of the last one that is known.
        """
        return self.tables.threads.changes(since=since, after=after, limit=limit)

    def forget_deleted(self) -> None:
        """Forget the words of comments that can no longer be restored."""
        due = self.clock() - UNDO_FOR
        if self.tables.comments.has_to_forget(due):
            self.tables.comments.forget_deleted(due)

    def _own(self, account: Account, comment_id: int) -> Comment:
        found = self.tables.comments.find(comment_id)
        if found.account_id != account.account_id:
            raise PermissionDenied("This comment is somebody else’s.")
        return found

    def _check_pace(self, account: Account, address: str) -> None:
        is_known = account.verified_at is not None and self.clock() - account.created_at >= _DAY
        limits = _LIMITS if is_known or account.role > Role.READER else _LIMITS_AT_FIRST
        names = [(f"comments:account:{account.account_id}", limits)]
        if address:
            names.append((f"comments:address:{address}", _LIMITS_OF_ADDRESS))
        self.throttle.check_all(names)

    def _told(self, account: Account, paper: Paper, body: str, parent_id: int | None) -> list[Told]:
        """Whom a comment calls: the writer of what it answers, and those it mentions."""
        title = _shortened(readable(paper.title) or "Untitled")
        told = {
            number: Told(number, "mention", f"{account.shown_name} mentioned you on “{title}”.")
            for number in self.tables.threads.accounts_called(mentioned(body)).values()
        }
        answered = self.tables.comments.find(parent_id).account_id if parent_id else None
        if answered is not None:
            text = f"{account.shown_name} answered your comment on “{title}”."
            told[answered] = Told(answered, "reply", text)
        told.pop(account.account_id, None)
        return list(told.values())


def cleaned(body: str) -> str:
    """The body without what cannot be seen. Raises InputError when it is empty or too long."""
    words = _UNSEEN.sub("", body.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not words:
        raise InputError("Write something first.", "body")
    if len(words) > LONGEST_BODY:
        raise InputError(
            f"This has {len(words):,} characters; a comment may have {LONGEST_BODY:,}. "
            "Shorten it, or write a second one.",
            "body",
        )
    return words


def checked_reason(reason: str) -> str:
    """A reason on one line. Raises InputError when it is empty or too long."""
    words = " ".join(_UNSEEN.sub("", reason).split())
    if not words:
        raise InputError("Say why in a few words.", "reason")
    if len(words) > LONGEST_REASON:
        raise InputError(f"Say why in at most {LONGEST_REASON:,} characters.", "reason")
    return words


def _shortened(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[:_TITLE].rstrip()}…"
