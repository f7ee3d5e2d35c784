"""Claims: who is an author of a paper, how that is decided, and what authors add to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from broadsheet.community.acting import may_act
from broadsheet.community.evidence import Evidence, Weight, is_same_name, weigh
from broadsheet.community.offers import web_address
from broadsheet.community.throttling import Throttle
from broadsheet.community.typed import line, paragraphs
from broadsheet.doings import Claim, Decision
from broadsheet.domain import Link, LinkKind, Paper, PaperRecord
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied
from broadsheet.latex import readable
from broadsheet.people import Account, Role
from broadsheet.store.people.claims import SOURCE, record_id_of
from broadsheet.store.people.verdicts import Verdict
from broadsheet.store.store import Store

PAGE = 50
LONGEST_MESSAGE = 2_000
LONGEST_REASON = 1_000
ADDED = {
    "project": LinkKind.PROJECT,
    "code": LinkKind.CODE,
    "model": LinkKind.MODEL,
    "data": LinkKind.DATA,
    "media": LinkKind.MEDIA,
}
"""What authors can add, by name of the field."""
_LONGEST_NAME = 300
_A_DAY = timedelta(days=1)
_CLAIMS, _EDITS = 20, 100
_WAITING = (Decision.PENDING, Decision.APPEALED)


@dataclass(frozen=True, slots=True)
class Claims:
    """The rules of claims."""

    store: Store
    throttle: Throttle
    clock: Callable[[], datetime]

    def evidence(self, account: Account, paper: Paper, author: str) -> Evidence:
        """What the sources of the paper say for or against the account being this author."""
        return weigh(account, author, self.store.records(paper.paper_id))

    def claim(self, account: Account, paper: Paper, author: str, message: str = "") -> Claim:
        """Claim to be an author of a paper: granted or declined at once, or left to moderators.

        Granted where a source gives the account's verified ORCID iD or e-mail address for this
        author and the names are alike; declined where it gives another iD. Raises InputError for
        a name that is not among the authors or a request without a message, Conflict for a claim
        that stands already or an author who is somebody else here.
        """
        may_act(account, Role.READER)
        author = self._author(paper, author)
        message = paragraphs(message, "message", LONGEST_MESSAGE)
        self.throttle.check(f"claims:account:{account.account_id}", _CLAIMS, _A_DAY)
        found = self.evidence(account, paper, author)
        if found.weight is Weight.OPEN and not message:
            raise InputError(
                "No source confirms this by itself, so a moderator decides. Say who you are, with "
                "an address where that can be checked.",
                "message",
            )
        verdict = self._own_verdict(account, paper, author, found)
        claim = Claim(
            claim_id=0,
            paper_id=paper.paper_id,
            account_id=account.account_id,
            author=author,
            evidence=found.text,
            message=message,
            state=verdict.state if verdict else Decision.PENDING,
            claimed_at=self.clock(),
        )
        return self.store.people.claims.add(claim, verdict)

    def _author(self, paper: Paper, author: str) -> str:
        author = line(author, "author", _LONGEST_NAME)
        if not author:
            raise InputError("Choose which of the authors you are.", "author")
        if paper.authors and author not in paper.authors:
            near = [name for name in paper.authors if is_same_name(name, author)]
            if len(near) != 1:
                raise InputError(
                    f"“{author:.80}” is not among the authors of this paper.", "author"
                )
            return near[0]
        return author

    def _own_verdict(
        self, account: Account, paper: Paper, author: str, found: Evidence
    ) -> Verdict | None:
        if found.weight is Weight.OPEN:
            return None
        is_proven = found.weight is Weight.PROVEN
        title = _title(paper.title)
        return Verdict(
            state=Decision.GRANTED if is_proven else Decision.DECLINED,
            decided_by=None,
            reason="" if is_proven else found.text,
            action="grant-claim" if is_proven else "decline-claim",
            text=f"The claim of {account.name} to be {author} of {title} was "
            f"{'granted' if is_proven else 'declined'} by the rules. {found.text}",
            news="",
            path=_path(paper.key),
            now=self.clock(),
        )

    def of(self, account_id: int) -> list[Claim]:
        """The claims of an account, newest first."""
        return self.store.people.claims.of_account(account_id)

    def between(self, account: Account, paper: Paper) -> Claim | None:
        """The claim of an account to a paper, whatever its state."""
        return self.store.people.claims.between(paper.paper_id, account.account_id)

    def authors(self, paper_ids: Iterable[int]) -> list[Claim]:
        """The granted claims to these papers: which accounts are which authors."""
        return self.store.people.claims.granted(paper_ids)

    def find(self, viewer: Account, claim_id: int) -> Claim:
        """One claim, for its claimant and for moderators. Raises NotFound for all others."""
        found = self.store.people.claims.find(claim_id)
        if found.account_id != viewer.account_id and not viewer.may(Role.MODERATOR):
            raise NotFound("There is no such claim.")
        return found

    def pending(self) -> list[Claim]:
        """Claims and appeals that wait for a moderator, oldest first."""
        return self.store.people.claims.open(PAGE)

    def decided(self) -> list[Claim]:
        """The claims that were decided last."""
        return self.store.people.claims.decided(PAGE)

    def count_pending(self) -> int:
        """How many claims and appeals wait."""
        return self.store.people.claims.count_open()

    def grant(self, moderator: Account, claim_id: int, reason: str = "") -> Claim:
        """Grant a claim or an appeal. Raises PermissionDenied, NotFound, Conflict."""
        return self._decide(moderator, claim_id, Decision.GRANTED, reason)

    def decline(self, moderator: Account, claim_id: int, reason: str) -> Claim:
        """Decline a claim or an appeal; the claimant is told the reason.

        Raises PermissionDenied, NotFound, Conflict, and InputError without a reason.
        """
        return self._decide(moderator, claim_id, Decision.DECLINED, reason)

    def _decide(self, moderator: Account, claim_id: int, state: Decision, reason: str) -> Claim:
        may_act(moderator, Role.MODERATOR)
        found = self.store.people.claims.find(claim_id)
        if found.state not in _WAITING:
            raise Conflict(f"This claim is {found.state.value}, so this cannot be done.")
        self._refuse_judge(moderator, found)
        reason = self._reason(reason, is_needed=state is Decision.DECLINED)
        word = "granted" if state is Decision.GRANTED else "declined"
        what = "appeal" if found.state is Decision.APPEALED else "claim"
        verdict = self._verdict(moderator, found, state, reason, f"{word} the {what}")
        return self.store.people.claims.decide(claim_id, (found.state,), verdict)

    def _refuse_judge(self, moderator: Account, found: Claim) -> None:
        """Nobody decides their own claim, or an appeal against themselves, if another can."""
        is_own = found.account_id == moderator.account_id
        is_against = found.state is Decision.APPEALED and found.decided_by == moderator.account_id
        if not (is_own or is_against):
            return
        if self.store.people.claims.other_moderators(moderator.account_id, found.account_id):
            what = "Your own claim" if is_own else "An appeal against your decision"
            raise PermissionDenied(f"{what} is decided by another moderator.")

    def revoke(self, moderator: Account, claim_id: int, reason: str) -> Claim:
        """Take a granted claim back, with what was added by it. Raises as `decline`."""
        may_act(moderator, Role.MODERATOR)
        found = self.store.people.claims.find(claim_id)
        reason = self._reason(reason, is_needed=True)
        verdict = self._verdict(
            moderator, found, Decision.DECLINED, reason, "revoked the claim", action="revoke-claim"
        )
        return self.store.people.claims.decide(claim_id, (Decision.GRANTED,), verdict)

    def _reason(self, reason: str, *, is_needed: bool) -> str:
        reason = paragraphs(reason, "reason", LONGEST_REASON)
        if is_needed and not reason:
            raise InputError("Give a reason; the claimant is told.", "reason")
        return reason

    def _verdict(
        self,
        moderator: Account,
        found: Claim,
        state: Decision,
        reason: str,
        did: str,
        *,
        action: str = "",
    ) -> Verdict:
        title = self._title_of(found)
        done, _, what = did.partition(" the ")
        is_granted = state is Decision.GRANTED
        news = f"Your {what} to be {found.author} of {title} was {done}."
        return Verdict(
            state=state,
            decided_by=moderator.account_id,
            reason=reason,
            action=action or ("grant-claim" if is_granted else "decline-claim"),
            text=f"{did.capitalize()} of {found.name} to be {found.author} of {title}."
            + (f" Reason: {reason}" if reason else ""),
            news=f"{news} {reason}".strip(),
            path=_path(found.paper_key) if is_granted else "/claims",
            now=self.clock(),
        )

    def _title_of(self, found: Claim) -> str:
        papers = self.store.papers([found.paper_id])
        return _title(papers[0].title if papers else found.paper_key)

    def appeal(self, account: Account, claim_id: int, text: str) -> Claim:
        """Ask once for another decision. Raises NotFound, Conflict, InputError without a reason."""
        may_act(account, Role.READER)
        found = self._own(account, claim_id)
        text = paragraphs(text, "appeal", LONGEST_MESSAGE)
        if not text:
            raise InputError("Say why the decision should be another.", "appeal")
        return self.store.people.claims.appeal(found.claim_id, text)

    def withdraw(self, account: Account, claim_id: int) -> Claim:
        """Take one's own claim back, with what was added by it. Raises NotFound and Conflict."""
        may_act(account, Role.READER)
        return self.store.people.claims.withdraw(
            self._own(account, claim_id).claim_id, self.clock()
        )

    def _own(self, account: Account, claim_id: int) -> Claim:
        found = self.store.people.claims.find(claim_id)
        if found.account_id != account.account_id:
            raise NotFound("There is no such claim of yours.")
        return found

    def additions(self, claim: Claim) -> dict[str, str]:
        """What an author has added to the paper: addresses by name of the field, all of `ADDED`."""
        name = (SOURCE, record_id_of(claim.claim_id))
        records = self.store.records(claim.paper_id)
        own = [one for one in records if (one.source, one.record_id) == name]
        links = own[0].links if own else ()
        return {
            field: next((link.url for link in links if link.kind is kind), "")
            for field, kind in ADDED.items()
        }

    def change_additions(
        self, account: Account, paper: Paper, fields: Mapping[str, str]
    ) -> dict[str, str]:
        """Replace what this author has added to the paper; empty fields take addresses away.

        Nothing is ever fetched from them. Raises PermissionDenied for people who are no authors of
        it here, InputError for anything but a whole https address.
        """
        may_act(account, Role.READER)
        claim = self.between(account, paper)
        if claim is None or claim.state is not Decision.GRANTED:
            raise PermissionDenied("Only its authors can add to a paper. Claim it first.")
        links = tuple(
            Link(kind, address)
            for name, kind in ADDED.items()
            if (address := web_address(fields.get(name, ""), name, only_https=True))
        )
        self.throttle.check(f"additions:account:{account.account_id}", _EDITS, _A_DAY)
        self.store.people.claims.put_additions(
            claim,
            _addition(paper, claim, links) if links else None,
            text=_said(claim, paper, links),
            now=self.clock(),
        )
        return self.additions(claim)


def _addition(paper: Paper, claim: Claim, links: tuple[Link, ...]) -> PaperRecord:
    """The record of what an author added, under all of the paper's own names.

    With fewer of them, it could stay behind when papers part, or tie two of one title together.
    """
    return PaperRecord(
        source=SOURCE,
        record_id=record_id_of(claim.claim_id),
        title=paper.title,
        abstract=paper.abstract,
        authors=paper.authors,
        arxiv_id=paper.arxiv_id,
        doi=paper.doi,
        listed_on=paper.listed_on,
        links=links,
    )


def _said(claim: Claim, paper: Paper, links: tuple[Link, ...]) -> str:
    given = "; ".join(f"{link.kind.value} {link.url}" for link in links) or "none"
    return f"{claim.author} set the authors' links of {_title(paper.title)}: {given}."


def _title(title: str) -> str:
    return f"“{readable(title):.120}”"


def _path(key: str) -> str:
    return f"/papers/{quote(key, safe='/~:.-_()')}"
