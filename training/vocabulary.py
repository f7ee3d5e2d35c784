"""Builds the vocabulary and turns the corpus into arrays of row numbers; trains nothing.

Words with one English stem share a row, so that rare inflections are as well placed as common ones.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import Stemmer

from broadsheet.index.encoder import split_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from training.corpus import CorpusPaper

LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as row numbers: text i is `rows[starts[i]:starts[i + 1]]`, in reading order."""

    rows: NDArray[np.int32]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[list[int]]) -> Bags:
        """The texts as one flat array."""
        flat, starts = array("i"), [0]
        for text in texts:
            flat.extend(text)
            starts.append(len(flat))
        return cls(np.array(flat, dtype=np.int32), np.array(starts, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class TokenisedCorpus:
    """Vocabulary and texts of the corpus; row i of every array is paper i."""

    word_rows: dict[str, int]
    row_count: int
    titles: Bags
    abstracts: Bags
    fields: NDArray[np.int32]
    is_held_out: NDArray[np.bool_]


def tokenise(papers: Iterable[CorpusPaper], least_papers: int) -> TokenisedCorpus:
    """Split every paper into words; stems found in fewer than `least_papers` papers are dropped."""
    words: dict[str, int] = {}
    paper_counts: Counter[int] = Counter()
    titles, abstracts, fields, held_out = [], [], [], []
    for paper in papers:
        title, abstract = _numbered(paper.title, words), _numbered(paper.abstract, words)
        titles.append(title)
        abstracts.append(abstract)
        fields.append(paper.field)
        held_out.append(paper.is_held_out)
        if not paper.is_held_out:
            paper_counts.update({*title, *abstract})
    row_of = _rows_by_stem(list(words), paper_counts, least_papers)
    word_rows = {word: int(row_of[number]) for word, number in words.items() if row_of[number] >= 0}
    return TokenisedCorpus(
        word_rows=word_rows,
        row_count=int(row_of.max()) + 1,
        titles=_renumbered(titles, row_of),
        abstracts=_renumbered(abstracts, row_of),
        fields=np.unique(fields, return_inverse=True)[1].astype(np.int32),
        is_held_out=np.array(held_out),
    )


def _numbered(text: str, words: dict[str, int]) -> array[int]:
    return array("i", [words.setdefault(word, len(words)) for word in split_words(text)])


def _rows_by_stem(words: list[str], counts: Counter[int], least_papers: int) -> NDArray[np.int32]:
    """Row of each word number, -1 for a word left out; rows run from common to rare stems."""
    stems = Stemmer.Stemmer("english").stemWords(words)
    totals: Counter[str] = Counter()
    for number, stem in enumerate(stems):
        if 1 < len(words[number]) <= LONGEST_WORD and not words[number].isdecimal():
            totals[stem] += counts[number]
    kept = [stem for stem, total in totals.most_common() if total >= least_papers]
    row_of_stem = {stem: row for row, stem in enumerate(kept)}
    rows = [
        row_of_stem.get(stem, -1) if counts[number] > 1 else -1 for number, stem in enumerate(stems)
    ]
    return np.array(rows, dtype=np.int32)


def _renumbered(texts: list[array[int]], row_of: NDArray[np.int32]) -> Bags:
    bags = Bags.of(texts)
    rows = row_of[bags.rows]
    kept = np.concatenate([[0], np.cumsum(rows >= 0)])
    return Bags(rows[rows >= 0], kept[bags.starts])
