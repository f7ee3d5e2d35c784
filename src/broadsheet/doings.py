"""The words for what people do: comments, submissions, picks, claims, collections, marks, follows.

Who people are stands in `people`; what the rules are, in `community`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from broadsheet.domain import PaperRecord


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment in a thread. `body` is Markdown; empty in a stub (deleted or hidden).

    `parent_id` is the comment that it answers. `account_id` is None when the account is gone.
    `changed_at` is the last time that it was written, edited, deleted, hidden or shown again.
    """

    comment_id: int
    paper_id: int
    parent_id: int | None
    account_id: int | None
    body: str
    votes: int
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    hidden_at: datetime | None = None
    hidden_reason: str = ""
    changed_at: datetime | None = None

    @property
    def is_stub(self) -> bool:
        """Whether only its place in the thread is left to see."""
        return self.deleted_at is not None or self.hidden_at is not None


@dataclass(frozen=True, slots=True)
class SignedComment:
    """A comment with who wrote it: `handle` is empty when the account is gone.

    `is_by_author` tells that they are an author of the paper, by a claim that was granted.
    `paper_key` is empty where the paper is known anyway.
    """

    comment: Comment
    handle: str
    shown_name: str
    is_by_author: bool = False
    paper_key: str = ""


@dataclass(frozen=True, slots=True)
class FormerBody:
    """What a comment said until it was edited."""

    body: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """One person's report of a comment to the moderators."""

    report_id: int
    comment_id: int
    handle: str
    reason: str
    reported_at: datetime
    resolved_at: datetime | None = None
    resolution: str = ""


class Decision(StrEnum):
    """How a submission, claim or request stands."""

    PENDING = "pending"
    GRANTED = "granted"
    DECLINED = "declined"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Submission:
    """A paper that somebody brought. `paper_id` is None while it waits or was declined.

    `key` is the public key that its own record gives; `paper_key` that of the paper it became.
    `records` are what joins the library with it; `name` and `shown_name` are the submitter's.
    """

    submission_id: int
    account_id: int | None
    paper_id: int | None
    title: str
    comment: str
    state: Decision
    submitted_at: datetime
    decided_at: datetime | None = None
    decided_by: int | None = None
    reason: str = ""
    key: str = ""
    paper_key: str | None = None
    records: tuple[PaperRecord, ...] = ()
    name: str = ""
    shown_name: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """An editor's pick for the front page of one day, with the editor's note.

    `position` orders the picks of a day, from 1; `name` is the editor's handle.
    """

    paper_id: int
    picked_on: date
    account_id: int | None
    note: str
    picked_at: datetime
    position: int = 1
    name: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """An account's claim to be an author of a paper; `evidence` says what speaks for it.

    `name` and `shown_name` are the claimant's, `paper_key` and `title` the paper's.
    """

    claim_id: int
    paper_id: int
    account_id: int
    author: str
    evidence: str
    message: str
    state: Decision
    claimed_at: datetime
    decided_at: datetime | None = None
    decided_by: int | None = None
    reason: str = ""
    appeal: str = ""
    name: str = ""
    shown_name: str = ""
    paper_key: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """A reading list. `share_token` is the secret of its link, None where it is not shared."""

    collection_id: int
    account_id: int
    name: str
    slug: str
    description: str
    is_public: bool
    share_token: str | None
    papers: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class CollectionPaper:
    """A paper's place in a collection, from 1, and its note there."""

    paper_id: int
    position: int
    note: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """A paper's votes after somebody voted or withdrew; `votes` as shown, sources included.

    `has_changed` is False where the vote stood, or was gone, before.
    """

    paper_id: int
    key: str
    is_on: bool
    votes: int
    people_votes: int
    has_changed: bool


@dataclass(frozen=True, slots=True)
class VoteDay:
    """The votes of our people on a paper that were cast on one day, UTC.

    `counted` of them order lists; `names` are the handles of those who vote in public.
    """

    day: date
    votes: int
    counted: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Miscount:
    """A counter of a paper that is not what its rows say."""

    key: str
    counter: str
    kept: int
    true: int


class Shelf(StrEnum):
    """The parts of a reader's library."""

    SAVED = "saved"
    NOTED = "noted"
    READ = "read"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader noted for themselves on a paper: read, saved, dismissed, a private note.

    `former_note` is the note before the last change, which undoing brings back; None where the
    note has never changed.
    """

    paper_id: int
    read_at: datetime | None = None
    saved_at: datetime | None = None
    dismissed_at: datetime | None = None
    note: str = ""
    noted_at: datetime | None = None
    former_note: str | None = None

    def is_on(self, shelf: Shelf) -> bool:
        """Whether the paper stands on a shelf of the reader's library."""
        return {
            Shelf.SAVED: self.saved_at is not None,
            Shelf.NOTED: bool(self.note),
            Shelf.READ: self.read_at is not None,
            Shelf.DISMISSED: self.dismissed_at is not None,
        }[shelf]


class FollowKind(StrEnum):
    """What can be followed."""

    PERSON = "person"
    AUTHOR = "author"
    CATEGORY = "category"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Follow:
    """Something an account follows; `subject` is a handle, author's name, category or query."""

    kind: FollowKind
    subject: str
    label: str
    followed_at: datetime


class FeedKind(StrEnum):
    """The lists of one's own that can be private feeds."""

    SEARCH = "search"
    COLLECTION = "collection"
    SAVED = "saved"
    NEWS = "news"


@dataclass(frozen=True, slots=True)
class PrivateFeed:
    """A list of an account that whoever knows its address can read as a feed.

    `subject` is a saved query or the number of a collection; empty for the saved papers and for the
    news of what is followed. `salt` and the instance's key make the address.
    """

    account_id: int
    kind: FeedKind
    subject: str
    salt: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """News for one account; `path` is where it leads on this site."""

    notification_id: int
    kind: str
    text: str
    path: str
    notified_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What somebody with a role did (public), or a trace that moderators may need (not public).

    `subject` names what it was done to: `paper:KEY`, `account:NAME`, `comment:NUMBER`. `actor` is
    the handle of who did it, empty for the instance itself and for accounts that are gone.
    """

    logged_at: datetime
    account_id: int | None
    action: str
    subject: str
    text: str
    is_public: bool
    entry_id: int = 0
    actor: str = ""
