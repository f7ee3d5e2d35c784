"""What is asked of the index, and its translation into Lance's queries and filters.

The search language itself is ranking's matter; this knows columns, not operators. Lance takes a
third of a second to import, so it is imported where a search needs it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lance.query import FullTextQuery

PHRASE_SLOP = {"authors": 1}
"""Words that may stand within a phrase: one in a name, for middle names and initials."""

ALSO_WEIGHT = 0.3
"""What the words of another name count: they come on top of what the reader typed."""


class Column(StrEnum):
    """The columns that words are searched in; TEXT holds title, abstract and authors."""

    TEXT = "text"
    TITLE = "title"
    AUTHORS = "authors"
    COMMENT = "comment"
    JOURNAL_REF = "journal_ref"
    REPORT_NUMBER = "report_number"


@dataclass(frozen=True, slots=True)
class Term:
    """A condition: a column holds these words, side by side if it is a phrase."""

    column: Column
    words: str
    is_phrase: bool = False


@dataclass(frozen=True, slots=True)
class WordQuery:
    """Words that rank, any of which may match (all must if `is_every_word_needed`), and conditions.

    All `required` terms hold for a hit, and none of the `excluded`. Each text of `also` is another
    name of what is looked for: a paper that holds all its words gets a part of their score too.
    """

    words: str = ""
    required: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    is_every_word_needed: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents may be hits at all; days are inclusive, None is open.

    A document must be in all of `categories` (`cs.LG`, or `cs` for the whole archive) and in none
    of `without_categories`, and likewise known to all of `sources` and to none of
    `without_sources`; `only` and `without` are paper ids.
    """

    start: date | None = None
    end: date | None = None
    categories: tuple[str, ...] = ()
    without_categories: tuple[str, ...] = ()
    has_code: bool | None = None
    sources: tuple[str, ...] = ()
    without_sources: tuple[str, ...] = ()
    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()


def full_text_queries(query: WordQuery) -> list[tuple[FullTextQuery, float]]:
    """The query as Lance takes it, in parts whose scores add up, each with its weight.

    Nothing where nothing in it can be looked up by words. Each other name is a part of its own:
    within one query Lance scores every paper with any word of any name, 300 ms of a million for
    "LLMs evaluation", and alone, where it skips what cannot be among the best, 10 ms.
    """
    plain = _full_text_query(query)
    if plain is None:
        return []
    if query.is_every_word_needed:
        return [(plain, 1.0)]
    names = [
        dataclasses.replace(query, words=name, is_every_word_needed=True) for name in query.also
    ]
    others = [(asked, ALSO_WEIGHT) for asked in map(_full_text_query, names) if asked is not None]
    return [(plain, 1.0), *others]


def _full_text_query(query: WordQuery) -> FullTextQuery | None:
    """All but the other names."""
    from lance.query import BooleanQuery, FullTextOperator, MatchQuery, Occur

    clauses: list[tuple[Occur, FullTextQuery]] = []
    if query.words:
        ranks = MatchQuery(
            query.words,
            Column.TEXT.value,
            operator=FullTextOperator.AND if query.is_every_word_needed else FullTextOperator.OR,
        )
        is_optional = query.required and not query.is_every_word_needed
        clauses.append((Occur.SHOULD if is_optional else Occur.MUST, ranks))
    clauses += [(Occur.MUST, term_query(term)) for term in query.required]
    if not clauses:
        return None
    clauses += [(Occur.MUST_NOT, term_query(term)) for term in query.excluded]
    return clauses[0][1] if len(clauses) == 1 else BooleanQuery(clauses)


def term_query(term: Term) -> FullTextQuery:
    """The documents for which a condition holds."""
    from lance.query import FullTextOperator, MatchQuery, PhraseQuery

    column = term.column.value
    if term.is_phrase:
        return PhraseQuery(term.words, column, slop=PHRASE_SLOP.get(column, 0))
    return MatchQuery(term.words, column, operator=FullTextOperator.AND)


def sql_filter(filter_: Filter) -> str | None:
    """The filter as Lance's SQL; None where everything passes."""
    parts = []
    if filter_.start:
        parts.append(f"listed_on >= date '{filter_.start.isoformat()}'")
    if filter_.end:
        parts.append(f"listed_on <= date '{filter_.end.isoformat()}'")
    parts += [_has("categories", name) for name in filter_.categories]
    parts += [f"NOT {_has('categories', name)}" for name in filter_.without_categories]
    parts += [_has("sources", name) for name in filter_.sources]
    parts += [f"NOT {_has('sources', name)}" for name in filter_.without_sources]
    if filter_.has_code is not None:
        parts.append(f"has_code = {str(filter_.has_code).lower()}")
    if filter_.only is not None:
        parts.append(_one_of(filter_.only) if filter_.only else "false")
    if filter_.without:
        parts.append(f"NOT ({_one_of(filter_.without)})")
    return " AND ".join(parts) or None


def _has(column: str, label: str) -> str:
    escaped = label.lower().replace("'", "''")
    return f"array_has_any({column}, ['{escaped}'])"


def _one_of(paper_ids: frozenset[int]) -> str:
    return f"paper_id IN ({', '.join(map(str, sorted(paper_ids)))})"
