"""What a step of training minimises: losses on the unit vectors of two views of the same papers.

`left` and `right` are (n, dim); row i of both is paper i. All are averaged over both directions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

FORBIDDEN = -1e9


@dataclass(frozen=True, slots=True)
class Context:
    """What an objective may know of a batch beside its vectors.

    `kin` (n, n) marks papers that share all their categories; `allowed` (n, n) the pairs that may
    be told apart (None: all); `frozen` (n, width) holds the papers' vectors by an encoder that does
    not learn, for objectives that ask one.
    """

    kin: Tensor
    allowed: Tensor | None = None
    frozen: Tensor | None = None


Objective = Callable[[Tensor, Tensor, Context], Tensor]


@dataclass(frozen=True, slots=True)
class InfoNCE:
    """Tell the paper from all others of the batch (van den Oord et al. 2018)."""

    temperature: float = 0.1

    def __call__(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        """The loss."""
        logits = _logits(left, right, self.temperature, context)
        own = torch.arange(len(left))
        return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2


@dataclass(frozen=True, slots=True)
class JointSoftmax:
    """As InfoNCE, where kin are right answers too, all in one softmax."""

    temperature: float = 0.1

    def __call__(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        """The loss."""
        logits = _logits(left, right, self.temperature, context)
        share = context.kin / context.kin.sum(1, keepdim=True)
        first = functional.cross_entropy(logits, share)
        return (first + functional.cross_entropy(logits.T, share)) / 2


@dataclass(frozen=True, slots=True)
class DecoupledSoftmax:
    """As above, but a right answer need not win against the other right ones.

    After Gupta et al., Dual-Encoders for Extreme Multi-Label Classification (2024).
    """

    temperature: float = 0.1

    def __call__(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        """The loss."""
        logits = _logits(left, right, self.temperature, context)
        return (self._one_way(logits, context.kin) + self._one_way(logits.T, context.kin)) / 2

    @staticmethod
    def _one_way(logits: Tensor, kin: Tensor) -> Tensor:
        wrong = logits.masked_fill(kin > 0, FORBIDDEN).logsumexp(1, keepdim=True)
        losses = torch.logaddexp(wrong, logits) - logits
        return ((losses * kin).sum(1) / kin.sum(1)).mean()


@dataclass(frozen=True, slots=True)
class WeightedContrast:
    """The right answer is shared out by how alike a frozen encoder finds the papers.

    After Srinivasa et al., CWCL (2023). `own_share` of it stays with the paper itself.
    """

    temperature: float = 0.1
    frozen_temperature: float = 0.05
    own_share: float = 0.7

    def __call__(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        """The loss."""
        if context.frozen is None:
            raise ValueError("WeightedContrast needs the vectors of a frozen encoder.")
        logits = _logits(left, right, self.temperature, context)
        alike = (context.frozen @ context.frozen.T) / self.frozen_temperature
        share = self.own_share * torch.eye(len(left)) + (1 - self.own_share) * alike.softmax(1)
        first = functional.cross_entropy(logits, share)
        return (first + functional.cross_entropy(logits.T, share)) / 2


@dataclass(frozen=True, slots=True)
class MixedNegatives:
    """InfoNCE with added wrong answers: mixtures of the hardest (Kalantidis et al. 2020)."""

    temperature: float = 0.1
    hardest: int = 32
    added: int = 32

    def __call__(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        """The loss."""
        one_way = self._one_way(left, right, context), self._one_way(right, left, context)
        return (one_way[0] + one_way[1]) / 2

    def _one_way(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        logits = _logits(left, right, self.temperature, context)
        others = logits.detach().clone().fill_diagonal_(FORBIDDEN)
        hard = right.detach()[others.topk(self.hardest, 1).indices]
        pairs = torch.randint(self.hardest, (2, self.added))
        share = torch.rand(self.added, 1)
        made = share * hard[:, pairs[0]] + (1 - share) * hard[:, pairs[1]]
        made = functional.normalize(made, dim=-1)
        extra = torch.einsum("nd,nkd->nk", left, made) / self.temperature
        return functional.cross_entropy(torch.cat([logits, extra], 1), torch.arange(len(left)))


class OwnTemperature(nn.Module):
    """InfoNCE with a temperature for every text, learned with it.

    After Qiu et al., TempNet (2024): a small layer predicts the temperature, and the robust loss
    `t * (log mean exp(margin / t) + rho)` keeps it from the extremes.
    """

    def __init__(self, dim: int, low: float = 0.03, high: float = 0.3, rho: float = 5.0) -> None:
        super().__init__()
        self.low, self.high, self.rho = low, high, rho
        self.layer = nn.Linear(dim, 1)
        nn.init.zeros_(self.layer.weight)
        # The start is a temperature of 0.1.
        share = (0.1 - low) / (high - low)
        nn.init.constant_(self.layer.bias, math.log(share / (1 - share)))

    def forward(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        """The loss, on the scale of the others: divided by a temperature of 0.1."""
        cosines = _logits(left, right, 1.0, context)
        one_way = self._one_way(left, cosines), self._one_way(right, cosines.T)
        return (one_way[0] + one_way[1]) / 0.2

    def _one_way(self, anchors: Tensor, cosines: Tensor) -> Tensor:
        share = torch.sigmoid(self.layer(anchors.detach()))
        heat = self.low + (self.high - self.low) * share
        margins = (cosines - cosines.diagonal()[:, None]) / heat
        mean = margins.logsumexp(1, keepdim=True) - math.log(len(anchors))
        return (heat * (mean + self.rho)).mean()


@dataclass(frozen=True, slots=True)
class Distillation:
    """Similarities of the batch as the frozen encoder has them, added to InfoNCE."""

    temperature: float = 0.1
    weight: float = 20.0

    def __call__(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        """The loss."""
        if context.frozen is None:
            raise ValueError("Distillation needs the vectors of a frozen encoder.")
        contrast = InfoNCE(self.temperature)(left, right, context)
        alike = context.frozen @ context.frozen.T
        return contrast + self.weight * functional.mse_loss(left @ right.T, alike)


@dataclass(frozen=True, slots=True)
class Nested:
    """An objective on the leading numbers of the vectors too (Kusupati et al., Matryoshka 2022)."""

    objective: Objective
    widths: tuple[int, ...] = field(default=(32, 64))

    def __call__(self, left: Tensor, right: Tensor, context: Context) -> Tensor:
        """The mean loss over all widths."""
        total = self.objective(left, right, context)
        for width in self.widths:
            cut = (functional.normalize(side[:, :width], dim=1) for side in (left, right))
            total = total + self.objective(*cut, context)
        return total / (1 + len(self.widths))


def _logits(left: Tensor, right: Tensor, temperature: float, context: Context) -> Tensor:
    logits = left @ right.T / temperature
    if context.allowed is not None:
        logits = logits.masked_fill(~context.allowed, FORBIDDEN)
    return logits
