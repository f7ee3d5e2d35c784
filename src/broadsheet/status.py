"""How an instance is doing, in numbers: the same facts for the command line, pages and API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from broadsheet.domain import SourceCount, SourceState
from broadsheet.index.lance import IndexState
from broadsheet.services import Services
from broadsheet.source_states import state_of


@dataclass(frozen=True, slots=True)
class LiveState:
    """How one live source stands, and why."""

    name: str
    state: SourceState
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """Papers, sources and the state of the index; `pending` counts papers not yet searchable."""

    papers: int
    newest_on: date | None
    sources: tuple[SourceCount, ...]
    rejects: int
    is_index_available: bool
    is_index_building: bool
    indexed: int
    pending: int
    encoder: str
    improver: str
    improved: int
    index_sentence: str
    live: tuple[LiveState, ...]

    @property
    def is_whole(self) -> bool:
        """Whether search covers every paper."""
        return self.is_index_available and self.pending == 0


def status(services: Services, *, with_sources: bool = True) -> Status:
    """The present state; an unusable index is part of it, not an error.

    Counting the sources reads every record; whoever asks every few seconds goes without.
    """
    state = services.index.state()
    pending = services.store.pending(state.revision)
    _, rejects = services.store.rejects(limit=1)
    return Status(
        papers=services.store.count(),
        newest_on=services.store.newest_day(),
        sources=tuple(services.store.source_counts()) if with_sources else (),
        rejects=rejects,
        is_index_available=state.is_available,
        is_index_building=state.is_building,
        indexed=state.documents,
        pending=pending,
        encoder=state.encoder,
        improver=state.improver,
        improved=state.improved,
        live=tuple(
            LiveState(source.name, *state_of(source, services.clock()))
            for source in services.store.sources()
        ),
        index_sentence=" ".join(
            filter(None, (state.warning, _sentence(state, pending), _improved(state)))
        ),
    )


def _sentence(state: IndexState, pending: int) -> str:
    if not state.is_available:
        return "" if state.warning else f"{state.reason} `broadsheet reindex` builds it."
    documents = state.documents
    if pending:
        return f"{documents:,} papers searchable, {pending:,} not yet: `broadsheet reindex`."
    return f"{documents:,} papers searchable; it matches the database."


def _improved(state: IndexState) -> str:
    """What is to be said of the vectors of the improver."""
    if state.trouble:
        return f"Vectors are not being improved: {state.trouble}"
    if not state.improver:
        return ""
    if state.improved >= state.documents:
        return f"All have vectors of {state.improver}."
    return f"{state.improved:,} have vectors of {state.improver}; others follow in the background."
