"""DuckDB's errors in Athena's words."""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from helpers.local_aws.athena import translate
from helpers.local_aws.athena.errors import QueryCancelled, QueryError
from helpers.local_aws.athena.formats import LocalFile
from helpers.local_aws.athena.query import Query

RAISED = r"(?:Python exception occurred while executing the UDF: \w+: )?"  # by athena_error
CODE = re.compile(rf"(?s)Invalid Input Error: {RAISED}([A-Z][A-Z0-9_]+): (.*)")


def explain(error: duckdb.Error, query: Query, files: Iterable[LocalFile], stopped: bool) -> Exception:
    """What Athena would say where DuckDB raised; the local names of files become their S3 addresses."""
    if stopped or isinstance(error, duckdb.InterruptException):
        return QueryCancelled()
    text = str(error)
    for file in files:
        text = text.replace(str(file.path), file.uri)
    if match := CODE.match(text):
        return QueryError(match[1], match[2])
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("EXCEEDED_MEMORY_LIMIT", "Query exhausted resources at this scale factor")
    first = text.partition("\n")[0].partition(": ")[2] or text
    for pattern, code, wording in WORDINGS:
        if match := re.search(pattern, text):
            name = match[1] if match.groups() else ""
            place = query.names(name) if name else "line 1:1"
            return QueryError(code, wording.format(place=place, name=name.lower(), text=first))
    if isinstance(error, (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)):
        return QueryError("SYNTAX_ERROR", f"line 1:1: {first}")
    if isinstance(error, duckdb.ConversionException):
        return QueryError("INVALID_CAST_ARGUMENT", first)
    return QueryError("GENERIC_USER_ERROR", first)


NOT_THERE = "{place}: " + translate.NOT_THERE
OPENING = "Error opening Hive split: {text}"
AMBIGUOUS = "{place}: Column '{name}' is ambiguous"
WORDINGS = (
    (r'Referenced column "([^"]+)" not found', "COLUMN_NOT_FOUND", NOT_THERE),
    (r'Referenced table "([^"]+)" not found', "COLUMN_NOT_FOUND", NOT_THERE),
    (r'does not have a column named "([^"]+)"', "COLUMN_NOT_FOUND", NOT_THERE),
    (r'Ambiguous reference to column name "([^"]+)"', "AMBIGUOUS_NAME", AMBIGUOUS),
    (
        r'column "([^"]+)" must appear in the GROUP BY',
        "EXPRESSION_NOT_AGGREGATE",
        "{place}: '\"{name}\"' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (
        r"TRY can not be used in combination|not allowed inside the TRY",
        "NOT_SUPPORTED",
        "the local Athena cannot try what holds an aggregate, a subquery, or a division whose types it cannot tell: "
        "calculate those in a WITH query of their own, name types with CAST, and try what remains",
    ),
    (r"Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (r"(?i)could not parse string .* according to format", "INVALID_FUNCTION_ARGUMENT", "{text}"),
    (r"JSON transform error", "HIVE_BAD_DATA", "Error parsing field value: {text}"),
    (r"Malformed JSON", "HIVE_CURSOR_ERROR", "Row is not a valid JSON Object - JSONException: {text}"),
    (r"(?i)gzip|not a parquet file|no magic bytes", "HIVE_CANNOT_OPEN_SPLIT", OPENING),
    (r"(?i)out of range|overflow", "NUMERIC_VALUE_OUT_OF_RANGE", "{text}"),
    (r"No function matches|Could not choose a best candidate", "FUNCTION_NOT_FOUND", "line 1:1: {text}"),
    (r"Permission Error", "PERMISSION_DENIED", "{text}"),
)  # fmt: skip
