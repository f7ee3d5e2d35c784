"""Submissions: who may bring papers, what waits for an editor, and how editors decide.

What a service knows of a paper is asked for elsewhere (`broadsheet.lookup`); nothing here asks the
network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from broadsheet.community.acting import may_act
from broadsheet.community.comments import Comments
from broadsheet.community.offers import Offer
from broadsheet.community.throttling import Throttle
from broadsheet.community.typed import paragraphs
from broadsheet.doings import Decision, Submission
from broadsheet.errors import BroadsheetError, InputError, NotFound, StorageError
from broadsheet.latex import readable
from broadsheet.people import Account, Role
from broadsheet.settings import Settings
from broadsheet.store.people.verdicts import Verdict
from broadsheet.store.store import Store

_LOG = logging.getLogger(__name__)
PAGE = 50
LONGEST_COMMENT = 5_000
LONGEST_REASON = 1_000
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_OF_ACCOUNT = ((10, _HOUR), (25, _DAY))
_OF_ADDRESS = ((20, _HOUR), (50, _DAY))
_LOOK_UPS = ((30, _HOUR), (100, _DAY))


@dataclass(frozen=True, slots=True)
class Submissions:
    """The rules of submissions."""

    store: Store
    comments: Comments
    settings: Settings
    throttle: Throttle
    clock: Callable[[], datetime]

    def note_look_up(self, account: Account, address: str = "") -> None:
        """Count one question to a service for this account. Raises TooManyRequests."""
        may_act(account, Role.READER)
        self._check("look-ups", account, address, _LOOK_UPS, _LOOK_UPS)

    def offer(
        self,
        account: Account,
        offer: Offer,
        comment: str = "",
        *,
        address: str = "",
        is_unchecked: bool = False,
    ) -> Submission:
        """Bring a paper. It joins the edition of the day, or waits for an editor.

        `address` is where the request comes from, for the limits. An `is_unchecked` one, whose ids
        no service has confirmed, always waits. Raises AlreadyHere, Conflict, InputError and
        TooManyRequests.
        """
        may_act(account, Role.READER)
        comment = paragraphs(comment, "comment", LONGEST_COMMENT)
        self._check("submissions", account, address, _OF_ACCOUNT, _OF_ADDRESS)
        waits = is_unchecked or not self.joins_at_once(account)
        found = self.store.people.submissions.add(
            account.account_id,
            offer.key,
            offer.records,
            comment=comment,
            state=Decision.PENDING if waits else Decision.GRANTED,
            now=self.clock(),
        )
        if not waits:
            self._say(found, account, address)
        return found

    def _say(self, found: Submission, account: Account, address: str = "") -> None:
        """Open the paper's thread with what its submitter said of it.

        Where that cannot be, as for an account that was suspended, the words stay with the
        submission.
        """
        if not found.comment or found.paper_id is None:
            return
        papers = self.store.papers([found.paper_id])
        try:
            for paper in papers:
                self.comments.write(account, paper, found.comment, address=address)
        except StorageError:
            raise
        except BroadsheetError as error:
            _LOG.info("The comment of submission %s was not posted: %s", found.submission_id, error)

    def joins_at_once(self, account: Account) -> bool:
        """Whether what this account brings needs no editor: editors, and verified people if so set.

        An account that nobody can reach is what floods are made of.
        """
        if account.may(Role.EDITOR):
            return True
        is_known = account.verified_at is not None or account.orcid_verified_at is not None
        return self.settings.submissions == "open" and is_known

    def _check(
        self,
        what: str,
        account: Account,
        address: str,
        of_account: tuple[tuple[int, timedelta], ...],
        of_address: tuple[tuple[int, timedelta], ...],
    ) -> None:
        names = [(f"{what}:account:{account.account_id}", of_account)]
        if address:
            names.append((f"{what}:address:{address}", of_address))
        self.throttle.check_all(names)

    def of(self, account_id: int, before: int | None = None) -> list[Submission]:
        """What an account has brought, newest first, a page at a time."""
        return self.store.people.submissions.of_account(account_id, PAGE, before)

    def public_of(self, account_id: int) -> list[Submission]:
        """What of it everybody may see: the papers that joined the library."""
        return [one for one in self.of(account_id) if one.state is Decision.GRANTED]

    def find(self, viewer: Account, number: int) -> Submission:
        """One submission, for its submitter and for editors. Raises NotFound for all others."""
        found = self.store.people.submissions.find(number)
        if found.account_id != viewer.account_id and not viewer.may(Role.EDITOR):
            raise NotFound("There is no such submission.")
        return found

    def pending(self) -> list[Submission]:
        """What waits for an editor, oldest first."""
        return self.store.people.submissions.in_state(Decision.PENDING, PAGE)

    def decided(self, state: Decision) -> list[Submission]:
        """What was granted or declined last."""
        return self.store.people.submissions.in_state(state, PAGE)

    def count_pending(self) -> int:
        """How many wait."""
        return self.store.people.submissions.count(Decision.PENDING)

    def withdraw(self, account: Account, number: int) -> Submission:
        """Take one's own submission back while it waits. Raises NotFound and Conflict."""
        may_act(account, Role.READER)
        found = self.find(account, number)
        if found.account_id != account.account_id:
            raise NotFound("This is not your submission; decline it with a reason instead.")
        return self.store.people.submissions.withdraw(number, self.clock())

    def grant(self, editor: Account, number: int) -> Submission:
        """Let a submission join today's edition. Raises PermissionDenied, NotFound, Conflict."""
        may_act(editor, Role.EDITOR)
        found = self.store.people.submissions.find(number)
        title = _title(found)
        verdict = self._verdict(
            editor,
            found,
            Decision.GRANTED,
            text=f"Accepted the submission {title}.",
            news=f"Your submission {title} was accepted.",
        )
        granted = self.store.people.submissions.grant(number, verdict)
        if granted.account_id is not None:
            self._say(granted, self.store.people.accounts.by_id(granted.account_id))
        return granted

    def decline(self, editor: Account, number: int, reason: str) -> Submission:
        """Decline a submission, or take it out again, with a reason that the person is told.

        Raises PermissionDenied, NotFound, Conflict, and InputError without a reason.
        """
        may_act(editor, Role.EDITOR)
        reason = paragraphs(reason, "reason", LONGEST_REASON)
        if not reason:
            raise InputError("Give a reason; the person who brought the paper is told.", "reason")
        found = self.store.people.submissions.find(number)
        title = _title(found)
        verdict = self._verdict(
            editor,
            found,
            Decision.DECLINED,
            reason=reason,
            text=f"Declined the submission {title}. Reason: {reason}",
            news=f"Your submission {title} was declined. {reason}",
        )
        return self.store.people.submissions.decline(number, verdict)

    def _verdict(
        self,
        editor: Account,
        found: Submission,
        state: Decision,
        *,
        text: str,
        news: str,
        reason: str = "",
    ) -> Verdict:
        is_in = state is Decision.GRANTED
        return Verdict(
            state=state,
            decided_by=editor.account_id,
            reason=reason,
            action="accept-submission" if is_in else "decline-submission",
            text=text,
            news=news,
            path=f"/papers/{quote(found.key, safe='/~:.-_()')}" if is_in else "/submissions",
            now=self.clock(),
        )


def _title(found: Submission) -> str:
    return f"“{readable(found.title):.120}”"
