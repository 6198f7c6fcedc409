"""Recorded lines as rows, each with the ROWTIME that one of its columns has.

What a line cannot be is told by the same words on every engine: they stand in error_stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .bulk import read_rowtime
from .errors import RecordError
from .records import RecordReader, short

MAX_LINE: Final = 1_048_576  # bytes; the service took rows up to 512 KB


class LineReader:
    """Reads lines by an InputSchema; `rowtime` is the column that has each row's time, None where none has.

    >>> LineReader({"RecordColumns": [{"Name": "at"}]}, "at").read(b'{"at": 1795341600}')
    [(1795341600000, {'at': 1795341600})]
    """

    def __init__(self, schema: Mapping[str, Any], rowtime: str | None) -> None:
        self._reader, self._rowtime = RecordReader(schema), rowtime

    def read(self, line: bytes, moment: int = 0) -> list[tuple[int, dict[str, Any]]]:
        """The line's rows and their ROWTIMEs in milliseconds, `moment` where no column has them.

        Raises RecordError for a line that is no row, is longer than MAX_LINE, or has no time where one is wanted.
        """
        if len(line) > MAX_LINE:
            raise RecordError(f"it is longer than {MAX_LINE:,} bytes")
        if self._reader.kind == "JSON" and line.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
            raise RecordError("expected a JSON object")
        return [(self._when(row, moment), row) for row in self._reader.read(line)]

    def _when(self, row: Mapping[str, Any], moment: int) -> int:
        if self._rowtime is None:
            return moment
        value = row[self._rowtime]
        if value is None:
            raise RecordError(f"it has no {self._rowtime}, the column that its ROWTIME is read from")
        try:
            return read_rowtime(value)
        except (TypeError, ValueError, OverflowError):
            raise RecordError(f"{self._rowtime} is {short(value, 60)}, which is no time") from None
