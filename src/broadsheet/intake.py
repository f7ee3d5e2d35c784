"""Harvests live sources: claims one, takes in its batches, and says truly how it stands.

What a source answers is `sources.live`'s matter; when the process asks is `worker`'s.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from broadsheet.claims import is_dead, new_claim
from broadsheet.domain import Source, SourceState
from broadsheet.errors import ConfigurationError, NotFound, SourceError, StorageError
from broadsheet.services import Services
from broadsheet.source_states import Outcome, Tally, failure, judge, kind_of
from broadsheet.sources.live.addresses import host_of, shown_address
from broadsheet.sources.live.fetching import Fetcher, Gate
from broadsheet.sources.live.harvesting import Batch, Fetch
from broadsheet.sources.live.registry import KINDS

_LOG = logging.getLogger(__name__)
_NAME = re.compile(r"[\w.+-]{1,80}", re.ASCII)
LEASE = timedelta(minutes=15)
"""A harvest that has stored nothing for so long counts as dead; another worker may take over."""
ENRICHED_FOR = timedelta(days=30)
ENRICHED_AGAIN = timedelta(days=7)
ENRICHED_AT_ONCE = 500


def add_source(
    services: Services,
    kind_name: str,
    options: Mapping[str, str],
    name: str = "",
    *,
    is_paused: bool = False,
) -> str:
    """Add a live source, due at once unless paused; returns its name.

    Raises ConfigurationError for an unknown kind or option, one that is missing, and a name that is
    none or taken.
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
    missing = [option for option in kind.required if not options.get(option)]
    if missing:
        raise ConfigurationError(
            f"{kind_name} needs the option “{missing[0]}”: --set {missing[0]}=… "
            f"{kind.options[missing[0]][1]}"
        )
    address = kind.completed(options).get("url", "")
    if "url" in kind.options and not host_of(address):
        given = f", not “{shown_address(address):.100}”" if address else ""
        raise ConfigurationError(
            f"{kind_name} needs the web address it asks: --set url=https://…{given}."
        )
    name = name or kind_name
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            "A source's name has letters, digits, dots, hyphens and underscores, 80 at most."
        )
    services.store.add_source(
        name, kind_name, options, due_at=services.clock(), is_paused=is_paused
    )
    return name


def fetcher_of(services: Services, source: Source, gate: Gate | None = None) -> Fetcher:
    """What asks for a source: its own hosts only, through the gates of this data folder."""
    kind = kind_of(source)
    address = kind.completed(source.options).get("url", "")
    named = host_of(address)
    is_own = named.partition(":")[0] in {"", *kind.hosts} or not kind.hosts
    return Fetcher(
        hosts=frozenset(kind.hosts) | ({named} - {""}),
        pause_seconds=kind.pause_seconds if is_own else 0.0,
        gate=gate or Gate(services.settings.data / "gates"),
        contact=services.settings.contact,
        now=services.clock,
    )


def harvest(
    services: Services,
    source: Source,
    fetcher: Callable[[Services, Source], Fetcher] = fetcher_of,
    *,
    report: Callable[[Batch], None] = lambda _: None,
    is_stopping: Callable[[], bool] = lambda: False,
    only_if_due: bool = False,
) -> Outcome | None:
    """Harvest a source to its end and write the outcome.

    None when another worker has it, when it is not due though it must be, or when `is_stopping`
    said so between two batches. `report` gets every batch that was stored; those stay stored
    whatever happens after them. Raises StorageError.
    """
    claim = new_claim()
    if not _claim(services, source, claim, only_if_due=only_if_due):
        return None
    with _held(services, source, claim):
        source = services.store.source(source.name)
        tally = Tally()
        try:
            for batch in _harvested(services, source, fetcher, claim, tally):
                report(batch)
                if is_stopping():
                    services.store.release_source(source.name, claim)
                    return None
            outcome = judge(source, kind_of(source), tally, services.clock())
        except StorageError:
            raise
        except (SourceError, ConfigurationError) as error:
            outcome = failure(source, error, tally.counts, services.clock())
        except Exception as error:  # noqa: BLE001 - one source's fault must not stop the others
            _LOG.exception("The harvest of %s met a fault", source.name)
            outcome = failure(source, _fault(error), tally.counts, services.clock())
        _finish(services, source, claim, outcome, has_news=tally.has_news)
    return outcome


@contextmanager
def _held(services: Services, source: Source, claim: str) -> Iterator[None]:
    """Let the source go when the harvest is broken off, be it by Ctrl+C or a full disk."""
    try:
        yield
    except BaseException:
        # The first trouble is told; a database that fails again changes nothing about it.
        with suppress(StorageError):
            services.store.release_source(source.name, claim)
        raise


def _claim(services: Services, source: Source, claim: str, *, only_if_due: bool) -> bool:
    now = services.clock()
    last = services.store.source(source.name).claim
    return services.store.claim_source(
        source.name,
        claim,
        now=now,
        until=now + LEASE,
        instead_of=last if last and is_dead(last) else None,
        only_if_due=only_if_due,
    )


def _fault(error: Exception) -> SourceError:
    """A fault of ours as the operator reads it."""
    return SourceError(
        f"Broadsheet met a fault of its own while reading an answer ({type(error).__name__}). "
        "The log has the details; please report it.",
        permanent=False,
    )


def _harvested(
    services: Services,
    source: Source,
    fetcher: Callable[[Services, Source], Fetcher],
    claim: str,
    tally: Tally,
) -> Iterator[Batch]:
    fetch = fetcher(services, source)
    try:
        yield from _stored_batches(services, source, fetch, claim, tally)
    finally:
        fetch.close()


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


def harvest_due(
    services: Services,
    report: Callable[[Source, Outcome], None] = lambda *_: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Harvest every source that is due, one after the other; how many were harvested.

    Trouble with the store over one source is raised when the others have had their turn.
    """
    _free_from_the_dead(services)
    done = 0
    tried: set[str] = set()
    trouble: StorageError | None = None
    while not is_stopping():
        source = services.store.next_due_source(services.clock(), tried)
        if source is None:
            break
        tried.add(source.name)
        try:
            outcome = harvest(services, source, is_stopping=is_stopping, only_if_due=True)
        except NotFound:  # it was removed meanwhile
            continue
        except StorageError as error:
            trouble = error
            continue
        if outcome is not None:
            done += 1
            report(source, outcome)
    if trouble is not None:
        raise trouble
    return done


def _free_from_the_dead(services: Services) -> None:
    """Let the sources go that a process of this machine held when it was killed."""
    for source in services.store.sources():
        if source.claim and is_dead(source.claim):
            services.store.release_source(source.name, source.claim)
