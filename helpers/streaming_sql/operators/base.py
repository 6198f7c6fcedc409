"""What operators have in common: rows are pushed in, rows are pushed on, time is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Row = tuple[Any, ...]
Emit = Callable[[Row], None]
Report = Callable[[Exception, Row], None]  # RowError, or what nobody foresaw: it must not end the other rows


class Timed(Protocol):
    """An operator that has something to do when time passes.

    `deadline` is the ROWTIME at which it wants to be told, or None; `on_bound(t)` tells it that no
    row before t will come. It is called at each deadline in order, never past one.
    """

    deadline: int | None

    def on_bound(self, rowtime: int) -> None: ...


class Stateful(Protocol):
    """An operator that remembers something of the rows it has seen.

    `snapshot()` gives it as plain data (numbers, texts, tuples, lists, dicts, sets, deques, numpy
    arrays), which may be the operator's own: it is written down before the next row comes.
    `restore` replaces: an operator of the same step goes on from there, whatever it has seen before;
    the data is its to keep.
    """

    def snapshot(self) -> Any: ...

    def restore(self, state: Any) -> None: ...
