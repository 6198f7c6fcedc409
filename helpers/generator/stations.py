"""The toll road's ten stations: how traffic is spread over them, and the lab's record template for it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from helpers.generator import scenario
from helpers.generator.errors import GeneratorError

STATIONS = ("183A", "SH130", "TX45", "TX290", "Exit79", "Exit29", "Exit620", "Exit66", "35North", "35South")
USUAL = (0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.09, 0.01)  # 35South's sensor fails
CHANGED = (0.02, 0.04, 0.05, 0.06, 0.02, 0.02, 0.02, 0.02, 0.02, 0.1)
ONE_EXIT = (1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
RATE = 100.0  # records a second, as the lab recommends
# Name of a preset → weights: the lab's usual ones, its changed ones, and what the lab says it means.
PRESETS = {
    "usual": dict(zip(STATIONS, USUAL, strict=True)),
    "the lab's change": dict(zip(STATIONS, CHANGED, strict=True)),
    "all to one exit": dict(zip(STATIONS, ONE_EXIT, strict=True)),
}
WEIGHTS = re.compile(r'(?<="weights": )\[[^]]*\]')


def normalised(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights as shares of 1; GeneratorError if one is negative or no number, or all are 0.

    >>> normalised({"183A": 3, "SH130": 1})
    {'183A': 0.75, 'SH130': 0.25}
    """
    for name, weight in weights.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise GeneratorError(f"the weight of {name} must be 0 or more, not {weight}")
    total = sum(weights.values())
    if not total:
        raise GeneratorError("all weights are 0: give at least one station traffic")
    return {name: weight / total for name, weight in weights.items()}


def template_text(weights: Mapping[str, float]) -> str:
    """The lab's template with these weights of the stations; GeneratorError if they will not do."""
    normalised(weights)
    if tuple(weights) != STATIONS:
        raise GeneratorError(f"a weight is wanted for each of {', '.join(STATIONS)}, in this order")
    return WEIGHTS.sub(json.dumps(list(weights.values())), scenario.template_text("toll"), count=1)
