"""Profiles: how many records a second there are at each hour of each day of the week, as in the KDG's periodic mode.

Each second's rate is drawn anew from a normal distribution with the hour's mean and deviation, never below 0.
Smooth profiles glide from one hour's figures to the next's; the KDG does that too, but begins a new day at 22:00.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import yaml

from helpers.generator.errors import GeneratorError, ScenarioError
from helpers.generator.moment import DAYS

MAX_RATE = 100_000.0  # records a second; beyond it a slip of the keyboard is likelier than a wish
WEEK = [f"{day}"[:3].lower() for day in (*DAYS[1:], DAYS[0])]  # mon … sun
GROUPS = {"weekdays": WEEK[:5], "weekend": WEEK[5:], "daily": WEEK}
EXAMPLE = "{days: weekdays, hours: 9-17, mean: 100, deviation: 10}"


def checked_rate(name: str, rate: float) -> float:
    """`rate` when a producer can have it; GeneratorError otherwise."""
    if not 0 <= rate <= MAX_RATE:
        raise GeneratorError(f"producer {name}: the rate must be 0 to {MAX_RATE:,.0f} a second, not {rate}")
    return rate


@dataclass(frozen=True)
class Profile:
    """Mean and deviation (records a second) by weekday (Monday is 0) and hour in `zone`."""

    table: tuple[tuple[tuple[float, float], ...], ...]
    smooth: bool = False
    zone: tzinfo = UTC

    @classmethod
    def constant(cls, mean: float, deviation: float = 0.0) -> Profile:
        """The same at all hours."""
        return cls((((mean, deviation),) * 24,) * 7)

    def at(self, when: float) -> tuple[float, float]:
        """Mean and deviation at a time (epoch seconds)."""
        local = datetime.fromtimestamp(when, self.zone)
        here = self.table[local.weekday()][local.hour]
        if not self.smooth:
            return here
        later = local + timedelta(hours=1)
        there = self.table[later.weekday()][later.hour]
        share = local.minute / 60 + local.second / 3600
        return here[0] + (there[0] - here[0]) * share, here[1] + (there[1] - here[1]) * share

    def draw(self, when: float, random: Callable[[], float]) -> float:
        """The rate of the second at `when`; `random` gives numbers from 0 up to, not including, 1."""
        mean, deviation = self.at(when)
        if not deviation:
            return mean
        normal = math.sqrt(-2 * math.log(1 - random())) * math.cos(2 * math.pi * random())  # Box and Muller
        return min(MAX_RATE, max(0.0, mean + deviation * normal))


Rate = float | Profile


def load(path: Path) -> Profile:
    """Read a profile from a YAML file. ScenarioError says what is wrong where."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"the profile {path} cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path.name} is not valid YAML: {error}") from error
    return parse(content, path.name)


def parse(content: Any, where: str) -> Profile:
    """A profile from what YAML yields: `mean`, `deviation` and `smooth` for all hours, and `periods` that differ."""
    _known(content, where, {"name", "mean", "deviation", "smooth", "periods"})
    usual = _figures(content, where, (0.0, 0.0))
    table = [[usual] * 24 for _ in WEEK]
    periods = content.get("periods", [])
    if not isinstance(periods, list):
        raise ScenarioError(f"{where}: periods must be a list such as [{EXAMPLE}]")
    for number, period in enumerate(periods, start=1):
        here = f"{where}, period {number}"
        _known(period, here, {"days", "hours", "mean", "deviation"})
        for day in _days(period.get("days", "daily"), here):
            for hour in _hours(period.get("hours", "0-24"), here):
                table[day][hour] = _figures(period, here, usual)
    smooth = content.get("smooth", False)
    if not isinstance(smooth, bool):
        raise ScenarioError(f"{where}: smooth must be true or false, not {smooth!r}")
    return Profile(tuple(map(tuple, table)), smooth)


def _known(value: Any, where: str, known: set[str]) -> None:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: expected {', '.join(sorted(known))}, found {value!r}")
    if unknown := {str(key) for key in value} - known:
        raise ScenarioError(f"{where}: {', '.join(sorted(unknown))} unknown; known: {', '.join(sorted(known))}")


def _figures(value: Mapping[str, Any], where: str, usual: tuple[float, float]) -> tuple[float, float]:
    mean, deviation = value.get("mean", usual[0]), value.get("deviation", usual[1])
    for name, figure in (("mean", mean), ("deviation", deviation)):
        if not isinstance(figure, (int, float)) or isinstance(figure, bool) or not 0 <= figure <= MAX_RATE:
            raise ScenarioError(f"{where}: {name} must be a number from 0 to {MAX_RATE:,.0f}, not {figure!r}")
    return float(mean), float(deviation)


def _days(value: Any, where: str) -> Iterable[int]:
    names = value if isinstance(value, list) else GROUPS.get(value, [value])
    for name in names:
        short = str(name)[:3].lower()
        if short not in WEEK:
            raise ScenarioError(f"{where}: no day {name!r}; days are {', '.join(WEEK)}, {', '.join(GROUPS)}")
        yield WEEK.index(short)


def _hours(value: Any, where: str) -> Iterable[int]:
    first, _, last = str(value).partition("-")
    if not (first.isdigit() and (last.isdigit() or not last)):
        raise ScenarioError(f"{where}: hours must be one such as 9, or from and to such as 9-17, not {value!r}")
    begin, end = int(first), int(last) if last else int(first) + 1
    if not 0 <= begin < 24 or not 0 < end <= 24 or begin == end:
        raise ScenarioError(f"{where}: hours must lie between 0 and 24, not {value!r}")
    return range(begin, end) if begin < end else (*range(begin, 24), *range(end))  # 22-6 goes over midnight
