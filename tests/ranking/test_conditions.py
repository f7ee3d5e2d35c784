"""Exact questions: nested conditions find what sets of their parts' answers say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelves import Shelf

from broadsheet.index.words import Column
from broadsheet.ranking.conditions import (
    Between,
    Condition,
    Every,
    HasWords,
    InCategory,
    Moment,
    OneOf,
    Some,
    Without,
    matching,
)

TEXT = (Column.TEXT,)
LEAVES: tuple[Condition, ...] = (
    HasWords(TEXT, "dust"),
    HasWords(TEXT, "light"),
    HasWords((Column.TITLE,), "learning"),
    HasWords((Column.AUTHORS,), "müller"),
    InCategory("cs", is_prefix=True),
    InCategory("astro-ph"),
    OneOf(frozenset((1, 2, 3))),
    Between(Moment.SUBMITTED, datetime(2026, 8, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
)
conditions = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Every(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Some(tuple(parts))),
        st.builds(Without, inner, inner),
    ),
    max_leaves=8,
)


def found(shelf: Shelf, condition: Condition) -> set[int]:
    return set(matching(shelf.index.snapshot(), condition).paper_ids.tolist())


def by_sets(shelf: Shelf, condition: Condition) -> set[int]:
    if isinstance(condition, Every):
        return set.intersection(*(by_sets(shelf, part) for part in condition.parts))
    if isinstance(condition, Some):
        return set.union(*(by_sets(shelf, part) for part in condition.parts))
    if isinstance(condition, Without):
        return by_sets(shelf, condition.wanted) - by_sets(shelf, condition.unwanted)
    return found(shelf, condition)


@given(conditions)
@settings(max_examples=60, deadline=None)
def test_nested_conditions_find_what_their_parts_say(bakery: Shelf, condition: Condition) -> None:
    assert found(bakery, condition) == by_sets(bakery, condition)


@pytest.mark.parametrize("leaf", LEAVES[:6])
def test_each_condition_tells_papers_apart(bakery: Shelf, leaf: Condition) -> None:
    assert 0 < len(found(bakery, leaf)) < bakery.store.count()


def test_a_condition_of_stop_words_says_nothing(bakery: Shelf) -> None:
    silent, telling = HasWords(TEXT, "the of"), HasWords(TEXT, "dust")
    assert found(bakery, silent) == set()
    assert found(bakery, Every((silent, telling))) == found(bakery, telling)
    assert found(bakery, Without(telling, silent)) == found(bakery, telling)


def test_relevance_puts_the_paper_with_more_of_the_words_first(bakery: Shelf) -> None:
    either = Some((HasWords(TEXT, "galaxies"), HasWords(TEXT, "dust")))
    first = int(matching(bakery.index.snapshot(), either).paper_ids[0])
    assert "Galaxies" in bakery.store.papers([first])[0].title


def test_ascending_is_the_descending_order_turned_round(bakery: Shelf) -> None:
    snapshot, everything = bakery.index.snapshot(), OneOf(frozenset(range(100)))
    down = matching(snapshot, everything, order=Moment.SUBMITTED).paper_ids.tolist()
    up = matching(snapshot, everything, order=Moment.SUBMITTED, is_ascending=True).paper_ids
    assert up.tolist() == down[::-1]
    assert len(down) == bakery.store.count()
