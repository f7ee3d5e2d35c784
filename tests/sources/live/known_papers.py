"""Invented papers that the enriching sources are asked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from broadsheet.domain import Link, LinkKind, Paper

_PAPER = Paper(
    paper_id=1, key="", title="", abstract="We weave.", authors=("Ada Weaver",), arxiv_id=None,
    doi=None, categories=(), submitted_at=None, updated_at=None, announced_on=None,
    listed_on=date(2026, 8, 20), versions=(), comment=None, journal_ref=None, license=None,
    is_withdrawn=False, votes=0, comments=0, keywords=(), links=(), sources=("arxiv_atom",),
    is_sample=False, added_at=datetime(2026, 8, 20, tzinfo=UTC), revision=1,
)  # fmt: skip


def arxiv_paper(arxiv_id: str = "2608.00001", **changes: Any) -> Paper:
    """A paper of arXiv."""
    paper = replace(_PAPER, key=arxiv_id, arxiv_id=arxiv_id, title=f"Looms of {arxiv_id}")
    return replace(paper, **changes)


def doi_paper(doi: str = "10.1234/loom.1", **changes: Any) -> Paper:
    """A paper that only a DOI names."""
    return replace(replace(_PAPER, key=doi, doi=doi, title=f"Threads of {doi}"), **changes)


def nameless_paper() -> Paper:
    """A paper with neither arXiv id nor DOI."""
    return replace(_PAPER, key="~0123456789ab", title="Nameless Looms")


def with_code(paper: Paper, address: str) -> Paper:
    """The paper with a link to its code."""
    return replace(paper, links=(Link(LinkKind.CODE, address),))
