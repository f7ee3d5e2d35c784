"""First word vectors from the teacher: what it makes of every word alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.teacher import encode_pieces
from training.transformer import load_parent
from training.wordpieces import parent_tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.vocabulary import TokenisedCorpus

    Floats = NDArray[np.float32]

_PART = 2000


def teacher_words(corpus: TokenisedCorpus, teacher: Path) -> Floats:
    """The teacher's vector of every row's shortest word, (rows, width), each of length one."""
    words = [""] * corpus.row_count
    for word, row in corpus.word_rows.items():
        if not words[row] or len(word) < len(words[row]):
            words[row] = word
    model, tokenizer = load_parent(teacher).eval(), parent_tokenizer(teacher)
    pieces = [
        [101, *found.ids[:12], 102]
        for found in tokenizer.encode_batch(words, add_special_tokens=False)
    ]
    parts = range(0, len(pieces), _PART)
    return np.concatenate([encode_pieces(model, pieces[at : at + _PART]) for at in parts])


def joined(semantic: Floats, taught: Floats, share: float) -> Floats:
    """Both first vectors in one table of the width and row lengths of `semantic`.

    Rows are set side by side, `share` of their squared length being the teacher's, and turned to
    their leading directions.
    """
    lengths = np.linalg.norm(semantic, axis=1, keepdims=True)
    left = semantic / np.maximum(lengths, 1e-9)
    right = taught - taught.mean(axis=0)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-9)
    both = np.hstack([np.sqrt(1 - share) * left, np.sqrt(share) * right])
    values, directions = np.linalg.eigh((both * lengths).T @ (both * lengths))
    leading = directions[:, np.argsort(-values)[: semantic.shape[1]]]
    table = both @ leading
    table *= lengths / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    return table.astype(np.float32)
