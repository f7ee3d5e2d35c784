"""Runs a recipe for tables, measures what came out and adds a row to the table of results."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from broadsheet.index.encoder import StaticEncoder
from training.batches import (
    Pool,
    at_random,
    balanced,
    batches,
    clusters,
    few_groups,
    nearest,
    one_of_each_group,
    same_group_neighbours,
    with_neighbours,
)
from training.merging import average, fisher_average, side_by_side
from training.prepared import Prepared, kept
from training.recipes import RECIPES, Recipe
from training.separability import with_labels, without_labels
from training.table import Lessons, Training, paper_vectors
from training.teacher_words import joined, teacher_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Papers = NDArray[np.int64]

CLUSTERS, FEW_CLUSTERS = 2000, 40
NEIGHBOURS = 3
ROUNDS = 4
CHECKPOINT_PAPERS = 1500


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is."""

    dim: int = 128
    batch: int = 1024
    steps: int = 200


@dataclass(frozen=True, slots=True)
class Run:
    """What a run made: the table, its optimiser's second moments and how it came there."""

    table: Floats
    importance: Floats
    seconds: float
    checkpoints: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Laboratory:
    """The corpus, the teacher and what is shared by all runs of one scale."""

    prepared: Prepared
    teacher: Path | None
    scale: Scale
    say: Callable[[str], None] = field(default=lambda _: None)

    def run(self, recipe: Recipe, seed: int) -> Run:
        """Train one table; `checkpoints` are (step, separability without and with labels)."""
        corpus, scale = self.prepared.corpus, self.scale
        torch.manual_seed(seed)
        random = np.random.default_rng(seed)
        began = time.process_time()
        table = self._start(recipe, random)
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        training = Training(
            corpus,
            table,
            recipe.objective(scale.dim),
            self._lessons(recipe),
            recipe.cut,
            recipe.rate,
            random,
        )
        found = []
        for step, loss in training.run(self._batches(recipe, table, random), scale.steps):
            if recipe.weighs in {"rarity", "equal"}:
                _set_lengths(table, lengths)
            if step % max(1, scale.steps // ROUNDS) == 0:
                self.say(f"step {step} of {scale.steps}, loss {loss:.3f}")
                found.append((step, *self._separability(table)))
        seconds = time.process_time() - began
        return Run(table, training.adam.second, seconds, tuple(found))

    def merged(self, recipe: Recipe, seed: int) -> Run:
        """The run of `seed`, joined with that of another seed if the recipe says so."""
        first = self.run(recipe, seed)
        if not recipe.merge:
            return first
        other = replace(recipe, start=recipe.second_start or recipe.start)
        second = self.run(other, seed + 100)
        tables = [first.table, second.table]
        table = {
            "average": lambda: average(tables),
            "fisher": lambda: fisher_average(tables, [first.importance, second.importance]),
            "side by side": lambda: side_by_side(tables),
        }[recipe.merge]()
        return Run(table, first.importance, first.seconds + second.seconds, ())

    @cached_property
    def _papers(self) -> Papers:
        return np.flatnonzero(~self.prepared.corpus.is_held_out)

    @cached_property
    def _kinships(self) -> Papers:
        """Numbers of the papers' lists of categories, -1 for papers with fewer than two."""
        names = [f"{paper.field}; {paper.codes}" for paper in self.prepared.papers]
        numbers = np.unique(names, return_inverse=True)[1]
        has_more = np.array([bool(paper.codes) for paper in self.prepared.papers])
        return np.where(has_more, numbers, -1)

    @cached_property
    def _teacher_words(self) -> Floats:
        if self.teacher is None:
            raise SystemExit("This recipe needs a teacher: name its folder with --teacher.")
        folder, corpus = self.teacher, self.prepared.corpus
        file = self.prepared.work / "teacher-words.pickle"
        return kept(file, lambda: teacher_words(corpus, folder))

    def _start(self, recipe: Recipe, random: np.random.Generator) -> Floats:
        if recipe.start == "beside":
            return self._start_beside()
        table = self.prepared.semantic_start(self.scale.dim).copy()
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        if recipe.start == "random":
            table = random.standard_normal(table.shape, dtype=np.float32)
            _set_lengths(table, lengths)
        elif recipe.start in {"teacher", "joined"}:
            share = 1.0 if recipe.start == "teacher" else 0.5
            table = joined(table, self._teacher_words, share)
        if recipe.weighs == "equal":
            _set_lengths(table, np.full_like(lengths, lengths.mean()))
        return table

    def _start_beside(self) -> Floats:
        """Two thirds of the numbers by latent semantic analysis, one third by the teacher."""
        third = self.scale.dim // 3
        semantic = self.prepared.semantic_start(self.scale.dim - third)
        taught = joined(self.prepared.semantic_start(third), self._teacher_words, 1.0)
        return np.hstack([semantic * np.sqrt(2 / 3), taught * np.sqrt(1 / 3)]).astype(np.float32)

    def _lessons(self, recipe: Recipe) -> Lessons:
        groups = self._clusters(FEW_CLUSTERS) if recipe.negatives == "within" else None
        frozen = {"": None, "semantic": self._semantic, "teacher": self._taught}[recipe.frozen]
        return Lessons(self._kinships, groups, frozen)

    def _semantic(self, papers: Papers) -> Floats:
        return paper_vectors(self.prepared.corpus, self._semantic_table, papers)

    @cached_property
    def _semantic_table(self) -> Floats:
        return self.prepared.semantic_start(self.scale.dim)

    def _taught(self, papers: Papers) -> Floats:
        return paper_vectors(self.prepared.corpus, self._taught_table, papers)

    @cached_property
    def _taught_table(self) -> Floats:
        return joined(self.prepared.semantic_start(self.scale.dim), self._teacher_words, 1.0)

    def _clusters(self, count: int) -> Papers:
        """The k-means cluster of every paper of the corpus, by the start vectors."""

        def find() -> Papers:
            start = self.prepared.semantic_start(self.scale.dim)
            everything = np.arange(len(self.prepared.papers))
            return clusters(paper_vectors(self.prepared.corpus, start, everything), count, seed=0)

        return kept(self.prepared.work / f"clusters-{count}-{self.scale.dim}.pickle", find)

    def _batches(self, recipe: Recipe, table: Floats, random: np.random.Generator):  # noqa: ANN202
        corpus, scale = self.prepared.corpus, self.scale
        papers, groups = self._papers, np.zeros(len(corpus.fields), dtype=np.int64)
        if recipe.negatives in {"apart", "within"}:
            groups = self._clusters(CLUSTERS if recipe.negatives == "apart" else FEW_CLUSTERS)
        elif recipe.negatives == "categories":
            groups = np.unique(self._kinships + 1, return_inverse=True)[1]
        elif recipe.negatives == "mined":
            papers = np.sort(random.choice(papers, min(len(papers), 20_000), replace=False))
        pool = Pool(papers, groups[papers], balanced(corpus.fields[papers], recipe.balance), random)
        for part in range(ROUNDS):
            steps = scale.steps * (part + 1) // ROUNDS - scale.steps * part // ROUNDS
            draw = self._draw(recipe, pool, table)
            yield from batches(pool, scale.batch, steps, draw)

    def _draw(self, recipe: Recipe, pool: Pool, table: Floats) -> Callable[[Pool, int], Papers]:
        if recipe.negatives == "categories":
            chosen = same_group_neighbours(pool.groups, NEIGHBOURS, pool.random)
            return with_neighbours(chosen)
        if recipe.negatives == "mined":
            vectors = paper_vectors(self.prepared.corpus, table, pool.papers)
            return with_neighbours(nearest(vectors, NEIGHBOURS))
        return {"random": at_random, "apart": one_of_each_group, "within": few_groups}[
            recipe.negatives
        ]

    def _separability(self, table: Floats) -> tuple[float, float]:
        held_out = np.flatnonzero(self.prepared.corpus.is_held_out)[:CHECKPOINT_PAPERS]
        vectors = paper_vectors(self.prepared.corpus, table, held_out)
        labels = self.prepared.corpus.fields[held_out]
        return without_labels(vectors), with_labels(vectors, labels)


def quantise(table: Floats, word_rows: Mapping[str, int], name: str) -> StaticEncoder:
    """The encoder with every row of `table` rounded to 255 levels of its largest element."""
    scales = (np.abs(table).max(axis=1) / 127 + 1e-12).astype(np.float32)
    rounded = np.round(table / scales[:, None]).clip(-127, 127).astype(np.int8)
    return StaticEncoder(name, table.shape[1], word_rows, rounded, scales)


def add_result(file: Path, row: Mapping[str, object]) -> None:
    """Add `row` to the CSV `file`, with a header line if it is new."""
    is_new = not file.exists()
    with file.open("a", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(row), lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def named(recipe: str) -> Recipe:
    """The recipe of that name; raises SystemExit with the known names for another."""
    if recipe not in RECIPES:
        raise SystemExit(f"There is no recipe {recipe}; there are {', '.join(RECIPES)}.")
    return RECIPES[recipe]


def _set_lengths(table: Floats, lengths: Floats) -> None:
    table *= lengths / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
