"""Looks at the set-up of one instance and says, check by check, what to do about what is wrong."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from broadsheet.delivery.web.counts import counted
from broadsheet.domain import SourceState
from broadsheet.errors import BroadsheetError
from broadsheet.index.encoder import StaticEncoder
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.source_states import state_of

LEAST_FREE_BYTES = 1 << 30
"""Below this the next large import may not fit: 200,000 papers take about this much."""


class Health(StrEnum):
    """How one check came out."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how it is, and what to do when it is not good."""

    check: str
    health: Health
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check in turn; a later check is left out when an earlier one makes it pointless."""
    yield _python()
    yield _folder(settings.data)
    yield _disk(settings.data)
    yield _encoder()
    try:
        services = open_services(settings)
    except BroadsheetError as error:
        yield Finding("database", Health.BAD, str(error))
        return
    try:
        yield from _library(services)
    finally:
        services.store.close()


def _python() -> Finding:
    version = sys.version.split()[0]
    good = sys.version_info >= (3, 11)
    advice = "" if good else " Broadsheet needs Python 3.11 or newer."
    return Finding("python", Health.GOOD if good else Health.BAD, f"Python {version}.{advice}")


def _folder(folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if os.access(existing, os.W_OK):
        return Finding("data folder", Health.GOOD, f"{folder.absolute()} can be written.")
    return Finding(
        "data folder",
        Health.BAD,
        f"{existing} cannot be written. Change its owner or name another folder in "
        "BROADSHEET_DATA.",
    )


def _disk(folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    text = f"{free / (1 << 30):.1f} GiB free."
    if free >= LEAST_FREE_BYTES:
        return Finding("disk", Health.GOOD, text)
    return Finding("disk", Health.WARNING, f"{text} Make room before the next large import.")


def _encoder() -> Finding:
    try:
        encoder = StaticEncoder.load()
    except BroadsheetError as error:
        return Finding("encoder", Health.BAD, f"{error} Search finds words only.")
    return Finding("encoder", Health.GOOD, f"{encoder.name}, {encoder.dim} dimensions.")


def _library(services: Services) -> Iterator[Finding]:
    checks: tuple[Callable[[Services], Finding], ...] = (
        _database, _papers, _index, _counters, _rejects, _live_sources,
    )  # fmt: skip
    for check in checks:
        yield check(services)


def _database(services: Services) -> Finding:
    problem = services.store.integrity_problem()
    kind = services.settings.effective_database_url.split(":", 1)[0].split("+")[0]
    if problem is None:
        return Finding("database", Health.GOOD, f"{kind} opens and its schema is current.")
    return Finding(
        "database",
        Health.BAD,
        f"{problem} Restore a backup, or `broadsheet export` what can be read into a new folder.",
    )


def _papers(services: Services) -> Finding:
    count = services.store.count()
    if count:
        return Finding("papers", Health.GOOD, f"{counted(count, 'paper', 'papers')}.")
    return Finding("papers", Health.WARNING, "No papers yet: `broadsheet import FILE...`.")


def _index(services: Services) -> Finding:
    state = services.index.state()
    if state.warning:
        return Finding("index", Health.WARNING, f"{state.warning} See whether the bucket answers.")
    if not state.is_available:
        return Finding("index", Health.WARNING, f"{state.reason} Run `broadsheet reindex`.")
    pending = services.store.pending(state.revision)
    if pending:
        return Finding(
            "index",
            Health.WARNING,
            f"{counted(pending, 'paper is', 'papers are')} not searchable yet. "
            "Run `broadsheet reindex`.",
        )
    documents = counted(state.documents, "paper", "papers")
    return Finding("index", Health.GOOD, f"{documents}, matches the database.")


def _counters(services: Services) -> Finding:
    wrong = services.store.people.counters.check()
    if not wrong:
        return Finding("counters", Health.GOOD, "Votes and comments are counted right.")
    are_wrong = counted(len(wrong), "counter is", "counters are")
    advice = "Run `broadsheet people recount --repair`."
    text = f"{are_wrong} wrong, the first of {wrong[0].key}. {advice}"
    return Finding("counters", Health.WARNING, text)


def _rejects(services: Services) -> Finding:
    _, total = services.store.rejects(limit=1)
    if not total:
        return Finding("rejects", Health.GOOD, "No record was rejected.")
    rejected = counted(total, "record was", "records were")
    return Finding("rejects", Health.WARNING, f"{rejected} rejected: `broadsheet rejects`.")


def _live_sources(services: Services) -> Finding:
    now = services.clock()
    states = [(source.name, *state_of(source, now)) for source in services.store.sources()]
    troubled = [
        f"{name} has {state.value}: {reason}" if state is SourceState.FAILED
        else f"{name} is {state.value}: {reason}"
        for name, state, reason in states
        if state in {SourceState.FAILED, SourceState.STALLED}
    ]  # fmt: skip
    if troubled:
        return Finding("live sources", Health.WARNING, " ".join(troubled))
    text = f"{counted(len(states), 'source', 'sources')}, none in trouble." if states else "None."
    return Finding("live sources", Health.GOOD, text)
