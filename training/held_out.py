"""Measures that choose between tables: held-out papers and papers sharing a subject code.

None of them sees the judged search collections, which are for reporting only.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from training.search_quality import Collection
from training.views import bag_matrix, unit_vectors
from training.vocabulary import Bags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.corpus import CorpusPaper
    from training.vocabulary import TokenisedCorpus

    Floats = NDArray[np.float32]

# Mathematics Subject Classification (94B15) and ACM Computing Classification of 1998 (H.3.3).
SUBJECT_CODE = re.compile(r"\b\d\d[A-Z]\d\d\b|\b[A-K]\.\d\.\d\b")
CODE_PAPERS = range(5, 201)
CODE_QUERIES = 400
LEAST_IN_FIELD = 20
MOST_PAPERS = 2500


def reunion(corpus: TokenisedCorpus, table: Floats) -> dict[str, float]:
    """Mean reciprocal rank at which a part of a held-out paper finds its other part.

    It is the mean of the fields with at least LEAST_IN_FIELD papers among the first MOST_PAPERS.
    """
    every = np.flatnonzero(corpus.is_held_out)
    papers = every[:: max(1, len(every) // MOST_PAPERS)]
    starts, ends = corpus.abstracts.starts[papers], corpus.abstracts.starts[papers + 1]
    middles = (starts + ends) // 2
    titles = corpus.titles.starts[papers], corpus.titles.starts[papers + 1]
    pairs = {
        "title_mrr": ((corpus.titles, *titles), (corpus.abstracts, starts, ends)),
        "half_mrr": ((corpus.abstracts, starts, middles), (corpus.abstracts, middles, ends)),
    }
    found = {}
    for name, parts in pairs.items():
        left, right = (_part_vectors(corpus, table, *part) for part in parts)
        cosines = left @ right.T
        reciprocal = 1 / np.sum(cosines >= np.diagonal(cosines)[:, None], axis=1)
        found[name] = _mean_of_fields(reciprocal, corpus.fields[papers])
    return found


def _part_vectors(
    corpus: TokenisedCorpus,
    table: Floats,
    bags: Bags,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> Floats:
    parts = Bags.of(bags.rows[start:end].tolist() for start, end in zip(starts, ends, strict=True))
    return unit_vectors(bag_matrix(parts.rows, parts.starts, corpus.row_count), table)[0]


def _mean_of_fields(figures: NDArray[np.float64], fields: NDArray[np.int32]) -> float:
    counts = np.bincount(fields)
    sums = np.bincount(fields, weights=figures)
    big = counts >= LEAST_IN_FIELD
    return float(np.mean(sums[big] / counts[big]))


def code_collection(papers: Sequence[CorpusPaper]) -> tuple[Collection, NDArray[np.int64]]:
    """Papers with codes, asked for by some of their titles, and which papers those are.

    The gain is the number of codes shared; a code of too few or too many papers counts for none.
    """
    coded = [paper for paper in papers if SUBJECT_CODE.search(paper.codes)]
    codes = [set(SUBJECT_CODE.findall(paper.codes)) for paper in coded]
    counts = Counter(code for paper_codes in codes for code in paper_codes)
    members = defaultdict(list)
    for number, paper_codes in enumerate(codes):
        for code in paper_codes:
            if counts[code] in CODE_PAPERS:
                members[code].append(number)
    candidates = sorted({number for numbers in members.values() for number in numbers})
    count = min(CODE_QUERIES, len(candidates))
    asked = np.random.default_rng(1).choice(candidates, count, replace=False)
    gains = np.zeros((len(asked), len(coded)), dtype=np.float32)
    for row, number in enumerate(asked):
        for code in codes[number]:
            gains[row, members.get(code, [])] += 1
        gains[row, number] = 0
    texts = [f"{paper.title}. {paper.abstract}" for paper in coded]
    return Collection("shared codes", texts, [coded[at].title for at in asked], gains), asked
