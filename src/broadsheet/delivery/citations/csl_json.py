"""How to cite a paper: CSL-JSON, the form that citation processors work with.

After the schema at github.com/citation-style-language/schema (csl-data.json).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broadsheet.delivery.citations.bibtex import citation_key, public_address, publication_day
from broadsheet.delivery.citations.names import names_of
from broadsheet.latex import readable

if TYPE_CHECKING:
    from broadsheet.delivery.citations.names import Name
    from broadsheet.domain import Paper

MEDIA_TYPE = "application/vnd.citationstyles.csl+json"


def csl_item(paper: Paper) -> dict[str, Any]:
    """One item; what is not known is left out."""
    day = publication_day(paper)
    item = {
        "id": paper.key,
        "type": "article-journal" if paper.journal_ref else "article",
        "citation-key": citation_key(paper),
        "title": readable(paper.title) or "Untitled",
        "author": [_name(name) for name in names_of(paper.authors)],
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "container-title": readable(paper.journal_ref or ""),
        "abstract": readable(paper.abstract),
        "number": f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else "",
        "publisher": "arXiv" if paper.arxiv_id else "",
        "genre": "" if paper.journal_ref else "preprint",
        "keyword": ", ".join(map(readable, paper.keywords)),
        "note": readable(paper.comment or ""),
        "version": str(paper.version) if paper.versions else "",
        "DOI": paper.doi or "",
        "URL": public_address(paper),
    }
    return {name: value for name, value in item.items() if value}


def _name(name: Name) -> dict[str, str]:
    if name.literal:
        return {"literal": name.literal}
    parts = {"family": name.family, "given": name.given, "suffix": name.suffix}
    return {part: value for part, value in parts.items() if value}
