"""First word vectors from latent semantic analysis, for the contrastive training to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from training.views import bag_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.vocabulary import TokenisedCorpus

    Floats = NDArray[np.float32]

OVERSAMPLING = 20
POWER_ROUNDS = 4
ELEMENT_SIZE = 0.1
SINGULAR_POWER = 0.25


def start_vectors(corpus: TokenisedCorpus, dim: int, seed: int) -> Floats:
    """Vectors of all rows, (rows, dim): direction by co-occurrence, length by rarity (idf).

    Randomised singular value decomposition (Halko et al. 2011) of papers by words, where a count
    weighs its root times idf and every paper has length one.
    """
    papers = _papers_by_words(corpus)
    found_in = np.bincount(papers.indices, minlength=corpus.row_count)
    rarity = np.log((papers.shape[0] + 1) / (found_in + 1)).astype(np.float32)
    weighed = sparse.csr_array(papers @ sparse.diags_array(rarity))
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    weighed = sparse.csr_array(sparse.diags_array(1 / np.maximum(lengths, 1e-6)) @ weighed)
    directions, sizes = _decompose(weighed, dim, np.random.default_rng(seed))
    table = directions * sizes**SINGULAR_POWER
    table *= rarity[:, None] / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    return (table * (ELEMENT_SIZE / np.sqrt(np.mean(table**2)))).astype(np.float32)


def _papers_by_words(corpus: TokenisedCorpus) -> sparse.csr_array:
    titles = bag_matrix(corpus.titles.rows, corpus.titles.starts, corpus.row_count)
    abstracts = bag_matrix(corpus.abstracts.rows, corpus.abstracts.starts, corpus.row_count)
    counts = sparse.csr_array((titles**2 + abstracts**2)[~corpus.is_held_out])
    np.sqrt(counts.data, out=counts.data)
    return counts


def _decompose(
    matrix: sparse.csr_array, dim: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """The `dim` leading right singular vectors, as columns, and their singular values."""
    transposed = sparse.csr_array(matrix.T)
    basis = random.standard_normal((matrix.shape[1], dim + OVERSAMPLING), dtype=np.float32)
    for _ in range(POWER_ROUNDS):
        basis = transposed @ (matrix @ np.linalg.qr(basis)[0])
    basis = np.linalg.qr(basis)[0]
    projected = matrix @ basis
    squares, rotation = np.linalg.eigh(projected.T @ projected)
    leading = np.argsort(-squares)[:dim]
    return basis @ rotation[:, leading], np.sqrt(squares[leading])
