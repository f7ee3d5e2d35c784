"""The compact transformer from beginning to end: vocabulary, lessons, training, packaging."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import torch

from training.corpus import read_corpus
from training.package_model import package_model
from training.prepared import kept
from training.student import Recipe, Student, merge
from training.teacher import Lesson, draw_papers, lessons
from training.transformer import Shape, load_parent
from training.wordpieces import cut_tokenizer, frequent_pieces, parent_tokenizer

DRAWN_PAPERS = 72_000
COUNTED_PAPERS = 12_000


def make_transformer(
    corpus: Path, parent: Path, work: Path, output: Path, *, count: int, share: float
) -> Iterator[str]:
    """Make the model of the folder `output` from `count` lessons; yields a line for each.

    Its weights go `share` of the way from the parent's to the trained ones.
    """
    recipe = Recipe()
    work.mkdir(parents=True, exist_ok=True)
    papers = draw_papers(list(read_corpus(corpus)), DRAWN_PAPERS, recipe.seed)
    counted = [f"{paper.title}\n{paper.abstract}" for paper in papers[:COUNTED_PAPERS]]
    pieces = kept(
        work / f"pieces-{recipe.pieces}.pickle",
        lambda: frequent_pieces(parent_tokenizer(parent), counted, recipe.pieces),
    )
    tokenizer = cut_tokenizer(parent, pieces)
    model = load_parent(parent, Shape(recipe.layers, pieces, max(recipe.caps)))
    if count:
        student = Student(copy.deepcopy(model), copy.deepcopy(model), tokenizer, recipe)
        taught = lessons(papers, parent, work / "lessons", recipe.seed)
        yield from _trained(student, taught, work, count)
        merge(model, student.averaged, share)
    size = package_model(model, tokenizer, output, output.name, max(recipe.caps))
    yield f"wrote {output}, {size / 1e6:.1f} MB"


def _trained(student: Student, taught: Iterator[Lesson], work: Path, count: int) -> Iterator[str]:
    """Train, or read what an equal run left in `work`; yields a line for each lesson.

    The last lesson's weights are kept: a stopped run is worth as much as a shorter one.
    """
    digest = blake2b(repr(student.recipe).encode(), digest_size=4).hexdigest()
    file = work / f"trained-{digest}-{count}.pt"
    if file.exists():
        student.averaged.load_state_dict(torch.load(file))
        yield f"read {file}, trained before"
        return
    for number, losses in enumerate(student.learn(islice(taught, count)), start=1):
        partial = work / f"trained-{digest}.partial"
        torch.save(student.averaged.state_dict(), partial)
        partial.rename(work / f"trained-{digest}-{number}.pt")
        (work / f"trained-{digest}-{number - 1}.pt").unlink(missing_ok=True)
        yield f"lesson {number} of {count}: {losses}"
