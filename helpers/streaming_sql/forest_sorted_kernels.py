"""Random cut trees of one dimension, compiled by numba: each cut is a binary search in a sorted sample.

A tree is drawn anew for each record, along that record's path: the sample is all there is to keep.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from .forest_kernels import (
    HORIZON,
    Floats,
    Ints,
    States,
    last_to_stay,
    leaf_score,
    priority,
    refused_below,
    uniform,
)


@njit(cache=True)
def beyond(sample: Floats, low: int, high: int, cut: float) -> int:
    """The first place in [low, high) beyond the cut; the first sample is not, the last one is."""
    count = high - low
    while count > 1:
        half = count >> 1
        low = low + half if sample[low + half] <= cut else low
        count -= half
    return low + 1


@njit(cache=True)
def _score(sample: Floats, x: float, state: np.uint64, size: float, outside: Floats) -> tuple[np.uint64, float]:
    low, high, depth = 0, sample.shape[0], 0
    left, right = sample[0], sample[high - 1]
    while left != right:
        extent = right - left
        distance = max(left - x, x - right, 0.0)
        outside[depth] = distance / (distance + extent) if distance > 0.0 else 0.0
        state, dice = uniform(state)
        cut = left + dice * extent
        if cut >= right:  # rounding must not leave the right side empty
            cut = left
        middle = beyond(sample, low, high, cut)
        if x <= cut:
            high = middle
            right = sample[high - 1]
        else:
            low = middle
            left = sample[low]
        depth += 1
    score = leaf_score(size, depth, high - low, left == x)
    for level in range(depth - 1, -1, -1):
        chance = outside[level]
        if chance > 0.0:
            score = (1.0 - chance) * score + chance * size / (level + 1)
    return state, score


@njit(cache=True)
def _put(sample: Floats, keys: Floats, gap: int, last: int, x: float, key: float) -> None:
    """Put x into a sample, sorted up to `last`, whose entry at `gap` is free."""
    while gap > 0 and sample[gap - 1] > x:
        sample[gap], keys[gap] = sample[gap - 1], keys[gap - 1]
        gap -= 1
    while gap < last and sample[gap + 1] < x:
        sample[gap], keys[gap] = sample[gap + 1], keys[gap + 1]
        gap += 1
    sample[gap], keys[gap] = x, key


@njit(cache=True)
def score_and_learn(
    samples: Floats,
    keys: Floats,
    largest: Ints,
    states: States,
    refused: Floats,
    points: Floats,
    seen: int,
    decay: float,
    scoring: bool,
    scores: Floats,
) -> None:
    """Score each of `points` (points, 1) into `scores`, unless not `scoring`, then learn it.

    The first point is record number `seen` (from 0); the first records, as many as a sample holds, score 0.

    - `samples` (trees, sub-sample size): sorted within each tree;
    - `keys` (trees, sub-sample size): the priorities of the samples;
    - `largest` (trees,): where each tree's largest key stands;
    - `states` (trees,): one random generator for each tree, so the order of the trees does not matter;
    - `refused` (trees,): see `refused_below`; zeros will do, for they only save less.
    """
    trees, count = samples.shape
    size = math.log2(count)
    outside = np.empty(count)
    scores[:] = 0.0
    for tree in range(trees):
        sample, state = samples[tree], states[tree]
        for number in range(points.shape[0]):
            x, record = points[number, 0], seen + number
            if scoring and record >= count:
                state, score = _score(sample, x, state, size, outside)
                scores[number] += score
            if record >= count and record % HORIZON == 0:
                refused[tree] = refused_below(keys[tree, largest[tree]], record, decay)
            state, dice = uniform(state)
            if dice < refused[tree]:
                continue
            key = priority(dice, record, decay)
            gap = record
            if record >= count:
                gap = largest[tree]
                if key >= keys[tree, gap]:
                    continue
            _put(sample, keys[tree], gap, min(record, count - 1), x, key)
            if record >= count - 1:
                largest[tree] = last_to_stay(keys[tree])
        states[tree] = state
    scores /= trees
