"""How the live sources stand, for the page of sources and the foot of every page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.domain import SourceState
from broadsheet.errors import BroadsheetError
from broadsheet.source_states import state_of
from broadsheet.sources.live.registry import KINDS

if TYPE_CHECKING:
    from broadsheet.services import Services

REMEMBERED_SECONDS = 5.0
_WORST_FIRST = (
    SourceState.FAILED,
    SourceState.STALLED,
    SourceState.FRESH,
    SourceState.QUIET,
    SourceState.WAITING,
)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One live source as the page shows it."""

    name: str
    title: str
    state: str
    reason: str
    is_trouble: bool
    is_overdue: bool
    checked_at: datetime | None
    news_at: datetime | None
    due_at: datetime | None


def source_lines(services: Services) -> list[SourceLine]:
    """All live sources, troubled ones first."""
    now = services.clock()
    lines = []
    for source in services.store.sources():
        state, reason = state_of(source, now)
        kind = KINDS.get(source.kind)
        lines.append((
            _WORST_FIRST.index(state),
            SourceLine(
                name=source.name,
                title=kind.title if kind else source.kind,
                state=state.value,
                reason=reason,
                is_trouble=state in {SourceState.FAILED, SourceState.STALLED},
                is_overdue=source.due_at <= now,
                checked_at=source.checked_at,
                news_at=source.news_at,
                due_at=None if source.is_paused else source.due_at,
            ),
        ))  # fmt: skip
    return [line for _, line in sorted(lines, key=lambda each: (each[0], each[1].name))]


class SourceSummary:
    """“2 fresh, 1 stalled” for the foot of every page, read again every few seconds."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._read_at: datetime | None = None
        self._text = ""

    def __call__(self) -> str:
        """The summary; empty without sources, or where they cannot be read just now."""
        now = self._services.clock()
        age = (now - self._read_at).total_seconds() if self._read_at else REMEMBERED_SECONDS
        if not 0 <= age < REMEMBERED_SECONDS:
            self._text, self._read_at = self._read(), now
        return self._text

    def _read(self) -> str:
        try:
            states = Counter(line.state for line in source_lines(self._services))
        except BroadsheetError:
            return ""
        return ", ".join(
            f"{states[state.value]} {state.value}" for state in _WORST_FIRST if states[state.value]
        )
