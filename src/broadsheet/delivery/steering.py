"""Papers chosen to find similar ones: more like these, less like those, by plain links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from broadsheet.delivery.access import paper_of
from broadsheet.errors import InputError
from broadsheet.ranking.listings import MOST_SEEDS

if TYPE_CHECKING:
    from fastapi import Request

    from broadsheet.domain import Paper

SIMILAR_PATH = "/papers/similar"


@dataclass(frozen=True, slots=True)
class Course:
    """Keys of the papers wanted (`to`) and of those not wanted; each paper is in one of the two."""

    to: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()

    def more_like(self, key: str) -> Course:
        """With a paper among those wanted."""
        return Course((*_less(self.to, key), key), _less(self.unlike, key))

    def less_like(self, key: str) -> Course:
        """With a paper among those not wanted."""
        return Course(_less(self.to, key), (*_less(self.unlike, key), key))

    def without(self, key: str) -> Course:
        """With a paper in neither."""
        return Course(_less(self.to, key), _less(self.unlike, key))

    def path(self, **further: object) -> str:
        """The address of the papers on this course; without a paper wanted, of the page itself."""
        pairs = [("to", key) for key in self.to] + [("unlike", key) for key in self.unlike]
        pairs += [(name, str(value)) for name, value in further.items() if value]
        return f"{SIMILAR_PATH}?{urlencode(pairs)}" if pairs else SIMILAR_PATH


def _less(keys: tuple[str, ...], key: str) -> tuple[str, ...]:
    return tuple(each for each in keys if each != key)


def papers_named(request: Request, keys: Sequence[str | None]) -> tuple[Paper, ...]:
    """The papers of some keys in any form, each once.

    Raises InputError for more than MOST_SEEDS, and NotFound with the key that names no paper.
    """
    given = list(dict.fromkeys(key for key in keys if key))
    if len(given) > MOST_SEEDS:
        message = (
            f"These are {len(given)} papers, and a list of similar papers starts from at most "
            f"{MOST_SEEDS}. Name fewer."
        )
        raise InputError(message)
    papers = [paper_of(request, key) for key in given]
    return tuple({paper.paper_id: paper for paper in papers}.values())
