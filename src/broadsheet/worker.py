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
from broadsheet.follow_news import tell_followers
from broadsheet.intake import harvest_due
from broadsheet.services import Services
from broadsheet.source_states import Outcome

_LOG = logging.getLogger(__name__)
LONGEST_SLEEP = 30.0
"""Seconds between two looks at the rows: a source added meanwhile is not left waiting."""
LONGEST_GOODBYE = 10.0
"""Seconds that a mail at hand gets when the worker stops; its courier ends it in any case."""
SHORTEST_SLEEP = 5.0
"""A source that is due while another worker has it is looked at again this soon."""

Report = Callable[[str], None]
Sync = Callable[[Services], object]
"""Whatever brings the index up to the store."""


class Told:
    """What a worker has said of its sources: that one cannot be reached is news only once.

    Where several sources cannot be reached and none was in between, this machine is offline rather
    than each service down, and one sentence says so. States of sources are kept apart from this.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._held_back: list[tuple[Source, Outcome]] = []
        self._told: set[str] = set()
        self._missed: set[str] = set()
        self._is_offline_told = False
        self._is_any_reached = False

    def tell(self, source: Source, outcome: Outcome) -> None:
        """Say how a harvest ended; of those that cannot be reached `end_round` speaks."""
        if outcome.is_unreachable:
            self._held_back.append((source, outcome))
            return
        # What fails for good may have failed before anybody was asked.
        self._is_any_reached |= not outcome.is_permanent
        self._told.discard(source.name)
        self._report(_sentence(source, outcome))

    def end_round(self) -> None:
        """Say of the sources that cannot be reached what has not been said before."""
        held, self._held_back = self._held_back, []
        if self._is_any_reached:
            self._missed.clear()
            self._is_offline_told = self._is_any_reached = False
        else:
            self._missed |= {source.name for source, _ in held}
        if held and len(self._missed) > 1:
            self._tell_offline(held)
        else:
            for source, outcome in held:
                if source.name not in self._told:
                    self._report(_sentence(source, outcome))
        self._told |= {source.name for source, _ in held}

    def _tell_offline(self, held: list[tuple[Source, Outcome]]) -> None:
        if not self._is_offline_told:
            next_try = min(outcome.due_at for _, outcome in held)
            self._report(
                "No source can be reached: this machine seems to be offline. The papers that are "
                f"here can be read; sources are tried again from {next_try:%Y-%m-%d %H:%M} UTC on."
            )
        self._is_offline_told = True


def _sentence(source: Source, outcome: Outcome) -> str:
    return f"{source.name}: {outcome.state}. {outcome.reason}"


def work_once(
    services: Services,
    report: Report,
    is_stopping: Callable[[], bool] = lambda: False,
    told: Told | None = None,
    sync: Sync = pipeline.sync_index,
) -> int:
    """Harvest what is due, index what came, tell who follows it; how many sources were harvested.

    Votes of accounts that have come of age are counted on the way, and the words of comments that
    were deleted are forgotten.

    `told` remembers what rounds before this one said, `sync` indexes. Raises StorageError, when
    all sources have had their turn.
    """
    told = told or Told(report)
    try:
        done = harvest_due(services, told.tell, is_stopping)
    except BroadsheetError:
        # What the harvests had stored before the trouble is to be found all the same.
        _index(services, sync)
        raise
    finally:
        told.end_round()
    _index(services, sync)
    tell_followers(services)
    services.community.votes.count_matured()
    services.community.comments.forget_deleted()
    return done


def _index(services: Services, sync: Sync) -> None:
    if services.store.pending(services.index.state().revision):
        sync(services)
        services.index.catch_up()


def work(
    services: Services,
    stop: threading.Event,
    report: Report,
    sync: Sync = pipeline.sync_index,
) -> None:
    """Work until `stop` is set; trouble is reported, and does not end the work. `sync` indexes.

    Mail, webhooks and the improving of vectors have a thread each, so that none waits for another.
    """
    from broadsheet.improving import keep_improving
    from broadsheet.mail_clock import keep_mailing
    from broadsheet.webhook_clock import keep_posting

    given = (services, stop, report)
    mail = threading.Thread(target=keep_mailing, args=given, daemon=True)
    webhooks = threading.Thread(target=keep_posting, args=given, daemon=True)
    mail.start()
    webhooks.start()
    threading.Thread(target=keep_improving, args=given, daemon=True).start()
    try:
        _keep_harvesting(services, stop, report, sync)
    finally:
        stop.set()
        mail.join(LONGEST_GOODBYE)
        webhooks.join(LONGEST_GOODBYE)


def _keep_harvesting(services: Services, stop: threading.Event, report: Report, sync: Sync) -> None:
    told = Told(report)
    while not stop.is_set():
        try:
            work_once(services, report, stop.is_set, told, sync)
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
