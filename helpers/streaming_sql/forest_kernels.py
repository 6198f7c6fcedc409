"""What all trees of the forest share, compiled by numba: dice, the priorities of samples, a leaf's score.

`forest` explains the algorithm; `forest_sorted_kernels` are the trees of one dimension,
`forest_tree_kernels` those of several. Importing this module takes about a second.

To whom changes something here: numba's cache does not see it in the kernels of the other modules, so
remove helpers/streaming_sql/__pycache__.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
States = NDArray[np.uint64]

HORIZON: Final = 64  # how many records `refused_below` looks ahead


@njit(cache=True)
def uniform(state: np.uint64) -> tuple[np.uint64, float]:
    """A generator's next state and number in (0, 1) (splitmix64; Steele et al. 2014)."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return state, (float(z >> np.uint64(11)) + 0.5) * 2.0**-53


@njit(cache=True)
def priority(dice: float, seen: int, decay: float) -> float:
    """The key of record number `seen` (from 0); a sample keeps the records with the smallest."""
    return math.log(-math.log(dice)) - seen * decay


@njit(cache=True)
def refused_below(largest: float, seen: int, decay: float) -> float:
    """Dice below which none of the next HORIZON records gets a key under the largest of a sample.

    Spares most records their logarithms. It stays true when one enters, for the largest then falls.
    """
    needed = math.exp(largest + (seen + HORIZON) * decay + 1e-6)  # a little more than needed, for rounding
    return math.exp(-needed) * (1.0 - 1e-12)


@njit(cache=True)
def last_to_stay(keys: Floats) -> int:
    """Where the largest key stands, which leaves first."""
    place = 0
    for other in range(1, keys.shape[0]):
        if keys[other] > keys[place]:
            place = other
    return place


@njit(cache=True)
def leaf_score(size: float, depth: int, mass: int, stored: bool) -> float:
    """The score a leaf gives; `size` is the logarithm to base 2 of the sub-sample size."""
    if not stored:
        return size / (depth + 1)
    if depth == 0:
        return size / (mass + 1)
    return size / (depth + math.log2(mass))
