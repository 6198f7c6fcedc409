# ruff: noqa: S311 - repeatable dice
"""The forest beside krcf, AWS's forest in Rust, on the same series in the same run.

The series are the seeds' oracles' where they are at hand, else a seeded one of the same kind. Rounds
of ours and of krcf take turns; the figures are medians of their processor time. krcf is given no
threads, which made it no faster. Both score each record, then learn it.
"""

import math
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import krcf

from helpers.streaming_sql import RandomCutForest, prepare_forest
from tests.benchmarks.measuring import ROOT

SHARED = Path(os.environ.get("WORKSHOP_SHARED") or ROOT.parent / "shared")
TREES, DECAY, RECORDS, ROUNDS = 100, 100_000, 3000, 3

Points = Sequence[Sequence[float]]


def series() -> tuple[str, list[float], list[float]]:
    """Where they are from, and two series of the same length."""
    names = "nyc_taxi", "ec2_cpu_utilization_24ae8d"
    files = [SHARED / "oracles/kda_random_cut_forest" / f"{name}.csv" for name in names]
    if all(file.exists() for file in files):
        columns = [[float(line.split(",")[0]) for line in file.read_text().splitlines()[1:]] for file in files]
        return " and ".join(names), columns[0][:RECORDS], columns[1][:RECORDS]
    dice = random.Random(7)
    daily = [round(15_000 + 8_000 * math.sin(n / 7.6) + dice.gauss(0, 1_500)) for n in range(RECORDS)]
    load = [round(dice.choice((0.132, 0.134, 0.066)) + dice.choice((0, 0, 0.002)), 3) for _ in range(RECORDS)]
    return "synthetic", [float(n) for n in daily], load


def one_by_one(points: Points, size: int, shingle: int) -> None:
    forest = RandomCutForest(TREES, size, DECAY, shingle)
    for point in points:
        forest.score(point)


def many(points: Points, size: int, shingle: int) -> None:
    RandomCutForest(TREES, size, DECAY, shingle).score_many(points)


def peer(points: Points, size: int, shingle: int) -> None:
    forest = krcf.RandomCutForest(
        {
            "dimensions": len(points[0]),
            "shingle_size": shingle,
            "num_trees": TREES,
            "sample_size": size,
            "output_after": size,
            "lambda": 1 / DECAY,
            "internal_shingling": shingle > 1,
            "random_seed": 7,
        }
    )
    for point in points:
        forest.score(point)
        forest.update(point)


def rates(points: Points, size: int, shingle: int) -> list[float]:
    """Records a second of each of the three."""
    runners: list[Callable[[Points, int, int], None]] = [one_by_one, many, peer]
    taken: list[list[float]] = [[] for _ in runners]
    for _ in range(ROUNDS):
        for runner, times in zip(runners, taken, strict=True):
            begin = time.process_time()
            runner(points, size, shingle)
            times.append(time.process_time() - begin)
    return [len(points) / statistics.median(times) for times in taken]


def main() -> None:
    prepare_forest()
    source, first, second = series()
    print(f"forest, {TREES} trees, records/s of one core; {source}, {len(first):,} records")
    cases: list[tuple[str, Points, int]] = [
        ("one column", [[x] for x in first], 1),
        ("one column, few values", [[x] for x in second], 1),
        ("two columns", list(zip(first, second, strict=True)), 1),
        ("one column, shingle 8", [[x] for x in first], 8),
    ]
    for name, points, shingle in cases:
        for size in (256, 12):
            ours, together, theirs = rates(points, size, shingle)
            print(
                f"{name + f', sample {size}':<36} {ours:7,.0f}   {ours / theirs:5.2f} x krcf ({theirs:,.0f}); "
                f"score_many {together:7,.0f}   {together / theirs:5.2f} x"
            )
