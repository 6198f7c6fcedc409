"""CAST: which types it converts into which, and how.

A source may write a time in several ways, CAST takes one: all its fields, SQL's delimiters, no zone.
What it makes a text of must fit into it, unless it was a text or an interval before.

Source: Amazon Kinesis Data Analytics SQL Reference, "CAST", whose examples allow the fraction of a
second that its text forbids, and "Date, Timestamp, and Interval Operators", which cuts an interval
to a short text. Our reading: a number is not cut, as a date is not.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from .conversion import CONVERTERS, Converter, as_text, failure
from .datatypes import SqlType
from .functions.interval import interval_milliseconds, interval_number, interval_text
from .functions.time import to_datetime

# Which families CAST converts into which; INTERVAL beside this only into the exact numbers named below.
_NUMBERS: Final = {"integer", "decimal", "approximate", "character"}
_CASTS: Final = {
    "integer": _NUMBERS,
    "decimal": _NUMBERS,
    "approximate": _NUMBERS,
    "boolean": {"boolean", "character"},
    "character": {*_NUMBERS, "boolean", "date", "time", "timestamp", "interval"},
    "binary": {"binary"},
    "timestamp": {"timestamp", "date", "time", "character"},
    "date": {"date", "timestamp", "character"},
    "time": {"time", "timestamp", "character"},
    "interval": {"interval", "character"},
    "null": {*CONVERTERS, "interval"},
}
_EXACT: Final = ("BIGINT", "DECIMAL")


def castable(source: SqlType, target: SqlType) -> bool:
    """Whether CAST has a conversion; an interval is a number only if it has one unit."""
    if source.family == "interval" and target.name in _EXACT:
        return len(set(source.units)) == 1
    return target.family in _CASTS.get(source.family, ())


def caster(source: SqlType, target: SqlType) -> Converter:
    """The conversion of a non-NULL value from one type to another; the pair must be castable.

    Not that of a TIME to a TIMESTAMP, which takes its day from the row (`compilation`).
    """
    if target.family == "interval":
        return _to_interval(target) if source.family == "character" else _same
    convert = CONVERTERS[target.family](target)
    if source.family == "interval" and target.name in _EXACT:
        return lambda value: convert(interval_number(value, source))
    if source.family == "interval":
        return lambda value: convert(interval_text(value, source))
    if target.family == "character" and source.family != "character":
        return _writer(source, target, convert)
    if source.family == "character" and target.family in _TIMES:
        return _time_reader(target, convert)
    return convert


def _same(value: Any) -> Any:
    return value


def _to_interval(sqltype: SqlType) -> Converter:
    first, last = sqltype.units

    def convert(value: str) -> int:
        try:
            return interval_milliseconds(value, first, last)
        except ValueError:
            raise failure(value, sqltype) from None

    return convert


def _writer(source: SqlType, target: SqlType, convert: Converter) -> Converter:
    """A value as a text; one too long for it is an error, for half a date or number is none."""

    def write(value: Any) -> Any:
        text = _written(value, source)
        if len(text) > (target.length or 1):
            raise failure(text, target)
        return convert(text)

    return write


def _written(value: Any, sqltype: SqlType) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if sqltype.family not in ("timestamp", "time"):
        return as_text(value)
    moment = to_datetime(value) if isinstance(value, int) else value
    thousandths = moment.microsecond // 1000
    text: str = moment.strftime("%H:%M:%S") + (f".{thousandths:03d}" if thousandths else "")
    return f"{moment.year:04d}-{moment:%m-%d} {text}" if sqltype.family == "timestamp" else text


_CLOCK: Final = r"(\d{1,2}:\d\d:\d\d)(?:\.(\d{1,9}))?"
_TIMES: Final = {
    "timestamp": re.compile(rf"\s*(\d{{4}}-\d\d-\d\d) {_CLOCK}\s*\Z"),
    "date": re.compile(r"\s*(\d{4}-\d\d-\d\d)\s*\Z"),
    "time": re.compile(rf"\s*{_CLOCK}\s*\Z"),
}


def _time_reader(target: SqlType, convert: Converter) -> Converter:
    """A text as CAST reads it: yyyy-MM-dd, HH:mm:ss[.SSS], or both with a blank between."""
    pattern = _TIMES[target.family]

    def read(text: str) -> Any:
        match = pattern.match(text)
        if not match:
            raise failure(text, target)
        parts = [part or "" for part in match.groups()]
        fraction = "" if target.family == "date" else parts.pop()
        moment = " ".join(part.zfill(8) for part in parts)
        return convert(moment + (f".{fraction[:3].ljust(3, '0')}" if fraction else ""))

    return read
