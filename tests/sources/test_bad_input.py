"""Everything that is not what it should be: a clear sentence, and the rest is read."""

from __future__ import annotations

import io
import json
import random
import resource
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.errors import SourceError
from broadsheet.sources.files import read_file

if TYPE_CHECKING:
    from tests.sources.conftest import Read

GOOD = json.dumps({"id": "2601.00001", "title": "Looms", "abstract": "We weave."})
ITEM = {"paper": {"id": "2601.00002", "title": "Weft", "summary": "Looms.", "authors": []}}
HEADER = "new\n\nSubscribe\n\nDaily Papers\n\nbyAK and the research community\n\nMar 13\n\n"


class Endless(io.RawIOBase):
    """A stream of one start, then the same byte so many times, then an end; nothing is held."""

    def __init__(self, start: bytes, size: int, end: bytes) -> None:
        self._parts = [start]
        self._left = size
        self._end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._parts:
            part = self._parts.pop()[: len(buffer)]
        elif self._left:
            part = b"a" * min(len(buffer), self._left)
            self._left -= len(part)
        else:
            part, self._end = self._end[: len(buffer)], self._end[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def give(monkeypatch: pytest.MonkeyPatch, start: bytes, size: int, end: bytes) -> None:
    buffered = io.BufferedReader(Endless(start, size, end))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(buffered))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n\n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (bytes(1000), "binary"),
        (random.Random(1).randbytes(5000), "binary"),
        (b"%PDF-1.7 and so on", "PDF"),
        (b"PK\x03\x04" + b"x" * 100, "zip"),
        (b"SQLite format 3\x00" + b"x" * 100, "SQLite"),
        (b"Rate exceeded.", "Rate exceeded."),
        (b"id,title\n1,Looms\n2,Weft\n", "no known format"),
        (b"A note to myself.\n\nBuy thread.\n", "no known format"),
        (b'{"error": "Invalid date"}', "Invalid date"),
        (b"[" * 100_000, "not valid JSON"),
        (b'[{"paper": {"id": "26', "not valid JSON"),
    ],
)
def test_file_of_which_nothing_can_be_read_is_refused(
    read: Read, content: bytes, says: str
) -> None:
    with pytest.raises(SourceError, match=says):
        read(content)


@pytest.mark.parametrize(
    "start",
    [
        "<!DOCTYPE html>\n<html>",
        "\n<html lang=en>",
        "<HTML>",
        '<?xml version="1.0"?>\n<!DOCTYPE html><html>',
    ],
)
def test_error_page_saved_as_a_listing_is_refused_in_a_sentence(read: Read, start: str) -> None:
    content = f"{start}<head><title>502 Bad Gateway</title></head><body>Daily Papers</body></html>"
    with pytest.raises(SourceError, match="HTML page holds no data"):
        read(content, name="2026-03-13.json")


@pytest.mark.parametrize(
    "bad", ['{"id": "2601', "[1]", "7", '"text"', "nonsense", "{}", '{"a": 1}']
)
def test_bad_line_is_rejected_and_the_others_are_read(read: Read, bad: str) -> None:
    result = read(f"{GOOD}\n{bad}\n{GOOD}\n")
    assert len(result.records) == 2
    assert result.rejects[0].position == "line 2"
    assert result.rejects[0].reason.endswith(".")


def test_bad_first_line_does_not_hide_the_format(read: Read) -> None:
    assert len(read(f'{{"id": "26\n{GOOD}\n{GOOD}\n').records) == 2


def test_truncated_last_line_is_rejected(read: Read) -> None:
    result = read(f"{GOOD}\n{GOOD[:30]}")
    assert (len(result.records), result.rejects[0].position) == (1, "line 2")


def test_array_that_breaks_off_gives_its_whole_items(read: Read) -> None:
    content = json.dumps([ITEM, ITEM, ITEM])
    result = read(content[:-40])
    assert len(result.records) == 2
    assert result.rejects[0].position.startswith("item 3")


def test_item_damaged_in_the_middle_of_an_array_is_passed_over(read: Read) -> None:
    content = json.dumps([ITEM, ITEM, ITEM]).replace('"Weft"', "Weft\x01", 1)
    result = read(content)
    assert len(result.records) == 2
    assert len(result.rejects) == 1


def test_item_in_another_encoding_is_rejected_alone(read: Read) -> None:
    other = {"paper": {**ITEM["paper"], "title": "Caf\u00e9"}}
    content = json.dumps([ITEM, other, ITEM], ensure_ascii=False).encode("latin-1")
    result = read(content)
    assert len(result.records) == 2
    assert "UTF-8" in result.rejects[0].reason


def test_line_in_another_encoding_is_rejected_alone(read: Read) -> None:
    other = json.dumps({"id": "2601.00003", "title": "Caf\u00e9"}, ensure_ascii=False)
    result = read(f"{GOOD}\n{other}\n".encode("latin-1"))
    assert len(result.records) == 1
    assert "0xE9" in result.rejects[0].reason


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_other_unicode_encodings_are_read(read: Read, encoding: str) -> None:
    other = json.dumps({"id": "2601.00003", "title": "Caf\u00e9"}, ensure_ascii=False)
    records = read(f"{other}\n{GOOD}\n".encode(encoding)).records
    assert [record.title for record in records] == ["Caf\u00e9", "Looms"]


def test_text_that_ends_in_the_middle_of_a_sign_gives_what_came(read: Read) -> None:
    result = read(f"{GOOD}\n{GOOD}\n".encode("utf-16")[:-1])
    assert len(result.records) == 2
    assert "UTF-16" in result.rejects[-1].reason


def test_half_a_surrogate_pair_is_rejected(read: Read) -> None:
    result = read(GOOD + '\n{"title": "\\ud800 looms"}\n')
    assert (len(result.records), len(result.rejects)) == (1, 1)


def test_deeply_nested_line_is_rejected(read: Read) -> None:
    deep = '{"title": "Looms", "x": ' + "[" * 300 + "]" * 300 + "}"
    deeper = '{"title": "Looms", "x": ' + "[" * 100_000 + "]" * 100_000 + "}"
    result = read(f"{GOOD}\n{deep}\n{deeper}\n{GOOD}\n")
    assert len(result.records) == 2
    assert [reject.position for reject in result.rejects] == ["line 2", "line 3"]


@pytest.mark.parametrize("field", ["published", "listed"])
def test_date_in_the_future_is_rejected(read: Read, field: str) -> None:
    future = {"id": "2601.00009", "title": "Looms", "date_source": "listed", field: "2031-01-01"}
    reject = read(json.dumps(future)).reject
    assert "2031-01-01, which is in the future" in reject.reason


def test_the_day_after_tomorrow_is_still_taken(read: Read) -> None:
    assert read('{"title": "Looms", "published": "2026-08-23"}').record


def test_same_id_with_two_titles_gives_both_records(read: Read) -> None:
    other = json.dumps({"id": "2601.00001", "title": "Quite Another", "abstract": "No."})
    assert [record.title for record in read(f"{GOOD}\n{other}").records] == [
        "Looms",
        "Quite Another",
    ]


def test_control_characters_leave_titles_and_scripts_stay_text(read: Read) -> None:
    title = "Lo\x00oms \x1b[31m<script>alert(1)</script>\u0085 end"
    record = read(json.dumps({"title": title})).record
    assert record.title == "Looms [31m<script>alert(1)</script> end"


def test_control_characters_of_a_page_leave_its_titles(read: Read) -> None:
    record = read(f"{HEADER}<script>x</script> Lo\x00oms\x07\n\nWe weave.\n").record
    assert (record.title, record.abstract) == ("<script>x</script> Looms", "We weave.")


@pytest.mark.parametrize("title", ["", "   ", "\x00\x01", "x" * 3000])
def test_title_that_is_none_is_rejected(read: Read, title: str) -> None:
    assert "title" in read(json.dumps({"id": "2601.00001", "title": title})).reject.reason


def test_abstract_of_two_megabytes_is_kept_whole(read: Read) -> None:
    abstract = ("Looms weave $x^2$ at https://github.com/ada/loom. " * 42_000).strip()
    assert len(abstract) > 2_000_000
    assert read(json.dumps({"title": "Looms", "abstract": abstract})).record.abstract == abstract
    assert read(f"{HEADER}Looms\n\n{abstract}\n").record.abstract == abstract
    item = {"paper": {**ITEM["paper"], "summary": abstract}}
    assert read(json.dumps([item])).record.abstract == abstract


def test_line_of_a_gigabyte_is_passed_over_in_little_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(monkeypatch, b'{"title": "', 1_000_000_000, f"\n{GOOD}\n".encode())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    items = list(read_file("-", today=date(2026, 8, 21)))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert "longer than 16 MB" in (items[0].reject.reason if items[0].reject else "")
    assert items[1].record is not None
    assert len(items) == 2
    assert grown < 100_000  # kilobytes


@pytest.mark.parametrize("start", [b"[", HEADER.encode()])
def test_document_of_a_gigabyte_is_refused(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    give(monkeypatch, start, 1_000_000_000, b"")
    with pytest.raises(SourceError, match="64 MB"):
        list(read_file("-", today=date(2026, 8, 21)))


def test_gigabyte_of_nothing_known_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b"", 1_000_000_000, b"")
    with pytest.raises(SourceError, match="no known format"):
        list(read_file("-", today=date(2026, 8, 21)))


def test_object_nested_beyond_reading_is_rejected(read: Read) -> None:
    assert "not valid JSON" in read('{"a":' * 100_000).reject.reason


def test_array_of_other_things_is_rejected_item_by_item(read: Read) -> None:
    assert [reject.position for reject in read("[1, 2]").rejects] == ["item 1", "item 2"]


def test_endless_damage_of_an_array_ends_the_reading(read: Read) -> None:
    content = "[" + json.dumps(ITEM) + ',{"paper": x}' * 50_000
    result = read(content)
    assert (len(result.records), len(result.rejects)) == (1, 1_000)


def test_excerpt_of_a_reject_is_short_and_clean(read: Read) -> None:
    reject = read(GOOD + '\n{"title": "\x00\x1b' + "x" * 1000).rejects[0]
    assert len(reject.excerpt) <= 200
    assert reject.excerpt.isprintable()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(str.encode),
        st.sampled_from(
            [b"[", b"{", b"<feed", b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"new\n\n"]
        ).flatmap(lambda start: st.binary(max_size=200).map(lambda rest: start + rest)),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "paper",
                            "id",
                            "title",
                            "records",
                            "summary",
                            "authors",
                            "versions",
                            "error",
                        ]
                    ),
                    inner,
                    max_size=5,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_no_content_raises_anything_but_a_sentence(read: Read, content: bytes) -> None:
    try:
        result = read(content)
    except SourceError as error:
        sentence = str(error)
        result = None
    if result is None:
        assert sentence.endswith(".")
    else:
        assert all(reject.reason for reject in result.rejects)
        assert all(record.title for record in result.records)
