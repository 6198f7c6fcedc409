"""CURRENT_ROW_TIMESTAMP and its relatives, which a script writes like columns.

CURRENT_ROW_TIMESTAMP is the time at which a row is made; nothing here looks at a clock, so that is
the row's ROWTIME. The others are the time the query was started, which a run that can be repeated
does not have: they are refused.

Source: Amazon Kinesis Data Analytics SQL Reference, "CURRENT_ROW_TIMESTAMP".
"""

from __future__ import annotations

from typing import Final

from ..datatypes import TIMESTAMP
from ..expressions import Column
from ..syntax import Span
from .base import TypeFault

NOW: Final = frozenset(
    {
        "CURRENT_DATE",
        "CURRENT_ROW_TIMESTAMP",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "LOCALTIME",
        "LOCALTIMESTAMP",
    }
)


def now(name: str, where: Span) -> Column:
    """The column that stands for a name of `NOW`; raises TypeFault for the start of the query."""
    if name != "CURRENT_ROW_TIMESTAMP":
        raise TypeFault(
            f"{name} is not supported: it is the time the query was started",
            "Use ROWTIME or CURRENT_ROW_TIMESTAMP, the time of the row.",
        )
    return Column(0, name, TIMESTAMP, where)
