"""The clock: harvests what is due and carries the news to the index, until it is told to stop.

Due-times are rows of the database; there is no queue. Any number of workers may run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from broadsheet import pipeline
from broadsheet.domain import Source
from broadsheet.errors import BroadsheetError
from broadsheet.intake import harvest_due
from broadsheet.services import Services
from broadsheet.source_states import Outcome

_LOG = logging.getLogger(__name__)
LONGEST_SLEEP = 30.0
"""Seconds between two looks at the rows: a source added meanwhile is not left waiting."""
SHORTEST_SLEEP = 5.0
"""A source that is due while another worker has it is looked at again this soon."""

Report = Callable[[str], None]


def work_once(
    services: Services, report: Report, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Harvest every source that is due, then index what came; how many were harvested.

    Raises StorageError, when all sources have had their turn.
    """

    def tell(source: Source, outcome: Outcome) -> None:
        report(f"{source.name}: {outcome.state}. {outcome.reason}")

    try:
        return harvest_due(services, tell, is_stopping)
    finally:
        # Also after a harvest that broke: what it had stored by then is to be found.
        if services.store.pending(services.index.state().revision):
            pipeline.sync_index(services)


def work(services: Services, stop: threading.Event, report: Report) -> None:
    """Work until `stop` is set; trouble is reported, and does not end the work."""
    while not stop.is_set():
        try:
            work_once(services, report, stop.is_set)
        except BroadsheetError as error:
            report(f"{error}")
        except Exception as error:  # noqa: BLE001 - the clock goes on whatever happens
            _LOG.exception("The worker met a fault")
            report(f"The worker met a fault ({type(error).__name__}) and goes on; the log has it.")
        stop.wait(_seconds_to_next(services))


def _seconds_to_next(services: Services) -> float:
    try:
        dues = [source.due_at for source in services.store.sources() if not source.is_paused]
    except BroadsheetError:
        return LONGEST_SLEEP
    now: datetime = services.clock()
    seconds = min(((due - now).total_seconds() for due in dues), default=LONGEST_SLEEP)
    return min(max(seconds, SHORTEST_SLEEP), LONGEST_SLEEP)
