"""The thread of a paper as a page shows it: every word ready, nothing left to compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup

from broadsheet.community.comments import LONGEST_BODY, UNDO_FOR
from broadsheet.community.threads import ThreadOrder
from broadsheet.delivery.access import services_of
from broadsheet.delivery.addresses import paper_path, with_query
from broadsheet.delivery.comment_html import comment_html
from broadsheet.delivery.periods import plain_day
from broadsheet.delivery.visitors import visitor_of
from broadsheet.delivery.web.counts import counted
from broadsheet.people import Role

if TYPE_CHECKING:
    from fastapi import Request

    from broadsheet.community.threads import Placed
    from broadsheet.doings import Comment
    from broadsheet.domain import Paper
    from broadsheet.people import Account

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_DAYS_IN_WORDS = 7
_UNDO_MINUTES = UNDO_FOR // timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One comment at its place. `stub` is what stands where its words are not shown.

    `html` is empty in a stub, but for moderators, who read what they hid.
    """

    number: int
    depth: int
    handle: str
    shown_name: str
    html: Markup
    stub: str
    written_at: str
    written: str
    is_by_author: bool
    is_edited: bool
    votes: int
    has_voted: bool
    is_own: bool
    is_hidden: bool
    may_undo: bool
    answers_to: int
    answers_to_name: str


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A thread with what surrounds it; `orders` are the links that change its order."""

    lines: tuple[Line, ...]
    heading: str
    orders: tuple[tuple[str, str, bool], ...]
    path: str
    post_path: str
    longest: int
    may_moderate: bool


def thread_view(request: Request, paper: Paper) -> ThreadView:
    """The thread of a paper for who asks, in the order that the address names."""
    account = visitor_of(request).account
    named = request.query_params.get("thread", "")
    order = ThreadOrder.NEWEST if named == ThreadOrder.NEWEST.value else ThreadOrder.BEST
    services = services_of(request)
    thread = services.community.comments.thread(paper.paper_id, account, order)
    now, viewer = services.clock(), _Viewer.of(account)
    lines = tuple(
        line(
            placed, thread.handles, viewer, now, has_voted=placed.comment.comment_id in thread.voted
        )
        for placed in thread.placed
    )
    seen = sum(not placed.comment.is_stub for placed in thread.placed)
    path = paper_path(paper.key)
    return ThreadView(
        lines=lines,
        heading=counted(seen, "comment", "comments") if seen else "Comments",
        orders=_orders(path, order) if seen > 1 else (),
        path=path,
        post_path=f"{path}/comments",
        longest=LONGEST_BODY,
        may_moderate=viewer.may_moderate,
    )


@dataclass(frozen=True, slots=True)
class _Viewer:
    """Who reads: their number, 0 for somebody signed out."""

    number: int
    may_moderate: bool

    @classmethod
    def of(cls, account: Account | None) -> _Viewer:
        if account is None:
            return cls(0, may_moderate=False)
        return cls(account.account_id, may_moderate=account.may(Role.MODERATOR))


def _orders(path: str, order: ThreadOrder) -> tuple[tuple[str, str, bool], ...]:
    newest = with_query(path, thread=ThreadOrder.NEWEST.value)
    return (
        ("Best", f"{path}#comments", order is ThreadOrder.BEST),
        ("Newest", f"{newest}#comments", order is ThreadOrder.NEWEST),
    )


def line(
    placed: Placed,
    handles: frozenset[str],
    viewer: _Viewer,
    now: datetime,
    *,
    has_voted: bool,
) -> Line:
    """A comment as the viewer sees it."""
    signed, found = placed.signed, placed.comment
    is_own = bool(viewer.number) and found.account_id == viewer.number
    is_named = found.deleted_at is None and (found.hidden_at is None or viewer.may_moderate)
    parent = placed.answers_to
    return Line(
        number=found.comment_id,
        depth=placed.depth,
        handle=signed.handle if is_named or is_own else "",
        shown_name=(signed.shown_name or "Somebody who left") if is_named or is_own else "",
        html=comment_html(found.body, handles) if found.body else Markup(),
        stub=_stub(found, is_own=is_own),
        written_at=found.created_at.isoformat(timespec="seconds"),
        written=ago(found.created_at, now),
        is_by_author=signed.is_by_author and is_named,
        is_edited=found.edited_at is not None and is_named,
        votes=found.votes,
        has_voted=has_voted,
        is_own=is_own,
        is_hidden=found.hidden_at is not None and found.deleted_at is None,
        may_undo=is_own and found.deleted_at is not None and now - found.deleted_at <= UNDO_FOR,
        answers_to=parent.comment.comment_id if parent else 0,
        answers_to_name=(parent.shown_name or "a comment") if parent else "",
    )


def _stub(found: Comment, *, is_own: bool) -> str:
    if found.deleted_at is not None:
        return (
            f"You deleted this comment. It can be brought back for {_UNDO_MINUTES} minutes."
            if is_own
            else "This comment was deleted by its writer."
        )
    if found.hidden_at is not None:
        reason = f" {found.hidden_reason}" if found.hidden_reason else ""
        return (
            f"A moderator hid this comment:{reason}" if reason else "A moderator hid this comment."
        )
    return ""


def ago(at: datetime, now: datetime) -> str:
    """How long ago something was, in words: `5 minutes ago`; the day after a week."""
    gone = now - at
    if gone < _MINUTE:
        return "just now"
    if gone < _HOUR:
        return f"{counted(gone // _MINUTE, 'minute', 'minutes')} ago"
    if gone < _DAY:
        return f"{counted(gone // _HOUR, 'hour', 'hours')} ago"
    if gone < _DAYS_IN_WORDS * _DAY:
        return f"{counted(gone // _DAY, 'day', 'days')} ago"
    return plain_day(at.date())
