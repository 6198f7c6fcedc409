# ruff: noqa: S311 - repeatable dice
"""A forest as bytes: it goes on as if it had never stopped."""

from __future__ import annotations

import copy
import pickle
import random
import subprocess
import sys
import zlib

import pytest

from helpers.streaming_sql import ForestError, RandomCutForest
from helpers.streaming_sql.forest_snapshot import MAGIC

EMPTY = RandomCutForest(3, 4).to_bytes()


def points(columns, count):
    dice = random.Random(9)
    return [tuple(dice.choice((dice.gauss(0, 1), 1.0)) for _ in range(columns)) for _ in range(count)]


@pytest.mark.parametrize("learnt", [0, 1, 2, 15, 16, 17, 64, 200])
@pytest.mark.parametrize(("columns", "shingle"), [(1, 1), (2, 1), (1, 3)])
def test_scores_go_on_to_the_last_bit(columns, shingle, learnt):
    given = points(columns, 400)
    forest = RandomCutForest(10, 16, time_decay=50, shingle_size=shingle, seed=5)
    forest.score_many(given[:learnt])
    others = [
        RandomCutForest.from_bytes(forest.to_bytes()),
        pickle.loads(pickle.dumps(forest)),  # noqa: S301 - our own bytes
        copy.deepcopy(forest),
    ]
    rest = forest.score_many(given[learnt:])
    for other in others:
        assert [other.score(point) for point in given[learnt:]] == rest
        assert (other.seen, other.seed, other.time_decay) == (forest.seen, 5, 50)
        assert other.to_bytes() == forest.to_bytes() or columns * shingle > 1


def test_explanations_go_on_to_the_last_bit():
    given = points(2, 120)
    forest = RandomCutForest(10, 16, time_decay=50)
    forest.score_many(given[:60])
    other = RandomCutForest.from_bytes(forest.to_bytes())
    assert [other.explain(point) for point in given[60:]] == [forest.explain(point) for point in given[60:]]


def test_it_goes_on_in_another_process():
    forest = RandomCutForest(10, 16)
    forest.score_many(points(2, 50))
    code = (
        "import sys; from helpers.streaming_sql import RandomCutForest as Forest;"
        "print(Forest.from_bytes(bytes.fromhex(sys.argv[1])).score((3.5, -1.0)).hex())"
    )
    told = subprocess.run([sys.executable, "-c", code, forest.to_bytes().hex()], capture_output=True, check=True)
    assert told.stdout.decode().strip() == forest.score((3.5, -1.0)).hex()


def test_the_bytes_are_about_as_many_as_the_samples():
    for columns in (1, 2):
        forest = RandomCutForest(100, 12)
        forest.score_many(points(columns, 100))
        assert len(forest.to_bytes()) < 100 * 12 * 8 * (columns + 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not the bytes of a forest"),
        (b"RCF\x02" + EMPTY[4:], "another version"),
        (EMPTY[:-1], "damaged"),
        (EMPTY[:20] + b"\x00" + EMPTY[21:], "damaged"),
        (MAGIC + zlib.compress(b"1234"), "damaged"),
        (MAGIC + zlib.compress(zlib.decompress(EMPTY[4:]) + b"more"), "damaged: 68 bytes where 64 belong"),
        (MAGIC + zlib.compress(bytes(64)), "damaged: number_of_trees must be"),
    ],
)
def test_what_is_no_forest_is_refused(data, message):
    with pytest.raises(ForestError, match=message):
        RandomCutForest.from_bytes(data)
