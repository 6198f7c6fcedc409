"""How often a forest notices diverted traffic, and how often it cries wolf: many runs of the toll road, in seconds.

The counts of each window are drawn as the generator would send them, and scored by the engine's own forest; no AWS,
no clock. What differs from the real thing: vehicles come evenly spread in time, and the rows of a window follow each
other in the order in which their stations are first seen, drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.generator.stations import PRESETS, RATE, normalised

if TYPE_CHECKING:
    import pandas as pd

USUAL = 300  # seconds of usual traffic that false alarms are counted in, behind those the forest learns in
DIVERTED = 60  # seconds in which diverted traffic is to be noticed


@dataclass(frozen=True)
class Setting:
    """The arguments of RANDOM_CUT_FOREST, and the window of the GROUP BY in seconds."""

    trees: int
    samples: int
    decay: int
    shingle: int
    window: int = 10

    def __str__(self) -> str:
        text = f"{self.trees} tree{'s' * (self.trees > 1)}, {self.samples} samples, decay {self.decay:,}"
        return f"{text}, shingle {self.shingle}, {self.window} s"


LAB = Setting(trees=1, samples=10, decay=10, shingle=2)
BETTER = Setting(trees=100, samples=100, decay=1000, shingle=1)
SETTINGS = (
    LAB,
    Setting(trees=100, samples=10, decay=10, shingle=2),
    Setting(trees=1, samples=100, decay=1000, shingle=1),
    BETTER,
    Setting(trees=100, samples=100, decay=1000, shingle=1, window=30),
)
THRESHOLDS = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0)


def study(
    weights: Mapping[str, float],
    settings: Iterable[Setting] = SETTINGS,
    thresholds: Sequence[float] = THRESHOLDS,
    runs: int = 20,
    rate: float = RATE,
) -> pd.DataFrame:
    """Detection and false alarms over many runs, for each setting and threshold.

    Columns: `setting`, `threshold`, `detected` (share of the runs, 0 to 1, in which a score of the diverted minute is
    above the threshold), `false_alarms` (scores above it in usual traffic, an hour). `weights` are those of the
    diverted traffic, `rate` is in records a second. The same arguments give the same figures.
    """
    import pandas as pd

    rows = []
    for setting in settings:
        seen = [scores(weights, setting, seed, rate) for seed in range(runs)]
        for threshold in thresholds:
            found = sum(any(score > threshold for score in diverted) for _, diverted in seen)
            false = sum(score > threshold for usual, _ in seen for score in usual)
            rows.append((str(setting), threshold, found / runs, round(false / (runs * USUAL / 3600), 1)))
    return pd.DataFrame(rows, columns=["setting", "threshold", "detected", "false_alarms"])


def scores(
    weights: Mapping[str, float], setting: Setting, seed: int, rate: float = RATE
) -> tuple[list[float], list[float]]:
    """The scores of one run: those of usual traffic once the forest has learnt, and those of the diverted minute."""
    import numpy as np

    from helpers.streaming_sql import RandomCutForest

    usual = PRESETS["usual"]
    random = np.random.default_rng(seed)
    learning = -(-(setting.samples + setting.shingle) // len(usual))  # windows
    spans = (learning, USUAL // setting.window, max(1, DIVERTED // setting.window))
    counts: list[list[float]] = []
    for windows, spread in zip(spans, (usual, usual, weights), strict=True):
        shares = np.array(list(normalised(spread).values()))
        drawn = [random.multinomial(round(rate * setting.window), shares) for _ in range(windows)]
        first = [random.exponential(size=len(shares)) / np.maximum(shares, 1e-12) for _ in range(windows)]
        rows = (row[np.argsort(order)] for row, order in zip(drawn, first, strict=True))
        counts.append([float(count) for row in rows for count in row if count])
    forest = RandomCutForest(setting.trees, setting.samples, setting.decay, setting.shingle, seed)
    forest.score_many(counts[0])
    return forest.score_many(counts[1]), forest.score_many(counts[2])
