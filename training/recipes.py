"""The recipes by name: one change each against `plain`, so that their figures can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from training.objectives import (
    DecoupledSoftmax,
    Distillation,
    InfoNCE,
    JointSoftmax,
    MixedNegatives,
    Nested,
    Objective,
    OwnTemperature,
    WeightedContrast,
)
from training.views import Cut


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a table is trained.

    `start` is "semantic" (LSA), "random", "teacher" (its words), "joined"
    (both in one space) or "beside" (both side by side); `negatives` is
    "random", "apart" (one paper of each cluster), "within" (compared inside clusters only),
    "categories" (beside papers of the same categories) or "mined" (beside nearest papers, found
    anew four times); `weighs` is "learned", "rarity" (row lengths stay at idf) or "equal";
    `merge` is how a run with another seed is joined to it: "", "average", "fisher" or "side by
    side"; `second_start` is what that one starts from, if not from `start`.
    """

    objective: Callable[[int], Objective] = field(default=lambda _: InfoNCE())
    start: str = "semantic"
    negatives: str = "random"
    weighs: str = "learned"
    frozen: str = ""
    balance: float = 0.5
    cut: Cut = field(default=Cut())
    merge: str = ""
    second_start: str = ""
    rate: float = 0.03


PLAIN = Recipe()


def _at(temperature: float) -> Recipe:
    return replace(PLAIN, objective=lambda _: InfoNCE(temperature))


RECIPES: Mapping[str, Recipe] = {
    "plain": PLAIN,
    "temperature-0.05": _at(0.05),
    "temperature-0.2": _at(0.2),
    "own-temperature": replace(PLAIN, objective=OwnTemperature),
    "joint-softmax": replace(PLAIN, objective=lambda _: JointSoftmax()),
    "decoupled-softmax": replace(PLAIN, objective=lambda _: DecoupledSoftmax()),
    "weighted-contrast": replace(PLAIN, objective=lambda _: WeightedContrast(), frozen="semantic"),
    "weighted-contrast-teacher": replace(
        PLAIN, objective=lambda _: WeightedContrast(), frozen="teacher"
    ),
    "distilled": replace(PLAIN, objective=lambda _: Distillation(), frozen="teacher"),
    "mixed-negatives": replace(PLAIN, objective=lambda _: MixedNegatives()),
    "clusters-apart": replace(PLAIN, negatives="apart"),
    "within-clusters": replace(PLAIN, negatives="within"),
    "category-neighbours": replace(PLAIN, negatives="categories"),
    "mined-neighbours": replace(PLAIN, negatives="mined"),
    "fields-as-they-are": replace(PLAIN, balance=0.0),
    "weights-equal": replace(PLAIN, weighs="equal"),
    "weights-rarity": replace(PLAIN, weighs="rarity"),
    "long-views": replace(PLAIN, cut=Cut(mix=(0.0, 1.0, 0.0))),
    "short-views": replace(PLAIN, cut=Cut(mix=(0.4, 0.0, 0.6))),
    "nested": replace(PLAIN, objective=lambda _: Nested(InfoNCE())),
    "start-random": replace(PLAIN, start="random"),
    "start-teacher": replace(PLAIN, start="teacher"),
    "start-joined": replace(PLAIN, start="joined"),
    "start-beside": replace(PLAIN, start="beside"),
    "merged-average": replace(PLAIN, merge="average"),
    "merged-fisher": replace(PLAIN, merge="fisher"),
    "merged-side-by-side": replace(PLAIN, merge="side by side"),
    "two-starts": replace(PLAIN, merge="side by side", second_start="teacher"),
}
