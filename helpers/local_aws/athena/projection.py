"""Partition projection: the partitions a table's properties describe, without any in the catalog.

Types enum, integer, date (with NOW and its arithmetic, UTC) and injected.
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from helpers.local_aws.athena.catalog import Column, Split, Table
from helpers.local_aws.athena.errors import QueryError

MOST = 1_000_000  # partitions
NOW = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*([A-Z]+?)S?)?")
JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800}
MONTHS = {"MONTH": 1, "YEAR": 12}


def is_projected(table: Table) -> bool:
    """Whether the table's partitions come from its properties."""
    return table.parameters.get("projection.enabled", "").lower() == "true"


def project(table: Table, now: float, given: Mapping[str, Sequence[str]]) -> Iterator[Split]:
    """All partitions described; ``given`` holds the values the query names for injected columns."""
    columns = [_values(table, column, now, given) for column in table.partitions]
    count = 1
    for values in columns:
        count *= len(values)
    if count > MOST:
        raise QueryError("NOT_SUPPORTED", f"the projection of {table.name} describes {count} partitions (most: {MOST})")
    template = table.parameters.get("storage.location.template", "")
    for combination in itertools.product(*columns):
        yield Split(_location(table, template, combination), combination)


def _location(table: Table, template: str, values: Sequence[str]) -> str:
    names = [column.name for column in table.partitions]
    if not template:
        folders = "/".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        return f"{table.location.rstrip('/')}/{folders}/"
    for name, value in zip(names, values, strict=True):
        if f"${{{name}}}" not in template:
            raise _invalid(table, f"storage.location.template does not name ${{{name}}}")
        template = template.replace(f"${{{name}}}", value)
    return template


def _values(table: Table, column: Column, now: float, given: Mapping[str, Sequence[str]]) -> list[str]:
    def setting(name: str, default: str | None = None) -> str:
        value = table.parameters.get(f"projection.{column.name}.{name}", default)
        if value is None:
            raise _invalid(table, f"projection.{column.name}.{name} is missing")
        return value

    kind = setting("type").lower()
    if kind == "enum":
        return [value.strip() for value in setting("values").split(",")]
    if kind == "injected":
        if column.name not in given:
            raise QueryError(
                "CONSTRAINT_VIOLATION",
                f"For the injected projected partition column {column.name}, the WHERE clause must contain only "
                f"static equality conditions, and at least one such condition must be present.",
            )
        return list(given[column.name])
    parts = [part.strip() for part in setting("range").split(",")]
    if len(parts) != 2:
        raise _invalid(table, f"projection.{column.name}.range must be two values with a comma between")
    try:
        if kind == "integer":
            low, high = int(parts[0]), int(parts[1])
            digits = int(setting("digits", "0"))
            return [str(n).zfill(digits) for n in range(low, high + 1, int(setting("interval", "1")))]
        if kind == "date":
            pattern = strftime(setting("format"))
            unit = setting("interval.unit", _finest(pattern))
            return _dates(parts[0], parts[1], pattern, int(setting("interval", "1")), unit, now)
    except ValueError as error:
        raise _invalid(table, f"projection.{column.name}: {error}") from error
    raise _invalid(table, f"projection.{column.name}.type {kind!r} is none of enum, integer, date, injected")


def _dates(low: str, high: str, pattern: str, interval: int, unit: str, now: float) -> list[str]:
    moment, end = _moment(low, pattern, now), _moment(high, pattern, now)
    found: list[str] = []
    while moment <= end:
        if len(found) > MOST:
            raise ValueError(f"more than {MOST} dates")
        found.append(moment.strftime(pattern))
        moment = _later(moment, interval, unit)
    if end.strftime(pattern) not in found[-1:]:  # the end is rounded down to the unit
        return found
    return list(dict.fromkeys(found))


def _moment(text: str, pattern: str, now: float) -> datetime:
    if match := NOW.fullmatch(text.upper()):
        moment = datetime.fromtimestamp(now, UTC)
        if match[2]:
            moment = _later(moment, int(match[1] + match[2]), match[3])
        return datetime.strptime(moment.strftime(pattern), pattern).replace(tzinfo=UTC)  # to the pattern's precision
    return datetime.strptime(text, pattern).replace(tzinfo=UTC)


def _later(moment: datetime, count: int, unit: str) -> datetime:
    unit = unit.upper().removesuffix("S")
    if unit in SECONDS:
        return moment + timedelta(seconds=count * SECONDS[unit])
    if unit not in MONTHS:
        raise ValueError(f"unknown unit {unit}")
    months = moment.year * 12 + moment.month - 1 + count * MONTHS[unit]
    return moment.replace(year=months // 12, month=months % 12 + 1, day=min(moment.day, 28))


def _finest(pattern: str) -> str | None:
    """The interval's unit where the format has days or months only; otherwise it must be set."""
    if "%H" in pattern:
        return None
    return "DAYS" if "%d" in pattern else "MONTHS" if "%m" in pattern else None


def strftime(java: str) -> str:
    """A Java date pattern in strftime's terms; ValueError for letters other than those of JAVA."""
    found = ""
    for match in re.finditer(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+", java):
        text = match[0]
        if match[1] is not None:
            found += match[1].replace("''", "'").replace("%", "%%") or "'"
        elif match[2]:
            if text not in JAVA:
                raise ValueError(f"the local Athena does not know {text!r} in the date format {java!r}")
            found += JAVA[text]
        else:
            found += text.replace("%", "%%")
    return found


def _invalid(table: Table, what: str) -> QueryError:
    return QueryError("INVALID_TABLE_PROPERTY", f"Table {table.name} has partition projection, but {what}")
