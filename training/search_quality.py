"""Measures search on judged collections: words alone, vectors alone and both; selects nothing.

A collection is a folder with `docs.jsonl`, `queries.jsonl` and `qrels.tsv`.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bm25s
import numpy as np
import Stemmer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from broadsheet.index.encoder import StaticEncoder
    from broadsheet.index.transformer import OnnxEncoder

    Scores = NDArray[np.float32]

DEPTH = 1000


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents, queries and graded judgements; `gains` is (queries, documents)."""

    name: str
    documents: list[str]
    queries: list[str]
    gains: Scores


def read_collection(folder: Path) -> Collection:
    """The collection in `folder`, without the queries that have no relevant document."""
    documents = _read_lines(folder / "docs.jsonl")
    queries = _read_lines(folder / "queries.jsonl")
    column = {document["id"]: at for at, document in enumerate(documents)}
    row = {query["id"]: at for at, query in enumerate(queries)}
    gains = np.zeros((len(queries), len(documents)), dtype=np.float32)
    with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            grade = max(0.0, float(line["relevance"]))
            gains[row[line["query_id"]], column[line["doc_id"]]] = 2**grade - 1
    judged = np.flatnonzero(gains.any(axis=1))
    texts = [f"{document['title']}. {document['text']}" for document in documents]
    return Collection(folder.name, texts, [queries[at]["text"] for at in judged], gains[judged])


def word_scores(collection: Collection) -> Scores:
    """BM25 (k1 1.2, b 0.75, English stems and stop words) of every query and document."""
    stemmer = Stemmer.Stemmer("english")
    options = {"stopwords": "en", "stemmer": stemmer, "show_progress": False}
    model = bm25s.BM25(k1=1.2, b=0.75)
    model.index(bm25s.tokenize(collection.documents, **options), show_progress=False)
    queries = bm25s.tokenize(collection.queries, return_ids=False, **options)
    return np.stack([model.get_scores(query) for query in queries]).astype(np.float32)


def vector_scores(collection: Collection, encoder: StaticEncoder | OnnxEncoder) -> Scores:
    """Cosine of every query and document."""
    return encoder.encode_queries(collection.queries) @ encoder.encode(collection.documents).T


def ndcg(scores: Scores, gains: Scores, depth: int = 10) -> float:
    """Mean nDCG: gain 2^relevance - 1, discount log2(rank + 1); ties in document order."""
    return float(np.mean(ndcg_of_each(scores, gains, depth)))


def ndcg_of_each(scores: Scores, gains: Scores, depth: int = 10) -> Scores:
    """The figure of each query of which `ndcg` is the mean."""
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    best = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    found = np.take_along_axis(gains, best, axis=1) @ discounts
    ideal = -np.sort(-gains, axis=1)[:, :depth] @ discounts
    each: Scores = found / ideal
    return each


def fuse_zscores(words: Scores, vectors: Scores, weight: float) -> Scores:
    """z(words) + weight * z(vectors) over the union of both lists' best DEPTH."""
    union = (_ranks(words) < DEPTH) & (words > 0) | (_ranks(vectors) < DEPTH)
    fused = _zscores(words, union) + weight * _zscores(vectors, union)
    return np.where(union, fused, -np.inf)


def _read_lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _ranks(scores: Scores) -> NDArray[np.int64]:
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(scores.shape[1])[None, :], axis=1)
    return ranks


def _zscores(scores: Scores, chosen: NDArray[np.bool_]) -> Scores:
    """Standard scores of each row, its mean and deviation taken over the chosen columns."""
    masked = np.where(chosen, scores, np.nan)
    mean = np.nanmean(masked, axis=1, keepdims=True)
    deviation = np.nanstd(masked, axis=1, keepdims=True)
    return (scores - mean) / np.maximum(deviation, 1e-9)
