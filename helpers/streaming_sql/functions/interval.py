"""Day-time intervals as texts and numbers: `2 00:06:11` is an INTERVAL DAY TO SECOND.

An interval is held in milliseconds; its type has the first and last unit, which say what is written
of it. Larger units are written before smaller ones, only the first may have any number of digits.

Source: Amazon Kinesis Data Analytics SQL Reference, "Date, Timestamp, and Interval Operators" and
"CAST" ("INTERVAL to exact numerics"). A fraction of a second is written only where there is one (our
reading: the pages show none).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from ..datatypes import UNIT_MILLISECONDS, SqlType

UNITS: Final = ("DAY", "HOUR", "MINUTE", "SECOND")
_LIMITS: Final = {"HOUR": 24, "MINUTE": 60, "SECOND": 60}  # of a unit behind a larger one
_LONGEST: Final = 2**53


def units_between(first: str, last: str) -> tuple[str, ...]:
    """The units from the first to the last; none where the last is the larger one, or no unit of a day."""
    if first not in UNITS or last not in UNITS:
        return ()
    return UNITS[UNITS.index(first) : UNITS.index(last) + 1]


def interval_milliseconds(text: str, first: str, last: str) -> int:
    """The length of INTERVAL 'text' first TO last; raises ValueError if the text does not fit.

    >>> interval_milliseconds("1:30", "MINUTE", "SECOND")
    90000
    """
    units = units_between(first, last)
    if not units:
        raise ValueError("only day-time intervals are supported")
    parts = re.split(r"[ :]", text.strip().lstrip("+-"))
    whole = len(parts) == len(units) and all(re.fullmatch(r"\d+", part) for part in parts[:-1])
    if not whole or not re.fullmatch(r"\d+(\.\d+)?" if last == "SECOND" else r"\d+", parts[-1]):
        raise ValueError(f"'{text}' is no {SqlType('INTERVAL', units=(first, last))}")
    for unit, part in zip(units[1:], parts[1:], strict=True):
        if Decimal(part) >= _LIMITS[unit]:
            raise ValueError(f"'{text}': {unit} must be below {_LIMITS[unit]}, being behind {units[0]}")
    total = sum(Decimal(part) * UNIT_MILLISECONDS[unit] for part, unit in zip(parts, units, strict=True))
    if total > _LONGEST:
        raise ValueError(f"the interval '{text}' is too long")
    return -int(total) if text.strip().startswith("-") else int(total)


def interval_text(milliseconds: int, sqltype: SqlType) -> str:
    """As CAST(… AS VARCHAR) writes it; what is smaller than its last unit is left away.

    >>> interval_text(371_000, SqlType("INTERVAL", units=("MINUTE", "SECOND")))
    '+6:11'
    """
    first, last = sqltype.units or ("DAY", "SECOND")
    rest, written = abs(milliseconds), ""
    for unit in units_between(first, last):
        count, rest = divmod(rest, UNIT_MILLISECONDS[unit])
        if unit == first:
            written = str(count)
        else:
            written += f"{' ' if unit == 'HOUR' else ':'}{count:02d}"
    if last == "SECOND" and rest:
        written += f".{rest:03d}"
    return ("-" if milliseconds < 0 else "+") + written


def interval_number(milliseconds: int, sqltype: SqlType) -> Decimal:
    """An interval of one unit as a number of it: whole ones, except for seconds.

    >>> interval_number(-90_500, SqlType("INTERVAL", units=("MINUTE", "MINUTE")))
    Decimal('-1')
    """
    unit = sqltype.units[0]
    if unit == "SECOND":
        return Decimal(milliseconds) / 1000
    count = abs(milliseconds) // UNIT_MILLISECONDS[unit]
    return Decimal(-count if milliseconds < 0 else count)
