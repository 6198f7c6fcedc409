"""Which coordinate of a point makes its score, compiled by numba; `forest` explains the algorithm.

The same walk as `forest_kernels.score`, on the same random numbers, so the same score: apart from
it, so that scoring without an explanation stays as it is. `add` (dimensions, 2) takes what each
coordinate contributes by being too low and by being too high.

At every ancestor the chance of having been cut off is the sum, over coordinates, of how far the
point lies outside the node's box in that coordinate; each coordinate is given its part. The leaf's
own score is divided by the point's distances from the leaf. A point equal to the leaf's has none
there: its score is divided as if the leaf did not exist, by the boxes of the leaf's siblings.

Source: attribution of the open source Random Cut Forest by AWS (its "AttributionVisitor").
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .forest_kernels import Floats, States, _box, _leaf_score, _partition, _uniform


@njit(cache=True)
def _gaps(point: Floats, least: Floats, most: Floats, gaps: Floats) -> float:
    """How far the point is below and above a box, by coordinate; the sum."""
    total = 0.0
    for dimension in range(point.shape[0]):
        below = max(least[dimension] - point[dimension], 0.0)
        above = max(point[dimension] - most[dimension], 0.0)
        gaps[dimension, 0], gaps[dimension, 1] = below, above
        total += max(below, above)
    return total


@njit(cache=True)
def _mix(part: Floats, gaps: Floats, extent: float, score: float) -> None:
    """One ancestor: what the point is outside of the box makes `score`, the rest stays as below."""
    outside = gaps.sum()
    keep = 1.0 - outside / extent
    for dimension in range(part.shape[0]):
        for side in range(2):
            part[dimension, side] = keep * part[dimension, side] + gaps[dimension, side] / extent * score


@njit(cache=True)
def _shadow(
    sample: Floats,
    point: Floats,
    order: NDArray[np.int64],
    lows: NDArray[np.int64],
    highs: NDArray[np.int64],
    depth: int,
) -> Floats:
    """The shares of a stored point: its walk in the tree without the leaf that equals it."""
    dimensions = point.shape[0]
    size = math.log2(sample.shape[0])
    part, gaps = np.zeros((dimensions, 2)), np.zeros((dimensions, 2))
    least, most = np.full(dimensions, np.inf), np.full(dimensions, -np.inf)
    for level in range(depth - 1, -1, -1):
        for position in range(lows[level], highs[level]):
            if lows[level + 1] <= position < highs[level + 1]:
                continue
            for dimension in range(dimensions):
                value = sample[order[position], dimension]
                least[dimension], most[dimension] = min(least[dimension], value), max(most[dimension], value)
        extent = _gaps(point, least, most, gaps) + (most - least).sum()
        if extent > 0.0:
            _mix(part, gaps, extent, size / (level + 1))
    return part


@njit(cache=True)
def _explain_tree(
    sample: Floats, point: Floats, states: States, tree: int, order: NDArray[np.int64], add: Floats
) -> float:
    count, dimensions = sample.shape
    size = math.log2(count)
    least, most = np.empty(dimensions), np.empty(dimensions)
    gaps, extents = np.zeros((count, dimensions, 2)), np.zeros(count)
    outside = np.zeros(count)
    lows, highs = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    for position in range(count):
        order[position] = position
    low, high, depth = 0, count, 0
    lows[0], highs[0] = low, high
    total = _box(sample, order, low, high, least, most)
    while total > 0.0:
        distance = _gaps(point, least, most, gaps[depth])
        extents[depth], outside[depth] = distance + total, distance / (distance + total)
        rest = _uniform(states, tree) * total
        dimension = -1
        for candidate in range(dimensions):
            side = most[candidate] - least[candidate]
            if side > 0.0:
                dimension = candidate
                if rest < side:
                    break
                rest -= side
        cut = min(least[dimension] + rest, most[dimension])
        if cut >= most[dimension]:
            cut = least[dimension]
        middle = _partition(sample, order, low, high, dimension, cut)
        if point[dimension] <= cut:
            high = middle
        else:
            low = middle
        depth += 1
        lows[depth], highs[depth] = low, high
        total = _box(sample, order, low, high, least, most)
    leaf = sample[order[low]]
    apart = _gaps(point, leaf, leaf, gaps[depth])
    score = _leaf_score(size, depth, high - low, apart == 0.0)
    part = np.zeros((dimensions, 2))
    if apart > 0.0:
        _mix(part, gaps[depth], apart, score)
        for level in range(depth - 1, -1, -1):
            if outside[level] > 0.0:
                _mix(part, gaps[level], extents[level], size / (level + 1))
    else:
        part = _shadow(sample, point, order, lows, highs, depth)
    for level in range(depth - 1, -1, -1):
        chance = outside[level]
        if chance > 0.0:
            score = (1.0 - chance) * score + chance * size / (level + 1)
    whole = part.sum()
    for dimension in range(dimensions):
        for side in range(2):
            # nothing to tell the coordinates apart by (the whole tree is one leaf): even shares
            share = part[dimension, side] / whole if whole > 0.0 else 0.5 / dimensions
            add[dimension, side] += share * score
    return score


@njit(cache=True)
def explain(samples: Floats, point: Floats, states: States, add: Floats) -> float:
    """The mean score over all trees, what each coordinate contributes put into `add`."""
    trees, count, _ = samples.shape
    order = np.empty(count, np.int64)
    add[:, :] = 0.0
    total = 0.0
    for tree in range(trees):
        total += _explain_tree(samples[tree], point, states, tree, order, add)
    add /= trees
    return float(total / trees)
