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
first S records score 0. With a shingle size k > 1 a point is the last k records side by side.

In one dimension a sample is kept sorted and no tree is stored: a random cut tree is drawn for each
record along its path only, each cut a binary search. In several dimensions trees are stored with
their boxes; as the samples change, records are taken out of the trees and put into them such that each
stays a random cut tree of its sample. Scores have the same distribution either way.

Source: Guha, Mishra, Roy, Schrijvers, "Robust Random Cut Forest Based Anomaly Detection on
Streams", ICML 2016; sampling after Efraimidis and Spirakis, 2006. The scoring of the service was
never published: it was fitted on scores the real RANDOM_CUT_FOREST gave to 20 series of the Numenta
Anomaly Benchmark. Several columns and shingles follow AWS's open library and were not checked
against the service.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Final, NamedTuple

from .errors import ForestError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .forest_samples import SortedSamples, Trees

Point = float | Sequence[float]

LARGEST: Final = 1e300  # beyond it, distances overflow
MOST_BYTES: Final = 2**31  # what one forest may take
_RANGES: Final = {
    "number_of_trees": (1, 1000),
    "sub_sample_size": (2, 1000),
    "time_decay": (1, 2**53),
    "shingle_size": (1, 30),
    "seed": (0, 2**63 - 1),
}
_BATCH: Final = 1024  # points handed to the kernels at once


class Share(NamedTuple):
    """What one number contributes to a score, and how far it lies off (below: negative), in its own unit.

    The distance is the one from the records it is cut off from: the mean, over trees, of its
    distances from the boxes along its path, by the chances of being cut off there.
    """

    score: float
    distance: float


class RandomCutForest:
    """A forest over a stream of points; the same seed and points give the same scores.

    `score(point)` takes one number or a sequence of them, as many each time as the first time, and
    returns the anomaly score, 0 … log2(sub_sample_size), having then learnt the point. It raises
    ForestError, and learns nothing, for NaN, infinities, NULL (None), what is no real number (texts,
    Decimal), and where the points are so wide that the forest would take more than MOST_BYTES.
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
        given = (number_of_trees, sub_sample_size, time_decay, shingle_size, seed)
        for name, value in zip(_RANGES, given, strict=True):
            _check(name, value)
        self.number_of_trees, self.sub_sample_size = number_of_trees, sub_sample_size
        self.time_decay, self.shingle_size, self.seed = time_decay, shingle_size, seed
        self.seen = 0  # points, not counting those before the first full shingle
        self._columns = 0
        self._recent: deque[tuple[float, ...]] = deque(maxlen=shingle_size - 1)
        self._learnt: SortedSamples | Trees | None = None

    def score(self, point: Point) -> float:
        return self.score_many((point,))[0]

    def score_many(self, points: Iterable[Point]) -> list[float]:
        """The scores that `score` would give the points one by one, only sooner.

        A point that cannot be scored raises ForestError before any of them is learnt.
        """
        rows = [_numbers(point) for point in points]
        if not rows:
            return []
        learnt = self._for(rows)
        scores: list[float] = []
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            shingles = self._shingles(batch)
            found = learnt.score_and_learn(shingles, self.seen, 1.0 / self.time_decay).tolist()
            self.seen += len(found)
            scores += [0.0] * (len(batch) - len(found)) + found
        return scores

    def explain(self, point: Point) -> tuple[float, list[Share]]:
        """Score a point, and say how much each of its numbers contributes to the score.

        The score is the one `score` would have given, to the last bit or two, and the forest learns
        the point in the same way. The shares sum to the score; with shingles, a number's share is that
        of its column in all rows of the shingle. While the forest learns, all are 0.

        >>> forest = RandomCutForest(number_of_trees=50, sub_sample_size=16, seed=7)
        >>> _ = [forest.explain((number % 3, number % 5)) for number in range(100)]
        >>> score, (first, second) = forest.explain((1, -50))
        >>> second.score > 10 * first.score, round(second.distance)
        (True, -50)
        """
        row = _numbers(point)
        learnt, shingles = self._for([row]), self._shingles([row])
        score, shares = 0.0, [Share(0.0, 0.0)] * len(row)
        if len(shingles) and self.seen >= self.sub_sample_size:
            score, parts = learnt.explain(shingles[0])
            sums = parts.reshape(self.shingle_size, len(row), 2).sum(axis=0)
            shares = [Share(*column) for column in sums.tolist()]
        learnt.score_and_learn(shingles, self.seen, 1.0 / self.time_decay, scoring=False)
        self.seen += len(shingles)
        return score, shares

    def to_bytes(self) -> bytes:
        """The forest's whole state, for `from_bytes`: compressed, of the order of its samples' size."""
        from .forest_snapshot import pack

        return pack(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> RandomCutForest:
        """The forest that `to_bytes` was called on; its next scores are, to the last bit, the same.

        Raises ForestError for what is damaged, of another version, or no forest at all.

        >>> forest = RandomCutForest(number_of_trees=50, sub_sample_size=16)
        >>> _ = forest.score_many([(number % 3, number % 5) for number in range(100)])
        >>> other = RandomCutForest.from_bytes(forest.to_bytes())
        >>> forest.score((1, 9)) == other.score((1, 9)) > 1
        True
        """
        from .forest_snapshot import unpack

        return unpack(data)

    def __getstate__(self) -> bytes:
        return self.to_bytes()

    def __setstate__(self, state: bytes) -> None:
        vars(self).update(vars(RandomCutForest.from_bytes(state)))

    def _for(self, rows: list[tuple[float, ...]]) -> SortedSamples | Trees:
        """What was learnt so far, to which these rows can be added; ForestError if one is of another width."""
        columns = self._columns or len(rows[0])
        for row in rows:
            if len(row) != columns:
                raise ForestError(f"a point of {len(row)} numbers after points of {columns}")
        return self._learnt or self._start(columns)

    def _shingles(self, rows: list[tuple[float, ...]]) -> NDArray[np.float64]:
        """Each row behind the ones before it (points, dimensions); the first rows of all have too few."""
        import numpy as np

        if self.shingle_size == 1:
            return np.array(rows)
        table = np.array([*self._recent, *rows])
        self._recent.extend(rows)
        dimensions = self.shingle_size * len(rows[0])
        if len(table) <= self.shingle_size:
            return table.reshape(1, -1) if len(table) == self.shingle_size else np.empty((0, dimensions))
        windows = np.lib.stride_tricks.sliding_window_view(table, (self.shingle_size, len(rows[0])))
        return windows.reshape(-1, dimensions)

    def _start(self, columns: int) -> SortedSamples | Trees:
        """Make room for points of so many columns."""
        needed = forest_bytes(self.number_of_trees, self.sub_sample_size, columns * self.shingle_size)
        if needed > MOST_BYTES:
            raise ForestError(too_large(needed))
        # Here and not above: numba takes a second to import, and a script may need no forest.
        import numpy as np

        from .forest_samples import SortedSamples, Trees

        trees, size, dimensions = self.number_of_trees, self.sub_sample_size, columns * self.shingle_size
        # Far apart on the generator's cycle: consecutive seeds must not share trees.
        states = np.random.default_rng(self.seed).integers(0, 2**64, trees, np.uint64)
        one = dimensions == 1
        self._learnt = SortedSamples(trees, size, states) if one else Trees(trees, size, states, dimensions)
        self._columns = columns
        return self._learnt


def forest_bytes(number_of_trees: int, sub_sample_size: int, dimensions: int) -> int:
    """About how many bytes a forest takes: a number for each sample's coordinates and two for those of each box."""
    return 8 * number_of_trees * sub_sample_size * (3 * dimensions + 4)


def too_large(needed: int) -> str:
    gigabytes = f"{needed / 2**30:.1f} GiB, and at most {MOST_BYTES / 2**30:.0f} GiB"
    return f"the forest would take {gigabytes} are given: fewer trees, samples, columns or rows in a shingle"


def prepare_forest() -> None:
    """Load the compiled kernels now rather than at the first point.

    Takes one or two seconds, on the first time on a machine some twenty: they are compiled and
    cached. A service calls it in the background before the first window closes.
    """
    for dimensions in (1, 2):
        forest = RandomCutForest(number_of_trees=1, sub_sample_size=2)
        point = [0.0] * dimensions
        forest.score_many([point] * 3)
        forest.explain(point)
        RandomCutForest.from_bytes(forest.to_bytes())


def _check(name: str, value: int) -> None:
    least, most = _RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ForestError(f"{name} must be a whole number from {least} to {most}, not {value!r}")


def _numbers(point: Point) -> tuple[float, ...]:
    try:
        values = point if isinstance(point, list | tuple) else _sequence(point)
        numbers = tuple([value if type(value) is float else _real(value) for value in values])
    except (TypeError, OverflowError):
        raise ForestError(f"{point!r} is not a point: it holds something that is no real number") from None
    if not numbers:
        raise ForestError("a point needs at least one number")
    for number in numbers:
        if not -LARGEST <= number <= LARGEST:
            raise ForestError(f"{point!r} cannot be scored: NaN, infinities and numbers beyond ±1e300 are refused")
    return numbers


def _sequence(point: Point) -> Iterable[float]:
    if isinstance(point, str | bytes):
        raise TypeError
    return point if isinstance(point, Iterable) else (point,)


def _real(value: object) -> float:
    if not isinstance(value, Real):  # Decimal is none: the service refused it too
        raise TypeError
    return float(value)
