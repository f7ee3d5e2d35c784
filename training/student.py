"""Teaches a few layers of the teacher, with a smaller vocabulary, to see papers as it does.

Two things are learned at once: to give a text the teacher's vector (cosine), and to tell a batch's
papers apart by title or sentence, where the right answer is half the paper itself and half what
the teacher finds alike (continuously weighted contrast).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.transformer import WIDTH, Transformer, padded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tokenizers import Tokenizer

    from training.teacher import Lesson


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run may vary; `caps` are the lengths, in pieces, that papers are cut to by turns."""

    layers: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    pieces: int = 16_000
    caps: tuple[int, ...] = (112, 64, 64)
    batch: int = 16
    rate: float = 3e-5
    warm_up: int = 20
    temperature: float = 0.05
    cosine_weight: float = 8.0
    own_share: float = 0.5
    bank: int = 4800
    averaging: float = 0.98
    seed: int = 0


@dataclass(slots=True)
class Student:
    """A model in training, and the running mean of its weights, which is what ships."""

    model: Transformer
    averaged: Transformer
    tokenizer: Tokenizer
    recipe: Recipe
    bank: Tensor = field(default_factory=lambda: torch.empty(0, WIDTH))

    def learn(self, lessons: Iterable[Lesson]) -> Iterator[dict[str, float]]:
        """Train on each lesson once, in order; yields the mean losses of each."""
        recipe = self.recipe
        optimiser = torch.optim.AdamW(self.model.parameters(), lr=recipe.rate, weight_decay=0.01)
        random = np.random.default_rng(recipe.seed)
        step = 0
        for lesson in lessons:
            losses = []
            order = random.permutation(len(lesson.titles))
            for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
                step += 1
                for group in optimiser.param_groups:
                    group["lr"] = recipe.rate * min(1.0, step / recipe.warm_up)
                cap = recipe.caps[step % len(recipe.caps)]
                loss, parts = self._losses(lesson, order[start : start + recipe.batch], cap)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                optimiser.step()
                self._average(step)
                losses.append(parts)
            taught = torch.from_numpy(lesson.paper_vectors)
            self.bank = torch.cat([taught, self.bank])[: recipe.bank]
            yield {name: float(np.mean([part[name] for part in losses])) for name in losses[0]}

    def _losses(
        self, lesson: Lesson, rows: Sequence[int], cap: int
    ) -> tuple[Tensor, dict[str, float]]:
        short = [lesson.titles[row] for row in rows] + [lesson.sentences[row] for row in rows]
        asked = self.vectors(short, cap)
        papers = self.vectors([lesson.papers[row] for row in rows], cap)
        taught_short = np.concatenate([lesson.title_vectors[rows], lesson.sentence_vectors[rows]])
        taught = torch.from_numpy(taught_short), torch.from_numpy(lesson.paper_vectors[rows])
        cosine = 1 - torch.cat([(asked * taught[0]).sum(1), (papers * taught[1]).sum(1)]).mean()
        contrast = weighted_contrast(asked, papers, taught, self.bank, self.recipe)
        loss = self.recipe.cosine_weight * cosine + contrast
        return loss, {"cosine": cosine.item(), "contrast": contrast.item()}

    def vectors(self, texts: Sequence[str], cap: int) -> Tensor:
        """Unit vectors of texts cut to `cap` pieces, with the model in training."""
        return self.model(*padded(numbered(self.tokenizer, texts, cap)))

    @torch.no_grad()
    def _average(self, step: int) -> None:
        # Early steps count less: the mean must not remember the untrained start.
        share = 1 - min(self.recipe.averaging, step / (step + 10))
        for mean, value in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
            mean.lerp_(value, share)


@torch.no_grad()
def merge(parent: Transformer, trained: Transformer, share: float) -> None:
    """Move the weights of `parent` by `share` of the way to those of `trained`.

    What lies between forgets less than the trained one (Wortsman et al. 2022, WiSE-FT).
    """
    for mine, other in zip(parent.parameters(), trained.parameters(), strict=True):
        mine.lerp_(other, share)


def numbered(tokenizer: Tokenizer, texts: Sequence[str], cap: int) -> list[list[int]]:
    """Texts as numbers of pieces between [CLS] and [SEP], at most `cap` in all."""
    start, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    found = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [[start, *text.ids[: cap - 2], end] for text in found]


def weighted_contrast(
    asked: Tensor, papers: Tensor, taught: tuple[Tensor, Tensor], bank: Tensor, recipe: Recipe
) -> Tensor:
    """Cross-entropy between our similarities and a mixture of truth and the teacher's, both ways.

    `asked` is (m times papers, width): m questions about each paper, one kind after the other.
    `bank` holds the teacher's vectors of other papers: more wrong answers for each question. They
    need not be encoded again while the student stays close to its teacher.
    """
    count = len(papers)
    own = torch.eye(count).repeat(len(asked) // count, 1)
    ours = asked @ torch.cat([papers, bank]).T / recipe.temperature
    theirs = taught[0] @ torch.cat([taught[1], bank]).T / recipe.temperature
    total = torch.zeros(())
    for logits, soft, hard in (
        (ours, theirs.softmax(1), functional.pad(own, (0, len(bank)))),
        (
            ours[:, :count].T,
            theirs[:, :count].T.softmax(1),
            own.T / own.T.sum(1, keepdim=True),
        ),
    ):
        target = recipe.own_share * hard + (1 - recipe.own_share) * soft
        total = total + functional.cross_entropy(logits, target)
    return total / 2
