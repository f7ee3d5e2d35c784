"""Several encoders in one run: same collections, fusion and processor. Reports, never chooses."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.measures import Judged
from training.search_quality import fuse_zscores, ndcg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from broadsheet.index.encoder import StaticEncoder
    from broadsheet.index.transformer import OnnxEncoder

    Floats = NDArray[np.float32]
    AnyEncoder = StaticEncoder | OnnxEncoder

WEIGHTS = {"StaticEncoder": 0.5, "OnnxEncoder": 1.5}


def compare(
    encoders: Mapping[str, AnyEncoder], judged: Sequence[Judged], papers: Sequence[str], work: Path
) -> Iterator[str]:
    """Lines of a table: nDCG@10 of words, of vectors, of both; papers per second of a processor.

    Vectors are kept in `work`, so that a run that was stopped goes on where it was.
    """
    names = [each.collection.name for each in judged]
    yield f"{'':28}" + "".join(f"{name:>11}" for name in [*names, "mean", "papers/s"])
    figures = [ndcg(each.words, each.collection.gains) for each in judged]
    yield _line("BM25", figures, None)
    for name, encoder in encoders.items():
        scores = [_scores(name, encoder, each, work) for each in judged]
        alone = [
            ndcg(found, each.collection.gains) for found, each in zip(scores, judged, strict=True)
        ]
        yield _line(f"{name} alone", alone, _speed(encoder, papers))
        weight = WEIGHTS[type(encoder).__name__]
        fused = [
            ndcg(fuse_zscores(each.words, found, weight), each.collection.gains)
            for found, each in zip(scores, judged, strict=True)
        ]
        yield _line(f"BM25 + {weight} {name}", fused, None)


def _scores(name: str, encoder: AnyEncoder, each: Judged, work: Path) -> Floats:
    file = work / f"vectors-{name}-{encoder.name}-{each.collection.name}.npz"
    if not file.exists():
        queries = encoder.encode_queries(each.collection.queries)
        np.savez(file, queries=queries, documents=encoder.encode(each.collection.documents))
    with np.load(file) as stored:
        found: Floats = stored["queries"] @ stored["documents"].T
    return found


def _speed(encoder: AnyEncoder, papers: Sequence[str]) -> float:
    """Papers per second of processor time, whatever else the machine does."""
    encoder.encode(papers[:4])
    began = time.process_time()
    encoder.encode(papers)
    return len(papers) / (time.process_time() - began)


def _line(name: str, figures: Sequence[float], speed: float | None) -> str:
    cells = "".join(f"{figure:11.4f}" for figure in [*figures, float(np.mean(figures))])
    return f"{name:28}{cells}" + (f"{speed:11.1f}" if speed else "")
