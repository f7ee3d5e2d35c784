"""How to cite a paper: RIS, as Zotero, EndNote and Mendeley read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broadsheet.delivery.addresses import is_web_address
from broadsheet.delivery.citations.bibtex import citation_key, public_address, publication_day
from broadsheet.delivery.citations.names import names_of
from broadsheet.domain import LinkKind
from broadsheet.latex import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broadsheet.domain import Paper

MEDIA_TYPE = "application/x-research-info-systems"


def ris(paper: Paper) -> str:
    """One reference: a tag, two blanks, a hyphen, a blank and a value a line, CRLF at its end."""
    lines = (f"{tag}  - {' '.join(text.split())}" for tag, text in _tags(paper) if text.split())
    return "".join(f"{line}\r\n" for line in (*lines, "ER  - "))


def _tags(paper: Paper) -> Iterator[tuple[str, str]]:
    day = publication_day(paper)
    pdf = paper.link(LinkKind.PDF) or ""
    yield "TY", "JOUR" if paper.journal_ref else "UNPB"
    yield "ID", citation_key(paper)
    yield "TI", readable(paper.title) or "Untitled"
    for name in names_of(paper.authors):
        yield "AU", name.inverted
    yield "PY", f"{day.year:04d}"
    yield "DA", f"{day:%Y/%m/%d}"
    yield "AB", readable(paper.abstract)
    yield "JO", readable(paper.journal_ref or "")
    yield "PB", "arXiv" if paper.arxiv_id else ""
    yield "AN", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else ""
    yield "DO", paper.doi or ""
    yield "UR", public_address(paper)
    yield "L1", pdf if is_web_address(pdf) else ""
    for word in (*paper.categories, *paper.keywords):
        yield "KW", readable(word)
    yield "N1", readable(paper.comment or "")
