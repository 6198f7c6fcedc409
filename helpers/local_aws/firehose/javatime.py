"""Java DateTimeFormatter patterns, as far as S3 prefixes use them.

Source: java.time.format.DateTimeFormatter. Not offered: zones, eras, localised and padded forms;
``check`` refuses those.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class PatternError(Exception):
    """A date pattern that cannot be evaluated."""


def check(pattern: str) -> None:
    """Raise PatternError if the pattern uses what is not offered."""
    render(pattern, datetime(2000, 1, 1))


def render(pattern: str, when: datetime) -> str:
    """The pattern evaluated at a moment, e.g. ``yyyy/MM/dd/HH`` → ``2026/11/22/10``."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        match = TOKEN.match(pattern, position)
        if match is None:
            raise PatternError(f"unclosed quote in the date pattern {pattern!r}")
        parts.append(_part(match, when, pattern))
        position = match.end()
    return "".join(parts)


def _part(match: re.Match[str], when: datetime, pattern: str) -> str:
    quoted, letter = match.group(1), match.group(2)
    if quoted is not None:
        return quoted.replace("''", "'") or "'"
    if letter is None:
        return match.group()
    if letter not in FIELDS:
        raise PatternError(
            f"the letter {letter!r} of the date pattern {pattern!r} is not offered; use {', '.join(FIELDS)}, "
            "or quote literal text: 'year='yyyy"
        )
    return FIELDS[letter](when, len(match.group()))


def _number(value: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    return lambda when, width: str(value(when)).zfill(width)


def _year(when: datetime, width: int) -> str:
    return f"{when.year % 100:02}" if width == 2 else str(when.year).zfill(width)


def _text(names: tuple[str, ...], number: int, width: int) -> str:
    return names[number] if width == 4 else names[number][:3]


def _month(when: datetime, width: int) -> str:
    return str(when.month).zfill(width) if width < 3 else _text(MONTHS, when.month - 1, width)


FIELDS: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "u": _year,
    "M": _month,
    "L": _month,
    "d": _number(lambda when: when.day),
    "D": _number(lambda when: when.timetuple().tm_yday),
    "H": _number(lambda when: when.hour),
    "k": _number(lambda when: when.hour or 24),
    "h": _number(lambda when: when.hour % 12 or 12),
    "K": _number(lambda when: when.hour % 12),
    "m": _number(lambda when: when.minute),
    "s": _number(lambda when: when.second),
    "S": lambda when, width: f"{when.microsecond:06}".ljust(9, "0")[:width],
    "a": lambda when, _: "AM" if when.hour < 12 else "PM",
    "E": lambda when, width: _text(DAYS, when.weekday(), width),
}
