"""Does the parts of a build in this process."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from typing import Any

from broadsheet.index.documents import Feed
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.lance import PaperIndex
from broadsheet.index.parts import Bench, Job
from broadsheet.index.places import Place


class OwnHands:
    """Does each job here, after it has been through a pickle; twice where one was lost."""

    def __init__(self, bench: Bench, times: int = 1) -> None:
        self._bench = bench
        self._times = times

    def do(self, jobs: Sequence[Job]) -> Iterator[Any]:
        for job in jobs:
            for _ in range(self._times):
                done = pickle.loads(pickle.dumps(job)).run(self._bench)  # noqa: S301 - our own
            yield pickle.loads(pickle.dumps(done))  # noqa: S301


def built_in_parts(place: Place, encoder: StaticEncoder, feed: Feed, times: int = 1) -> PaperIndex:
    index = PaperIndex(place, encoder)
    index.rebuild(feed, hands=OwnHands(Bench(place, feed, encoder), times))
    return index
