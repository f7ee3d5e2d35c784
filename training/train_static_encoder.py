"""Trains the table of word vectors that Broadsheet ships, and prints how well it searches."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from broadsheet.index.encoder import StaticEncoder
from contrastive import Recipe, train
from corpus import read_corpus
from held_out import reunion, shared_codes
from search_quality import report
from start_vectors import start_vectors
from vocabulary import tokenise

EPILOG = """
the corpus is a folder of *.jsonl.xz files, one paper a line with id, title, abstract and
categories (primary first). One paper in twenty is held out and never trained on.

examples:
  python train_static_encoder.py ../../shared/data/corpus static-1.table
  python train_static_encoder.py CORPUS OUT --collections ../../shared/data/ir
  python train_static_encoder.py CORPUS OUT --steps 100        # a quick try, 5 minutes

Two runs with the same options, library versions and thread count give the same table. Set
OMP_NUM_THREADS to the cores you want used. Give --name a new value whenever the table changes:
the name is stored with an index, and a new name makes Broadsheet embed every paper again.
"""


def main() -> None:
    """Read, tokenise, start, train, write, measure."""
    options = _parse_options()
    began = time.monotonic()
    papers = list(read_corpus(options.corpus))
    corpus = tokenise(papers, options.least_papers)
    _say(
        began, f"{len(papers):,} papers, {len(corpus.word_rows):,} words, {corpus.row_count:,} rows"
    )
    table = start_vectors(corpus, options.dim, options.seed)
    _say(began, "start vectors ready")
    losses: list[float] = []
    for step, loss in train(corpus, table, _recipe(options)):
        losses.append(loss)
        if step % 100 == 0 or step == options.steps:
            _say(began, f"step {step} of {options.steps}, loss {np.mean(losses[-100:]):.3f}")
    encoder = quantise(table, corpus.word_rows, options.name)
    encoder.save(options.output)
    _say(began, f"wrote {options.output}, {options.output.stat().st_size / 1e6:.1f} MB")
    for name, figure in {**reunion(corpus, table), **shared_codes(papers, encoder)}.items():
        print(f"{name:40} {figure:.4f}")
    if options.collections:
        for name, figures in report(options.collections, encoder).items():
            print(f"{name:20}", *(f"{figure:.4f}" for figure in figures))


def quantise(table: np.ndarray, word_rows: dict[str, int], name: str) -> StaticEncoder:
    """The encoder with every row of `table` rounded to 255 levels of its largest element."""
    scales = (np.abs(table).max(axis=1) / 127 + 1e-12).astype(np.float32)
    rounded = np.round(table / scales[:, None]).clip(-127, 127).astype(np.int8)
    return StaticEncoder(name, table.shape[1], word_rows, rounded, scales)


def _recipe(options: argparse.Namespace) -> Recipe:
    return Recipe(
        steps=options.steps,
        batch=options.batch,
        temperature=options.temperature,
        rate=options.rate,
        overlap_dropout=options.overlap_dropout,
        balance=options.balance,
        seed=options.seed,
    )


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    recipe = Recipe()
    parser.add_argument("corpus", type=Path, help="folder with the *.jsonl.xz files")
    parser.add_argument("output", type=Path, help="file to write, such as static-1.table")
    parser.add_argument("--name", default="static-1", help="name of the table (%(default)s)")
    parser.add_argument("--collections", type=Path, help="folder of judged collections to report")
    parser.add_argument("--dim", type=int, default=256, help="length of a vector (%(default)s)")
    parser.add_argument(
        "--least-papers", type=int, default=3, help="papers a stem must be in (%(default)s)"
    )
    for name, meaning in {
        "steps": "training steps",
        "batch": "papers in a step; each is told apart from all the others",
        "temperature": "low: sharp, finds the same paper; high: tolerant, finds the same topic",
        "rate": "largest step size of Adam",
        "overlap_dropout": "share of the words both parts have that one part loses",
        "balance": "0: papers drawn alike; 1: fields drawn alike",
        "seed": "seed of every random choice",
    }.items():
        default = getattr(recipe, name)
        flag = "--" + name.replace("_", "-")
        help_text = f"{meaning} (%(default)s)"
        parser.add_argument(flag, type=type(default), default=default, help=help_text)
    return parser.parse_args()


def _say(began: float, message: str) -> None:
    print(f"{time.monotonic() - began:5.0f} s  {message}", flush=True)


if __name__ == "__main__":
    main()
