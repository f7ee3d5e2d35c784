"""What helps a reader on from what a search found: facets, spelling, other names, people, phrases.

It never changes which papers are found, nor their order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from broadsheet.domain import Choice, Guidance, Listing, Page
from broadsheet.identifiers import normalise_words
from broadsheet.index.snapshot import Snapshot
from broadsheet.index.words import Column, Filter, Term, WordQuery
from broadsheet.latex import readable
from broadsheet.ranking.asking import Asked
from broadsheet.ranking.facets import facets_of
from broadsheet.ranking.query import Clause, Field, Query, to_text
from broadsheet.ranking.ranked import Ranked
from broadsheet.ranking.refining import filters_of
from broadsheet.ranking.related import related_searches
from broadsheet.ranking.spelling import corrected

MOST_NAME_WORDS = 5


def suggested(snapshot: Snapshot, asked: Asked, listing: Listing) -> str:
    """The query that the reader may have meant; empty without one, or where they insist."""
    if listing.is_verbatim or asked.question.pinned:
        return ""
    return corrected(asked.query, snapshot.lexicon)


def guidance_of(snapshot: Snapshot, asked: Asked, ranked: Ranked, page: Page) -> Guidance:
    """The guidance for one page of a search."""
    query = asked.query
    return Guidance(
        facets=facets_of(snapshot.columns, ranked.paper_ids, query),
        filters=filters_of(query),
        did_you_mean=suggested(snapshot, asked, page.listing),
        also_searched=asked.also,
        author=_author(snapshot, query, page),
        related=() if page.listing.cursor else related_searches(page.hits, query, asked.also),
    )


def instead_of(typed: str, page: Page) -> Page:
    """The page of a corrected query, that stands for one which found nothing."""
    note = f"Nothing found for “{typed}”. These are the papers for “{page.listing.query}”."
    guidance = dataclasses.replace(
        page.guidance or Guidance(), corrected_from=typed, did_you_mean=""
    )
    return dataclasses.replace(page, notes=(note, *page.notes), guidance=guidance)


def _author(snapshot: Snapshot, query: Query, page: Page) -> Choice | None:
    """The papers of the author whose whole name the query is, if one on the page has it."""
    words = normalise_words(query.words)
    is_plain = not any(clause.is_condition for clause in query.clauses)
    if not is_plain or not 1 < len(words) <= MOST_NAME_WORDS:
        return None
    authors = (author for hit in page.hits for author in hit.paper.authors)
    names = (readable(author) for author in authors if _may_be_called(author, words))
    name = next((name for name in names if normalise_words(name) == words), None)
    if name is None:
        return None
    by_name = Term(Column.AUTHORS, name.replace('"', ""), is_phrase=True)
    papers = snapshot.select(WordQuery(required=(by_name,)), Filter())
    clause = Clause(Field.AUTHOR, by_name.words, is_quoted=True)
    return Choice(name, to_text(Query((clause,))), len(papers))


def _may_be_called(author: str, words: Sequence[str]) -> bool:
    """Whether an author is worth a closer look: plain letters are compared as they are."""
    is_plain = author.isascii() and "\\" not in author and "{" not in author
    return not is_plain or words[-1] in author.lower()
