"""What a random cut forest has learnt: one sample for each tree, with its tree where trees are kept.

Thin holders of the arrays the kernels work on. Both have the same methods; `arrays` are what a
snapshot must hold, the others follow from them. Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import forest_explanation_kernels as explaining
from . import forest_sorted_kernels as in_one
from . import forest_tree_kernels as in_several

Floats = NDArray[np.float64]


class SortedSamples:
    """Points of one dimension: sorted samples, out of which trees are drawn for each record."""

    def __init__(self, trees: int, size: int, states: NDArray[np.uint64]) -> None:
        self.samples, self.keys = np.zeros((trees, size)), np.zeros((trees, size))
        self.largest, self.states, self.refused = np.zeros(trees, np.int64), states, np.zeros(trees)

    def score_and_learn(self, points: Floats, seen: int, decay: float, scoring: bool = True) -> Floats:
        scores = np.empty(len(points))
        in_one.score_and_learn(
            self.samples, self.keys, self.largest, self.states, self.refused, points, seen, decay, scoring, scores
        )
        return scores

    def explain(self, point: Floats) -> tuple[float, Floats]:
        """The score and, for each coordinate, its part of it and its signed distance."""
        parts = np.zeros((1, 2))
        total = explaining.explain_sorted(self.samples, self.states, point, parts)
        return total / len(self.keys), parts / len(self.keys)

    def arrays(self) -> list[NDArray[Any]]:
        return [self.samples, self.keys, self.largest, self.states]

    def restored(self) -> None:
        """Make the rest of the state after `arrays` were filled."""


class Trees:
    """Points of several dimensions: random cut trees that grow and shrink with their samples."""

    def __init__(self, trees: int, size: int, states: NDArray[np.uint64], dimensions: int) -> None:
        self.nodes = np.zeros((trees, 2 * size - 1, 4), np.int16)
        self.heads = np.zeros((trees, 3), np.int16)
        in_several.start(self.nodes, self.heads)
        self.low = np.zeros((trees, 2 * size - 1, dimensions))
        self.high = np.zeros((trees, size - 1, dimensions))
        self.cuts, self.homes = np.zeros((trees, size - 1)), np.zeros((trees, size), np.int16)
        self.keys, self.largest = np.zeros((trees, size)), np.zeros(trees, np.int64)
        self.states, self.refused = states, np.zeros(trees)

    def score_and_learn(self, points: Floats, seen: int, decay: float, scoring: bool = True) -> Floats:
        scores = np.empty(len(points))
        in_several.score_and_learn(
            self.nodes, self.heads, self.low, self.high, self.cuts, self.homes, self.keys, self.largest,
            self.states, self.refused, points, seen, decay, scoring, scores,
        )  # fmt: skip
        return scores

    def explain(self, point: Floats) -> tuple[float, Floats]:
        """The score and, for each coordinate, its part of it and its signed distance."""
        parts = np.zeros((len(point), 2))
        total = explaining.explain_trees(self.nodes, self.heads, self.low, self.high, self.cuts, point, parts)
        return total / len(self.keys), parts / len(self.keys)

    def arrays(self) -> list[NDArray[Any]]:
        points = self.low[:, : self.homes.shape[1]]
        return [self.nodes, self.heads, points, self.cuts, self.homes, self.keys, self.largest, self.states]

    def restored(self) -> None:
        """Make the rest of the state after `arrays` were filled."""
        self.low[:, self.homes.shape[1] :], self.high[:] = np.inf, -np.inf
        in_several.fit_boxes(self.nodes, self.low, self.high)
