"""CURRENT_ROW_TIMESTAMP and its relatives, which a script writes like columns.

CURRENT_ROW_TIMESTAMP is the time at which a row is made; nothing here looks at a clock, so that is
the row's ROWTIME. The others were the time at which the query was started, the same for all its rows;
a run that can be repeated has no such time, so they are the row's, too: its date, time of day, or both.

Source: Amazon Kinesis Data Analytics SQL Reference, "Date and Time Functions" and its subpages.
"""

from __future__ import annotations

from typing import Final

from ..datatypes import DATE, TIME, TIMESTAMP, SqlType
from ..expressions import Call, Column, Expression
from ..syntax import Span

NOW: Final[dict[str, SqlType]] = {
    "CURRENT_DATE": DATE,
    "CURRENT_ROW_TIMESTAMP": TIMESTAMP,
    "CURRENT_TIME": TIME,
    "CURRENT_TIMESTAMP": TIMESTAMP,
    "LOCALTIME": TIME,
    "LOCALTIMESTAMP": TIMESTAMP,
}


def now(name: str, where: Span) -> Expression:
    """What stands for a name of `NOW`: the row's ROWTIME, or a part of it."""
    rowtime = Column(0, name, TIMESTAMP, where)
    return rowtime if NOW[name] == TIMESTAMP else Call("CAST", (rowtime,), NOW[name], where)
