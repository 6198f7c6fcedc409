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
