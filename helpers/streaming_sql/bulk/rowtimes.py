"""The ROWTIME that a value of a record stands for: one value, or a whole column."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ..conversion import read_timestamp

_MILLISECONDS: Final = 100_000_000_000  # as a number of seconds this is the year 5138, as milliseconds 1973
_LARGEST: Final = 1_000_000_000_000_000


def read_rowtime(value: Any) -> int:
    """Milliseconds since 1970 of ISO 8601 (UTC unless it names a zone), epoch seconds or epoch milliseconds.

    Raises ValueError, TypeError or OverflowError for anything else.

    >>> read_rowtime("2026-11-22T10:00:00Z") == read_rowtime(1795341600) == read_rowtime("1795341600000")
    True
    """
    if isinstance(value, str):
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            return _iso(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        raise ValueError(f"{value!r} is no time")
    return int(value) if abs(value) >= _MILLISECONDS else round(value * 1000)


def _iso(text: str) -> int:
    try:
        return read_timestamp(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def read_rowtimes(column: pa.ChunkedArray) -> Any:
    """`read_rowtime` of each value, as an array; None where one has to look at the values one by one.

    >>> read_rowtimes(pa.chunked_array([["2026-11-22T10:00:00Z"]])).tolist()
    [1795341600000]
    """
    if column.null_count or not len(column):
        return None
    if pa.types.is_string(column.type):
        return _iso_texts(column)
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return None
    numbers = np.from_dlpack(column.combine_chunks())
    if pa.types.is_integer(column.type):
        numbers = numbers.astype(np.int64)
    if not ((numbers < _LARGEST) & (numbers > -_LARGEST)).all():
        return None
    milliseconds = np.where(abs(numbers) >= _MILLISECONDS, np.trunc(numbers), np.rint(numbers * 1000))
    return milliseconds.astype(np.int64)


def _iso_texts(column: pa.ChunkedArray) -> Any:
    """Texts that are all in UTC, or all without a zone. Digits behind milliseconds are cut, as ever."""
    import pyarrow.compute as pc  # takes a while, and numbers do without

    in_utc = any(pc.all(pc.ends_with(column, zone)).as_py() for zone in ("Z", "+00:00"))
    try:
        moments = pc.cast(column, pa.timestamp("ns", "UTC" if in_utc else None))
    except pa.ArrowException:
        return None
    return np.from_dlpack(moments.cast(pa.int64()).combine_chunks()) // 1_000_000
