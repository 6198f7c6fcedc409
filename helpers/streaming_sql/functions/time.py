"""Dates, times, timestamps and intervals: rounding down to a unit or a step, parts, and differences.

Steps are counted from 1970-01-01, by the formula of the page on STEP (whose example of five days is a
day off it); steps of a negative whole number go down, too (our reading).

Source: Amazon Kinesis Data Analytics SQL Reference, "FLOOR", "CEIL / CEILING", "STEP", "EXTRACT" and
"Date, Timestamp, and Interval Operators".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from ..datatypes import BIGINT, UNIT_MILLISECONDS, SqlType, decimal, interval
from ..errors import RowError
from ..expressions import Call, Expression, Literal
from .base import Evaluator, Function, TypeFault, need, strict

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def to_milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


EARLIEST: Final = to_milliseconds(datetime(1, 1, 1, tzinfo=UTC))
LATEST: Final = to_milliseconds(datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC))


def milliseconds_of(value: date | time | int) -> int:
    """A DATE since 1970, a TIME since midnight; a TIMESTAMP or an interval is held so already."""
    if isinstance(value, time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000
    if isinstance(value, date):
        return to_milliseconds(datetime(value.year, value.month, value.day, tzinfo=UTC))
    return value


def value_of(milliseconds: int, family: str) -> Any:
    """The DATE, TIME or TIMESTAMP of so many milliseconds; a time goes round the clock."""
    if family == "time":
        return to_datetime(milliseconds % UNIT_MILLISECONDS["DAY"]).time()
    moment = checked(milliseconds)
    return to_datetime(moment).date() if family == "date" else moment


def _beyond() -> RowError:
    return RowError("Numeric overflow", "the result does not fit into TIMESTAMP, the years 1 to 9999")


def checked(milliseconds: int) -> int:
    """A computed timestamp, or RowError where the calendar ends."""
    if EARLIEST <= milliseconds <= LATEST:
        return milliseconds
    raise _beyond()


def floor_to(milliseconds: int, unit: str) -> int:
    """The start of the unit (UTC) a timestamp lies in."""
    size = UNIT_MILLISECONDS.get(unit)
    if size:
        return milliseconds - milliseconds % size
    moment = to_datetime(milliseconds)
    month = moment.month if unit == "MONTH" else 1
    return to_milliseconds(datetime(moment.year, month, 1, tzinfo=UTC))


def unit_after(milliseconds: int, unit: str) -> int:
    """The start of the next unit (UTC) after a timestamp."""
    size = UNIT_MILLISECONDS.get(unit)
    if size:
        return milliseconds - milliseconds % size + size
    moment = to_datetime(milliseconds)
    months = moment.year * 12 + (moment.month if unit == "MONTH" else 12)
    return to_milliseconds(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC))


def _ceil_to(milliseconds: int, unit: str) -> int:
    start = floor_to(milliseconds, unit)
    return start if start == milliseconds else unit_after(milliseconds, unit)


def unit_of(expression: Expression) -> str:
    """The unit of time the parser put among the arguments."""
    assert isinstance(expression, Literal)
    return str(expression.value)


def _rounded(arguments: tuple[Expression, ...]) -> SqlType:
    need(arguments[0], "timestamp", "date", "time", "interval")
    unit, family = unit_of(arguments[1]), arguments[0].type.family
    if family in ("interval", "time") and unit not in UNIT_MILLISECONDS:
        raise TypeFault(f"{_called(family)} cannot be rounded to {unit}", "Use SECOND, MINUTE, HOUR or DAY.")
    return arguments[0].type


def _called(family: str) -> str:
    return "an interval" if family == "interval" else f"a {family.upper()}"


def _build_rounding(
    function: Callable[[int, str], int],
) -> Callable[[Call, tuple[Evaluator, ...]], Evaluator]:
    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        unit = unit_of(call.arguments[1])

        family = call.type.family

        def on_time(value: Any) -> Any:
            try:
                return value_of(function(milliseconds_of(value), unit), family)
            except ValueError:  # the year after 9999
                raise _beyond() from None

        return strict((lambda value: function(value, unit)) if family == "interval" else on_time)(call, arguments[:1])

    return build


def _stepped(arguments: tuple[Expression, ...]) -> SqlType:
    need(arguments[0], "timestamp", "date", "time", "interval", "integer")
    step = arguments[1]
    if arguments[0].type.family == "integer":
        if not isinstance(step, Literal) or step.type.family != "integer":
            raise TypeFault("STEP of a whole number takes a constant one", "For example STEP(n BY 5).")
    elif not isinstance(step, Literal) or step.type.family != "interval":
        raise TypeFault("STEP takes a constant interval", "For example STEP(ROWTIME BY INTERVAL '10' SECOND).")
    if step.value <= 0:
        raise TypeFault("the step must be longer than zero")
    return arguments[0].type


def _difference(arguments: tuple[Expression, ...]) -> SqlType:
    need(arguments[0], "interval")
    units = unit_of(arguments[1]).split(" TO ")
    first, last = units[0], units[-1]
    if first not in UNIT_MILLISECONDS:
        raise TypeFault("year-month intervals are not supported", "Use SECOND, MINUTE, HOUR or DAY.")
    return interval(first, last)


def _extracted(arguments: tuple[Expression, ...]) -> SqlType:
    family, unit = arguments[1].type.family, unit_of(arguments[0])
    need(arguments[1], "timestamp", "date", "time", "interval")
    if unit in {"date": ("HOUR", "MINUTE", "SECOND"), "time": ("YEAR", "MONTH", "DAY")}.get(family, ()):
        raise TypeFault(f"a {family.upper()} has no {unit}")
    if family == "interval" and unit not in UNIT_MILLISECONDS:
        raise TypeFault(f"a day-time interval has no {unit}", "Use SECOND, MINUTE, HOUR or DAY.")
    return decimal(5, 3) if unit == "SECOND" else BIGINT  # documented: seconds with their milliseconds


def part_of_interval(milliseconds: int, unit: str) -> int:
    """The days of an interval, or the hours, minutes, seconds beside the larger units.

    >>> [part_of_interval(93_784_500, unit) for unit in ("DAY", "HOUR", "MINUTE", "SECOND")]
    [1, 2, 3, 4]
    """
    count = abs(milliseconds) // UNIT_MILLISECONDS[unit]
    count %= {"SECOND": 60, "MINUTE": 60, "HOUR": 24}.get(unit, count + 1)
    return -count if milliseconds < 0 else count


def _seconds(value: date | time | int) -> Decimal:
    milliseconds = milliseconds_of(value)
    rest = abs(milliseconds) % 60_000 if milliseconds < 0 else milliseconds % 60_000
    return Decimal(rest).scaleb(-3)


def _build_extract(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    part = unit_of(call.arguments[0]).lower()
    if part == "second":
        return strict(_seconds)(call, arguments[1:])
    if call.arguments[1].type.family == "interval":
        return strict(lambda value: part_of_interval(value, part.upper()))(call, arguments[1:])
    if call.arguments[1].type.family in ("date", "time"):
        return strict(lambda day: int(getattr(day, part, 0)))(call, arguments[1:])
    return strict(lambda value: int(getattr(to_datetime(value), part)))(call, arguments[1:])


def _first(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    return arguments[0]


def _declared(arguments: tuple[Expression, ...]) -> SqlType:
    return arguments[0].type


def _build_step(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    family = call.type.family

    def step(value: int, size: int) -> int:
        return value - value % size

    def on_time(value: Any, size: int) -> Any:
        return value_of(step(milliseconds_of(value), size), family)

    return strict(step if family in ("interval", "integer") else on_time)(call, arguments)


TIME: Final[dict[str, Function]] = {
    "FLOOR TO": Function(2, 2, _rounded, _build_rounding(floor_to)),
    "CEIL TO": Function(2, 2, _rounded, _build_rounding(_ceil_to)),
    "STEP": Function(2, 2, _stepped, _build_step),
    "EXTRACT": Function(2, 2, _extracted, _build_extract),
    "MONOTONIC": Function(1, 1, _declared, _first),
    # (a - b) SECOND: intervals are kept to the millisecond, so the unit changes nothing
    "INTERVAL DIFFERENCE": Function(2, 2, _difference, _first),
}
