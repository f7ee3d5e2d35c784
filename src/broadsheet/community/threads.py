"""A thread in the order it is read: answers below what they answer, the best or newest first."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import sqrt

from broadsheet.doings import Comment, SignedComment

DEEPEST = 5
"""How many steps to the right answers go; deeper ones stand below each other."""
_Z = 1.96  # the normal quantile of a 95 % interval


class ThreadOrder(StrEnum):
    """In which order comments stand; answers to one comment follow it in either."""

    BEST = "best"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment at its place: `depth` from 0, `answers_to` where the depth does not show it."""

    signed: SignedComment
    depth: int
    answers_to: SignedComment | None = None

    @property
    def comment(self) -> Comment:
        """The comment itself."""
        return self.signed.comment


def lower_bound(votes: int, voters: int) -> float:
    """The lower end of Wilson's 95 % interval for the share of voters that a comment convinces.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927). 0 without voters.
    """
    if not voters:
        return 0.0
    share = votes / voters
    spread = _Z * sqrt((share * (1 - share) + _Z * _Z / (4 * voters)) / voters)
    return (share + _Z * _Z / (2 * voters) - spread) / (1 + _Z * _Z / voters)


def arrange(
    comments: Sequence[SignedComment],
    order: ThreadOrder,
    *,
    voted_at: Sequence[datetime],
    is_shown: Callable[[Comment], bool],
) -> list[Placed]:
    """The thread from top to bottom; `comments` come oldest first.

    Best compares a comment's votes with how many people voted in the thread since it was written
    (`voted_at`: when each last did), so that late comments have their chance. What is not shown
    stays as a stub where an answer to it is.
    """
    answers: Mapping[int | None, list[SignedComment]] = _answers(_kept(comments, is_shown))
    instants = sorted(voted_at)

    def merit(signed: SignedComment) -> tuple[float, int, float]:
        found = signed.comment
        voters = len(instants) - bisect_left(instants, found.created_at)
        bound = lower_bound(found.votes, max(voters, found.votes))
        return -bound, -found.votes, found.created_at.timestamp()

    def ordered(group: list[SignedComment], depth: int) -> list[SignedComment]:
        if order is ThreadOrder.BEST:
            return sorted(group, key=merit)
        return group if depth else group[::-1]  # answers read on as a conversation

    return list(_walk(answers, ordered))


def _kept(
    comments: Sequence[SignedComment], is_shown: Callable[[Comment], bool]
) -> list[SignedComment]:
    """Those that are shown, and those that an answer still needs."""
    needed: set[int | None] = set()
    kept = []
    for signed in reversed(comments):  # an answer is always younger than what it answers
        if signed.comment.comment_id in needed or is_shown(signed.comment):
            needed.add(signed.comment.parent_id)
            kept.append(signed)
    return kept[::-1]


def _answers(comments: Sequence[SignedComment]) -> dict[int | None, list[SignedComment]]:
    known = {signed.comment.comment_id for signed in comments}
    found: dict[int | None, list[SignedComment]] = defaultdict(list)
    for signed in comments:
        parent_id = signed.comment.parent_id
        found[parent_id if parent_id in known else None].append(signed)
    return found


def _walk(
    answers: Mapping[int | None, list[SignedComment]],
    ordered: Callable[[list[SignedComment], int], list[SignedComment]],
) -> list[Placed]:
    """Depth first without recursion: a chain of answers may be thousands deep."""
    placed: list[Placed] = []
    waiting: list[tuple[SignedComment, int, SignedComment | None]] = [
        (signed, 0, None) for signed in reversed(ordered(answers.get(None, []), 0))
    ]
    while waiting:
        signed, depth, parent = waiting.pop()
        placed.append(Placed(signed, min(depth, DEEPEST), parent if depth > DEEPEST else None))
        below = answers.get(signed.comment.comment_id)
        if below:
            waiting.extend(
                (each, depth + 1, signed) for each in reversed(ordered(below, depth + 1))
            )
    return placed
