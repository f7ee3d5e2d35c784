"""What the sources that add to known papers have in common: whom they ask about, and the record.

Such a record carries the paper's own ids and title, so that the store gives it to that paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from broadsheet.domain import Link, Paper, PaperRecord
from broadsheet.identifiers import arxiv_id_of_doi
from broadsheet.sources.links import unique


def with_ids(papers: Sequence[Paper]) -> list[Paper]:
    """The papers that an arXiv id or a DOI names; others cannot be asked for, nor given to."""
    return [paper for paper in papers if paper.arxiv_id or paper.doi]


def in_groups(papers: Sequence[Paper], size: int) -> Iterator[Sequence[Paper]]:
    """The papers in order, so many at a time."""
    for start in range(0, len(papers), size):
        yield papers[start : start + size]


def publisher_doi(paper: Paper) -> str | None:
    """The DOI of a paper unless it is arXiv's own, which says no more than the arXiv id."""
    return None if arxiv_id_of_doi(paper.doi) else paper.doi


def record_about(
    paper: Paper,
    source: str,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    links: Sequence[Link | None] = (),
    abstract: str = "",
) -> PaperRecord:
    """A record that adds facts to a paper, with the day they were read; empty ones are left out.

    The facts stand in `extras` under the name of the source.
    """
    known = {name: value for name, value in facts.items() if value is not None and value != ""}
    return PaperRecord(
        source=source,
        record_id=paper.key,
        title=paper.title,
        abstract=abstract,
        arxiv_id=paper.arxiv_id,
        doi=publisher_doi(paper),
        links=unique(links),
        extras={source: {**known, "read_on": now.date().isoformat()}},
    )
