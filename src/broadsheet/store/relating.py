"""Keeps the links between papers that are not one but belong together, as pairs of numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, insert, or_, select

from broadsheet.domain import Paper
from broadsheet.identifiers import abstract_similarity
from broadsheet.store.identity import NEAR_ABSTRACT, author_keys, is_near_title
from broadsheet.store.loading import in_chunks
from broadsheet.store.reading import read_papers
from broadsheet.store.schema import paper, relation

Pair = tuple[int, int]


def relate(
    connection: Connection,
    touched: Mapping[int, Paper],
    pairs: Iterable[Pair],
    stale: Iterable[int],
) -> None:
    """Write the relations of the touched papers anew.

    `pairs` are those known from common titles and DOIs; near titles are looked up here, so the
    rows of the touched papers must be written before. `stale` are papers whose old relations go.
    """
    for chunk in in_chunks(stale):
        gone = or_(relation.c.paper_id.in_(chunk), relation.c.other_id.in_(chunk))
        connection.execute(delete(relation).where(gone))
    found = {*pairs, *_near_pairs(connection, touched)}
    rows = {direction for one, two in found for direction in ((one, two), (two, one))}
    if rows:
        connection.execute(
            insert(relation), [{"paper_id": one, "other_id": two} for one, two in sorted(rows)]
        )


def _near_pairs(connection: Connection, touched: Mapping[int, Paper]) -> list[Pair]:
    candidates = _near_titles(connection, touched)
    missing = {paper_id for pair in candidates for paper_id in pair} - touched.keys()
    papers = {**touched, **{found.paper_id: found for found in read_papers(connection, missing)}}
    return [(one, two) for one, two in candidates if _is_near(papers[one], papers[two])]


def _near_titles(connection: Connection, touched: Mapping[int, Paper]) -> set[Pair]:
    """Pairs of papers, one at least touched, of which one title is the other and a little more."""
    pairs: set[Pair] = set()
    for titles in _same_near_key(connection, touched.keys()):
        for one, words in titles.items():
            if one in touched:
                near = (two for two, others in titles.items() if is_near_title(words, others))
                pairs.update((min(one, two), max(one, two)) for two in near)
    return pairs


def _same_near_key(
    connection: Connection, paper_ids: Iterable[int]
) -> Iterable[Mapping[int, Sequence[str]]]:
    """Title words by paper, for each set of papers that share a near key with one of these."""
    titles: defaultdict[int, dict[int, Sequence[str]]] = defaultdict(dict)
    for chunk in in_chunks(paper_ids):
        keys = select(paper.c.near_key).where(
            paper.c.paper_id.in_(chunk), paper.c.near_key.is_not(None)
        )
        rows = connection.execute(
            select(paper.c.near_key, paper.c.paper_id, paper.c.words).where(
                paper.c.near_key.in_(keys)
            )
        )
        for key, paper_id, words in rows:
            titles[key][paper_id] = words.split()
    return [found for found in titles.values() if len(found) > 1]


def _is_near(one: Paper, two: Paper) -> bool:
    if author_keys(one.authors) & author_keys(two.authors):
        return True
    return abstract_similarity(one.abstract, two.abstract) >= NEAR_ABSTRACT
