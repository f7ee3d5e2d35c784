"""The compact transformer from beginning to end: vocabulary, lessons, training, packaging."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch

from training.corpus import read_corpus
from training.package_model import package_model
from training.prepared import kept
from training.student import Recipe, Student
from training.teacher import draw_papers, lessons
from training.transformer import Shape, load_parent
from training.wordpieces import cut_tokenizer, frequent_pieces, parent_tokenizer

DRAWN_PAPERS = 72_000
COUNTED_PAPERS = 12_000


def make_transformer(
    corpus: Path, parent: Path, work: Path, output: Path, count: int
) -> Iterator[str]:
    """Make the model of the folder `output` from `count` lessons; yields a line for each."""
    recipe = Recipe()
    work.mkdir(parents=True, exist_ok=True)
    papers = draw_papers(list(read_corpus(corpus)), DRAWN_PAPERS, recipe.seed)
    counted = [f"{paper.title}\n{paper.abstract}" for paper in papers[:COUNTED_PAPERS]]
    pieces = kept(
        work / f"pieces-{recipe.pieces}.pickle",
        lambda: frequent_pieces(parent_tokenizer(parent), counted, recipe.pieces),
    )
    tokenizer = cut_tokenizer(parent, pieces)
    torch.manual_seed(recipe.seed)
    model = load_parent(parent, Shape(recipe.layers, pieces, max(recipe.caps)))
    student = Student(model, copy.deepcopy(model), tokenizer, recipe)
    taught = lessons(papers, parent, work / "lessons", recipe.seed)
    for number, losses in enumerate(student.learn(islice(taught, count)), start=1):
        yield f"lesson {number} of {count}: {losses}"
    size = package_model(student.averaged, tokenizer, output, output.name, max(recipe.caps))
    yield f"wrote {output}, {size / 1e6:.1f} MB"
