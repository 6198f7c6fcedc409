"""Names and types as Flink SQL writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ...datatypes import MAX_PRECISION, Field, SqlType
from ..job import JobColumn

ROWTIME: Final = "ROWTIME"
EVENT_TIME: Final = "EVENT_TIME"
# what TUMBLE adds to the columns of a view, and what a view adds of itself
TAKEN: Final = frozenset((ROWTIME, EVENT_TIME, "window_start", "window_end", "window_time"))

_UNITS: Final = ((86_400_000, "DAY"), (3_600_000, "HOUR"), (60_000, "MINUTE"), (1_000, "SECOND"))


class NotSql(Exception):
    """What Flink SQL cannot say, or would mean otherwise; the reason completes "not SQL: …"."""


def quoted(name: str) -> str:
    """
    >>> quoted("OUTPUT_PUMP")
    '`OUTPUT_PUMP`'
    """
    return "`" + name.replace("`", "``") + "`"


def text_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def flink_type(sqltype: SqlType) -> str:
    """The Flink type that holds the values of a type as the engine does.

    A REAL is a DOUBLE, for the engine does not round it; a CHAR is a VARCHAR, for it is filled up already.
    """
    match sqltype.family:
        case "integer":
            return "INT" if sqltype.name == "INTEGER" else sqltype.name
        case "approximate":
            return "DOUBLE"
        case "decimal":
            return f"DECIMAL({sqltype.length or MAX_PRECISION}, {sqltype.scale or 0})"
        case "character":
            return f"VARCHAR({sqltype.length})"
        case "binary":
            return f"VARBINARY({sqltype.length})"
        case "timestamp" | "time":
            return f"{sqltype.name}(3)"
    return sqltype.name


def job_columns(fields: Iterable[Field]) -> tuple[JobColumn, ...]:
    return tuple(JobColumn(field.name, str(field.type), flink_type(field.type)) for field in fields)


def refuse_types(fields: Iterable[Field]) -> None:
    """NotSql for columns that no view can hold without losing something."""
    for field in fields:
        if field.type.family in ("time", "interval", "record", "null"):
            raise NotSql(f"Flink has no column that holds {field.name}, {_article(field.type)}, as it is")


def _article(sqltype: SqlType) -> str:
    return f"a {sqltype.name} to the millisecond" if sqltype.family == "time" else f"of type {sqltype.name}"


def view_fields(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Fields under names that differ from each other and from what every view has.

    >>> from helpers.streaming_sql.datatypes import DOUBLE
    >>> [field.name for field in view_fields([Field("A", DOUBLE), Field("A", DOUBLE), Field("$1", DOUBLE)])]
    ['A', 'A_2', 'COLUMN_3']
    """
    given: list[Field] = []
    names = set(TAKEN)
    for number, field in enumerate(fields, 1):
        plain = f"COLUMN_{number}" if field.name.startswith("$") else field.name
        name = plain if plain not in names else f"{plain}_{number}"
        while name in names:
            name += "_"
        names.add(name)
        given.append(Field(name, field.type))
    return tuple(given)


def interval(milliseconds: int) -> str:
    """
    >>> interval(10_000), interval(60_000), interval(-1), interval(600_000), interval(7_200_000_000)
    ("INTERVAL '10' SECOND", "INTERVAL '1' MINUTE", "INTERVAL '-0.001' SECOND", "INTERVAL '10' MINUTE", \
"INTERVAL '2000' HOUR(4)")
    """
    for size, unit in _UNITS:
        if milliseconds and milliseconds % size == 0:
            count = str(milliseconds // size)
            digits = len(count.strip("-"))
            return f"INTERVAL '{count}' {unit}" + (f"({digits})" if digits > 2 else "")
    sign = "-" if milliseconds < 0 else ""
    seconds, rest = divmod(abs(milliseconds), 1000)
    digits = len(str(seconds))
    return f"INTERVAL '{sign}{seconds}.{rest:03d}' SECOND" + (f"({digits}, 3)" if digits > 2 else "")


def shifted(moment: str, milliseconds: int) -> str:
    """A moment so many milliseconds later (or, below zero, earlier)."""
    if not milliseconds:
        return moment
    return f"{moment} {'+' if milliseconds > 0 else '-'} {interval(abs(milliseconds))}"


def text_constant(value: str, sqltype: SqlType) -> str:
    if sqltype.name == "CHAR" or any(not letter.isprintable() for letter in value):
        raise NotSql("a text constant with characters that cannot be shown")
    return text_literal(value)


def double_constant(value: float) -> str:
    text = repr(float(value)).upper()
    text = text if "E" in text else f"{text}E0"
    return f"({text})" if text.startswith("-") else text


def widened(text: str, source: SqlType, target: SqlType) -> str:
    return text if source == target or text.isdigit() else f"CAST({text} AS {flink_type(target)})"


def between(text: str, low: int, high: int) -> str:
    # the smallest BIGINT cannot be written: what stands behind the minus is none yet
    return f"{text} BETWEEN {max(low, -(2**63) + 1)} AND {high}"
