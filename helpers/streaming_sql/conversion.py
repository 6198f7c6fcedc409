"""Conversion of values to SQL types, as source records have them.

A text longer than its column is cut silently, a CHAR filled up with blanks; a number that does not
fit and a text that is no number raise RowError, which sends the row to `error_stream`. What CAST does
beyond this is in `casting`.

Sources: Amazon Kinesis Data Analytics Developer Guide, "Error Handling" and "Mapping JSON Data
Types to SQL Data Types"; SQL Reference, "Data Types" and "CAST" (which rounds to whole numbers; that
halves go away from zero is our reading).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from .datatypes import INTEGER_RANGES, MAX_PRECISION, SqlType
from .errors import RowError
from .functions.time import EARLIEST, LATEST, to_datetime, to_milliseconds

Converter = Callable[[Any], Any]

_REAL_LIMIT: Final = 3.4028235677973366e38


def failure(value: Any, sqltype: SqlType) -> RowError:
    return RowError("Coercion error", f"{_shown(value)} cannot be converted to {sqltype}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."


def _too_large(value: Any, sqltype: SqlType) -> RowError:
    return RowError("Numeric overflow", f"{_shown(value)} does not fit into {sqltype}")


def _number(value: Any, sqltype: SqlType) -> int | float | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise failure(value, sqltype)
    if isinstance(value, float) and not math.isfinite(value):
        raise failure(value, sqltype)
    if not isinstance(value, str):
        return value
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        raise failure(value, sqltype) from None
    if not number.is_finite() or number.adjusted() > 400:
        raise failure(value, sqltype)
    return number


def _rounded(number: int | float | Decimal) -> int:
    if isinstance(number, int):
        return number
    exact = Decimal(repr(number)) if isinstance(number, float) else number
    return int(exact.to_integral_value(ROUND_HALF_UP))


def _to_integer(sqltype: SqlType) -> Converter:
    low, high = INTEGER_RANGES[sqltype.name]

    def convert(value: Any) -> int:
        number = _rounded(_number(value, sqltype))
        if low <= number <= high:
            return number
        raise _too_large(value, sqltype)

    return convert


def _to_float(sqltype: SqlType) -> Converter:
    def convert(value: Any) -> float:
        try:
            number = float(_number(value, sqltype))
        except OverflowError:
            raise _too_large(value, sqltype) from None
        if math.isinf(number) or (sqltype.name == "REAL" and abs(number) > _REAL_LIMIT):
            raise _too_large(value, sqltype)
        return number

    return convert


def _to_decimal(sqltype: SqlType) -> Converter:
    scale = sqltype.scale or 0
    unit = Decimal(1).scaleb(-scale)
    limit = Decimal(10) ** ((sqltype.length or MAX_PRECISION) - scale)

    def convert(value: Any) -> Decimal:
        given = _number(value, sqltype)
        number = Decimal(repr(given)) if isinstance(given, float) else Decimal(given)
        if abs(number) >= limit or abs(rounded := number.quantize(unit, rounding=ROUND_HALF_UP)) >= limit:
            raise _too_large(value, sqltype)
        return rounded

    return convert


def _to_boolean(sqltype: SqlType) -> Converter:
    def convert(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().upper() in ("TRUE", "FALSE"):
            return value.strip().upper() == "TRUE"
        raise failure(value, sqltype)

    return convert


def _to_binary(sqltype: SqlType) -> Converter:
    def convert(value: Any) -> bytes:
        if isinstance(value, bytes):
            return value[: sqltype.length]
        try:
            return base64.b64decode(value, validate=True)[: sqltype.length]
        except (TypeError, ValueError, binascii.Error):
            raise failure(value, sqltype) from None

    return convert


_TIMESTAMP_TEXT: Final = re.compile(
    r"\s*(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?)?\s*\Z"
)


def read_timestamp(text: str) -> int:
    """Milliseconds since 1970 of `yyyy-MM-dd[ HH:mm:ss[.SSS]]`, UTC unless a zone is given."""
    match = _TIMESTAMP_TEXT.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a timestamp; write yyyy-MM-dd HH:mm:ss.SSS")
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in (None, "Z") else zone
    moment = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{zone}")
    return to_milliseconds(moment.astimezone(UTC)) + int((fraction or "0").ljust(3, "0")[:3])


def _to_timestamp(sqltype: SqlType) -> Converter:
    def milliseconds(value: Any) -> int:
        if isinstance(value, datetime):
            return to_milliseconds(value if value.tzinfo else value.replace(tzinfo=UTC))
        if isinstance(value, date):
            return to_milliseconds(datetime(value.year, value.month, value.day, tzinfo=UTC))
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        try:
            return read_timestamp(value)
        except (TypeError, ValueError, OverflowError):
            raise failure(value, sqltype) from None

    def convert(value: Any) -> int:
        moment = milliseconds(value)
        if EARLIEST <= moment <= LATEST:
            return moment
        raise _too_large(value, sqltype)

    return convert


def _to_date(sqltype: SqlType) -> Converter:
    def convert(value: Any) -> date:
        if isinstance(value, date):
            return value
        try:
            return to_datetime(value).date() if isinstance(value, int) else date.fromisoformat(value.strip()[:10])
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise failure(value, sqltype) from None

    return convert


def _to_time(sqltype: SqlType) -> Converter:
    def convert(value: Any) -> time:
        if isinstance(value, time):
            return value
        try:
            return to_datetime(value).time() if isinstance(value, int) else time.fromisoformat(value.strip())
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise failure(value, sqltype) from None

    return convert


def _to_text(sqltype: SqlType) -> Converter:
    length = sqltype.length or 1

    def convert(value: Any) -> str:
        text = value if isinstance(value, str) else as_text(value)
        return text if len(text) <= length else text[:length]

    return convert if sqltype.name == "VARCHAR" else lambda value: convert(value).ljust(length)


CONVERTERS: Final[dict[str, Callable[[SqlType], Converter]]] = {
    "integer": _to_integer,
    "approximate": _to_float,
    "decimal": _to_decimal,
    "boolean": _to_boolean,
    "character": _to_text,
    "binary": _to_binary,
    "timestamp": _to_timestamp,
    "date": _to_date,
    "time": _to_time,
}


def as_text(value: Any, sqltype: SqlType | None = None) -> str:
    """A value as CAST(… AS VARCHAR) writes it; `sqltype` tells a TIMESTAMP from a number."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if sqltype is not None and sqltype.family == "timestamp" and isinstance(value, int):
        moment = to_datetime(value)
        return f"{moment.year:04d}-{moment:%m-%d %H:%M:%S}.{value % 1000:03d}"
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value)


def reader(sqltype: SqlType) -> Converter:
    """How a value of a source record is read into a column; a whole number must be whole."""
    convert = CONVERTERS[sqltype.family](sqltype)
    if sqltype.family != "integer":
        return convert

    def read(value: Any) -> Any:
        number = convert(value)
        if isinstance(value, float | str) and number != _number(value, sqltype):
            raise failure(value, sqltype)
        return number

    return read
