"""Libraries of reference managers, with invented references; real exports are read where present."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.domain import PaperRecord, Reject
from broadsheet.errors import SourceError
from broadsheet.sources.bibliography import (
    bibtex_records,
    csl_records,
    is_csl_item,
    ris_records,
)
from broadsheet.sources.bibtex import BibtexEntry, BrokenEntry, entries, looks_like_bibtex
from broadsheet.sources.fields import Context
from broadsheet.sources.ris import looks_like_ris

CONTEXT = Context(date(2026, 8, 21))

BIBTEX = r"""
@string{loomconf = "Conference on Looms"}
@comment{nothing to see}
@preamble{"\newcommand{\loom}{Loom}"}

@inproceedings{weaver2026,
  title     = {{{Looms}} and {T}hreads of {$\alpha$} in {M{\"u}hlen}},
  author    = {Weaver, Ada and Tk{\'a}{\v{c}}, Jr, {\L}ucja and {The Loom Group} and Bo Spinner and others},
  booktitle = loomconf # { 2026},
  year      = 2026,
  month     = 8,
  day       = 19,
  volume    = "3", number = {2}, pages = {10--19},
  doi       = {10.1234/LOOM\_1},
  keywords  = {looms, threads; yarn},
  abstract  = {We weave. Code: https://github.com/ada/loom},
  note      = {Private: buy yarn},
}
"""


def one(found: list[PaperRecord | Reject]) -> PaperRecord:
    (record,) = found
    assert isinstance(record, PaperRecord), record
    return record


def bibtex(text: str) -> list[PaperRecord | Reject]:
    return list(bibtex_records(text, CONTEXT))


def entry(**fields: str) -> PaperRecord:
    listed = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return one(bibtex(f"@misc{{loom,\n  title = {{Looms}},\n{listed}}}"))


def ris(text: str) -> list[PaperRecord | Reject]:
    return list(ris_records(text, CONTEXT))


def csl(**fields: Any) -> PaperRecord:
    item = {"id": "weaver", "type": "article-journal", "title": "Looms", **fields}
    return one(list(csl_records([item], CONTEXT)))


# BibTeX


def test_entry_is_read() -> None:
    record = one(bibtex(BIBTEX))
    assert record.source == "bibtex"
    assert record.record_id == record.doi == "10.1234/loom_1"
    assert record.title == r"Looms and Threads of {$\alpha$} in {M{\"u}hlen}"
    assert record.authors == ("Ada Weaver", "Łucja Tkáč Jr", "The Loom Group", "Bo Spinner")
    assert record.journal_ref == "Conference on Looms 2026 3(2), 10-19 (2026)"
    assert record.submitted_at == datetime(2026, 8, 19, tzinfo=UTC)
    assert record.keywords == ("looms", "threads", "yarn")
    assert [link.url for link in record.links] == ["https://github.com/ada/loom"]
    assert record.extras == {
        "type": "inproceedings",
        "citation_key": "weaver2026",
        "venue": "Conference on Looms 2026",
    }


def test_private_notes_are_not_taken() -> None:
    record = entry(
        note="Buy yarn", annotation="Hm", file="/home/ada/loom.pdf", urldate="2026-08-01"
    )
    assert "yarn" not in repr(record)
    assert "/home/ada" not in repr(record)
    assert record.comment is None


def test_comment_of_arxiv_is_taken_from_the_note() -> None:
    assert entry(note="Comment: 12 pages, 3 looms").comment == "12 pages, 3 looms"


@pytest.mark.parametrize(
    "fields",
    [
        {"eprint": "2608.00001", "archivePrefix": "arXiv"},
        {"eprint": "2608.00001v2", "eprinttype": "arxiv"},
        {"eprint": "arXiv:2608.00001 [cs.LG]"},
        {"number": "arXiv:2608.00001"},
        {"journal": "arXiv preprint arXiv:2608.00001"},
        {"url": "http://arxiv.org/abs/2608.00001"},
        {"doi": "10.48550/arXiv.2608.00001"},
    ],
)
def test_arxiv_papers_are_recognised(fields: dict[str, str]) -> None:
    record = entry(**fields)
    assert (record.arxiv_id, record.record_id, record.doi) == ("2608.00001", "2608.00001", None)
    assert record.journal_ref is None


@pytest.mark.parametrize(
    "fields",
    [
        {"eprint": "26080001", "eprinttype": "pmid"},
        {"eprint": "2608.00001", "eprinttype": "hal"},
        {"number": "2608.00001"},
    ],
)
def test_other_numbers_are_no_arxiv_ids(fields: dict[str, str]) -> None:
    assert entry(**fields).arxiv_id is None


def test_categories_are_those_of_arxiv() -> None:
    record = entry(eprint="2608.00001", primaryclass="cs, stat.ML, physics:hep-ph, cs.LG")
    assert record.categories == ("stat.ML", "hep-ph", "cs.LG")


@pytest.mark.parametrize(
    ("fields", "submitted_on", "published"),
    [
        ({"date": "2026-08-19"}, date(2026, 8, 19), None),
        ({"date": "2026-08-19/2026-08-21"}, date(2026, 8, 19), None),
        ({"date": "2026-08"}, None, "2026-08"),
        ({"year": "2026", "month": "aug"}, None, "2026-08"),
        ({"year": "2026", "month": "August", "day": "19"}, date(2026, 8, 19), None),
        ({"year": "2026", "month": "19 aug"}, date(2026, 8, 19), None),
        ({"year": "2026", "month": "13"}, None, "2026"),
        ({"year": "2026", "month": "2", "day": "30"}, None, "2026-02"),
        ({"year": "in press"}, None, None),
        ({"year": "c. 1950"}, None, "1950"),
        ({"date": "2027-01-01"}, None, "2027-01-01"),
        ({}, None, None),
    ],
)
def test_only_whole_days_are_dates(
    fields: dict[str, str], submitted_on: date | None, published: str | None
) -> None:
    record = entry(**fields)
    assert (record.submitted_at.date() if record.submitted_at else None) == submitted_on
    assert record.extras.get("published") == published


def test_title_that_was_escaped_twice_is_mended() -> None:
    text = (
        r"@misc{x, title = {Looms at \$\textbackslash{Lambda}\$ and \$z \textbackslash sim S\_8\$}}"
    )
    assert one(bibtex(text)).title == r"Looms at $\Lambda$ and $z \sim S_8$"


def test_entry_without_title_is_set_aside_with_its_place() -> None:
    found = bibtex("\n\n@misc{bare,\n  year = 2026\n}\n@misc{loom, title = {Looms}}")
    assert isinstance(found[0], Reject)
    assert (found[0].position, found[0].reason) == (
        "entry bare, line 3",
        "The entry has no title.",
    )
    assert isinstance(found[1], PaperRecord)


@pytest.mark.parametrize(
    "broken",
    [
        "@misc{a, title = {Looms",
        "@misc{a, title = {Looms}\n",
        '@misc{a, title = "Looms}',
        "@misc{a b c",
        "@misc{a, = {Looms}}",
        "@misc{a, title {Looms}}",
    ],
)
def test_broken_entry_is_set_aside_and_the_next_one_read(broken: str) -> None:
    found = bibtex(f"{broken}\n@misc{{next, title = {{Threads}}}}\n")
    assert isinstance(found[0], Reject)
    assert [record.title for record in found if isinstance(record, PaperRecord)] == ["Threads"]


def test_missing_comma_between_fields_loses_nothing() -> None:
    record = one(bibtex("@misc{a, title = {Looms}\n  year = 2026}"))
    assert (record.title, record.extras["published"]) == ("Looms", "2026")


def test_parentheses_and_odd_spacing_are_read() -> None:
    assert one(bibtex("  @ARTICLE(a,TITLE={Looms},Year=2026)")).title == "Looms"


def test_first_of_two_fields_counts_as_in_bibtex() -> None:
    assert one(bibtex("@misc{a, title={Looms}, title={Threads}}")).title == "Looms"


def test_key_may_be_missing() -> None:
    assert one(bibtex("@misc{, title={Looms}}")).title == "Looms"


def test_many_broken_entries_take_no_long_time() -> None:
    start = time.perf_counter()
    found = list(entries("@misc{a, title = {Looms\n" * 100_000))
    assert 100 < len(found) < 1_000
    assert all(isinstance(one, BrokenEntry) for one in found)
    assert found[-1].reason.endswith("The rest of the file is not read.")
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    "text",
    [
        "@misc{k" + " " * 300_000,
        "@misc{k\n" + ("@misc{k" + " " * 1_000) * 1_000,
        "@misc{k, title = {" + "{" * 50_000 + "Looms" + "}" * 50_000 + "}}",
        "@misc{k, title = {" + "{" * 100_000,
        "@misc{k, title={Looms}, author={" + " " * 150_000 + "}}",
    ],
    ids=["blanks", "keys", "braces", "open braces", "blank author"],
)
def test_hostile_files_take_no_long_time(text: str) -> None:
    start = time.perf_counter()
    assert sum(1 for _ in bibtex_records(text, CONTEXT)) <= 1_001
    assert time.perf_counter() - start < 5


def test_macros_made_of_macros_do_not_grow_without_end() -> None:
    doubling = "".join(f"@string{{a{n + 1} = a{n} # a{n}}}\n" for n in range(60))
    first, *others = entries(f"@string{{a0 = {{looms}}}}\n{doubling}@misc{{k, title = a60}}")
    assert isinstance(first, BrokenEntry)
    assert "more than 20,000 characters" in first.reason
    assert isinstance(others[-1], BibtexEntry)


@given(st.text(alphabet='@misc{}(),="#\\\n %atile1', max_size=200))
def test_every_text_is_read_to_its_end(text: str) -> None:
    for found in bibtex_records(text, CONTEXT):
        assert isinstance(found, PaperRecord | Reject)


@pytest.mark.parametrize("text", ["@article{a,\n title={x}}", "% x\n\n @String{a = {b}}",
                                  "@comment{x}", "@misc{\n  a,\n  title = {x}}"])  # fmt: skip
def test_bibtex_is_recognised(text: str) -> None:
    assert looks_like_bibtex(text)


@pytest.mark.parametrize("text", ["write to @ada (she knows)", "a@b.example{", "", "@ada{ is here }",
                                  "# Notes\n@todo(ada) buy yarn today"])  # fmt: skip
def test_other_text_is_no_bibtex(text: str) -> None:
    assert not looks_like_bibtex(text)


# RIS

RIS = """TY  - JOUR
TI  - Looms and Threads
AU  - Weaver, Ada
AU  - Tkáč, Łucja, Jr.
AB  - We weave
 on two lines.
DA  - 2026/08/19/
PY  - 2026
T2  - Journal of Looms
VL  - 3
IS  - 2
SP  - 10
EP  - 19
DO  - 10.1234/LOOM
UR  - https://loom.example/1
KW  - looms
KW  - yarn
N1  - Private: buy yarn
ER  - \r
"""


def test_reference_is_read() -> None:
    record = one(ris(RIS))
    assert (record.source, record.record_id) == ("ris", "10.1234/loom")
    assert (record.title, record.abstract) == ("Looms and Threads", "We weave on two lines.")
    assert record.authors == ("Ada Weaver", "Łucja Tkáč Jr.")
    assert record.submitted_at == datetime(2026, 8, 19, tzinfo=UTC)
    assert record.journal_ref == "Journal of Looms 3(2), 10-19 (2026)"
    assert record.keywords == ("looms", "yarn")
    assert [link.url for link in record.links] == ["https://loom.example/1"]
    assert "Private" not in repr(record)


def test_older_tags_are_read() -> None:
    text = "TY  - CONF\nT1  - Looms\nA1  - Weaver, Ada\nN2  - We weave.\nY1  - 2026/08//\nER  - \n"
    record = one(ris(text))
    assert (record.title, record.abstract, record.authors) == (
        "Looms",
        "We weave.",
        ("Ada Weaver",),
    )
    assert (record.submitted_at, record.extras["published"]) == (None, "2026-08")


@pytest.mark.parametrize("line", ["UR  - https://arxiv.org/abs/2608.00001", "AN  - arXiv:2608.00001",
                                  "DO  - 10.48550/arXiv.2608.00001"])  # fmt: skip
def test_arxiv_papers_are_recognised_in_ris(line: str) -> None:
    assert one(ris(f"TY  - UNPB\nTI  - Looms\n{line}\nER  - ")).arxiv_id == "2608.00001"


def test_reference_without_end_is_closed_by_the_next() -> None:
    found = ris("\ufeffTY  - JOUR\nTI  - Looms\nTY  - JOUR\nTI  - Threads\n")
    assert [record.title for record in found if isinstance(record, PaperRecord)] == [
        "Looms",
        "Threads",
    ]


def test_reference_without_title_is_set_aside_with_its_line() -> None:
    found = ris("TY  - JOUR\nAU  - Weaver, Ada\nER  - \n\nTY  - JOUR\nTI  - Threads\nER  - ")
    assert isinstance(found[0], Reject)
    assert (found[0].position, found[0].reason) == ("line 1", "The entry has no title.")
    assert isinstance(found[1], PaperRecord)


@given(st.text(alphabet="TYERAU -\n19/,x", max_size=200))
def test_every_text_is_read_as_ris(text: str) -> None:
    for found in ris_records(text, CONTEXT):
        assert isinstance(found, PaperRecord | Reject)


def test_ris_is_recognised() -> None:
    assert looks_like_ris("\ufeffTY  - JOUR\r\nTI  - Looms\r\n")
    assert not looks_like_ris("TY - the word\nTY  - is not alone here")


# CSL-JSON and Zotero


def test_item_is_read() -> None:
    record = csl(
        title="Looms of <i>Bombyx</i>",
        author=[
            {"family": "Weaver", "given": "Ada"},
            {"family": "Loom", "given": "Bo", "non-dropping-particle": "van der", "suffix": "Jr."},
            {"literal": "The Loom Group"},
        ],
        issued={"date-parts": [["2026", 8, 19]]},
        DOI="10.1234/LOOM", abstract="<p>We weave.</p>", volume=3, issue="2", page="10-19",
        note="Private: buy yarn\nComment: 12 pages",
        **{"container-title": "Journal of Looms", "citation-key": "weaver2026"},
    )  # fmt: skip
    assert (record.source, record.record_id) == ("csl_json", "10.1234/loom")
    assert (record.title, record.abstract) == ("Looms of Bombyx", "We weave.")
    assert record.authors == ("Ada Weaver", "Bo van der Loom Jr.", "The Loom Group")
    assert record.submitted_at == datetime(2026, 8, 19, tzinfo=UTC)
    assert record.journal_ref == "Journal of Looms 3(2), 10-19 (2026)"
    assert (record.comment, record.extras["citation_key"]) == ("12 pages", "weaver2026")
    assert "Private" not in repr(record)


@pytest.mark.parametrize(
    ("issued", "published"),
    [
        ({"date-parts": [[2026, 8]]}, "2026-08"),
        ({"date-parts": [[2026]]}, "2026"),
        ({"date-parts": [[]]}, None),
        ({"date-parts": [[None]]}, None),
        ({"raw": "August 2026"}, "2026"),
        ({"literal": "2026-08"}, "2026-08"),
        ("2026", None),
        (None, None),
    ],
)
def test_dates_that_are_not_whole_go_to_extras(issued: object, published: str | None) -> None:
    record = csl(issued=issued)
    assert (record.submitted_at, record.extras.get("published")) == (None, published)


@pytest.mark.parametrize(
    "fields",
    [
        {"number": "arXiv:2608.00001"},
        {"note": "arXiv:2608.00001 [cs]"},
        {"URL": "http://arxiv.org/abs/2608.00001"},
        {"DOI": "10.48550/arXiv.2608.00001"},
    ],
)
def test_arxiv_papers_are_recognised_in_csl(fields: dict[str, str]) -> None:
    assert csl(**fields).arxiv_id == "2608.00001"


ZOTERO = {
    "key": "ABCD2345",
    "version": 7,
    "data": {
        "itemType": "preprint",
        "title": "Looms",
        "creators": [
            {"creatorType": "author", "firstName": "Ada", "lastName": "Weaver"},
            {"creatorType": "editor", "firstName": "Bo", "lastName": "Spinner"},
            {"creatorType": "author", "name": "The Loom Group"},
        ],
        "abstractNote": "We weave.",
        "date": "2026-08-19",
        "archiveID": "arXiv:2608.00001",
        "repository": "arXiv",
        "url": "http://arxiv.org/abs/2608.00001",
        "extra": "DOI: 10.1234/loom",
        "tags": [{"tag": "looms"}, {"tag": "yarn", "type": 1}],
    },
}


@pytest.mark.parametrize("value", [[ZOTERO], {"items": [ZOTERO["data"]]}, ZOTERO])
def test_zotero_item_is_read(value: object) -> None:
    record = one(list(csl_records(value, CONTEXT)))
    assert record.authors == ("Ada Weaver", "The Loom Group")
    assert (record.arxiv_id, record.doi) == ("2608.00001", "10.1234/loom")
    assert record.submitted_at == datetime(2026, 8, 19, tzinfo=UTC)
    assert record.keywords == ("looms", "yarn")


def test_notes_and_attachments_of_zotero_are_passed_over() -> None:
    items = [{"data": {"itemType": kind}} for kind in ("note", "attachment", "annotation")]
    assert list(csl_records(items, CONTEXT)) == []


def test_bad_items_are_set_aside_and_the_rest_goes_on() -> None:
    bad = [7, {"id": "a", "type": "book"}, {"id": "b", "title": [], "type": "book"}]
    *rejects, record = csl_records([*bad, {"id": "c", "title": "Looms", "type": "book"}], CONTEXT)
    assert [isinstance(one, Reject) for one in rejects] == [True] * 3
    assert [one.position for one in rejects if isinstance(one, Reject)] == [
        "item 1",
        "item 2",
        "item 3",
    ]
    assert isinstance(record, PaperRecord)


@pytest.mark.parametrize("value", ["text", 7, None])
def test_other_json_is_refused(value: object) -> None:
    with pytest.raises(SourceError, match="no list of CSL"):
        list(csl_records(value, CONTEXT))


@pytest.mark.parametrize(
    ("item", "is_csl"),
    [
        ({"id": "a", "type": "article", "title": "Looms", "issued": {}}, True),
        (ZOTERO, True),
        ({"itemType": "book", "title": "Looms"}, True),
        ({"id": "2608.00001", "title": "Looms", "authors": []}, False),
        ({"paper": {"id": "2608.00001"}}, False),
        (["id", "type"], False),
    ],
)
def test_csl_items_are_recognised(item: object, is_csl: bool) -> None:
    assert is_csl_item(item) is is_csl


# Real exports


def _records(found: list[PaperRecord | Reject]) -> list[PaperRecord]:
    assert [one for one in found if isinstance(one, Reject)] == []
    return [one for one in found if isinstance(one, PaperRecord)]


@pytest.mark.parametrize(
    ("name", "count", "on_arxiv", "with_doi"),
    [("alexpiche_zotero_betterbibtex_202.bib", 202, 173, 8), ("jfcrenshaw_zotero_524.bib", 524, 151, 297)],
)  # fmt: skip
def test_real_libraries_are_read_whole(
    test_data: Path, name: str, count: int, on_arxiv: int, with_doi: int
) -> None:
    text = (test_data / "protocol_samples" / "bibtex" / name).read_text()
    context = Context(date(2026, 11, 21))
    records = _records(list(bibtex_records(text, context)))
    assert len(records) == count
    assert sum(record.arxiv_id is not None for record in records) == on_arxiv
    assert sum(record.doi is not None for record in records) == with_doi
    assert not any("{" in author or "\\" in author for one in records for author in one.authors)


def test_real_zotero_library_is_read_whole(test_data: Path) -> None:
    path = test_data / "protocol_samples" / "zotero_csl_json" / "j1c_my_library_134.json"
    value = orjson.loads(path.read_bytes())
    assert all(map(is_csl_item, value))
    records = _records(list(csl_records(value, Context(date(2026, 11, 21)))))
    assert len(records) == 134
    assert sum(record.doi is not None for record in records) == 71
