"""Quality of search on test collections: `make bench-quality`.

The same code ranks as in the product, first with the vectors that every paper has, then with those
of the improver as well. The reference column is plain BM25 (k1 1.2, b 0.75, English stemmer and
stop words) as others measured it on the same files.
"""

from __future__ import annotations

import statistics
import sys
from functools import partial

from benchmarks.measure import data_folder
from broadsheet.index.encoder import StaticEncoder
from broadsheet.index.improvers import SHIPPED, Improvers, load_improver
from broadsheet.index.lance import NO_IMPROVERS
from broadsheet.ranking.evaluation import EvaluationRow, evaluate

REFERENCE = {"cranfield": 0.537, "cacm": 0.500, "cisi": 0.381, "npl": 0.449}


def main() -> None:
    """Print two Markdown tables; exit code 1 when hybrid loses to words on the mean."""
    improver = sys.argv[1] if len(sys.argv) > 1 else SHIPPED
    _measure(NO_IMPROVERS, "the first encoder alone")
    load = partial(load_improver, cache=data_folder())
    _measure(Improvers(improver, load), f"improved by {improver}")


def _measure(improvers: Improvers, title: str) -> None:
    folder = data_folder() / "ir"
    encoder = StaticEncoder.load()
    rows = [row for name in REFERENCE for row in evaluate(folder / name, encoder, improvers)]
    print(f"\n### Search with {title}\n")
    print("| collection | mode | nDCG@10 | reference BM25 | recall@100 | queries/s |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        reference = f"{REFERENCE[row.collection]:.3f}" if row.mode == "words" else ""
        print(
            f"| {row.collection} | {row.mode} | {row.ndcg_at_10:.3f} | {reference} "
            f"| {row.recall_at_100:.3f} | {row.queries_per_second:,.0f} |"
        )
    means = {mode: _mean(rows, mode) for mode in ("words", "vectors", "hybrid")}
    for mode, mean in means.items():
        reference = f"{statistics.mean(REFERENCE.values()):.3f}" if mode == "words" else ""
        print(f"| mean | {mode} | {mean:.3f} | {reference} | | |")
    if means["hybrid"] < means["words"]:
        sys.exit("Hybrid search loses to words only on the mean.")


def _mean(rows: list[EvaluationRow], mode: str) -> float:
    return statistics.mean(row.ndcg_at_10 for row in rows if row.mode == mode)


if __name__ == "__main__":
    main()
