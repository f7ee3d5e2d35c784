"""Builds the one frozen object that surfaces and the pipeline work with; no work at import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from broadsheet.community import Community, open_community
from broadsheet.errors import BroadsheetError
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.improvers import Improvers, load_improver
from broadsheet.index.lance import PaperIndex
from broadsheet.index.places import place_of
from broadsheet.ranking.listings import Ranking
from broadsheet.settings import Settings
from broadsheet.store.store import Store


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a request, a command or an import needs."""

    settings: Settings
    store: Store
    index: PaperIndex
    ranking: Ranking
    community: Community
    clock: Callable[[], datetime]


def open_services(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Services:
    """Open the database (migrating it) and the index of a data folder.

    Raises StorageError when the folder or the database cannot be used, ConfigurationError when the
    secret key or the place of the index cannot. A missing index or
    encoder is no error: lists still work, and the pages say what is missing.
    """
    store = Store.open(settings.effective_database_url)
    improvers = Improvers(
        settings.improver, partial(load_improver, cache=settings.data / "encoders")
    )
    place = place_of(settings.effective_index, may_use_http=settings.index_http)
    index = PaperIndex(place, first_encoder(), improvers)
    return Services(
        settings,
        store,
        index,
        Ranking(store, index, clock),
        open_community(store, settings, clock),
        clock,
    )


def first_encoder() -> StaticEncoder | None:
    """The encoder that every paper goes through; None where its table is missing or damaged."""
    try:
        return StaticEncoder.load()
    except BroadsheetError:
        return None
