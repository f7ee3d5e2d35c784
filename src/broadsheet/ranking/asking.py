"""Makes a search listing into a question for the index: reads the query, looks up what it names.

Between `query`, which knows no papers, and `search`, which knows no store.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from broadsheet.domain import Listing, Sort
from broadsheet.errors import NotFound
from broadsheet.identifiers import normalise_doi, parse_arxiv_id
from broadsheet.index.analyser import STOP_WORDS
from broadsheet.index.encoder import split_words
from broadsheet.index.lance import PaperIndex
from broadsheet.index.snapshot import Snapshot
from broadsheet.index.words import Filter
from broadsheet.ranking.expanding import other_names
from broadsheet.ranking.query import Clause, Field, Query, parse, plain
from broadsheet.ranking.questions import without_question_words
from broadsheet.ranking.search import MOST_WORDS, Question, day_and_category_filter, word_query
from broadsheet.store.store import Store

LONGEST_MEANING = 4_000
"""Characters of a query whose meaning is compared; what follows a pasted page changes little."""
MOST_NAMED = 12
"""Sources that a note names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the query it was made of and what the reader should know of it.

    `also` are other names that are searched beside what was typed.
    """

    query: Query
    question: Question
    notes: tuple[str, ...]
    also: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """The words to highlight: those typed, then those of other names that were searched."""
        typed = self.query.words.split()
        telling = split_words(" ".join(without_question_words(typed)))
        asking = set(split_words(self.query.words)).difference(telling)
        names = (word for name in self.also for word in split_words(name))
        terms = (word for word in self.query.terms if word not in asking)
        return tuple(dict.fromkeys((*terms, *names)))[:MOST_WORDS]


def ask(store: Store, index: PaperIndex, snapshot: Snapshot, listing: Listing) -> Asked:
    """The question of a search listing.

    A query that is exactly the title of a paper is taken as words, whatever signs the title has.
    Raises QueryError where the query does not parse.
    """
    titled = [int(paper_id) for paper_id in snapshot.with_title(listing.query)]
    query = plain(listing.query) if titled else parse(listing.query)
    filter_ = _filter(store, listing, query)
    if not titled:
        titled = [int(paper_id) for paper_id in snapshot.with_title(query.meaning)]
    is_exact = titled or listing.is_verbatim or listing.sort in (Sort.DATE, Sort.VOTES)
    also = () if is_exact else other_names(query, snapshot.lexicon)
    words = dataclasses.replace(word_query(query), also=also)
    pinned = snapshot.allowed(titled + _named(store, query), words, filter_)
    meant = " ".join((query.meaning[:LONGEST_MEANING], *also))
    is_something = any(map(str.isalnum, listing.query))
    if not is_something and listing.query.strip():
        filter_ = dataclasses.replace(filter_, only=frozenset())
    meanings = index.meanings(snapshot, meant) if query.meaning and is_something else ()
    question = Question(words, filter_, meanings, tuple(dict.fromkeys(pinned.tolist())))
    notes = _notes_on_words(index, snapshot, listing, query, has_meaning=bool(meanings))
    return Asked(query, question, notes + _unknown_sources(query, snapshot), also)


def _notes_on_words(
    index: PaperIndex, snapshot: Snapshot, listing: Listing, query: Query, *, has_meaning: bool
) -> tuple[str, ...]:
    """What the reader must know of words that cannot be looked up."""
    if listing.query.strip() and not any(map(str.isalnum, listing.query)):
        return ("There is no letter or digit in this query, so there is nothing to look up.",)
    words = split_words(query.meaning)
    if not words:
        return ()
    if not has_meaning:
        return (_blind_note(index, snapshot),)
    if STOP_WORDS.issuperset(words):
        return ("These words stand in nearly every paper, so only their meaning was compared.",)
    return ()


def _unknown_sources(query: Query, snapshot: Snapshot) -> tuple[str, ...]:
    """A note where no paper can be found because nothing comes from a source that is named."""
    known = snapshot.columns.sources.names
    unknown = [each.value for each in query.of(Field.SOURCE) if each.value.lower() not in known]
    if not unknown:
        return ()
    there = ", ".join(known[:MOST_NAMED]) if known else "none"
    return (f"No paper here comes from “{unknown[0]}”. The sources of this library: {there}.",)


def _blind_note(index: PaperIndex, snapshot: Snapshot) -> str:
    if snapshot.unreadable:
        return (
            "Found by words only: the vectors of the index are damaged. "
            "`broadsheet reindex` builds it anew."
        )
    if index.can_compare_meanings(snapshot):
        return "Found by words only: the encoder knows none of these words."
    return (
        "Found by words only: meanings cannot be compared, as the index was built with another "
        "encoder or with none. `broadsheet reindex` builds it anew."
    )


def _filter(store: Store, listing: Listing, query: Query) -> Filter:
    """The conditions of the query and of the listing together."""
    asked = day_and_category_filter(query)
    starts = [day for day in (asked.start, listing.start) if day]
    ends = [day for day in (asked.end, listing.end) if day]
    category = (listing.category,) if listing.category else ()
    wanted = query.of(Field.ID)
    return dataclasses.replace(
        asked,
        start=max(starts, default=None),
        end=min(ends, default=None),
        categories=asked.categories + category,
        only=_only(listing, _ids(store, wanted) if wanted else None),
        without=_ids(store, query.of(Field.ID, is_negated=True)),
    )


def _only(listing: Listing, named: frozenset[int] | None) -> frozenset[int] | None:
    """The papers that the listing is confined to, and the query by ids; None is no bound."""
    if listing.within is None:
        return named
    within = frozenset(listing.within)
    return within if named is None else within & named


def _ids(store: Store, clauses: tuple[Clause, ...]) -> frozenset[int]:
    found = (find(store, clause.value) for clause in clauses)
    return frozenset(paper_id for paper_id in found if paper_id is not None)


def _named(store: Store, query: Query) -> list[int]:
    """The paper whose id is the query's only word."""
    texts = query.of(Field.TEXT)
    if len(texts) != 1:
        return []
    word = texts[0].value
    if not (parse_arxiv_id(word) or normalise_doi(word) or word.startswith("~")):
        return []
    paper_id = find(store, word)
    return [] if paper_id is None else [paper_id]


def find(store: Store, name: str) -> int | None:
    """The paper of an arXiv id, DOI, address or key, whatever its form; None if there is none."""
    arxiv = parse_arxiv_id(name)
    key = arxiv[0] if arxiv else normalise_doi(name) or name
    try:
        return store.paper(key).paper_id
    except NotFound:
        return None
