"""Results as Athena writes them: values as text, the CSV in S3, and reading it back page by page.

Every value is in double quotes, NULL is nothing between the commas; doubles are written as Java
writes them, arrays as ``[1, 2]``, rows as ``{a=1}``, times to the millisecond.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.types import ResultColumn

Row = list[str | None]
Writer = Callable[[Any], str | None]
FIELD = re.compile(r'(?:"((?:[^"]|"")*)")?(,|\n)')
ROWS = ResultColumn("rows", "bigint", 19)  # the one column of a statement that writes rows
LARGEST_BIGINT = 2**63 - 1


def writer(kind: Any) -> Writer:
    """The function that turns a value of a DuckDB type into Athena's text; None stays None."""
    if kind.id == "list":
        inner = writer(dict(kind.children)["child"])
        return _nullable(lambda value: "[" + ", ".join(_inside(inner(item)) for item in value) + "]")
    if kind.id == "struct":
        fields = [(name, writer(child)) for name, child in kind.children]
        return _nullable(lambda value: _braces((name, write(value[name])) for name, write in fields))
    if kind.id == "map":
        children = dict(kind.children)
        key, item = writer(children["key"]), writer(children["value"])
        return _nullable(lambda value: _braces((_inside(key(k)), item(v)) for k, v in value.items()))
    if kind.id == "float":
        return _nullable(lambda value: java_double(value, single=True))
    return _nullable(plain)


def _nullable(write: Callable[[Any], str]) -> Writer:
    return lambda value: None if value is None else write(value)


def _inside(text: str | None) -> str:
    return "null" if text is None else text


def _braces(items: Iterable[tuple[str, str | None]]) -> str:
    return "{" + ", ".join(f"{name}={_inside(text)}" for name, text in items) + "}"


def plain(value: Any) -> str:
    """A value that is no array, row or map, as Athena's text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -LARGEST_BIGINT - 1 <= value <= LARGEST_BIGINT:
            raise QueryError("NUMERIC_VALUE_OUT_OF_RANGE", f"bigint addition overflow: {value}")
        return str(value)
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        text = value.replace(tzinfo=None).isoformat(" ", "milliseconds")
        return text if value.tzinfo is None else f"{text} UTC"  # the connection's time zone is UTC
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("milliseconds")
    if isinstance(value, timedelta):
        return _interval(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex(" ")
    raise QueryError("NOT_SUPPORTED", f"the local Athena cannot write a {type(value).__name__}")


def java_double(value: float, single: bool = False) -> str:
    """A double (or real) as Java's Double.toString writes it: 0.5, 1.0E7, 1.0E-4, Infinity, NaN."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    number = np.float32(value) if single else np.float64(value)
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return np.format_float_positional(number, unique=True, trim="0")
    mantissa, _, exponent = np.format_float_scientific(number, unique=True, trim="0").partition("e")
    return f"{mantissa}E{int(exponent)}"


def _interval(value: timedelta) -> str:
    sign = "-" if value < timedelta(0) else ""
    whole, milliseconds = divmod(abs(value) // timedelta(milliseconds=1), 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{sign}{days} {hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"


def csv_line(row: Sequence[str | None]) -> str:
    """One line of the CSV, with its newline."""
    return ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) + "\n"


def read_csv(text: str) -> Iterator[Row]:
    """The rows of a CSV written by ``csv_line``; None where a value was NULL."""
    row: Row = []
    for match in FIELD.finditer(text):
        value, end = match.groups()
        row.append(None if value is None else value.replace('""', '"'))
        if end == "\n":
            yield row
            row = []


def metadata(columns: Sequence[ResultColumn]) -> bytes:
    """What is written beside the result (``.metadata``): Athena's is binary and undocumented, ours JSON."""
    return json.dumps({"ColumnInfo": [column.info() for column in columns]}).encode()
