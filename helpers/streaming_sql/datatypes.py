"""The SQL data types of the service: names, families, and the order in which numbers widen.

Values are held as int (whole numbers), float, Decimal, str, bool, bytes, datetime.date and
datetime.time; a TIMESTAMP is an int of milliseconds since 1970-01-01 UTC and a (day-time)
INTERVAL an int of milliseconds. NULL is None.

Source: Amazon Kinesis Data Analytics SQL Reference, "Data Types".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MAX_PRECISION: Final = 19
MAX_LENGTH: Final = 65535

# name -> (smallest, largest)
INTEGER_RANGES: Final[dict[str, tuple[int, int]]] = {
    "TINYINT": (-(2**7), 2**7 - 1),
    "SMALLINT": (-(2**15), 2**15 - 1),
    "INTEGER": (-(2**31), 2**31 - 1),
    "BIGINT": (-(2**63), 2**63 - 1),
}

_FAMILIES: Final = {
    **dict.fromkeys(INTEGER_RANGES, "integer"),
    "DECIMAL": "decimal",
    "REAL": "approximate",
    "DOUBLE": "approximate",
    "BOOLEAN": "boolean",
    "CHAR": "character",
    "VARCHAR": "character",
    "BINARY": "binary",
    "VARBINARY": "binary",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "INTERVAL": "interval",
    "NULL": "null",
    "RECORD": "record",
}

ALIASES: Final = {
    "INT": "INTEGER",
    "DEC": "DECIMAL",
    "NUMERIC": "DECIMAL",
    "FLOAT": "DOUBLE",
    "DOUBLE PRECISION": "DOUBLE",
    "CHARACTER": "CHAR",
    "CHARACTER VARYING": "VARCHAR",
    "CHAR VARYING": "VARCHAR",
    "BINARY VARYING": "VARBINARY",
}

# Which unit of a DATE-TIME or INTERVAL is how many milliseconds; months and years vary.
UNIT_MILLISECONDS: Final = {"SECOND": 1_000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}


@dataclass(frozen=True, slots=True)
class SqlType:
    """A data type, such as VARCHAR(16) or DECIMAL(10, 2)."""

    name: str
    length: int | None = None
    scale: int | None = None
    fields: tuple[tuple[str, SqlType], ...] = ()  # of a RECORD, which only the log functions give
    units: tuple[str, ...] = ()  # of an INTERVAL: the first and the last

    @property
    def family(self) -> str:
        return _FAMILIES[self.name]

    @property
    def is_numeric(self) -> bool:
        return self.family in ("integer", "decimal", "approximate")

    def __str__(self) -> str:
        if self.fields:
            return f"{self.name}({', '.join(name for name, _ in self.fields)})"
        if self.units:
            return f"{self.name} {' TO '.join(dict.fromkeys(self.units))}"
        if self.length is None:
            return self.name
        return f"{self.name}({self.length})" if self.scale is None else f"{self.name}({self.length}, {self.scale})"


@dataclass(frozen=True, slots=True)
class Field:
    """A named, typed column of a stream or of a step's rows (ROWTIME is not among them)."""

    name: str
    type: SqlType


TINYINT, SMALLINT, INTEGER, BIGINT = (SqlType(name) for name in INTEGER_RANGES)
DOUBLE, REAL, BOOLEAN = SqlType("DOUBLE"), SqlType("REAL"), SqlType("BOOLEAN")
TIMESTAMP, DATE, TIME, INTERVAL = SqlType("TIMESTAMP"), SqlType("DATE"), SqlType("TIME"), SqlType("INTERVAL")
NULL = SqlType("NULL")


def varchar(length: int) -> SqlType:
    return SqlType("VARCHAR", min(max(length, 1), MAX_LENGTH))


def record(fields: Iterable[tuple[str, SqlType]]) -> SqlType:
    """The type of what a log function gives: a tuple of named, typed values."""
    return SqlType("RECORD", fields=tuple(fields))


def decimal(precision: int, scale: int) -> SqlType:
    return SqlType("DECIMAL", min(precision, MAX_PRECISION), scale)


def interval(first: str, last: str) -> SqlType:
    """INTERVAL first TO last; the units say which of its parts are written, never how it is held."""
    return SqlType("INTERVAL", units=(first, last))


def _spanning(left: SqlType, right: SqlType) -> SqlType:
    """The interval whose units are those of both."""
    if not left.units or not right.units:
        return INTERVAL
    order = ("DAY", "HOUR", "MINUTE", "SECOND").index
    return interval(min(left.units[0], right.units[0], key=order), max(left.units[1], right.units[1], key=order))


_SPELLING = re.compile(r"\s*([A-Za-z]+(?:\s+[A-Za-z]+)?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*\Z")


def parse_type(text: str) -> SqlType:
    """Read a data type as scripts and input schemas spell it.

    Raises ValueError, naming the type and what is wrong with it.
    """
    match = _SPELLING.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a data type")
    name = re.sub(r"\s+", " ", match[1].upper())
    name = ALIASES.get(name, name)
    if name not in _FAMILIES or name in ("INTERVAL", "NULL", "RECORD"):
        raise ValueError(f"{text!r} is not a data type of a stream column")
    sizes = [int(size) for size in match.groups()[1:] if size is not None]
    return _sized(name, sizes, text)


def _sized(name: str, sizes: list[int], text: str) -> SqlType:
    family = _FAMILIES[name]
    if family in ("character", "binary"):
        length = sizes[0] if sizes else 1
        if len(sizes) > 1 or not 1 <= length <= MAX_LENGTH:
            raise ValueError(f"{text!r}: the length must be one number from 1 to {MAX_LENGTH}")
        return SqlType(name, length)
    if family == "decimal":
        precision, scale = (*(sizes or [MAX_PRECISION]), 0)[:2]
        if not 1 <= precision <= MAX_PRECISION or scale > precision:
            raise ValueError(f"{text!r}: at most {MAX_PRECISION} digits, and no more behind the point than in all")
        return SqlType(name, precision, scale)
    if sizes and not (family in ("timestamp", "time") and len(sizes) == 1 and sizes[0] <= 3):
        raise ValueError(f"{text!r}: {name} takes no size here")
    return SqlType(name)


_RANK = {name: rank for rank, name in enumerate(INTEGER_RANGES)}


def widest(left: SqlType, right: SqlType) -> SqlType | None:
    """The type both can be read as without a cast, or None where the families do not mix."""
    if left == right or right.name == "NULL":
        return left
    if left.name == "NULL":
        return right
    if left.is_numeric and right.is_numeric:
        return _widest_number(left, right)
    if left.family == right.family:
        if left.family in ("character", "binary"):
            name = {"character": "VARCHAR", "binary": "VARBINARY"}[left.family]
            return SqlType(name, max(left.length or 1, right.length or 1))
        return _spanning(left, right) if left.family == "interval" else left
    return None


def _widest_number(left: SqlType, right: SqlType) -> SqlType:
    families = {left.family, right.family}
    if "approximate" in families:
        return REAL if left.name == right.name == "REAL" else DOUBLE
    if "decimal" in families:
        (p1, s1), (p2, s2) = digits(left), digits(right)
        scale = max(s1, s2)
        return decimal(max(p1 - s1, p2 - s2) + scale, scale)
    return max(left, right, key=lambda sqltype: _RANK[sqltype.name])


def digits(sqltype: SqlType) -> tuple[int, int]:
    """Precision and scale of an exact number, whole numbers included."""
    if sqltype.family == "decimal":
        return sqltype.length or MAX_PRECISION, sqltype.scale or 0
    return {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}[sqltype.name], 0
