"""Chooses papers from a reader's lists: what they left out and what they had before stays out.

The lists take turns, best first, so that none pushes the others out; a paper that is in several
stands in the first that reaches it. Pure functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from broadsheet.domain import Hit, Paper
from broadsheet.identifiers import normalise_words
from broadsheet.mail import Preferences

Choice = list[list[Hit]]
Arrange = Callable[[int, Iterator[Hit]], Iterator[Hit]]


def choose(
    lists: Sequence[Iterable[Hit]],
    preferences: Preferences,
    was_sent: Callable[[Paper], bool],
    arrange: Arrange = lambda _, hits: hits,
) -> Choice:
    """The hits for each list, `most_papers` at most in all, each paper once.

    `arrange` may put what fits into another order; it is told the place of the list.
    """
    unwanted = _Unwanted(preferences)
    taken: set[int] = set()
    chosen: Choice = [[] for _ in lists]

    def fitting(hits: Iterable[Hit]) -> Iterator[Hit]:
        for hit in hits:
            if was_sent(hit.paper) or not is_strong(hit, preferences):
                continue
            if not unwanted.holds(hit.paper):
                yield hit

    def free(place: int, hits: Iterable[Hit]) -> Iterator[Hit]:
        return (hit for hit in arrange(place, fitting(hits)) if hit.paper.paper_id not in taken)

    turns = {place: free(place, hits) for place, hits in enumerate(lists)}
    while turns and len(taken) < preferences.most_papers:
        for place in list(turns):
            hit = next(turns[place], None)
            if hit is None:
                del turns[place]
                continue
            taken.add(hit.paper.paper_id)
            chosen[place].append(hit)
            if len(taken) == preferences.most_papers:
                break
    return chosen


def is_strong(hit: Hit, preferences: Preferences) -> bool:
    """Whether a hit has the votes and, where its list has scores, the score that a reader asks."""
    if hit.paper.is_withdrawn or hit.paper.votes < preferences.least_votes:
        return False
    return hit.score is None or hit.score >= preferences.least_score


class _Unwanted:
    """What a reader leaves out, ready to be compared."""

    def __init__(self, preferences: Preferences) -> None:
        self._phrases = tuple(_padded(text) for text in preferences.without_words)
        self._authors = tuple(
            frozenset(normalise_words(name)) for name in preferences.without_authors
        )
        self._categories = tuple(name.casefold() for name in preferences.without_categories)

    def holds(self, paper: Paper) -> bool:
        """Whether a paper has a word, author or category that the reader leaves out."""
        return self._has_category(paper) or self._has_author(paper) or self._has_phrase(paper)

    def _has_category(self, paper: Paper) -> bool:
        return any(
            category.casefold() == left_out or category.casefold().startswith(f"{left_out}.")
            for category in paper.categories
            for left_out in self._categories
        )

    def _has_author(self, paper: Paper) -> bool:
        if not self._authors:
            return False
        names = [frozenset(normalise_words(author)) for author in paper.authors]
        return any(left_out and left_out <= name for left_out in self._authors for name in names)

    def _has_phrase(self, paper: Paper) -> bool:
        if not self._phrases:
            return False
        text = _searchable(paper.title, paper.abstract)
        return any(phrase.strip() and phrase in text for phrase in self._phrases)


@lru_cache(maxsize=4096)
def _searchable(title: str, abstract: str) -> str:
    return _padded(f"{title} {abstract}")


def _padded(text: str) -> str:
    return f" {' '.join(normalise_words(text))} "
