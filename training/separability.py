"""How well vectors fall into classes: without labels, and with them to check the former."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def without_labels(vectors: Floats) -> float:
    """How clearly the merges of clusters part into short and long ones; more is better.

    After Ghosh et al., An Unsupervised Method for Estimating Class Separability (2023), in our own
    reading: zero-dimensional persistence is the edge lengths of a minimal spanning tree, and they
    are parted at the best place by Fisher's ratio of between to within variance.
    """
    distances = np.maximum(2 - 2 * (vectors @ vectors.T), 1e-9)
    edges = np.sort(np.sqrt(minimum_spanning_tree(np.triu(distances, 1)).data))
    best = 0.0
    for cut in range(5, len(edges) - 5):
        low, high = edges[:cut], edges[cut:]
        within = (low.var() * len(low) + high.var() * len(high)) / len(edges)
        between = len(low) * len(high) / len(edges) ** 2 * (high.mean() - low.mean()) ** 2
        best = max(best, float(between / (within + 1e-12)))
    return best


def with_labels(vectors: Floats, labels: NDArray[np.int32]) -> float:
    """Fisher's discriminant ratio: spread of the class means over spread within classes."""
    overall = vectors.mean(axis=0)
    between = within = 0.0
    for label in np.unique(labels):
        members = vectors[labels == label]
        mean = members.mean(axis=0)
        between += len(members) * float(np.sum((mean - overall) ** 2))
        within += float(np.sum((members - mean) ** 2))
    return between / within
