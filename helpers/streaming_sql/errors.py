"""The errors of the streaming SQL: what is wrong, where it stands, and what to do about it."""

from __future__ import annotations


class SqlError(Exception):
    """A script that cannot run, found before any row is read.

    `message` says what is wrong, `line` and `column` (from 1) where, `text` is the offending
    piece of the script and `hint` says what to do; `text` and `hint` may be empty.
    """

    def __init__(self, message: str, line: int = 1, column: int = 1, text: str = "", hint: str = "") -> None:
        self.message, self.line, self.column, self.text, self.hint = message, line, column, text, hint
        near = f" (near: {text})" if text else ""
        advice = f"\n  {hint}" if hint else ""
        super().__init__(f"line {line}, column {column}: {message}{near}{advice}")


class RowError(Exception):
    """One row that cannot be computed or converted; it goes to `error_stream`, the rest goes on."""

    def __init__(self, name: str, message: str) -> None:
        self.name, self.message = name, message
        super().__init__(f"{name}: {message}")


def row_error(error: Exception) -> RowError:
    """What ended a row, as `error_stream` tells it; what nobody foresaw keeps its type and text."""
    return error if isinstance(error, RowError) else RowError("Unexpected error", f"{type(error).__name__}: {error}")


class ForestError(ValueError):
    """A random cut forest was given parameters or a point it cannot use."""


class RecordError(ValueError):
    """A raw record that does not conform to the input schema's record format."""


class SchemaError(ValueError):
    """A source schema that names no column, an unknown type, or a column twice."""


class SnapshotError(ValueError):
    """A snapshot that is damaged, or of another script, schema or seed."""


class SchemaInferenceError(ValueError):
    """No schema can be detected in the sample records given."""
