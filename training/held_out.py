"""Measures that choose between tables: held-out papers and papers sharing a subject code.

None of them sees the judged search collections, which are for reporting only.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from contrastive import bag_matrix, unit_vectors
from search_quality import Collection, fuse_best, fuse_zscores, ndcg, vector_scores, word_scores
from vocabulary import Bags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from broadsheet.index.encoder import StaticEncoder
    from corpus import CorpusPaper
    from vocabulary import TokenisedCorpus

    Floats = NDArray[np.float32]

# Mathematics Subject Classification (94B15) and ACM Computing Classification of 1998 (H.3.3).
SUBJECT_CODE = re.compile(r"\b\d\d[A-Z]\d\d\b|\b[A-K]\.\d\.\d\b")
CODE_PAPERS = range(5, 201)
CODE_QUERIES = 800
FUSION_WEIGHTS = (0.3, 0.5, 0.7, 1.0, 1.4)
LEAST_IN_FIELD = 20


def reunion(corpus: TokenisedCorpus, table: Floats) -> dict[str, float]:
    """Mean reciprocal rank at which a part of a held-out paper finds its other part.

    Given over all papers and as the mean of the fields with at least LEAST_IN_FIELD of them.
    """
    papers = np.flatnonzero(corpus.is_held_out)
    starts, ends = corpus.abstracts.starts[papers], corpus.abstracts.starts[papers + 1]
    middles = (starts + ends) // 2
    titles = corpus.titles.starts[papers], corpus.titles.starts[papers + 1]
    pairs = {
        "title finds abstract": ((corpus.titles, *titles), (corpus.abstracts, starts, ends)),
        "half finds half": ((corpus.abstracts, starts, middles), (corpus.abstracts, middles, ends)),
    }
    found = {}
    for name, parts in pairs.items():
        left, right = (_part_vectors(corpus, table, *part) for part in parts)
        cosines = left @ right.T
        reciprocal = 1 / np.sum(cosines >= np.diagonal(cosines)[:, None], axis=1)
        found[name] = float(np.mean(reciprocal))
        found[f"{name}, mean of fields"] = _mean_of_fields(reciprocal, corpus.fields[papers])
    return found


def shared_codes(papers: Sequence[CorpusPaper], encoder: StaticEncoder) -> dict[str, float]:
    """nDCG@10 of finding, by its title, papers with the same subject codes."""
    collection, asked = _code_collection(papers)
    words, vectors = word_scores(collection), vector_scores(collection, encoder)
    rows = np.arange(len(asked))
    words[rows, asked], vectors[rows, asked] = 0, -1
    found = {"words": ndcg(words, collection.gains), "vectors": ndcg(vectors, collection.gains)}
    for weight in FUSION_WEIGHTS:
        for kind, fuse in {"best 1": fuse_best, "z-score": fuse_zscores}.items():
            fused = fuse(words, vectors, weight)
            found[f"{kind}, w {weight}"] = ndcg(fused, collection.gains)
    return {f"shared codes, {name}": figure for name, figure in found.items()}


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


def _code_collection(papers: Sequence[CorpusPaper]) -> tuple[Collection, NDArray[np.int64]]:
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
