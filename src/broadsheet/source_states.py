"""How a live source stands: judged after a harvest, and as a reader is shown it. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from broadsheet.domain import ImportCounts, Source, SourceState
from broadsheet.errors import ConfigurationError
from broadsheet.sources.live.harvesting import Batch, NoConnection, SourceKind
from broadsheet.sources.live.registry import KINDS

PROBE = timedelta(minutes=15)
"""A stalled source is asked again so soon: its batch may come late."""
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=6)
LONGEST_RETRY_UNREACHABLE = timedelta(minutes=30)
"""Trying to connect burdens nobody, and a laptop that is online again should not wait for hours."""
TOLERATED = 0.01
"""The share of declared records that may fail to come: some services count what they hide."""
BACKFILL = "backfill-"
"""How the names of rows begin that keep the place of a backfill."""
LATE = timedelta(hours=1)
"""A source that is due for longer than this was forgotten by the worker, and is not fresh."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a harvest came to: the state, why, what arrived, and when to ask again.

    `is_permanent` tells of a failure that asking again will not mend, `is_unreachable` that no
    connection could be made at all.
    """

    state: SourceState
    reason: str
    counts: ImportCounts
    due_at: datetime
    batch_on: date | None = None
    is_permanent: bool = False
    is_unreachable: bool = False


@dataclass(slots=True)
class Tally:
    """What the batches of one harvest add up to; what a finished harvest is judged by."""

    counts: ImportCounts = field(default_factory=ImportCounts)
    received: int = 0
    repeated: int = 0
    declared: int | None = None
    batch_on: date | None = None
    notes: list[str] = field(default_factory=list)
    first_reject: str = ""
    _seen: set[int] = field(default_factory=set)

    def add(self, batch: Batch, counts: ImportCounts) -> None:
        """Count one stored batch in."""
        self.counts += counts
        self.received += len(batch.records) + len(batch.rejects)
        if batch.declared is not None:
            self.declared = max(batch.declared, self.declared or 0)
            self._count_repeated(batch)
        if batch.batch_on:
            self.batch_on = max(batch.batch_on, self.batch_on or batch.batch_on)
        if batch.rejects and not self.first_reject:
            self.first_reject = batch.rejects[0].reason
        if batch.note and batch.note not in self.notes:
            self.notes.append(batch.note)

    def _count_repeated(self, batch: Batch) -> None:
        """Count records that came before: a page that comes twice hides one that is missing."""
        marks = {hash((record.record_id, record.versions)) for record in batch.records}
        self.repeated += len(batch.records) - len(marks - self._seen)
        self._seen |= marks

    @property
    def has_news(self) -> bool:
        """Whether anything came that was not known."""
        return bool(self.counts.new or self.counts.updated or self.counts.merged)


def kind_of(source: Source) -> SourceKind:
    """The kind of a source; raises ConfigurationError for one this version does not know."""
    try:
        return KINDS[source.kind]
    except KeyError:
        raise ConfigurationError(
            f"The source “{source.name}” is of the kind “{source.kind}”, which this version does "
            "not know. `broadsheet sources kinds` lists those it does."
        ) from None


def judge(source: Source, kind: SourceKind, tally: Tally, now: datetime) -> Outcome:
    """The outcome of a harvest that ran to its end: fresh, quiet, or stalled."""
    expected = kind.calendar.expected_on(now)
    trouble = _trouble(tally, expected, source)
    if trouble:
        return Outcome(SourceState.STALLED, trouble, tally.counts, now + PROBE, tally.batch_on)
    counts = tally.counts
    news = counts.new + counts.updated + counts.merged
    state = SourceState.FRESH if news else SourceState.QUIET
    sentence = (
        f"{counts.new:,} new, {counts.updated + counts.merged:,} updated."
        if news
        else "Asked, and there was truly nothing new."
    )
    set_aside = f"{counts.rejected:,} set aside (`broadsheet rejects`)." if counts.rejected else ""
    reason = " ".join(filter(None, (sentence, set_aside, *tally.notes)))
    return Outcome(state, reason, counts, kind.calendar.next_due(now), tally.batch_on)


def _trouble(tally: Tally, expected: date | None, source: Source) -> str:
    """Why an answer that could be read is not to be trusted; empty when it is."""
    if tally.batch_on and expected and tally.batch_on < expected:
        return (
            f"The source answers, but its batch is of {tally.batch_on}; that of {expected} was "
            "expected. It is asked again every 15 minutes."
        )
    if tally.received and tally.counts.rejected >= tally.received:
        first = f" The first: {tally.first_reject}" if tally.first_reject else ""
        return (
            f"The source answers, but all {tally.received:,} records were set aside "
            f"(`broadsheet rejects`).{first} Its format may have changed."
        )
    received = tally.received - tally.repeated
    missing = (tally.declared or 0) - received
    if missing > TOLERATED * (tally.declared or 0) and not source.is_underway:
        twice = f" (and {tally.repeated:,} of them twice)" if tally.repeated else ""
        return (
            f"The source declared {tally.declared:,} records and gave {received:,}{twice}. "
            "What came is kept; it is asked again."
        )
    return ""


def failure(source: Source, error: Exception, counts: ImportCounts, now: datetime) -> Outcome:
    """The outcome of a harvest that broke: when to try again depends on what the error says."""
    is_unreachable = isinstance(error, NoConnection)
    longest = LONGEST_RETRY_UNREACHABLE if is_unreachable else LONGEST_RETRY
    backoff = min(FIRST_RETRY * 2 ** min(source.failures, 10), longest)
    wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    is_permanent = getattr(error, "permanent", True)
    return Outcome(
        SourceState.FAILED,
        str(error),
        counts,
        now + (LONGEST_RETRY if is_permanent else max(backoff, wait)),
        is_permanent=is_permanent,
        is_unreachable=is_unreachable,
    )


def state_of(source: Source, now: datetime) -> tuple[SourceState, str]:
    """The state a reader is shown, and the sentence that goes with it.

    A good outcome is only as good as its age: a source that is overdue is stalled, and one whose
    calendar has had nothing since is waiting.
    """
    if source.is_paused:
        is_backfill = source.name.startswith(BACKFILL)
        return SourceState.WAITING, (
            "A backfill that was stopped: the same command goes on with it."
            if is_backfill
            else "Paused by the operator."
        )
    if trouble := _trouble_with_time(source, now):
        return SourceState.STALLED, trouble
    if source.outcome is None:
        return SourceState.WAITING, "Not asked yet."
    if source.outcome is SourceState.QUIET and _is_recent(source.news_at, now):
        return SourceState.FRESH, f"Asked, and nothing new since {source.news_at:%H:%M} UTC."
    is_good = source.outcome in {SourceState.FRESH, SourceState.QUIET}
    if is_good and _is_resting(source, now):
        return SourceState.WAITING, (
            f"Nothing is due before {source.due_at:%Y-%m-%d %H:%M} UTC by the source's own "
            f"calendar. {source.reason}"
        )
    return source.outcome, source.reason


def _trouble_with_time(source: Source, now: datetime) -> str:
    """Why the last outcome says nothing about now; empty when it does."""
    if source.checked_at and source.checked_at > now + LATE:
        return (
            f"It was asked at {source.checked_at:%Y-%m-%d %H:%M} UTC, which is in the future: the "
            "clock of this machine was wrong then, or is now."
        )
    if source.due_at + LATE < now:
        before = f" Before that: {source.reason}" if source.outcome is SourceState.FAILED else ""
        return (
            f"It was due at {source.due_at:%Y-%m-%d %H:%M} UTC and nobody asked. "
            f"Is `broadsheet worker` running?{before}"
        )
    return ""


def _is_recent(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and now - instant < timedelta(days=1)


def _is_resting(source: Source, now: datetime) -> bool:
    """Whether the source's calendar has a longer rest now than from one day to the next."""
    kind = KINDS.get(source.kind)
    if kind is None or source.checked_at is None or kind.calendar.expected_on(now) is None:
        return False
    return now - source.checked_at > timedelta(days=1) and source.due_at > now
