"""Which coordinate of a point makes its score, compiled by numba; `forest` explains the algorithm.

The same walk as the scoring kernels', on the same random numbers, so the same score: apart from
them, so that scoring without an explanation stays as it is. `path` holds, for each depth of the
walk, the box of the node (0: least, 1: most) and that of the child not taken (2, 3); at the leaf's
depth its point (0).

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

from .forest_kernels import Floats, States, leaf_score, uniform
from .forest_sorted_kernels import beyond
from .forest_tree_kernels import LEFT, RIGHT, ROOT, WHAT, Links


@njit(cache=True)
def _gaps(point: Floats, least: Floats, most: Floats, gaps: Floats) -> tuple[float, float]:
    """How far the point is above (positive) or below a box, by coordinate; the sum of that, that and the sides."""
    distance = extent = 0.0
    for dimension in range(point.shape[0]):
        x = point[dimension]
        gap = max(x - most[dimension], 0.0) - max(least[dimension] - x, 0.0)
        gaps[dimension] = gap
        distance += abs(gap)
        extent += abs(gap) + (most[dimension] - least[dimension])
    return distance, extent


@njit(cache=True)
def _mix(part: Floats, gaps: Floats, distance: float, extent: float, score: float) -> None:
    """One ancestor: what the point is outside of the box makes `score`, the rest stays as below."""
    for dimension in range(part.shape[0]):
        part[dimension] = (1.0 - distance / extent) * part[dimension] + abs(gaps[dimension]) / extent * score


@njit(cache=True)
def _shadow(point: Floats, path: Floats, depth: int, size: float, gaps: Floats, part: Floats) -> None:
    """The parts of a stored point: its walk in the tree without the leaf that equals it."""
    box = path[depth - 1, 2:]  # of the siblings of the leaf and of its ancestors; written over on the way up
    for level in range(depth - 1, -1, -1):
        for dimension in range(point.shape[0]):
            box[0, dimension] = min(box[0, dimension], path[level, 2, dimension])
            box[1, dimension] = max(box[1, dimension], path[level, 3, dimension])
        distance, extent = _gaps(point, box[0], box[1], gaps)
        if extent > 0.0:
            _mix(part, gaps, distance, extent, size / (level + 1))


@njit(cache=True)
def _attribute(point: Floats, path: Floats, depth: int, mass: int, size: float, scratch: Floats, add: Floats) -> float:
    """One tree's score, divided: added to `add` (dimensions, 2) with the signed distances."""
    part, away, gaps = scratch[0], scratch[1], scratch[2]
    apart, extent = _gaps(point, path[depth, 0], path[depth, 0], away)
    score = leaf_score(size, depth, mass, apart == 0.0)
    for dimension in range(point.shape[0]):
        part[dimension] = abs(away[dimension]) / apart * score if apart > 0.0 else 0.0
    for level in range(depth - 1, -1, -1):
        distance, extent = _gaps(point, path[level, 0], path[level, 1], gaps)
        if distance > 0.0:
            chance = distance / extent
            score = (1.0 - chance) * score + chance * size / (level + 1)
            for dimension in range(point.shape[0]):
                away[dimension] = (1.0 - chance) * away[dimension] + chance * gaps[dimension]
            if apart > 0.0:
                _mix(part, gaps, distance, extent, size / (level + 1))
    if apart == 0.0:
        _shadow(point, path, depth, size, gaps, part)
    whole = 0.0
    for dimension in range(point.shape[0]):
        whole += part[dimension]
    for dimension in range(point.shape[0]):
        # nothing to tell the coordinates apart by (the whole tree is one leaf): even shares
        add[dimension, 0] += (part[dimension] / whole if whole > 0.0 else 1.0 / point.shape[0]) * score
        add[dimension, 1] += away[dimension]
    return score


@njit(cache=True)
def explain_sorted(samples: Floats, states: States, point: Floats, add: Floats) -> float:
    """The sum of the scores of all trees of one dimension; `add` takes those of the parts and distances."""
    trees, count = samples.shape
    path, scratch, total = np.empty((count, 4, 1)), np.empty((3, 1)), 0.0
    for tree in range(trees):
        sample, state = samples[tree], states[tree]
        low, high, depth = 0, count, 0
        while sample[low] != sample[high - 1]:
            left, right = sample[low], sample[high - 1]
            state, dice = uniform(state)
            cut = left + dice * (right - left)
            if cut >= right:
                cut = left
            middle = beyond(sample, low, high, cut)
            path[depth, 0, 0], path[depth, 1, 0] = left, right
            if point[0] <= cut:
                path[depth, 2, 0], path[depth, 3, 0] = sample[middle], right
                high = middle
            else:
                path[depth, 2, 0], path[depth, 3, 0] = left, sample[middle - 1]
                low = middle
            depth += 1
        path[depth, 0, 0] = sample[low]
        states[tree] = state
        total += _attribute(point, path, depth, high - low, math.log2(count), scratch, add)
    return total


@njit(cache=True)
def explain_trees(
    nodes: Links, heads: Links, low: Floats, high: Floats, cuts: Floats, point: Floats, add: Floats
) -> float:
    """The sum of the scores of all trees of several dimensions; `add` takes those of the parts and distances."""
    trees, leaves, dimensions = nodes.shape[0], high.shape[1] + 1, point.shape[0]
    path, scratch, total = np.empty((leaves, 4, dimensions)), np.empty((3, dimensions)), 0.0
    for tree in range(trees):
        node, depth = int(heads[tree, ROOT]), 0
        while node >= leaves:
            taken, other = int(nodes[tree, node, LEFT]), int(nodes[tree, node, RIGHT])
            if point[nodes[tree, node, WHAT]] > cuts[tree, node - leaves]:
                taken, other = other, taken
            for dimension in range(dimensions):
                least = low[tree, other, dimension]
                path[depth, 0, dimension] = low[tree, node, dimension]
                path[depth, 1, dimension] = high[tree, node - leaves, dimension]
                path[depth, 2, dimension] = least
                path[depth, 3, dimension] = high[tree, other - leaves, dimension] if other >= leaves else least
            node = taken
            depth += 1
        for dimension in range(dimensions):
            path[depth, 0, dimension] = low[tree, node, dimension]
        mass = int(np.int64(nodes[tree, node, WHAT]))
        total += _attribute(point, path, depth, mass, math.log2(leaves), scratch, add)
    return total
