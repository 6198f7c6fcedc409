"""Random cut trees of several dimensions, compiled by numba: kept, not drawn anew.

A record that leaves a sample takes its leaf with it, a record that enters is cut off on its way
down where a tree drawn anew would cut it off, so a tree stays one that could have been drawn from
its sample: Guha et al. 2016, theorems 3 and 4.

Arrays, the first axis of each being the tree; S is the sub-sample size, D the number of dimensions.
Nodes 0 … S-1 are leaves, S … 2S-2 inner nodes:

- `nodes` (2S-1, 4) int16: PARENT, LEFT, RIGHT, and WHAT: an inner node's cut dimension, a leaf's mass,
  which is 0 for a leaf not in use. Nodes not in use are chained by LEFT;
- `heads` (3,) int16: the root, and where the chains of unused leaves and inner nodes begin;
- `low` (2S-1, D), `high` (S-1, D), `cuts` (S-1,) float64: the points of leaves (`low` alone), the boxes
  and cuts of inner nodes; what lies up to the cut is on the left;
- `homes` (S,) int16: the leaf of each sample; `keys` (S,) float64: its priority.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .forest_kernels import HORIZON, Floats, Ints, States, last_to_stay, leaf_score, priority, refused_below, uniform

Links = NDArray[np.int16]

NONE: Final = -1
PARENT, LEFT, RIGHT, WHAT = 0, 1, 2, 3
ROOT, LEAVES, INNER = 0, 1, 2


def start(nodes: Links, heads: Links) -> None:
    """Empty trees."""
    leaves = (nodes.shape[1] + 1) // 2
    nodes[:, :, WHAT], nodes[:, :, PARENT] = 0, NONE
    nodes[:, :, LEFT] = np.arange(1, 2 * leaves)
    nodes[:, [leaves - 1, -1], LEFT] = NONE
    heads[:] = NONE, 0, leaves


@njit(cache=True)
def _score(nodes: Links, low: Floats, high: Floats, cuts: Floats, root: int, point: Floats, size: float) -> float:
    leaves, dimensions = cuts.shape[0] + 1, point.shape[0]
    node, depth = root, 0
    score, rest = 0.0, 1.0  # rest: the chance of not having been cut off so far
    while node >= leaves:
        inner = node - leaves
        distance = extent = 0.0
        for dimension in range(dimensions):
            least, most = low[node, dimension], high[inner, dimension]
            extent += most - least
            distance += max(least - point[dimension], point[dimension] - most, 0.0)
        depth += 1
        if distance > 0.0:
            chance = distance / (distance + extent)
            score += rest * chance * size / depth
            rest *= 1.0 - chance
        node = int(nodes[node, LEFT if point[nodes[node, WHAT]] <= cuts[inner] else RIGHT])
    stored = True
    for dimension in range(dimensions):
        stored = stored and low[node, dimension] == point[dimension]
    return score + rest * leaf_score(size, depth, int(np.int64(nodes[node, WHAT])), stored)


@njit(cache=True)
def _link(nodes: Links, heads: Links, parent: int, old: int, new: int) -> None:
    """Put `new` where `old` hangs."""
    nodes[new, PARENT] = parent
    if parent == NONE:
        heads[ROOT] = new
    elif nodes[parent, LEFT] == old:
        nodes[parent, LEFT] = new
    else:
        nodes[parent, RIGHT] = new


@njit(cache=True)
def _take(nodes: Links, heads: Links, chain: int) -> int:
    node = int(heads[chain])
    heads[chain] = nodes[node, LEFT]
    return node


@njit(cache=True)
def _give(nodes: Links, heads: Links, chain: int, node: int) -> None:
    nodes[node, LEFT] = heads[chain]
    heads[chain] = node


@njit(cache=True)
def _fit(nodes: Links, low: Floats, high: Floats, node: int) -> bool:
    """Make a node's box that of its two children; whether it changed."""
    leaves, changed = high.shape[0] + 1, False
    left, right = int(nodes[node, LEFT]), int(nodes[node, RIGHT])
    for dimension in range(low.shape[1]):
        least = min(low[left, dimension], low[right, dimension])
        a = high[left - leaves, dimension] if left >= leaves else low[left, dimension]
        b = high[right - leaves, dimension] if right >= leaves else low[right, dimension]
        most = max(a, b)
        changed = changed or least != low[node, dimension] or most != high[node - leaves, dimension]
        low[node, dimension], high[node - leaves, dimension] = least, most
    return changed


@njit(cache=True)
def _leave(nodes: Links, heads: Links, low: Floats, high: Floats, leaf: int) -> None:
    """Take one record out of a leaf of a full tree."""
    nodes[leaf, WHAT] -= 1
    if nodes[leaf, WHAT] > 0:
        return
    parent = int(nodes[leaf, PARENT])  # there is one: a single leaf would hold the whole sample
    sibling = int(nodes[parent, LEFT if nodes[parent, RIGHT] == leaf else RIGHT])
    above = int(nodes[parent, PARENT])
    _link(nodes, heads, above, parent, sibling)
    _give(nodes, heads, LEAVES, leaf)
    _give(nodes, heads, INNER, parent)
    while above != NONE and _fit(nodes, low, high, above):
        above = int(nodes[above, PARENT])


@njit(cache=True)
def _enter(
    nodes: Links, heads: Links, low: Floats, high: Floats, cuts: Floats, point: Floats, state: np.uint64
) -> tuple[np.uint64, int]:
    """Put a point into a tree; the generator's next state and the point's leaf."""
    leaves, dimensions = cuts.shape[0] + 1, point.shape[0]
    node, where = int(heads[ROOT]), 0.0
    while node != NONE:
        inner = node - leaves
        distance = extent = 0.0
        for dimension in range(dimensions):
            least = low[node, dimension]
            most = high[inner, dimension] if node >= leaves else least
            extent += most - least
            distance += max(least - point[dimension], point[dimension] - most, 0.0)
        if distance > 0.0:
            state, dice = uniform(state)
            where = dice * (distance + extent)
            if where < distance or node < leaves:
                break  # a cut of the box that holds the point too would fall between them
        elif node < leaves:
            nodes[node, WHAT] += 1
            return state, node
        for dimension in range(dimensions):
            low[node, dimension] = min(low[node, dimension], point[dimension])
            high[inner, dimension] = max(high[inner, dimension], point[dimension])
        node = int(nodes[node, LEFT if point[nodes[node, WHAT]] <= cuts[inner] else RIGHT])
    leaf = _take(nodes, heads, LEAVES)
    for dimension in range(dimensions):
        low[leaf, dimension] = point[dimension]
    nodes[leaf, WHAT] = 1
    if node == NONE:
        nodes[leaf, PARENT], heads[ROOT] = NONE, leaf
    else:
        _cut_off(nodes, heads, low, high, cuts, node, leaf, where)
    return state, leaf


@njit(cache=True)
def _cut_off(
    nodes: Links, heads: Links, low: Floats, high: Floats, cuts: Floats, node: int, leaf: int, where: float
) -> None:
    """Part a leaf from a node by a new one above both; `where` on the gaps between them, laid end to end."""
    leaves = cuts.shape[0] + 1
    chosen, cut, left = 0, 0.0, False
    for dimension in range(low.shape[1]):
        x, least = low[leaf, dimension], low[node, dimension]
        most = high[node - leaves, dimension] if node >= leaves else least
        gap = max(least - x, x - most)
        if gap > 0.0:
            chosen, left = dimension, x < least
            start, end = (x, least) if left else (most, x)
            cut = start + where
            if cut >= end:  # rounding must not bring both to one side
                cut = start
            if where < gap:
                break
            where -= gap
    new = _take(nodes, heads, INNER)
    _link(nodes, heads, int(nodes[node, PARENT]), node, new)
    nodes[new, WHAT], cuts[new - leaves] = chosen, cut
    nodes[new, LEFT], nodes[new, RIGHT] = (leaf, node) if left else (node, leaf)
    nodes[leaf, PARENT] = nodes[node, PARENT] = new
    _fit(nodes, low, high, new)


@njit(cache=True)
def score_and_learn(
    nodes: Links,
    heads: Links,
    low: Floats,
    high: Floats,
    cuts: Floats,
    homes: Links,
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
    """Score each of `points` (points, dimensions) into `scores`, unless not `scoring`, then learn it.

    As `forest_sorted_kernels.score_and_learn`, which explains the arguments not explained above.
    """
    trees, count = keys.shape
    size = math.log2(count)
    scores[:] = 0.0
    for tree in range(trees):
        links, head, least, most, cut = nodes[tree], heads[tree], low[tree], high[tree], cuts[tree]
        state = states[tree]
        for number in range(points.shape[0]):
            point, record = points[number], seen + number
            if scoring and record >= count:
                scores[number] += _score(links, least, most, cut, int(head[ROOT]), point, size)
            if record >= count and record % HORIZON == 0:
                refused[tree] = refused_below(keys[tree, largest[tree]], record, decay)
            state, dice = uniform(state)
            if dice < refused[tree]:
                continue
            key = priority(dice, record, decay)
            place = record
            if record >= count:
                place = largest[tree]
                if key >= keys[tree, place]:
                    continue
                _leave(links, head, least, most, int(homes[tree, place]))
            state, homes[tree, place] = _enter(links, head, least, most, cut, point, state)
            keys[tree, place] = key
            if record >= count - 1:
                largest[tree] = last_to_stay(keys[tree])
        states[tree] = state
    scores /= trees


@njit(cache=True)
def fit_boxes(nodes: Links, low: Floats, high: Floats) -> None:
    """Widen the boxes, infinitely small ones, until they hold the leaves' points."""
    leaves = high.shape[1] + 1
    for tree in range(nodes.shape[0]):
        for leaf in range(leaves):
            node = int(nodes[tree, leaf, PARENT]) if nodes[tree, leaf, WHAT] > 0 else NONE
            while node != NONE:
                for dimension in range(low.shape[2]):
                    x = low[tree, leaf, dimension]
                    low[tree, node, dimension] = min(low[tree, node, dimension], x)
                    high[tree, node - leaves, dimension] = max(high[tree, node - leaves, dimension], x)
                node = int(nodes[tree, node, PARENT])
