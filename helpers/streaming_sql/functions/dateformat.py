"""Formats of dates and times as scripts write them: those of Java's SimpleDateFormat.

`yyyy-MM-dd HH:mm:ss.SSS` and the like; texts between single quotes stand for themselves. A letter
that is not in `_FIELDS` is refused, rather than written as it stands. Times are UTC.

As the documentation has it, reading takes the parts the format names (01 for a month or day left
out, 0 for a time, 1970 for the year), ignores what follows, and fails where a part is out of range.

Source: Amazon Kinesis Data Analytics SQL Reference, "Char To Timestamp(Sys)" and "Date and Time
Patterns"; java.text.SimpleDateFormat.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

Write = Callable[[datetime, int], str]


@dataclass(frozen=True, slots=True)
class _Field:
    """How a letter is written (for a moment and the number of letters) and which digits it reads."""

    write: Write
    read: str  # a regular expression


def _number(value: Callable[[datetime], int]) -> Write:
    return lambda moment, width: str(value(moment)).zfill(width)


def _name(names: list[str], value: Callable[[datetime], int]) -> Write:
    def write(moment: datetime, width: int) -> str:
        name = names[value(moment)]
        return name if width > 3 else name[:3]

    return write


def _year(moment: datetime, width: int) -> str:
    return f"{moment.year % 100:02d}" if width == 2 else str(moment.year).zfill(width)


def _month(moment: datetime, width: int) -> str:
    return _name(MONTHS, lambda m: m.month - 1)(moment, width) if width > 2 else str(moment.month).zfill(width)


_ZONE: Final = r"(?:UTC|GMT)?[+-]\d\d:?\d\d|UTC|GMT"  # SimpleDateFormat reads both forms for z and for Z
_FIELDS: Final[dict[str, _Field]] = {
    "y": _Field(_year, r"\d{1,4}"),
    "M": _Field(_month, r"\d{1,2}"),
    "d": _Field(_number(lambda m: m.day), r"\d{1,2}"),
    "D": _Field(_number(lambda m: m.timetuple().tm_yday), r"\d{1,3}"),
    "H": _Field(_number(lambda m: m.hour), r"\d{1,2}"),
    "h": _Field(_number(lambda m: m.hour % 12 or 12), r"\d{1,2}"),
    "m": _Field(_number(lambda m: m.minute), r"\d{1,2}"),
    "s": _Field(_number(lambda m: m.second), r"\d{1,2}"),
    "S": _Field(_number(lambda m: m.microsecond // 1000), r"\d{1,3}"),
    "a": _Field(lambda moment, width: "AM" if moment.hour < 12 else "PM", "[AaPp][Mm]"),
    "E": _Field(_name(DAYS, lambda m: m.weekday()), "[A-Za-z]+"),
    "z": _Field(lambda moment, width: "UTC", _ZONE),
    "Z": _Field(lambda moment, width: "+0000", _ZONE),
    "X": _Field(lambda moment, width: "Z", r"Z|[+-]\d\d:?\d\d|[+-]\d\d"),
}
_TOKEN: Final = re.compile(r"''|'((?:[^']|'')+)'|(([A-Za-z])\3*)|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format, ready to write and to read; `date_format` makes one.

    >>> date_format("dd/MMM/yyyy hh:mm a").write(1_253_070_924_000)
    '16/Sep/2009 03:15 AM'
    >>> date_format("yyyy-MM").read("2009-09-16 03:15:24") == date_format("yyyy-MM-dd").read("2009-09-01")
    True
    """

    parts: tuple[tuple[str, int], ...]  # letter and how many of it
    texts: tuple[str, ...]  # the literal text before each part, and the one behind the last
    pattern: re.Pattern[str]

    def write(self, milliseconds: int) -> str:
        moment = EPOCH + timedelta(milliseconds=milliseconds)
        written = [_FIELDS[letter].write(moment, width) for letter, width in self.parts]
        pieces = [piece for pair in zip(self.texts, [*written, ""], strict=True) for piece in pair]
        return "".join(pieces)

    def read(self, text: str) -> int:
        """Milliseconds since 1970; raises ValueError where the text is not of this format."""
        match = self.pattern.match(text)
        if not match:
            raise ValueError(f"'{text}' does not begin with a date of that format")
        found = {letter: value for (letter, _), value in zip(self.parts, match.groups(), strict=True)}
        return (_moment(found, dict(self.parts)) - EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=256)
def date_format(text: str) -> DateFormat:
    """Read a format; raises ValueError for a letter that is not known."""
    parts, texts, literal = [], [], ""
    for match in _TOKEN.finditer(text):
        quoted, letters, letter, other = match.groups()
        if letters is None:
            literal += "'" if match[0] == "''" else (quoted or other or "").replace("''", "'")
        elif letter not in _FIELDS:
            raise ValueError(f"'{letters}' in the format '{text}' is not known; known letters: {' '.join(_FIELDS)}")
        else:
            texts.append(literal)
            parts.append((letter, len(letters)))
            literal = ""
    if text.count("'") % 2:
        raise ValueError(f"a quote in the format '{text}' is not closed")
    expression = "".join(
        re.escape(before) + "[ \\t]*(" + _reading(letter, width, following) + ")"
        for before, (letter, width), following in zip(texts, parts, [*texts[1:], None], strict=True)
    )
    return DateFormat(tuple(parts), (*texts, literal), re.compile(r"\s*" + expression + re.escape(literal)))


def _reading(letter: str, width: int, following: str | None) -> str:
    """Where digits follow at once (`yyyyMMdd`), a field is as wide as its letters."""
    if letter == "M" and width > 2:
        return "[A-Za-z]+"
    if following == "" and _FIELDS[letter].read.startswith(r"\d"):
        return rf"\d{{{width}}}"
    return _FIELDS[letter].read


def _moment(found: dict[str, str], widths: dict[str, int]) -> datetime:
    year = int(found.get("y", 1970))
    if widths.get("y") == 2 and len(found["y"]) <= 2:
        year += 2000 if year < 70 else 1900
    hour = int(found.get("H", found.get("h", 0)))
    if "h" in found:  # documented to be read on a 24-hour clock too
        hour = hour % 12 if hour == 12 else hour
        hour += 12 if found.get("a", "").upper() == "PM" and hour < 12 else 0
    moment = datetime(
        year,
        _month_number(found.get("M", "1")),
        int(found.get("d", 1)),
        hour,
        int(found.get("m", 0)),
        int(found.get("s", 0)),
        int(found.get("S", 0)) * 1000,
        tzinfo=UTC,
    )
    if "D" in found:
        moment += timedelta(days=int(found["D"]) - 1)
    return moment - _offset(next((found[letter] for letter in "zZX" if letter in found), "Z"))


def _month_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    for number, name in enumerate(MONTHS, 1):
        if len(text) >= 3 and name.lower().startswith(text.lower()):
            return number
    raise ValueError(f"'{text}' is no month")


def _offset(text: str) -> timedelta:
    text = text.removeprefix("UTC").removeprefix("GMT")
    if text in ("", "Z"):
        return timedelta(0)
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if text[0] == "-" else offset
