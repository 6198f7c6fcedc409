"""The rows of one in-application stream, kept for whoever looks and for whoever delivers."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any

from .operators import Row


class StreamLog:
    """Rows in order of insertion, numbered from 0; old ones go when a limit is set.

    `count` is how many there ever were. Once `drain` was called, rows it has not handed out yet
    are kept whatever the limit: they belong to a destination.
    """

    def __init__(self) -> None:
        self.count = 0
        self.limit: int | None = None
        self._rows: deque[Row] = deque()
        self._drained: int | None = None

    def append(self, row: Row) -> None:
        self._rows.append(row)
        self.count += 1
        if self.limit is not None and len(self._rows) > self.limit:
            self._trim()

    @property
    def unseen(self) -> bool:
        """Whether nobody can look at rows, so that counting them is enough."""
        return self.limit == 0 and self._drained is None

    def retain(self, limit: int) -> None:
        self.limit = limit
        self._trim()

    def rows(self, after: int = 0, most: int | None = None) -> list[Row]:
        """The newest rows within the limit, from number `after` on, at most `most` of them."""
        skipped = self.first(after) - (self.count - len(self._rows))
        stop = None if most is None else skipped + most
        return list(islice(self._rows, max(skipped, 0), stop))

    def first(self, after: int = 0) -> int:
        """The number of the first row that `rows(after)` gives."""
        shown = len(self._rows) if self.limit is None else min(self.limit, len(self._rows))
        return max(after, self.count - shown)

    def drain(self) -> list[Row]:
        pending = self.count - (self._drained or 0)
        rows = list(islice(self._rows, max(len(self._rows) - pending, 0), None))
        self._drained = self.count
        if self.limit is not None:
            self._trim()
        return rows

    def snapshot(self) -> Any:
        return self.count, self.limit, self._rows, self._drained

    def restore(self, state: Any) -> None:
        self.count, self.limit, self._rows, self._drained = state

    def _trim(self) -> None:
        assert self.limit is not None
        keep = self.limit if self._drained is None else max(self.limit, self.count - self._drained)
        while len(self._rows) > keep:
            self._rows.popleft()
