"""The library does not depend on the order or the batches in which records came."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented import MILLS, MILLS_EDITED, MILLS_JOURNAL, NOW, TITLE, facts

from broadsheet.domain import PaperRecord, Version
from broadsheet.identifiers import content_key
from broadsheet.store import Store

Fresh = Callable[[], Store]

_LONGER = TITLE.replace("Keep", "Always Keep")


@st.composite
def _records(draw: st.DrawFn) -> PaperRecord:
    """A record of a small world in which ids, titles and abstracts collide often."""
    title = draw(st.sampled_from([TITLE, TITLE.upper() + ".", _LONGER]))
    abstract = draw(st.sampled_from([MILLS, MILLS_EDITED, MILLS_JOURNAL, ""]))
    arxiv_id = draw(st.sampled_from([None, "2603.00001", "2603.00002"]))
    day = draw(st.sampled_from([None, date(2026, 3, 13), date(2026, 4, 1)]))
    versions = draw(st.sampled_from([(), (Version(1),), (Version(1), Version(2))]))
    return PaperRecord(
        source=draw(st.sampled_from(["arxiv_atom", "corpus", "listing_page", "sample", "other"])),
        record_id=arxiv_id or content_key(title, abstract),
        title=title,
        abstract=abstract,
        authors=draw(st.sampled_from([(), ("Ada Wheel",), ("Wheel, A.", "Bo Salt")])),
        arxiv_id=arxiv_id,
        doi=draw(st.sampled_from([None, None, "10.5555/mills.1", "10.5555/mills.2"])),
        categories=draw(st.sampled_from([(), ("cs.LG",), ("cs.CV", "math.NA")])),
        listed_on=day,
        votes=draw(st.sampled_from([None, 0, 7])),
        versions=versions,
    )


_libraries = st.lists(
    _records(), min_size=1, max_size=7, unique_by=lambda r: (r.source, r.record_id)
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    """Opens a new empty store on each call; its tables are copied, not made again."""
    folder = tmp_path_factory.mktemp("order")
    Store.open(f"sqlite:///{folder}/empty.sqlite").close()
    numbers = count()

    def open_fresh() -> Store:
        path = Path(folder) / f"{next(numbers)}.sqlite"
        shutil.copy(folder / "empty.sqlite", path)
        return Store.open(f"sqlite:///{path}")

    yield open_fresh
    shutil.rmtree(folder)


def _names(store: Store, records: list[PaperRecord]) -> list[str]:
    return [store.paper(r.arxiv_id or r.doi or r.record_id).key for r in records]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=_libraries, data=st.data())
def test_order_and_batches_do_not_matter(
    fresh: Fresh, records: list[PaperRecord], data: st.DataObject
) -> None:
    together, apart = fresh(), fresh()
    together.ingest(records, now=NOW)
    shuffled = data.draw(st.permutations(records))
    for record in shuffled:
        apart.ingest([record], now=NOW)
    assert facts(apart) == facts(together)
    assert _names(apart, records) == _names(together, records)
    together.close()
    apart.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=_libraries)
def test_importing_again_changes_nothing(fresh: Fresh, records: list[PaperRecord]) -> None:
    store = fresh()
    first, _ = store.ingest(records, now=NOW)
    before, revision = facts(store), store.revision()
    again, _ = store.ingest(list(reversed(records)), now=NOW.replace(month=9))
    assert again.unchanged == first.read == len(records)
    assert (facts(store), store.revision()) == (before, revision)
    store.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=_libraries)
def test_every_change_has_its_own_revision_and_every_paper_is_reported(
    fresh: Fresh, records: list[PaperRecord]
) -> None:
    store = fresh()
    index: dict[int, str] = {}
    seen = 0
    for record in records:
        store.ingest([record], now=NOW)
        for paper_id, _ in store.removals(seen):
            index.pop(paper_id, None)
        while changed := store.changes(seen, 1):
            index[changed[0].paper_id] = changed[0].key
            seen = changed[0].revision
        seen = store.revision()
    assert index == {paper.paper_id: paper.key for paper, _ in store.every_paper()}
    store.close()


def test_order_does_not_matter_on_either_database(store: Store, fresh: Fresh) -> None:
    base = PaperRecord("listing_page", content_key(TITLE, MILLS), TITLE, MILLS)
    records = [
        replace(base, listed_on=date(2026, 3, 13)),
        replace(base, source="corpus", record_id="2603.00001", arxiv_id="2603.00001"),
        replace(
            base,
            source="corpus",
            record_id="2603.00002",
            arxiv_id="2603.00002",
            abstract=MILLS_EDITED,
        ),
        replace(
            base, source="journal", record_id="j1", doi="10.5555/mills.1", abstract=MILLS_JOURNAL
        ),
        replace(base, source="other", record_id="o1", title=_LONGER, abstract=MILLS_EDITED),
    ]
    other = fresh()
    other.ingest(records, now=NOW)
    for record in reversed(records):
        store.ingest([record], now=NOW)
    assert facts(store) == facts(other)
    other.close()
