"""A small BERT in PyTorch whose text vector is the mean of its last layer; trains nothing itself.

Weights come from a sentence-transformers folder of the same shape (all-MiniLM-L6-v2), whole or
only some of its layers and only some rows of its word table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, INNER, HEADS = 384, 1536, 12
EPSILON = 1e-12
_PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "after_mixing": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "after_narrow": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """Which parts of the parent are kept: layers by number, rows of its word table, positions."""

    layers: tuple[int, ...]
    pieces: tuple[int, ...] | None
    positions: int


class Layer(nn.Module):
    """One layer of BERT (Devlin et al. 2018): attention, then two dense layers, norms after."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.mixed = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.after_mixing = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.wide, self.narrow = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.after_narrow = nn.LayerNorm(WIDTH, eps=EPSILON)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """States (texts, pieces, width) after this layer; `mask` is added to the attention."""
        heads = [self._split(part(states)) for part in (self.query, self.key, self.value)]
        seen = functional.scaled_dot_product_attention(*heads, attn_mask=mask)
        states = self.after_mixing(states + self.mixed(seen.transpose(1, 2).flatten(2)))
        return self.after_narrow(states + self.narrow(functional.gelu(self.wide(states))))

    @staticmethod
    def _split(states: Tensor) -> Tensor:
        return states.unflatten(2, (HEADS, WIDTH // HEADS)).transpose(1, 2)


class Transformer(nn.Module):
    """Word pieces to unit vectors."""

    def __init__(self, pieces: int, positions: int, layers: int) -> None:
        super().__init__()
        self.pieces = nn.Embedding(pieces, WIDTH)
        self.positions = nn.Embedding(positions, WIDTH)
        self.first = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Unit vectors (texts, width) of padded pieces (texts, pieces); the mask is 1 on text."""
        present = attention_mask.to(self.first.weight.dtype)
        mask = ((1 - present) * -1e4)[:, None, None, :]
        places = self.positions.weight[: input_ids.shape[1]]
        states = self.first(self.pieces(input_ids) + places)
        for layer in self.layers:
            states = layer(states, mask)
        sums = (states * present[:, :, None]).sum(1)
        return functional.normalize(sums, dim=-1)


def load_parent(folder: Path, shape: Shape | None = None) -> Transformer:
    """The model in a sentence-transformers `folder`, or the parts of it that `shape` names."""
    stored = load_file(folder / "model.safetensors")
    words = stored["embeddings.word_embeddings.weight"]
    places = stored["embeddings.position_embeddings.weight"]
    # There is only one text, so the table of segments is one vector added everywhere.
    places = places + stored["embeddings.token_type_embeddings.weight"][0]
    shape = shape or Shape(tuple(range(6)), None, len(places))
    if shape.pieces is not None:
        words = words[torch.tensor(shape.pieces)]
    model = Transformer(len(words), shape.positions, len(shape.layers))
    state = {"pieces.weight": words, "positions.weight": places[: shape.positions]}
    state |= _norm_and_layers(stored, shape.layers)
    model.load_state_dict({name: value.clone() for name, value in state.items()})
    return model


def _norm_and_layers(stored: dict[str, Tensor], layers: Sequence[int]) -> dict[str, Tensor]:
    found = {}
    for kind in ("weight", "bias"):
        found[f"first.{kind}"] = stored[f"embeddings.LayerNorm.{kind}"]
        for place, layer in enumerate(layers):
            for ours, theirs in _PARTS.items():
                value = stored[f"encoder.layer.{layer}.{theirs}.{kind}"]
                found[f"layers.{place}.{ours}.{kind}"] = value
    return found


def padded(texts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Texts of pieces as one array filled up with zeros, and the mask that is 1 on text."""
    longest = max(map(len, texts))
    ids = torch.zeros(len(texts), longest, dtype=torch.int64)
    mask = torch.zeros(len(texts), longest, dtype=torch.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
    return ids, mask
