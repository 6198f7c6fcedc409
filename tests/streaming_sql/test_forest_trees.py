# ruff: noqa: S311 - repeatable dice
"""The trees of the forest against a slow forest in plain Python, and as trees."""

from __future__ import annotations

import copy
import math
import random
import statistics

import numpy as np
import pytest

from helpers.streaming_sql import RandomCutForest
from helpers.streaming_sql.forest_tree_kernels import INNER, LEAVES, LEFT, NONE, PARENT, RIGHT, ROOT, WHAT


def drawn(sample, point, dice, size, depth=0):
    """A score by the docstring of `forest`: one tree, drawn while the point walks down."""
    columns = list(zip(*sample, strict=True))
    least, most = [min(column) for column in columns], [max(column) for column in columns]
    sides = [high - low for low, high in zip(least, most, strict=True)]
    if not any(sides):
        if sample[0] != point:
            return size / (depth + 1)
        return size / (depth + math.log2(len(sample))) if depth else size / (len(sample) + 1)
    away = sum(max(low - x, x - high, 0.0) for low, x, high in zip(least, point, most, strict=True))
    chance = away / (away + sum(sides))
    [dimension] = dice.choices(range(len(sides)), sides)
    cut = dice.uniform(least[dimension], most[dimension])
    side = [other for other in sample if (other[dimension] <= cut) == (point[dimension] <= cut)]
    return (1 - chance) * drawn(side, point, dice, size, depth + 1) + chance * size / (depth + 1)


def samples(forest):
    """The points of each tree's sample."""
    learnt = forest._learnt
    if learnt.__class__.__name__ == "SortedSamples":
        return [[(x,) for x in sample] for sample in learnt.samples.tolist()]
    return [low[homes].tolist() for low, homes in zip(learnt.low, learnt.homes, strict=True)]


def stream(dimensions, count=500):
    """Two clouds with repeated values, so with duplicates and with cuts in every dimension."""
    dice = random.Random(2)
    return [tuple(dice.choice((0.0, 20.0)) + dice.randint(0, 5) for _ in range(dimensions)) for _ in range(count)]


@pytest.mark.parametrize(("columns", "shingle"), [(1, 1), (2, 1), (3, 1), (2, 2), (1, 3)])
def test_scores_are_those_of_trees_drawn_anew(columns, shingle):
    # a short memory: most records of the samples have replaced others several times
    trees, rows = 200, stream(columns)
    forest = RandomCutForest(trees, 24, time_decay=60, shingle_size=shingle)
    forest.score_many(rows)
    dice = random.Random(3)
    for row in [rows[-1], (2.5,) * columns, (31.0,) * columns, (-3.0,) + (21.0,) * (columns - 1), (200.0,) * columns]:
        point = [x for earlier in [*rows[len(rows) - shingle + 1 :], row] for x in earlier]
        draws = [
            [drawn([list(other) for other in sample], point, dice, math.log2(24)) for _ in range(8)]
            for sample in samples(forest)
        ]
        expected = statistics.fmean(map(statistics.fmean, draws))
        error = math.sqrt(statistics.fmean(map(statistics.variance, draws)) * (1 + 1 / 8) / trees)
        assert copy.deepcopy(forest).score(row) == pytest.approx(expected, abs=4 * error + 1e-9)


@pytest.mark.parametrize("rows", ["0 1 9", "9 1 0", "1 9 0", "0 9 9 1 9 5 1 0 9 5 5 0 9 1", "9 9 5 1 0 9 0 1 1 0 9"])
def test_the_first_cut_falls_where_there_is_room(rows):
    # the sample is 0, 1 and 9: eight times in nine the cut is between 1 and 9, however the three came together
    forest = RandomCutForest(1000, 3, time_decay=1)
    forest.score_many([(float(row), 2.0) for row in rows.split()])
    found = []
    for tree, sample in enumerate(samples(forest)):
        if sorted(x for x, _ in sample) == [0.0, 1.0, 9.0]:
            root = int(forest._learnt.heads[tree, ROOT])
            found.append(forest._learnt.cuts[tree, root - 3] >= 1)
    assert len(found) > 100
    assert statistics.fmean(found) == pytest.approx(8 / 9, abs=4 * math.sqrt(8 / 81 / len(found)))


def walk(nodes, node, leaves):
    """All nodes below, each with the leaves under it."""
    if node < leaves:
        return {node: [node]}
    found = walk(nodes, nodes[node, LEFT], leaves) | walk(nodes, nodes[node, RIGHT], leaves)
    found[node] = found[nodes[node, LEFT]] + found[nodes[node, RIGHT]]
    return found


def chain(nodes, node):
    found = []
    while node != NONE:
        found.append(node)
        node = nodes[node, LEFT]
    return found


@pytest.mark.parametrize("count", [1, 11, 12, 60, 500])
@pytest.mark.parametrize("choices", [1, 2, 3, 100])
def test_trees_are_whole(count, choices):
    dice = random.Random(choices)
    forest = RandomCutForest(20, 12, time_decay=20)
    forest.score_many([(dice.randrange(choices), dice.randrange(choices)) for _ in range(count)])
    learnt, filled = forest._learnt, min(count, 12)
    for tree in range(20):
        nodes, low, high = learnt.nodes[tree].astype(int), learnt.low[tree], learnt.high[tree]
        below = walk(nodes, int(learnt.heads[tree, ROOT]), 12)
        used = [node for node in below if node < 12]
        homes = learnt.homes[tree, :filled].tolist()
        assert {leaf: nodes[leaf, WHAT] for leaf in used} == {leaf: homes.count(leaf) for leaf in set(homes)}
        assert len({tuple(low[leaf]) for leaf in used}) == len(used)
        free = chain(nodes, learnt.heads[tree, LEAVES]), chain(nodes, learnt.heads[tree, INNER])
        assert sorted([*below, *free[0], *free[1]]) == list(range(23))
        for node in set(below) - set(used):
            children = int(nodes[node, LEFT]), int(nodes[node, RIGHT])
            assert [nodes[child, PARENT] for child in children] == [node, node]
            assert (low[node] == low[below[node]].min(axis=0)).all()
            assert (high[node - 12] == low[below[node]].max(axis=0)).all()
            left, right = (low[below[child], nodes[node, WHAT]] for child in children)
            assert left.max() <= learnt.cuts[tree, node - 12] < right.min()


def test_thirty_columns_and_thirty_rows_fit():
    dice = np.random.default_rng(1)
    forest = RandomCutForest(10, 16, shingle_size=30)
    scores = forest.score_many(dice.random((60, 30)).tolist())
    assert scores[:45] == [0.0] * 45  # 29 rows for the first shingle, then 16 to learn
    assert all(0 < score < 4 for score in scores[45:])
    score, shares = forest.explain([0.5] * 29 + [5000.0])
    assert sum(share.score for share in shares) == pytest.approx(score)
    assert shares[-1].score > 0.8 * score
