"""Saved listing pages of invented papers, taken apart again."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.errors import SourceError
from broadsheet.sources.listing_page import read_page

if TYPE_CHECKING:
    from tests.sources.conftest import Read

HEADER = (
    "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\n"
    "byAK and the research community\n\nMar 13\n\n"
)
LONG = (
    "We study how looms remember patterns. Our loom, Weft, learns from cloth alone. "
    "It weaves four times faster than the best known loom on seven of nine fabrics. "
) * 5


def page(*blocks: str, header: str = HEADER) -> str:
    return header + "\n\n".join(blocks)


def found(content: str) -> list[tuple[str, str]]:
    return [(entry.title, entry.abstract) for entry in read_page(content).entries]


def test_titles_and_abstracts_alternate_after_the_header(read: Read) -> None:
    records = read(page("On Looms", LONG, "On Cloth", LONG)).records
    assert [record.title for record in records] == ["On Looms", "On Cloth"]
    assert records[0].abstract == LONG.strip()
    assert {record.source for record in records} == {"listing_page"}
    assert records[0].record_id.startswith("~")


@pytest.mark.parametrize(
    "header",
    [
        (
            "new\n\nGet trending papers in your email inbox once a day!\n\nSubscribe\n\nDaily Papers\n\n"
            "by AK and the research community\n\n"
        ),
        "Daily Papers\nbyAK and the research community\nMar 13\n",
        "\ufeffHugging Face\nModels\nDatasets\n\nDaily Papers\n\nby AK and the research community\n\n\n",
        "",
    ],
)
def test_every_form_of_header_is_passed_over(header: str) -> None:
    assert found(page("On Looms", LONG, header=header)) == [("On Looms", LONG.strip())] or (
        found(page("On Looms", LONG, header=header)) == [("On Looms", LONG)]
    )


@pytest.mark.parametrize(
    "title",
    [
        "Can a Loom Think?",
        "Looms are all we have.",
        "“Weave Me a Story”: Looms That Talk",
        '"Why this thread?" Asking a Loom',
        "[Re] Looms, Revisited",
        "iLoom: small looms",
        "new",
        "A. B. Weaver et al. Were Right. Or Were They. A Study of Looms in Nine Parts.",
        "Loom " * 55,
    ],
)
def test_any_title_in_the_place_of_a_title_is_one(title: str) -> None:
    content = page("On Cloth", LONG, title.strip(), LONG, "On Thread", LONG)
    assert [entry[0] for entry in found(content)] == ["On Cloth", title.strip(), "On Thread"]


@pytest.mark.parametrize(
    "abstract", ["Short.", "Looms And Cloth", "https://loom.example.org/", "New"]
)
def test_any_abstract_in_the_place_of_an_abstract_is_one(abstract: str) -> None:
    content = page("On Cloth", LONG, "On Looms", abstract, "On Thread", LONG)
    assert found(content)[1] == ("On Looms", abstract)


def test_missing_abstract_leaves_the_rest_in_order() -> None:
    content = page("On Cloth", LONG, "On Looms", "On Thread", LONG, "On Wool", LONG)
    assert [(title, bool(text)) for title, text in found(content)] == [
        ("On Cloth", True),
        ("On Looms", False),
        ("On Thread", True),
        ("On Wool", True),
    ]


def test_two_missing_abstracts_leave_the_rest_in_order() -> None:
    content = page("On Cloth", LONG, "On Looms", "On Thread", LONG, "On Wool", "On Silk", LONG)
    titles = [title for title, _ in found(content)]
    assert titles == ["On Cloth", "On Looms", "On Thread", "On Wool", "On Silk"]


def test_last_paper_may_lack_its_abstract() -> None:
    assert found(page("On Cloth", LONG, "On Looms"))[-1] == ("On Looms", "")


def test_second_paragraph_belongs_to_its_abstract() -> None:
    content = page("On Cloth", LONG, "and " + LONG, "On Looms", LONG)
    assert [title for title, _ in found(content)] == ["On Cloth", "On Looms"]
    assert found(content)[0][1] == f"{LONG}\n\nand {LONG}"


def test_address_on_its_own_belongs_to_the_abstract() -> None:
    content = page("On Cloth", LONG, "https://github.com/ada/loom", "On Looms", LONG)
    assert [title for title, _ in found(content)] == ["On Cloth", "On Looms"]


def test_wrapped_lines_are_one_block(read: Read) -> None:
    records = read(page("On\nCloth", LONG.replace(". ", ".\n"))).records
    assert (records[0].title, records[0].abstract) == ("On Cloth", LONG.strip())


def test_windows_line_ends_and_blank_lines_with_blanks_are_understood(read: Read) -> None:
    content = page("On Cloth", LONG, "On Looms", LONG).replace("\n\n", "\r\n \t\r\n")
    assert [record.title for record in read(content).records] == ["On Cloth", "On Looms"]


def test_furniture_after_the_last_paper_is_left_out() -> None:
    content = page("On Cloth", LONG, "Previous", "Next", "System theme", "Privacy")
    assert found(content) == [("On Cloth", LONG)]


def test_the_same_paper_twice_has_the_same_id(read: Read) -> None:
    first, second = read(page("On Cloth", LONG, "On Cloth", LONG)).records
    assert first.record_id == second.record_id


@pytest.mark.parametrize(
    ("day", "today", "expected"),
    [
        ("Mar 13", date(2026, 8, 21), date(2026, 3, 13)),
        ("Aug 21", date(2026, 8, 21), date(2026, 8, 21)),
        ("Aug 22", date(2026, 8, 21), date(2025, 8, 22)),
        ("Feb 29", date(2026, 8, 21), date(2024, 2, 29)),
        ("March 13, 2024", date(2026, 8, 21), date(2024, 3, 13)),
        ("Feb 31", date(2026, 8, 21), None),
    ],
)
def test_day_without_a_year_is_the_last_such_day(
    read: Read, day: str, today: date, expected: date | None
) -> None:
    content = page("On Cloth", LONG, header=HEADER.replace("Mar 13", day))
    assert read(content, today=today).record.listed_on == expected


def test_the_day_asked_for_wins(read: Read) -> None:
    content = page("On Cloth", LONG)
    asked = date(2020, 1, 2)
    assert read(content, name="2021-03-13.txt", listed_on=asked).record.listed_on == asked


def test_the_year_may_come_from_the_name_of_the_file(read: Read) -> None:
    record = read(page("On Cloth", LONG), name="page-2021-03-13.txt").record
    assert record.listed_on == date(2021, 3, 13)


def test_page_without_a_day_has_none(read: Read) -> None:
    content = page("On Cloth", LONG, header=HEADER.replace("Mar 13\n\n", ""))
    assert read(content).record.listed_on is None


def test_page_without_header_is_known_by_its_alternation(read: Read) -> None:
    content = page("On Cloth", LONG, "On Looms", LONG, "On Wool", LONG, header="")
    assert len(read(content).records) == 3


def test_page_without_papers_is_refused(read: Read) -> None:
    with pytest.raises(SourceError, match="no papers"):
        read(HEADER)


def test_links_are_found_in_abstracts(read: Read) -> None:
    record = read(page("On Cloth", LONG + "Code: https://github.com/ada/loom")).record
    assert record.links[0].url == "https://github.com/ada/loom"


def test_paper_in_another_encoding_is_rejected_alone(read: Read) -> None:
    content = page("On Cloth", LONG, "On Caf\u00e9s", LONG).encode("latin-1")
    result = read(content)
    assert [record.title for record in result.records] == ["On Cloth"]
    assert "UTF-8" in result.rejects[0].reason
    assert result.rejects[0].position == "line 15"


def test_page_in_utf16_is_read(read: Read) -> None:
    record = read(page("On Caf\u00e9s", LONG).encode("utf-16")).record
    assert record.title == "On Caf\u00e9s"


_VOCABULARY = (
    "loom Weft cloth Thread wool 3D a the of x^2 Fr\\'echet $n$ na\u00efve A/B C++ <b> 5% we"
)
_WORDS = st.sampled_from(_VOCABULARY.split())
_ENDS = st.sampled_from(["", "?", ".", ")", "/", "!", "\u201d"])
_STARTS = st.sampled_from(["", '"', "[Re] ", "\u201c", "(", "$"])


@st.composite
def _titles(draw: st.DrawFn) -> str:
    words = draw(st.lists(_WORDS, min_size=2, max_size=30))
    return f"{draw(_STARTS)}Loom {' '.join(words)}{draw(_ENDS)}"


@st.composite
def _abstracts(draw: st.DrawFn) -> str:
    sentences = draw(st.lists(st.lists(_WORDS, min_size=1, max_size=20), min_size=1, max_size=15))
    return ". ".join(f"We {' '.join(words)}" for words in sentences) + draw(_ENDS)


@settings(max_examples=80, deadline=None)
@given(
    papers=st.lists(st.tuples(_titles(), _abstracts()), min_size=1, max_size=15),
    header=st.sampled_from([HEADER, ""]),
    gap=st.sampled_from(["\n\n", "\n\n\n", "\n \n", "\r\n\r\n"]),
)
def test_every_paper_of_any_page_comes_out_and_none_is_invented(
    papers: list[tuple[str, str]], header: str, gap: str
) -> None:
    blocks = [block for paper in papers for block in paper]
    assert found(header + gap.join(blocks)) == papers
