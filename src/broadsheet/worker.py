"""The clock: harvests what is due and carries the news to the index, until it is told to stop.

Due-times are rows of the database; there is no queue. Any number of workers may run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from broadsheet import pipeline
from broadsheet.domain import Source
from broadsheet.errors import BroadsheetError
from broadsheet.intake import Outcome, harvest_due
from broadsheet.services import Services

LONGEST_SLEEP = 30.0
"""Seconds between two looks at the rows: a source added meanwhile is not left waiting."""

Report = Callable[[str], None]


def work_once(services: Services, report: Report) -> int:
    """Harvest every source that is due, then index what came; how many were harvested."""

    def tell(source: Source, outcome: Outcome) -> None:
        report(f"{source.name}: {outcome.state}. {outcome.reason}")

    done = harvest_due(services, tell)
    if done and services.store.pending(services.index.state().revision):
        pipeline.sync_index(services)
    return done


def work(services: Services, stop: threading.Event, report: Report) -> None:
    """Work until `stop` is set; trouble is reported, and does not end the work."""
    while not stop.is_set():
        try:
            work_once(services, report)
        except BroadsheetError as error:
            report(f"{error}")
        stop.wait(_seconds_to_next(services))


def _seconds_to_next(services: Services) -> float:
    try:
        dues = [source.due_at for source in services.store.sources() if not source.is_paused]
    except BroadsheetError:
        return LONGEST_SLEEP
    now: datetime = services.clock()
    seconds = min(((due - now).total_seconds() for due in dues), default=LONGEST_SLEEP)
    return min(max(seconds, 1.0), LONGEST_SLEEP)
