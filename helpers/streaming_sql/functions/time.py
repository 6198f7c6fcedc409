"""Timestamps and intervals: rounding down to a unit or a step, parts, and differences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from ..datatypes import BIGINT, INTERVAL, UNIT_MILLISECONDS, SqlType
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
    need(arguments[0], "timestamp", "interval")
    unit = unit_of(arguments[1])
    if arguments[0].type.family == "interval" and unit not in UNIT_MILLISECONDS:
        raise TypeFault(f"an interval cannot be rounded to {unit}", "Use SECOND, MINUTE, HOUR or DAY.")
    return arguments[0].type


def _build_rounding(
    function: Callable[[int, str], int],
) -> Callable[[Call, tuple[Evaluator, ...]], Evaluator]:
    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        unit = unit_of(call.arguments[1])

        def on_timestamp(value: int) -> int:
            try:
                return checked(function(value, unit))
            except ValueError:  # the year after 9999
                raise _beyond() from None

        interval = call.type.family == "interval"
        return strict((lambda value: function(value, unit)) if interval else on_timestamp)(call, arguments[:1])

    return build


def _stepped(arguments: tuple[Expression, ...]) -> SqlType:
    need(arguments[0], "timestamp", "interval")
    step = arguments[1]
    if not isinstance(step, Literal) or step.type != INTERVAL:
        raise TypeFault("STEP takes a constant interval", "For example STEP(ROWTIME BY INTERVAL '10' SECOND).")
    if step.value <= 0:
        raise TypeFault("the step must be longer than zero")
    return arguments[0].type


def _difference(arguments: tuple[Expression, ...]) -> SqlType:
    need(arguments[0], "interval")
    if unit_of(arguments[1]) not in UNIT_MILLISECONDS:
        raise TypeFault("year-month intervals are not supported", "Use SECOND, MINUTE, HOUR or DAY.")
    return INTERVAL


def _extracted(arguments: tuple[Expression, ...]) -> SqlType:
    family, unit = arguments[1].type.family, unit_of(arguments[0])
    need(arguments[1], "timestamp", "date", "time", "interval")
    if unit in {"date": ("HOUR", "MINUTE", "SECOND"), "time": ("YEAR", "MONTH", "DAY")}.get(family, ()):
        raise TypeFault(f"a {family.upper()} has no {unit}")
    if family == "interval" and unit not in UNIT_MILLISECONDS:
        raise TypeFault(f"a day-time interval has no {unit}", "Use SECOND, MINUTE, HOUR or DAY.")
    return BIGINT


def part_of_interval(milliseconds: int, unit: str) -> int:
    """The days of an interval, or the hours, minutes, seconds beside the larger units.

    >>> [part_of_interval(93_784_500, unit) for unit in ("DAY", "HOUR", "MINUTE", "SECOND")]
    [1, 2, 3, 4]
    """
    count = abs(milliseconds) // UNIT_MILLISECONDS[unit]
    count %= {"SECOND": 60, "MINUTE": 60, "HOUR": 24}.get(unit, count + 1)
    return -count if milliseconds < 0 else count


def _build_extract(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    part = unit_of(call.arguments[0]).lower()
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
    def step(value: int, size: int) -> int:
        start = value - value % size
        return start if call.type.family == "interval" else checked(start)

    return strict(step)(call, arguments)


TIME: Final[dict[str, Function]] = {
    "FLOOR TO": Function(2, 2, _rounded, _build_rounding(floor_to)),
    "CEIL TO": Function(2, 2, _rounded, _build_rounding(_ceil_to)),
    "STEP": Function(2, 2, _stepped, _build_step),
    "EXTRACT": Function(2, 2, _extracted, _build_extract),
    "MONOTONIC": Function(1, 1, _declared, _first),
    # (a - b) SECOND: intervals are kept to the millisecond, so the unit changes nothing
    "INTERVAL DIFFERENCE": Function(2, 2, _difference, _first),
}
