"""COinS: a citation in the title of an empty span, for tools that read lists (OpenURL, Z39.88).

Short on purpose: unAPI, which stands beside it, gives whoever asks the whole record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from broadsheet.delivery.citations.bibtex import publication_day
from broadsheet.delivery.prose import title_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broadsheet.domain import Paper

MOST_AUTHORS = 6


def coins(paper: Paper) -> str:
    """The title of the span, still to be escaped as an attribute."""
    fields = (f"{name}={quote_plus(value, errors='replace')}" for name, value in _fields(paper))
    return "&".join(fields)


def _fields(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "ctx_ver", "Z39.88-2004"
    yield "rft_val_fmt", "info:ofi/fmt:kev:mtx:journal"
    yield "rft.genre", "article" if paper.journal_ref else "preprint"
    yield "rft.atitle", title_text(paper.title) or "Untitled"
    yield "rft.date", publication_day(paper).isoformat()
    for author in paper.authors[:MOST_AUTHORS]:
        yield "rft.au", title_text(author)
    if paper.journal_ref:
        yield "rft.jtitle", title_text(paper.journal_ref)
    if paper.arxiv_id:
        yield "rft_id", f"info:arxiv/{paper.arxiv_id}"
    if paper.doi:
        yield "rft_id", f"info:doi/{paper.doi}"
