"""How the papers found spread over years, archives, categories, sources and code.

Counted over all papers that a listing could show, from the columns in memory; where its window of
candidates was full, the counts are of that window.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from broadsheet.domain import Choice, Facet
from broadsheet.index.columns import Columns
from broadsheet.index.documents import source_family
from broadsheet.ranking.query import Clause, Field, Query
from broadsheet.ranking.refining import in_year, with_condition

MOST_CHOICES = 8
MOST_YEARS = 12
_SUBJECT = re.compile(r"[a-z-]+\.[a-z]{2}")

Rows = NDArray[np.int64]


def facets_of(columns: Columns, paper_ids: NDArray[np.int64], query: Query) -> tuple[Facet, ...]:
    """The facets of some papers; `query` is what their choices narrow down."""
    rows = columns.rows(paper_ids)
    rows = rows[rows >= 0]
    labels = columns.categories.counts(rows)
    archives = _archives(labels)
    found = (
        Facet("year", _years(columns, rows, query)),
        Facet("archive", _labelled(archives, Field.CATEGORY, query)),
        Facet("category", _labelled(_without(labels, archives), Field.CATEGORY, query)),
        Facet("source", _sources(columns, rows, query)),
        Facet("code", _code(columns, rows, query)),
    )
    return tuple(facet for facet in found if facet.choices)


def _years(columns: Columns, rows: Rows, query: Query) -> tuple[Choice, ...]:
    counts = np.bincount(columns.years(rows))
    newest = np.flatnonzero(counts)[::-1][:MOST_YEARS].tolist()
    return tuple(Choice(str(year), in_year(query, year), int(counts[year])) for year in newest)


def _archives(labels: Mapping[str, int]) -> dict[str, int]:
    """The labels that are there for the categories below them: `cs` beside `cs.LG`."""
    above = {label.partition(".")[0] for label in labels if "." in label}
    return {name: count for name, count in labels.items() if name in above}


def _without(labels: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in labels.items() if name not in others}


def _sources(columns: Columns, rows: Rows, query: Query) -> tuple[Choice, ...]:
    counts = columns.sources.counts(rows)
    families = {name: count for name, count in counts.items() if source_family(name) == name}
    return _labelled(families, Field.SOURCE, query)


def _labelled(counts: Mapping[str, int], field: Field, query: Query) -> tuple[Choice, ...]:
    largest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_CHOICES]
    return tuple(
        Choice(shown, with_condition(query, _clause(field, shown)), count)
        for shown, count in ((category_name(name), count) for name, count in largest)
    )


def _clause(field: Field, value: str) -> Clause:
    return Clause(field, value, is_quoted=not re.fullmatch(r'[^\s"“”„]+', value))


def category_name(label: str) -> str:
    """A category as archives write it: subjects of two letters are capitals (`cs.LG`)."""
    if not _SUBJECT.fullmatch(label):
        return label
    archive, _, subject = label.partition(".")
    return f"{archive}.{subject.upper()}"


def _code(columns: Columns, rows: Rows, query: Query) -> tuple[Choice, ...]:
    count = int(columns.has_code[rows].sum())
    with_code = with_condition(query, Clause(Field.HAS, "code"))
    return (Choice("has code", with_code, count),) if count else ()
