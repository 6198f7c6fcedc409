"""The arithmetic of the random cut forest, compiled by numba; `forest` explains the algorithm.

Arrays: `samples` (trees, sub-sample size, dimensions) float64, for one dimension sorted within each
tree; `keys` (trees, sub-sample size) float64, the priority each sample was drawn with; `states`
(trees,) uint64, one random generator for each tree. Importing this module takes about a second.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
States = NDArray[np.uint64]


@njit(cache=True)
def _uniform(states: States, tree: int) -> float:
    """The next number in (0, 1) of a tree's generator (splitmix64; Steele et al. 2014)."""
    states[tree] += np.uint64(0x9E3779B97F4A7C15)
    z = states[tree]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (float(z >> np.uint64(11)) + 0.5) * 2.0**-53


@njit(cache=True)
def _leaf_score(size: float, depth: int, mass: int, stored: bool) -> float:
    if not stored:
        return size / (depth + 1)
    if depth == 0:
        return size / (mass + 1)
    return size / (depth + math.log2(mass))


@njit(cache=True)
def _walk_up(score: float, size: float, depth: int, outside: Floats) -> float:
    """Mix in, at every ancestor, the chance that the point would have been cut off right there."""
    for level in range(depth - 1, -1, -1):
        chance = outside[level]
        if chance > 0.0:
            score = (1.0 - chance) * score + chance * size / (level + 1)
    return score


@njit(cache=True)
def _score_sorted(sample: Floats, x: float, states: States, tree: int, outside: Floats) -> float:
    """One tree over a sorted one-dimensional sample: each cut is a binary search."""
    size = math.log2(sample.shape[0])
    low, high, depth = 0, sample.shape[0], 0
    while sample[low] != sample[high - 1]:
        left, right = sample[low], sample[high - 1]
        distance = max(left - x, x - right, 0.0)
        outside[depth] = distance / (distance + (right - left))
        cut = left + _uniform(states, tree) * (right - left)
        if cut >= right:  # rounding must not leave the right side empty
            cut = left
        first, last = low, high - 1  # the first sample beyond the cut is in (first, last]
        while last - first > 1:
            middle = (first + last) // 2
            if sample[middle] <= cut:
                first = middle
            else:
                last = middle
        if x <= cut:
            high = last
        else:
            low = last
        depth += 1
    leaf = _leaf_score(size, depth, high - low, sample[low] == x)
    return _walk_up(leaf, size, depth, outside)


@njit(cache=True)
def _box(sample: Floats, order: NDArray[np.int64], low: int, high: int, least: Floats, most: Floats) -> float:
    """The bounding box of some samples, and the sum of its sides."""
    total = 0.0
    for dimension in range(sample.shape[1]):
        a = b = sample[order[low], dimension]
        for position in range(low + 1, high):
            value = sample[order[position], dimension]
            a, b = min(a, value), max(b, value)
        least[dimension], most[dimension] = a, b
        total += b - a
    return total


@njit(cache=True)
def _partition(sample: Floats, order: NDArray[np.int64], low: int, high: int, dimension: int, cut: float) -> int:
    """Bring the samples up to the cut to the front; where the others begin."""
    middle = low
    for position in range(low, high):
        if sample[order[position], dimension] <= cut:
            order[position], order[middle] = order[middle], order[position]
            middle += 1
    return middle


@njit(cache=True)
def _score_boxes(
    sample: Floats, point: Floats, states: States, tree: int, outside: Floats, order: NDArray[np.int64]
) -> float:
    """One tree in any number of dimensions; `order` is scratch for the samples' numbers."""
    count, dimensions = sample.shape
    size = math.log2(count)
    least, most = np.empty(dimensions), np.empty(dimensions)
    for position in range(count):
        order[position] = position
    low, high, depth = 0, count, 0
    total = _box(sample, order, low, high, least, most)
    while total > 0.0:
        distance = 0.0
        for dimension in range(dimensions):
            distance += max(least[dimension] - point[dimension], point[dimension] - most[dimension], 0.0)
        outside[depth] = distance / (distance + total)
        rest = _uniform(states, tree) * total  # where on the box's sides, laid end to end, to cut
        dimension = -1
        for candidate in range(dimensions):
            side = most[candidate] - least[candidate]
            if side > 0.0:
                dimension = candidate
                if rest < side:
                    break
                rest -= side
        cut = min(least[dimension] + rest, most[dimension])
        if cut >= most[dimension]:  # rounding must not leave the right side empty
            cut = least[dimension]
        middle = _partition(sample, order, low, high, dimension, cut)
        if point[dimension] <= cut:
            high = middle
        else:
            low = middle
        depth += 1
        total = _box(sample, order, low, high, least, most)
    stored = True
    for dimension in range(dimensions):
        stored = stored and sample[order[low], dimension] == point[dimension]
    return _walk_up(_leaf_score(size, depth, high - low, stored), size, depth, outside)


@njit(cache=True)
def score(samples: Floats, point: Floats, states: States) -> float:
    """The mean score of a point over all trees; `samples` must be full."""
    trees, count, dimensions = samples.shape
    outside = np.empty(count)
    order = np.empty(count, np.int64)
    total = 0.0
    for tree in range(trees):
        if dimensions == 1:
            total += _score_sorted(samples[tree, :, 0], point[0], states, tree, outside)
        else:
            total += _score_boxes(samples[tree], point, states, tree, outside, order)
    return float(total / trees)


@njit(cache=True)
def _replace_sorted(sample: Floats, keys: Floats, gap: int, x: float, key: float) -> None:
    """Put x into a sorted sample whose entry at `gap` is free."""
    while gap > 0 and sample[gap - 1] > x:
        sample[gap], keys[gap] = sample[gap - 1], keys[gap - 1]
        gap -= 1
    while gap < sample.shape[0] - 1 and sample[gap + 1] < x:
        sample[gap], keys[gap] = sample[gap + 1], keys[gap + 1]
        gap += 1
    sample[gap], keys[gap] = x, key


@njit(cache=True)
def insert(
    samples: Floats,
    keys: Floats,
    largest: NDArray[np.int64],
    point: Floats,
    states: States,
    seen: int,
    decay: float,
) -> None:
    """Offer a point to every tree's sample, as record number `seen` (from 0).

    `largest` (trees,) holds where each tree's largest key stands, which leaves first.
    """
    trees, count, dimensions = samples.shape
    for tree in range(trees):
        key = math.log(-math.log(_uniform(states, tree))) - seen * decay
        if seen < count:
            gap = seen
        elif key < keys[tree, largest[tree]]:
            gap = largest[tree]
        else:
            continue
        if dimensions == 1:
            filled = min(seen + 1, count)
            _replace_sorted(samples[tree, :filled, 0], keys[tree, :filled], gap, point[0], key)
        else:
            samples[tree, gap, :] = point
            keys[tree, gap] = key
        if seen >= count - 1:
            largest[tree] = np.argmax(keys[tree])
