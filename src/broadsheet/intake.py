"""Harvests live sources: claims one, takes in its batches, and says truly how it stands.

What a source answers is `sources.live`'s matter; when the process asks is `worker`'s.
"""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from broadsheet.domain import ImportCounts, Source, SourceState
from broadsheet.errors import ConfigurationError, SourceError
from broadsheet.services import Services
from broadsheet.sources.live.fetching import Fetcher, Gate
from broadsheet.sources.live.harvesting import Batch, Fetch, SourceKind
from broadsheet.sources.live.registry import KINDS

LEASE = timedelta(minutes=15)
"""A harvest that has stored nothing for so long counts as dead; another worker may take over."""
PROBE = timedelta(minutes=15)
"""A stalled source is asked again so soon: its batch may come late."""
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=6)
TOLERATED = 0.01
"""The share of declared records that may fail to come: some services count what they hide."""
LATE = timedelta(hours=1)
"""A source that is due for longer than this was forgotten by the worker, and is not fresh."""
ENRICHED_FOR = timedelta(days=30)
ENRICHED_AGAIN = timedelta(days=7)
ENRICHED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a harvest came to: the state, why, what arrived, and when to ask again.

    `is_permanent` tells of a failure that asking again will not mend.
    """

    state: SourceState
    reason: str
    counts: ImportCounts
    due_at: datetime
    batch_on: date | None = None
    is_permanent: bool = False


@dataclass(slots=True)
class Tally:
    """What the batches of one harvest add up to; what a finished harvest is judged by."""

    counts: ImportCounts = field(default_factory=ImportCounts)
    received: int = 0
    declared: int | None = None
    batch_on: date | None = None
    notes: list[str] = field(default_factory=list)

    def add(self, batch: Batch, counts: ImportCounts) -> None:
        """Count one stored batch in."""
        self.counts += counts
        self.received += len(batch.records) + len(batch.rejects)
        if batch.declared is not None:
            self.declared = max(batch.declared, self.declared or 0)
        if batch.batch_on:
            self.batch_on = max(batch.batch_on, self.batch_on or batch.batch_on)
        if batch.note and batch.note not in self.notes:
            self.notes.append(batch.note)

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


def add_source(
    services: Services, kind_name: str, options: Mapping[str, str], name: str = ""
) -> str:
    """Add a live source, due at once; returns its name.

    Raises ConfigurationError for an unknown kind or option, or a name that is taken.
    """
    kind = KINDS.get(kind_name)
    if kind is None:
        raise ConfigurationError(
            f"There is no kind of source “{kind_name}”. Known are: {', '.join(sorted(KINDS))}."
        )
    unknown = sorted(set(options) - set(kind.options))
    if unknown:
        known = ", ".join(kind.options) or "none"
        raise ConfigurationError(f"{kind_name} has no option “{unknown[0]}”; it has: {known}.")
    address = kind.completed(options).get("url", "")
    if "url" in kind.options and urlsplit(address).scheme not in {"http", "https"}:
        raise ConfigurationError(
            f"{kind_name} needs the address it asks: --set url=https://…, not “{address}”."
        )
    services.store.add_source(name or kind_name, kind_name, options, due_at=services.clock())
    return name or kind_name


def fetcher_of(services: Services, source: Source, gate: Gate | None = None) -> Fetcher:
    """What asks for a source: its own hosts only, through the gates of this data folder."""
    kind = kind_of(source)
    address = urlsplit(kind.completed(source.options).get("url", ""))
    named = {name for name in (address.hostname, address.netloc) if name}
    is_own = address.hostname in kind.hosts or not kind.hosts or not named
    return Fetcher(
        hosts=frozenset(kind.hosts) | named,
        pause_seconds=kind.pause_seconds if is_own else 0.0,
        gate=gate or Gate(services.settings.data / "gates"),
        contact=services.settings.contact,
    )


def harvest(
    services: Services,
    source: Source,
    fetcher: Callable[[Services, Source], Fetcher] = fetcher_of,
    report: Callable[[Batch], None] = lambda _: None,
) -> Outcome | None:
    """Harvest a source to its end and write the outcome; None when another worker has it.

    `report` gets every batch that was stored; those stay stored whatever happens after them.
    Raises StorageError.
    """
    claim = f"{platform.node()} {os.getpid()} {uuid.uuid4().hex}"
    now = services.clock()
    dead = services.store.source(source.name).claim
    if not services.store.claim_source(
        source.name,
        claim,
        now=now,
        until=now + LEASE,
        instead_of=dead if _is_dead(dead) else None,
    ):
        return None
    source = services.store.source(source.name)
    tally = Tally()
    try:
        fetch = fetcher(services, source)
        try:
            for batch in _stored_batches(services, source, fetch, claim, tally):
                report(batch)
        finally:
            fetch.close()
        outcome = judge(source, kind_of(source), tally, services.clock())
    except (SourceError, ConfigurationError) as error:
        outcome = failure(source, error, tally.counts, services.clock())
    _finish(services, source, claim, outcome, has_news=tally.has_news)
    return outcome


def _is_dead(claim: str | None) -> bool:
    """Whether a claim is of a process of this machine that is no more."""
    node, _, rest = (claim or "").rpartition(" ")[0].rpartition(" ")
    if node != platform.node() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def first_batch(services: Services, source: Source) -> Batch | None:
    """The first answer of a source, as a harvest would get it; nothing is stored.

    None where it has nothing to say. Raises SourceError and ConfigurationError.
    """
    fetch = fetcher_of(services, source)
    try:
        return next(iter(_batches(services, source, fetch, services.clock())), None)
    finally:
        fetch.close()


def _stored_batches(
    services: Services, source: Source, fetch: Fetch, claim: str, tally: Tally
) -> Iterator[Batch]:
    for batch in _batches(services, source, fetch, services.clock()):
        now = services.clock()
        counts = services.store.ingest_batch(
            batch.records,
            batch.rejects,
            source=source.name,
            claim=claim,
            cursor=batch.cursor,
            now=now,
            until=now + LEASE,
        )
        tally.add(batch, counts)
        yield batch


def _batches(services: Services, source: Source, fetch: Fetch, now: datetime) -> Iterator[Batch]:
    kind = kind_of(source)
    options = kind.completed(source.options)
    if kind.harvest is not None:
        yield from kind.harvest(fetch, options, source.cursor, now)
    elif kind.enrich is not None:
        below = source.cursor.get("below")
        papers = services.store.papers_without(
            kind.record_source,
            since=(now - ENRICHED_FOR).date(),
            seen_before=now - ENRICHED_AGAIN,
            below=below if isinstance(below, int) else None,
            limit=ENRICHED_AT_ONCE,
        )
        after = {"below": papers[-1].paper_id} if len(papers) == ENRICHED_AT_ONCE else {}
        for batch in kind.enrich(fetch, options, papers, now) if papers else ():
            yield Batch(batch.records, source.cursor, batch.rejects, note=batch.note)
        yield Batch((), after)


def _finish(
    services: Services, source: Source, claim: str, outcome: Outcome, *, has_news: bool
) -> None:
    checked_at = services.clock()
    days = [day for day in (source.batch_on, outcome.batch_on) if day]
    is_failed = outcome.state is SourceState.FAILED
    services.store.finish_source(
        source.name,
        claim,
        outcome=outcome.state,
        reason=outcome.reason,
        checked_at=checked_at,
        due_at=outcome.due_at,
        news_at=checked_at if has_news else source.news_at,
        batch_on=max(days, default=None),
        failures=source.failures + 1 if is_failed else 0,
    )


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
    reason = " ".join((sentence, *tally.notes))
    return Outcome(state, reason, counts, kind.calendar.next_due(now), tally.batch_on)


def _trouble(tally: Tally, expected: date | None, source: Source) -> str:
    """Why an answer that could be read is not to be trusted; empty when it is."""
    if tally.batch_on and expected and tally.batch_on < expected:
        return (
            f"The source answers, but its batch is of {tally.batch_on}; that of {expected} was "
            "expected. It is asked again every 15 minutes."
        )
    missing = (tally.declared or 0) - tally.received
    if missing > TOLERATED * (tally.declared or 0) and not source.is_underway:
        return (
            f"The source declared {tally.declared:,} records and gave {tally.received:,}. "
            "What came is kept; it is asked again."
        )
    return ""


def failure(source: Source, error: Exception, counts: ImportCounts, now: datetime) -> Outcome:
    """The outcome of a harvest that broke: when to try again depends on what the error says."""
    backoff = min(FIRST_RETRY * 2 ** min(source.failures, 10), LONGEST_RETRY)
    wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    is_permanent = getattr(error, "permanent", True)
    due_at = now + (LONGEST_RETRY if is_permanent else max(backoff, wait))
    return Outcome(SourceState.FAILED, str(error), counts, due_at, is_permanent=is_permanent)


def state_of(source: Source, now: datetime) -> tuple[SourceState, str]:
    """The state a reader is shown, and the sentence that goes with it.

    A good outcome is only as good as its age: a source that is overdue is stalled, and one whose
    calendar has had nothing since is waiting.
    """
    if source.is_paused:
        return SourceState.WAITING, "Paused by the operator."
    if source.outcome is None:
        return SourceState.WAITING, "Not asked yet."
    if source.due_at + LATE < now and source.outcome is not SourceState.FAILED:
        return SourceState.STALLED, (
            f"It was due at {source.due_at:%Y-%m-%d %H:%M} UTC and nobody asked. "
            "Is `broadsheet worker` running?"
        )
    if source.outcome is SourceState.QUIET and _is_recent(source.news_at, now):
        return SourceState.FRESH, f"Asked, and nothing new since {source.news_at:%H:%M} UTC."
    is_good = source.outcome in {SourceState.FRESH, SourceState.QUIET}
    if is_good and _is_resting(source, now):
        return SourceState.WAITING, (
            f"Nothing is due before {source.due_at:%Y-%m-%d %H:%M} UTC by the source's own "
            f"calendar. {source.reason}"
        )
    return source.outcome, source.reason


def _is_recent(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and now - instant < timedelta(days=1)


def _is_resting(source: Source, now: datetime) -> bool:
    """Whether the source's calendar has a longer rest now than from one day to the next."""
    kind = KINDS.get(source.kind)
    if kind is None or source.checked_at is None or kind.calendar.expected_on(now) is None:
        return False
    return now - source.checked_at > timedelta(days=1) and source.due_at > now


def harvest_due(
    services: Services, report: Callable[[Source, Outcome], None] = lambda *_: None
) -> int:
    """Harvest every source that is due, one after the other; how many were harvested."""
    done = 0
    while (source := services.store.next_due_source(services.clock())) is not None:
        outcome = harvest(services, source)
        if outcome is not None:
            done += 1
            report(source, outcome)
    return done
