"""Conversions between timestamps, Unix time and texts.

Source: Amazon Kinesis Data Analytics SQL Reference, "UNIX_TIMESTAMP", "TO_TIMESTAMP", "TSDIFF",
"TIMESTAMP_TO_CHAR", "Char To Timestamp(Sys)", "CHAR_TO_DATE", "CHAR_TO_TIME", "DATE_TO_CHAR" and
"TIME_TO_CHAR" (of the last four the pages give the arguments only; a NULL gives NULL). TSDIFF is the
second time less the first, as its arguments' names (start, end) have it: negative for an earlier end.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any, Final

from ..datatypes import BIGINT, DATE, TIME, TIMESTAMP, SqlType, varchar
from ..errors import RowError
from ..expressions import Call, Expression, Literal
from .base import Evaluator, Function, TypeFault, need, strict
from .dateformat import DateFormat, date_format
from .time import milliseconds_of, value_of

Arguments = tuple[Expression, ...]


def _from_timestamp(arguments: Arguments) -> SqlType:
    need(arguments[0], "timestamp")
    return BIGINT


def _to_timestamp(arguments: Arguments) -> SqlType:
    need(arguments[0], "integer")
    return TIMESTAMP


def _difference(arguments: Arguments) -> SqlType:
    for argument in arguments:  # documented for BIGINT, and a TIMESTAMP is the same number here
        need(argument, "integer", "timestamp")
    return BIGINT


def _same(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    """A TIMESTAMP is held as Unix milliseconds already."""
    return arguments[0]


def _check_format(argument: Expression) -> None:
    need(argument, "character")
    if isinstance(argument, Literal) and argument.value is not None:
        try:
            date_format(argument.value)
        except ValueError as error:
            raise TypeFault(str(error), "For example 'yyyy-MM-dd HH:mm:ss'.") from error


def _format(text: str) -> DateFormat:
    try:
        return date_format(text)
    except ValueError as error:
        raise RowError("Invalid argument", str(error)) from None


def _written(family: str) -> Callable[[Arguments], SqlType]:
    def result(arguments: Arguments) -> SqlType:
        _check_format(arguments[0])
        need(arguments[1], family)
        return varchar(1024)

    return result


def _build_write(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    layout, moment = arguments

    def write(row: tuple[Any, ...]) -> str:
        text, value = layout(row), moment(row)
        # documented: "If the input is null, the output will be the string null."
        return "null" if value is None or text is None else _format(text).write(value)

    return write


def _write(layout: str, value: date | time) -> str:
    return _format(layout).write(milliseconds_of(value))


def _read(sqltype: SqlType) -> Function:
    def result(arguments: Arguments) -> SqlType:
        _check_format(arguments[0])
        need(arguments[1], "character")
        return sqltype

    return Function(2, 2, result, strict(lambda layout, text: value_of(_parse(layout, text), sqltype.family)))


def _parse(layout: str, text: str) -> int:
    try:
        return _format(layout).read(text)
    except (ValueError, OverflowError) as error:
        raise RowError("Coercion error", f"'{text}' cannot be read as '{layout}': {error}") from None


DATES: Final[dict[str, Function]] = {
    "UNIX_TIMESTAMP": Function(1, 1, _from_timestamp, _same),
    "TO_TIMESTAMP": Function(1, 1, _to_timestamp, _same),
    "TSDIFF": Function(2, 2, _difference, strict(lambda start, end: end - start)),
    "TIMESTAMP_TO_CHAR": Function(2, 2, _written("timestamp"), _build_write),
    "DATE_TO_CHAR": Function(2, 2, _written("date"), strict(_write)),
    "TIME_TO_CHAR": Function(2, 2, _written("time"), strict(_write)),
    "CHAR_TO_TIMESTAMP": _read(TIMESTAMP),
    "CHAR_TO_DATE": _read(DATE),
    "CHAR_TO_TIME": _read(TIME),
}
