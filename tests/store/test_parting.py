"""Papers wrongly taken for one are split, stay split whatever is imported, and can be joined again."""

from __future__ import annotations

import pytest
from invented import MILLS_EDITED, NOW, arxiv, listing, published

from broadsheet.errors import Conflict, InputError
from broadsheet.store import Store

ARXIV = arxiv()
LISTED = listing()


def take(store: Store, *records: object) -> None:
    store.ingest(records, now=NOW)  # type: ignore[arg-type]


def keys(store: Store) -> list[str]:
    return sorted(paper.key for paper, _ in store.every_paper())


def split(store: Store) -> str:
    take(store, ARXIV, LISTED)
    paper = store.paper("2603.00001")
    return store.split(paper.paper_id, [(LISTED.source, LISTED.record_id)], now=NOW)


def test_split_record_is_a_paper_of_its_own(store: Store) -> None:
    key = split(store)
    assert keys(store) == sorted(["2603.00001", key])
    assert store.paper("2603.00001").sources == ("corpus",)
    assert store.paper(key).sources == ("listing_page",)
    assert key.startswith("~")


def test_split_outlives_new_imports(store: Store) -> None:
    key = split(store)
    take(store, ARXIV, LISTED, listing(votes=7), published())
    assert store.paper(key).votes == 7
    assert store.paper(key).sources == ("listing_page",)


def test_split_outlives_a_new_version_of_the_record(store: Store) -> None:
    take(store, ARXIV, published())
    paper = store.paper("2603.00001")
    key = store.split(paper.paper_id, [("journal", "10.5555/mills.1")], now=NOW)
    take(store, published(abstract=MILLS_EDITED))
    assert store.paper(key).abstract == MILLS_EDITED
    assert store.paper("2603.00001").abstract != MILLS_EDITED


def test_records_with_one_id_can_be_split(store: Store) -> None:
    other = arxiv(source="hf_daily", votes=3)
    take(store, ARXIV, other)
    paper = store.paper("2603.00001")
    key = store.split(paper.paper_id, [(other.source, other.record_id)], now=NOW)
    assert store.paper(key).votes == 3
    assert store.paper("2603.00001").votes == 0


def test_rejoined_paper_is_what_it_was(store: Store) -> None:
    key = split(store)
    number = store.paper(key).paper_id
    assert store.rejoin(number, now=NOW) == "2603.00001"
    assert keys(store) == ["2603.00001"]
    assert store.paper("2603.00001").sources == ("corpus", "listing_page")
    assert store.paper(key).key == "2603.00001"


def test_paper_that_no_split_made_cannot_be_rejoined(store: Store) -> None:
    take(store, ARXIV)
    with pytest.raises(Conflict, match="nothing to undo"):
        store.rejoin(store.paper("2603.00001").paper_id, now=NOW)


@pytest.mark.parametrize(
    "names",
    [
        [],
        [("corpus", "2603.00001"), (LISTED.source, LISTED.record_id)],
        [("corpus", "2603.09999")],
    ],
    ids=["none", "all", "another paper's"],
)
def test_only_some_of_the_paper_s_own_records_are_split(
    store: Store, names: list[tuple[str, str]]
) -> None:
    take(store, ARXIV, LISTED)
    with pytest.raises(InputError, match="not all of them"):
        store.split(store.paper("2603.00001").paper_id, names, now=NOW)
    assert keys(store) == ["2603.00001"]
