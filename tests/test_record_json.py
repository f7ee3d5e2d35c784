"""Records survive the way to JSON and back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.domain import Link, LinkKind, PaperRecord, Version
from broadsheet.errors import RecordError
from broadsheet.record_json import record_from_json, record_to_json

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_instant = st.datetimes(timezones=st.just(UTC))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)
_records = st.builds(
    PaperRecord,
    source=_text,
    record_id=_text,
    title=_text,
    abstract=_text,
    authors=st.lists(_text, max_size=3).map(tuple),
    arxiv_id=st.none() | _text,
    doi=st.none() | _text,
    categories=st.lists(_text, max_size=3).map(tuple),
    submitted_at=st.none() | _instant,
    updated_at=st.none() | _instant,
    announced_on=st.none() | st.dates(),
    listed_on=st.none() | st.dates(),
    versions=st.lists(st.builds(Version, st.integers(1, 9), st.none() | _instant), max_size=3).map(
        tuple
    ),
    comment=st.none() | _text,
    journal_ref=st.none() | _text,
    license=st.none() | _text,
    is_withdrawn=st.booleans(),
    votes=st.none() | st.integers(0, 10**6),
    comments=st.none() | st.integers(0, 10**6),
    keywords=st.lists(_text, max_size=3).map(tuple),
    links=st.lists(st.builds(Link, st.sampled_from(LinkKind), _text), max_size=3).map(tuple),
    extras=st.dictionaries(_text, _json, max_size=3),
)


@given(_records)
def test_record_comes_back_equal(record: PaperRecord) -> None:
    assert record_from_json(orjson.loads(orjson.dumps(record_to_json(record)))) == record


def test_empty_fields_are_left_out() -> None:
    fields = record_to_json(PaperRecord("corpus", "1", "Mills", ""))
    assert fields == {"source": "corpus", "record_id": "1", "title": "Mills"}


def test_zero_votes_are_not_unknown_votes() -> None:
    fields = record_to_json(PaperRecord("corpus", "1", "Mills", "", votes=0))
    assert fields["votes"] == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "corpus", "record_id": "1"},
        {"source": "corpus", "record_id": "1", "title": 7},
        {"source": "corpus", "record_id": "1", "title": "M", "authors": "Ada"},
        {"source": "corpus", "record_id": "1", "title": "M", "votes": "many"},
        {"source": "corpus", "record_id": "1", "title": "M", "listed_on": "Friday"},
        {"source": "corpus", "record_id": "1", "title": "M", "submitted_at": "2026-01-01T00:00"},
        {"source": "corpus", "record_id": "1", "title": "M", "links": [{"kind": "song"}]},
        {"source": "corpus", "record_id": "1", "title": "M", "versions": [7]},
    ],
)
def test_wrong_field_is_a_record_error(fields: dict[str, object]) -> None:
    with pytest.raises(RecordError) as caught:
        record_from_json(fields)
    assert caught.value.record_id == "1"


def test_fields_of_other_names_are_passed_over() -> None:
    fields = {"source": "corpus", "record_id": "1", "title": "M", "listed_on": "2026-03-13", "x": 1}
    assert record_from_json(fields).listed_on == date(2026, 3, 13)


def test_instant_keeps_its_microseconds() -> None:
    instant = datetime(2026, 3, 13, 1, 2, 3, 456789, tzinfo=UTC)
    fields = record_to_json(PaperRecord("corpus", "1", "M", "", submitted_at=instant))
    assert record_from_json(fields).submitted_at == instant
