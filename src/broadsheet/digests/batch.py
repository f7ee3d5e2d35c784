"""What is known of the readers of one batch, asked for all of them together: what they were sent,
what they may read, what they asked more and less of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from broadsheet.digests.reach import Reach, Reaches
from broadsheet.domain import Paper
from broadsheet.errors import IndexUnavailable
from broadsheet.index.lance import PaperIndex
from broadsheet.latex import readable
from broadsheet.mail import Subscriber
from broadsheet.ranking.leanings import Liked
from broadsheet.store.mail.sent import SentPapers
from broadsheet.store.store import Store

MOST_LEANINGS = 20
"""Of one reader, the latest."""
_LONGEST_TITLE = 90


class Meanings:
    """Vectors of papers by number, each read from the index once a round."""

    def __init__(self, index: PaperIndex) -> None:
        self._index = index
        self._known: dict[int, Any] = {}

    def of(self, paper_ids: Sequence[int]) -> Mapping[int, Any]:
        """The vectors (dim,) of those papers that have one; none while the index is not there."""
        fresh = [number for number in paper_ids if number not in self._known]
        if fresh:
            try:
                found = self._index.snapshot().vectors(fresh)
            except IndexUnavailable:
                return {}
            self._known.update(dict.fromkeys(fresh))
            self._known.update(found)
        return {
            number: self._known[number]
            for number in paper_ids
            if self._known.get(number) is not None
        }


class Sent:
    """What the readers of one batch were sent before, asked list by list, not reader by reader."""

    def __init__(self, table: SentPapers, subscriber_ids: Sequence[int]) -> None:
        self._table = table
        self._subscriber_ids = subscriber_ids
        self._asked: set[int] = set()
        self._found: dict[int, set[int]] = defaultdict(set)

    def load(self, paper_ids: Collection[int]) -> None:
        """Ask about papers that have not been asked about yet."""
        fresh = set(paper_ids) - self._asked
        if fresh:
            self._asked |= fresh
            for subscriber_id, found in self._table.among(self._subscriber_ids, fresh).items():
                self._found[subscriber_id] |= found

    def was_sent(self, subscriber_id: int) -> Callable[[Paper], bool]:
        """Whether a paper was sent to a reader before."""
        found = self._found[subscriber_id]
        return lambda paper: paper.paper_id in found


class Batch:
    """The readers of one batch; what nobody of them needs is not asked for."""

    def __init__(self, store: Store, meanings: Meanings, readers: Sequence[Subscriber]) -> None:
        numbers = [reader.subscriber_id for reader in readers]
        self.sent = Sent(store.mail.sent, numbers)
        self._reaches = Reaches(
            store.mail.followed, [(reader.account_id, reader.preferences) for reader in readers]
        )
        self._liked = _liked(store, meanings, numbers)

    def reach(self, reader: Subscriber) -> Reach:
        """What a reader may read now of what they asked for."""
        return self._reaches.of(reader.account_id, reader.preferences)

    def liked(self, reader: Subscriber) -> tuple[Liked, ...]:
        """The papers that a reader asked more or less of, the latest first."""
        return self._liked.get(reader.subscriber_id, ())


def _liked(
    store: Store, meanings: Meanings, subscriber_ids: Sequence[int]
) -> dict[int, tuple[Liked, ...]]:
    """By subscriber: two questions to the database, or one where nobody leans."""
    leanings = {
        number: found[:MOST_LEANINGS]
        for number, found in store.mail.leanings.of(subscriber_ids).items()
    }
    wanted = sorted({each.paper_id for found in leanings.values() for each in found})
    if not wanted:
        return {}
    vectors = meanings.of(wanted)
    titles = {paper.paper_id: _title(paper) for paper in store.papers(wanted)}
    return {
        number: tuple(
            Liked(titles[each.paper_id], vectors[each.paper_id], each.wants_more)
            for each in found
            if each.paper_id in vectors and each.paper_id in titles
        )
        for number, found in leanings.items()
    }


def _title(paper: Paper) -> str:
    title = " ".join(readable(paper.title).split()) or "Untitled"
    if len(title) <= _LONGEST_TITLE:
        return title
    return title[: title.rfind(" ", 40, _LONGEST_TITLE)].rstrip(" ,;:–-") + "…"
