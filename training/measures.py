"""One row of the results: what a table is worth on held-out papers and in judged searches."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.held_out import code_collection, reunion
from training.laboratory import Run, quantise
from training.prepared import Prepared, kept
from training.search_quality import (
    Collection,
    fuse_zscores,
    ndcg,
    read_collection,
    vector_scores,
    word_scores,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from broadsheet.index.encoder import StaticEncoder
    from broadsheet.index.transformer import OnnxEncoder

    Floats = NDArray[np.float32]

HYBRID_WEIGHT = 0.5
CUT_WIDTH = 64
TIMED_PAPERS = 1000


@dataclass(frozen=True, slots=True)
class Judged:
    """A collection and the BM25 score of every query and document."""

    collection: Collection
    words: Floats


def read_judged(folder: Path, work: Path) -> list[Judged]:
    """The judged collections in `folder`, by name; their word scores are kept in `work`."""
    found = []
    for path in sorted(file.parent for file in folder.glob("*/qrels.tsv")):
        collection = read_collection(path)
        words = kept(work / f"words-{path.name}.pickle", lambda c=collection: word_scores(c))
        found.append(Judged(collection, words))
    return found


def measure(prepared: Prepared, run: Run, judged: Iterable[Judged]) -> dict[str, object]:
    """Figures by column: they choose up to `codes_cut`, those after only report."""
    encoder = quantise(run.table, prepared.corpus.word_rows, "tried")
    cut = quantise(run.table[:, :CUT_WIDTH].copy(), prepared.corpus.word_rows, "cut")
    codes, asked = kept(prepared.work / "codes.pickle", lambda: code_collection(prepared.papers))
    row: dict[str, object] = {"cpu_seconds": round(run.seconds, 1)}
    row |= {name: round(figure, 4) for name, figure in reunion(prepared.corpus, run.table).items()}
    row["codes"] = round(codes_figure(codes, asked, encoder), 4)
    row["codes_cut"] = round(codes_figure(codes, asked, cut), 4)
    row |= search_figures(encoder, judged, HYBRID_WEIGHT)
    row["papers_per_second"] = round(speed(encoder, prepared))
    row["separability"] = " ".join(f"{step}:{a:.4f}:{b:.4f}" for step, a, b in run.checkpoints)
    return row


def search_figures(
    encoder: StaticEncoder | OnnxEncoder, judged: Iterable[Judged], weight: float
) -> dict[str, float]:
    """nDCG@10 of words and vectors together on each collection, their mean, and vectors alone."""
    hybrid, alone = {}, []
    for each in judged:
        vectors = vector_scores(each.collection, encoder)
        gains = each.collection.gains
        hybrid[each.collection.name] = ndcg(fuse_zscores(each.words, vectors, weight), gains)
        alone.append(ndcg(vectors, gains))
    figures = hybrid | {"hybrid": _mean(hybrid.values()), "vectors": _mean(alone)}
    return {name: round(figure, 4) for name, figure in figures.items()}


def speed(encoder: StaticEncoder | OnnxEncoder, prepared: Prepared) -> float:
    """Papers encoded per second of processor time."""
    texts = [f"{paper.title}\n{paper.abstract}" for paper in prepared.papers[-TIMED_PAPERS:]]
    began = time.process_time()
    encoder.encode(texts)
    return len(texts) / (time.process_time() - began)


def codes_figure(codes: Collection, asked: NDArray[np.int64], encoder: StaticEncoder) -> float:
    """nDCG@10 of finding, by its title, papers with the same subject codes."""
    scores = vector_scores(codes, encoder)
    scores[np.arange(len(asked)), asked] = -1
    return ndcg(scores, codes.gains)


def _mean(figures: Iterable[float]) -> float:
    return float(np.mean(list(figures)))
