r"""A paper as Markdown, for agents, terminals and `hf papers read`.

Metadata and abstract only: no full texts are kept here. Formulas stay TeX between dollar signs.
What papers say is escaped, so that a title cannot become a heading, a link or HTML.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from broadsheet.delivery.addresses import is_web_address, paper_path
from broadsheet.delivery.citations.bibtex import bibtex
from broadsheet.delivery.prose import LONGEST_ABSTRACT, title_text
from broadsheet.latex import segments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broadsheet.domain import Paper

MEDIA_TYPE = "text/markdown; charset=utf-8"
MOST_AUTHORS = 50
_SIGNS = re.compile(r"([\\`*_\[\]<>|])")
_BLOCK = re.compile(r"^(\s*)([#+\-=~])|^(\s*\d+)([.)])")
_UNSAFE_IN_ADDRESS = re.compile(r"[\s<>]")


def paper_markdown(paper: Paper, origin: str) -> str:
    """The paper as a document; `origin` starts the address of its page here."""
    entry = bibtex(paper).replace("```", "")
    parts = [
        f"# {inline(title_text(paper.title)) or 'Untitled'}",
        _authors(paper),
        "\n".join(f"- {fact}" for fact in _facts(paper, origin)),
        "**This paper was withdrawn.**" if paper.is_withdrawn else "",
        "## Abstract",
        prose(paper.abstract) or "No source gives an abstract.",
        *_links(paper),
        f"## BibTeX\n\n```bibtex\n{entry}```",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def inline(text: str) -> str:
    """Plain text that Markdown shows as it is, within a line."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


def prose(text: str) -> str:
    """Text with formulas: words escaped, formulas as TeX that cannot hold HTML; cut when long."""
    pieces = [
        _SIGNS.sub(r"\\\1", piece) if kind == "text" else _formula(piece, kind)
        for kind, piece in segments(text[:LONGEST_ABSTRACT])
    ]
    cut = " …" if len(text) > LONGEST_ABSTRACT else ""
    return _at_line_start("".join(pieces).strip()) + cut


def _at_line_start(text: str) -> str:
    """Text that would begin a heading, list or rule, so that it does not."""
    return _BLOCK.sub(lambda found: rf"{found[1] or found[3] or ''}\{found[2] or found[4]}", text)


def _formula(tex: str, kind: str) -> str:
    sign = "$$" if kind == "display" else "$"
    safe = tex.replace("<", r"\lt ").replace(">", r"\gt ").replace("$", "")
    return f"{sign}{' '.join(safe.split())}{sign}"


def _authors(paper: Paper) -> str:
    shown = ", ".join(inline(title_text(author)) for author in paper.authors[:MOST_AUTHORS])
    more = len(paper.authors) - MOST_AUTHORS
    return _at_line_start(f"{shown} and {more} more" if more > 0 else shown)


def _facts(paper: Paper, origin: str) -> Iterator[str]:
    yield f"Page: <{origin}{paper_path(paper.key)}>"
    if paper.arxiv_id:
        yield f"arXiv: {inline(paper.arxiv_id)}"
    if paper.doi:
        yield f"DOI: {inline(paper.doi)}"
    if paper.submitted_at:
        yield f"Submitted: {paper.submitted_at:%Y-%m-%d}"
    yield f"Listed: {paper.listed_on.isoformat()}"
    if paper.updated_at:
        yield f"Updated: {paper.updated_at:%Y-%m-%d}, version {paper.version}"
    if paper.categories:
        yield f"Categories: {inline(', '.join(paper.categories))}"
    yield f"Votes: {paper.votes}; comments: {paper.comments}"
    if paper.comment:
        yield f"Authors’ comment: {inline(title_text(paper.comment))}"
    if paper.journal_ref:
        yield f"Appeared in: {inline(title_text(paper.journal_ref))}"
    if paper.license:
        yield f"Licence: {inline(paper.license)}"


def _links(paper: Paper) -> Iterator[str]:
    lines = [
        f"- {link.kind.value}: <{_UNSAFE_IN_ADDRESS.sub('', link.url)}>"
        for link in paper.links
        if is_web_address(link.url)
    ]
    if lines:
        yield "## Links"
        yield "\n".join(lines)
