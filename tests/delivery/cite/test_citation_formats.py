"""RIS, CSL-JSON and BibTeX, each read by a library that we did not write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import bibtexparser
import orjson
import pytest
import rispy
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from pybtex.database import parse_string

from broadsheet.delivery.citations.csl_json import csl_item
from broadsheet.delivery.citations.formats import FORMATS
from broadsheet.delivery.citations.names import Name, name_of
from broadsheet.delivery.citations.ris import ris
from broadsheet.domain import Link, LinkKind, Paper

PAPER = Paper(
    paper_id=1, key="2401.01234", title="Waiting in Line: 100% of {BERT} & Fr\\'echet #5 with $\\alpha^2$",
    abstract="We wait\nin line & count $x_1 < 3$.", authors=("Ada Lovelace", "Émile du Châtelet"),
    arxiv_id="2401.01234", doi="10.5555/line_1", categories=("cs.CL", "cs.LG"),
    submitted_at=datetime(2024, 1, 2, tzinfo=UTC), updated_at=None, announced_on=None,
    listed_on=date(2024, 1, 3), versions=(), comment="12 pages", journal_ref=None, license=None,
    is_withdrawn=False, votes=0, comments=0, keywords=("queues",),
    links=(Link(LinkKind.PDF, "https://arxiv.org/pdf/2401.01234"),), sources=("arxiv_atom",),
    is_sample=False, added_at=datetime(2024, 1, 3, tzinfo=UTC), revision=1,
)  # fmt: skip
BARE = replace(
    PAPER, key="~0123456789ab", title="", abstract="", authors=(), arxiv_id=None, doi=None,
    categories=(), submitted_at=None, comment=None, keywords=(), links=(),
)  # fmt: skip
CROWD = replace(PAPER, authors=tuple(f"Member {number} Ångström" for number in range(300)))
HOSTILE = replace(
    PAPER, title="TY  - JOUR\r\nER  - \r\n} @misc{x, title={", authors=("A\r\nER  - ", "B } {"),
    abstract="\nER  - \n\x0b%", journal_ref="J. of\nLines { } \\", comment="}}}{{{",
)  # fmt: skip
EVERY = [PAPER, BARE, CROWD, HOSTILE, replace(PAPER, journal_ref="Journal of Queues 12, 3 (2024)")]
STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text">
<info><title>t</title><id>t</id><updated>2026-01-01T00:00:00+00:00</updated></info>
<citation><layout><text variable="title"/></layout></citation>
<bibliography><layout><names variable="author"><name/></names><text variable="title" prefix=": "/>
<date variable="issued" prefix=" "><date-part name="year"/></date>
<text variable="DOI" prefix=" "/></layout></bibliography></style>"""


def read_ris(paper: Paper) -> dict[str, object]:
    found: list[dict[str, object]] = rispy.loads(ris(paper))
    assert len(found) == 1
    return found[0]


def test_ris_is_read_back_whole() -> None:
    found = read_ris(PAPER)
    assert found["type_of_reference"] == "UNPB"
    assert found["title"] == "Waiting in Line: 100% of BERT & Fréchet #5 with α²"
    assert found["authors"] == ["Lovelace, Ada", "du Châtelet, Émile"]
    assert found["abstract"] == "We wait in line & count x₁ < 3."
    assert (found["year"], found["date"]) == ("2024", "2024/01/02")
    assert found["doi"] == "10.5555/line_1"
    assert found["urls"] == ["https://arxiv.org/abs/2401.01234"]
    assert found["accession_number"] == "arXiv:2401.01234"
    assert found["keywords"] == ["cs.CL", "cs.LG", "queues"]
    assert found["file_attachments1"] == "https://arxiv.org/pdf/2401.01234"


def test_a_paper_that_appeared_is_an_article_of_its_journal() -> None:
    found = read_ris(EVERY[-1])
    assert found["type_of_reference"] == "JOUR"
    assert "Journal of Queues 12, 3 (2024)" in found.values()


@pytest.mark.parametrize("paper", EVERY)
def test_ris_has_the_form_of_its_specification(paper: Paper) -> None:
    lines = ris(paper).split("\r\n")
    assert lines[0].startswith("TY  - ")
    assert lines[-2:] == ["ER  - ", ""]
    assert all(line[2:6] == "  - " and line[:2].isalnum() for line in lines[:-1])
    assert sum(line.startswith(("TY", "ER")) for line in lines) == 2
    assert read_ris(paper)["title"]


def test_three_hundred_authors_are_all_cited() -> None:
    authors = read_ris(CROWD)["authors"]
    assert isinstance(authors, list)
    assert len(authors) == 300
    assert len(csl_item(CROWD)["author"]) == 300
    entries = parse_string(FORMATS["bib"].write([CROWD]).decode(), "bibtex").entries
    assert len(next(iter(entries.values())).persons["author"]) == 300


def formatted(paper: Paper, folder: Path) -> str:
    (folder / "style.csl").write_text(STYLE, encoding="utf-8")
    source = CiteProcJSON(orjson.loads(FORMATS["csl.json"].write([paper])))
    style = CitationStylesStyle(str(folder / "style.csl"), validate=False)
    bibliography = CitationStylesBibliography(style, source, formatter.plain)
    bibliography.register(Citation([CitationItem(paper.key.lower())]))
    return str(bibliography.bibliography()[0])


def test_a_citation_processor_formats_csl_json(tmp_path: Path) -> None:
    text = formatted(PAPER, tmp_path)
    assert "Ada Lovelace" in text
    assert "Fréchet #5 with α²" in text
    assert "2024" in text
    assert "10.5555/line_1" in text


@pytest.mark.parametrize("paper", EVERY)
def test_a_citation_processor_takes_every_paper(paper: Paper, tmp_path: Path) -> None:
    assert "2024" in formatted(paper, tmp_path)


def test_csl_json_leaves_out_what_is_not_known() -> None:
    assert set(csl_item(BARE)) == {"id", "type", "citation-key", "title", "issued", "genre"}


def test_csl_json_tells_a_preprint_from_an_article() -> None:
    assert (csl_item(PAPER)["type"], csl_item(PAPER)["genre"]) == ("article", "preprint")
    appeared = csl_item(EVERY[-1])
    assert appeared["type"] == "article-journal"
    assert appeared["container-title"] == "Journal of Queues 12, 3 (2024)"


@pytest.mark.parametrize("paper", EVERY)
def test_two_parsers_read_every_bibtex_entry(paper: Paper) -> None:
    text = FORMATS["bib"].write([paper]).decode()
    entries = parse_string(text, "bibtex").entries
    assert len(entries) == 1
    assert next(iter(entries.values())).fields["year"] == "2024"
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    assert len(library.entries) == 1


def test_many_papers_of_one_name_get_keys_of_their_own() -> None:
    text = FORMATS["bib"].write([PAPER] * 40).decode()
    assert len(parse_string(text, "bibtex").entries) == 40


def test_many_papers_are_many_references() -> None:
    assert len(rispy.loads(FORMATS["ris"].write(EVERY).decode())) == len(EVERY)
    assert len(orjson.loads(FORMATS["csl.json"].write(EVERY))) == len(EVERY)
    assert [form.write([]) for form in FORMATS.values()] == [b"", b"", b"[]"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada Lovelace", Name("Lovelace", "Ada")),
        ("Lovelace, Ada", Name("Lovelace", "Ada")),
        ("Ludwig van Beethoven", Name("van Beethoven", "Ludwig")),
        ("Maria de la Cruz", Name("de la Cruz", "Maria")),
        ("Van Morrison", Name("Morrison", "Van")),
        ("Martin Luther King Jr.", Name("King", "Martin Luther", "Jr.")),
        ("King, Martin Luther, Jr.", Name("King", "Martin Luther", "Jr.")),
        ("J. R. R. Tolkien", Name("Tolkien", "J. R. R.")),
        ("Plato", Name(literal="Plato")),
        ("李明", Name(literal="李明")),
        ("The ATLAS Collaboration", Name(literal="The ATLAS Collaboration")),
        ("Research and Development Group", Name(literal="Research and Development Group")),
        ("Fr\\'echet Maurice", Name("Maurice", "Fréchet")),
        (" , ", Name()),
    ],
)
def test_names_are_taken_apart(text: str, name: Name) -> None:
    assert name_of(text) == name
