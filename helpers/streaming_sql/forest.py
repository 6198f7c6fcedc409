"""RANDOM_CUT_FOREST: how far a record stands out from the records before it.

A random cut tree cuts the bounding box of a sample of records again and again, at random, until
every record (with its duplicates) is alone. A record far from the others is cut off early, near the
root: the shallower its place, the higher its score. A forest is the mean over many trees, each over
a sample of its own that slowly forgets.

Per tree, with S the sub-sample size, d the depth of the leaf a record falls into (root: 0) and m
the number of samples in it, the leaf's score is

- log2(S) / (d + 1) for a record unlike the leaf's;
- log2(S) / (d + log2(m)) for a record equal to the leaf's (m = 1: log2(S) / d);
- log2(S) / (m + 1) if the whole tree is one leaf equal to the record.

Going up from the leaf, at every ancestor at depth k the record would have been cut off there with
the chance p = (its distance from the node's box) / (that + the sum of the box's sides), so
s = (1 - p) · s + p · log2(S) / (k + 1). Scores lie between 0 and log2(S).

Samples: the first S records, then weighted reservoir sampling in which the weight of older records
falls by e in `time_decay` records. A record is scored before it is offered to the samples; the
first S records score 0. Trees are not stored: a random cut tree of a given sample can be drawn
along one record's path only, which gives scores of the same distribution, so the samples are the
whole state. With a shingle size k > 1 a point is the last k records side by side.

Source: Guha, Mishra, Roy, Schrijvers, "Robust Random Cut Forest Based Anomaly Detection on
Streams", ICML 2016; sampling after Efraimidis and Spirakis, 2006. The scoring of the service was
never published: it was fitted on scores the real RANDOM_CUT_FOREST gave to 20 series of the Numenta
Anomaly Benchmark. Several columns and shingles follow AWS's open library and were not checked
against the service.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .errors import ForestError

if TYPE_CHECKING:
    import numpy as np

LARGEST: Final = 1e300  # beyond it, distances overflow
_RANGES: Final = {
    "number_of_trees": (1, 1000),
    "sub_sample_size": (2, 1000),
    "time_decay": (1, 2**53),
    "shingle_size": (1, 30),
}


class Share(NamedTuple):
    """What one number contributes to a score by being too low, and by being too high."""

    low: float
    high: float


class RandomCutForest:
    """A forest over a stream of points; the same seed and points give the same scores.

    `score(point)` takes one number or a sequence of them, as many each time as the first time, and
    returns the anomaly score, 0 … log2(sub_sample_size), having then learnt the point. It raises
    ForestError, and learns nothing, for NaN, infinities, NULL (None) and what is no number.
    Instances can be copied and pickled: a copy goes on exactly as the original would.

    >>> forest = RandomCutForest(number_of_trees=50, sub_sample_size=16, seed=7)
    >>> usual = [forest.score(10 + number % 5) for number in range(100)]
    >>> usual[:16] == [0.0] * 16
    True
    >>> forest.score(100) > 2 * max(usual)
    True
    """

    def __init__(
        self,
        number_of_trees: int = 100,
        sub_sample_size: int = 256,
        time_decay: int = 100_000,
        shingle_size: int = 1,
        seed: int = 7,
    ) -> None:
        for name, value in zip(_RANGES, (number_of_trees, sub_sample_size, time_decay, shingle_size), strict=True):
            _check(name, value)
        self.number_of_trees, self.sub_sample_size = number_of_trees, sub_sample_size
        self.time_decay, self.shingle_size, self.seed = time_decay, shingle_size, seed
        self.seen = 0  # points, not counting those before the first full shingle
        self._columns = 0
        self._recent: deque[tuple[float, ...]] = deque(maxlen=shingle_size)

    def score(self, point: float | Sequence[float]) -> float:
        shingle = self._shingle(point)
        return 0.0 if shingle is None else self._scored(shingle)

    def explain(self, point: float | Sequence[float]) -> tuple[float, list[Share]]:
        """Score a point, and say how much each of its numbers contributes to the score.

        The score is the one `score` would have given, to the last bit or two, and the forest learns
        the point in the same way. The shares sum to the score; with shingles, a number's share is that of
        its column in all rows of the shingle. While the forest learns, all are 0.

        >>> forest = RandomCutForest(number_of_trees=50, sub_sample_size=16, seed=7)
        >>> _ = [forest.explain((number % 3, number % 5)) for number in range(100)]
        >>> score, (first, second) = forest.explain((1, -50))
        >>> second.low > 10 * (first.low + first.high + second.high)
        True
        """
        shingle = self._shingle(point)
        if shingle is None:
            return 0.0, [Share(0.0, 0.0)] * self._columns
        return self._explained(shingle)

    def _shingle(self, point: float | Sequence[float]) -> list[float] | None:
        """The point behind the ones before it, or None while there are too few."""
        values = _numbers(point)
        if not self._columns:
            self._start(len(values))
        if len(values) != self._columns:
            raise ForestError(f"a point of {len(values)} numbers after points of {self._columns}")
        self._recent.append(values)
        if len(self._recent) < self.shingle_size:
            return None
        return [value for values in self._recent for value in values]

    def _start(self, columns: int) -> None:
        # Here and not above: numba takes a second to import, and a script may need no forest.
        import numpy as np

        self._columns = columns
        trees, size = self.number_of_trees, self.sub_sample_size
        self._samples = np.zeros((trees, size, columns * self.shingle_size))
        self._keys = np.zeros((trees, size))
        self._largest = np.zeros(trees, np.int64)
        # Far apart on the generator's cycle: consecutive seeds must not share trees.
        self._states = np.random.default_rng(self.seed).integers(0, 2**64, trees, np.uint64)

    def _scored(self, shingle: list[float]) -> float:
        import numpy as np

        from . import forest_kernels as kernels

        point: np.ndarray[Any, np.dtype[np.float64]] = np.array(shingle)
        full = self.seen >= self.sub_sample_size
        score = float(kernels.score(self._samples, point, self._states)) if full else 0.0
        self._learn(point)
        return score

    def _explained(self, shingle: list[float]) -> tuple[float, list[Share]]:
        import numpy as np

        from .forest_explanation_kernels import explain

        point: np.ndarray[Any, np.dtype[np.float64]] = np.array(shingle)
        parts, score = np.zeros((len(shingle), 2)), 0.0
        if self.seen >= self.sub_sample_size:
            score = float(explain(self._samples, point, self._states, parts))
        self._learn(point)
        by_column = parts.reshape(self.shingle_size, self._columns, 2).sum(axis=0)
        return score, [Share(float(low), float(high)) for low, high in by_column]

    def _learn(self, point: np.ndarray[Any, np.dtype[np.float64]]) -> None:
        from . import forest_kernels as kernels

        decay = 1.0 / self.time_decay
        kernels.insert(self._samples, self._keys, self._largest, point, self._states, self.seen, decay)
        self.seen += 1


def prepare_forest() -> None:
    """Load the compiled kernels now rather than at the first point.

    Takes one or two seconds, on the first time on a machine some ten: they are compiled and cached.
    A service calls it in the background before the first window closes.
    """
    for dimensions in (1, 2):
        forest = RandomCutForest(number_of_trees=1, sub_sample_size=2)
        for number in range(4):
            forest.score([float(number)] * dimensions)


def _check(name: str, value: int) -> None:
    least, most = _RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ForestError(f"{name} must be a whole number from {least} to {most}, not {value!r}")


def _numbers(point: float | Sequence[float]) -> tuple[float, ...]:
    values = tuple(point) if isinstance(point, Sequence) and not isinstance(point, str | bytes) else (point,)
    if not values:
        raise ForestError("a point needs at least one number")
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError, OverflowError):
        raise ForestError(f"{point!r} is not a point: it holds something that is no number") from None
    if not all(math.isfinite(number) and abs(number) <= LARGEST for number in numbers):
        raise ForestError(f"{point!r} cannot be scored: NaN, infinities and numbers beyond ±1e300 are refused")
    return numbers
