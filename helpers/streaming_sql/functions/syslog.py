"""SYS_LOG_PARSE: a line of a Unix system log, `Mon DD HH:MM:SS server message`, as two columns.

COLUMN1 is the TIMESTAMP, COLUMN2 the text behind it, server and message. A line that is no such one
gives a NULL record. Such a line has no year: it is 1970, as CHAR_TO_TIMESTAMP has it (our reading).

Source: Amazon Kinesis Data Analytics SQL Reference, "SYS_LOG_PARSE"; RFC 3164.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..datatypes import TIMESTAMP, SqlType, record, varchar
from ..errors import RowError
from ..expressions import Expression
from .base import Function, need, strict
from .dateformat import date_format

_LINE: Final = re.compile(r"([A-Za-z]{3}) +(\d{1,2} \d\d:\d\d:\d\d) (.*)", re.DOTALL)
_RESULT: Final = record((("COLUMN1", TIMESTAMP), ("COLUMN2", varchar(1024))))


def _columns(arguments: tuple[Expression, ...]) -> SqlType:
    need(arguments[0], "character")
    return _RESULT


def system_log(line: str) -> tuple[Any, ...] | None:
    """
    >>> system_log("Jan  2 00:00:01 web01 sshd[3]: closed")
    (86401000, 'web01 sshd[3]: closed')
    """
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    month, time, text = match.groups()
    try:
        return date_format("MMM dd HH:mm:ss").read(f"{month} {time}"), text[:1024]
    except ValueError as error:
        raise RowError("Coercion error", f"'{month} {time}' is no time: {error}") from None


SYSLOG: Final[dict[str, Function]] = {"SYS_LOG_PARSE": Function(1, 1, _columns, strict(system_log))}
