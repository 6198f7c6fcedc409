"""The rows of `error_stream`: what went wrong, with which row, when.

The documentation gives the columns and four kinds of errors (a record that does not conform to the
schema, a conversion, a division by zero, a row out of order); ERROR_NAME and MESSAGE are our words.

Source: Amazon Kinesis Data Analytics developer guide, "Error Handling" (error stream schema).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from .conversion import as_text
from .datatypes import TIMESTAMP, Field, varchar
from .errors import RecordError, RowError, row_error
from .plan import Stream
from .planner import ERROR_STREAM

DATA_LENGTH: Final = 49152
ERRORS: Final = Stream(
    ERROR_STREAM,
    (
        Field("ERROR_TIME", TIMESTAMP),
        Field("ERROR_LEVEL", varchar(10)),
        Field("ERROR_NAME", varchar(32)),
        Field("MESSAGE", varchar(4096)),
        Field("DATA_ROWTIME", TIMESTAMP),
        Field("DATA_ROW", varchar(DATA_LENGTH)),
        Field("PUMP_NAME", varchar(128)),
    ),
)


def error_row(
    failure: Exception, data: Mapping[str, Any] | bytes, rowtime: int, now: int, data_rowtime: int, pump: str = ""
) -> tuple[Any, ...]:
    """A row of `error_stream`: at `rowtime`, noticed at `now`, of data (a row, a raw record) of `data_rowtime`."""
    error = RowError("Unreadable record", str(failure)) if isinstance(failure, RecordError) else row_error(failure)
    hexadecimal = (data if isinstance(data, bytes) else _shown(data))[: DATA_LENGTH // 2].hex()
    message = error.message[:4096]
    return (rowtime, now, "ERROR", error.name[:32], message, data_rowtime, hexadecimal, pump[:128])


def late(rowtime: int, reached: int) -> RowError:
    """A row before the rowtime reached: its windows may have ended."""
    return RowError(
        "Row out of order", f"its ROWTIME, {_moment(rowtime)}, is before {_moment(reached)}, already reached"
    )


def _moment(rowtime: int) -> str:
    try:
        return as_text(rowtime, TIMESTAMP)
    except (OverflowError, ValueError):  # outside the calendar
        return str(rowtime)


def _shown(data: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(dict(data), default=as_text, ensure_ascii=False)
    except Exception as unshown:  # nested too deeply, a number of thousands of digits
        text = json.dumps(f"the row cannot be shown: {unshown}")
    return text.encode("utf-8", "replace")
