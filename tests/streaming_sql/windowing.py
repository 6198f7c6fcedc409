"""Shared by the tests of windows and joins: a script over pushed rows, whole and cut at random."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helpers.streaming_sql import Application

SOURCE = '"SOURCE_SQL_STREAM_001"'
Rows = Sequence[tuple[int, Mapping[str, Any]]]


def clock(text: str) -> int:
    """Milliseconds of h:m:s, m:s or s."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return round(seconds * 1000)


def into(columns: str, query: str) -> str:
    return f"CREATE STREAM O ({columns}); CREATE PUMP P AS INSERT INTO O {query};"


def run(script: str, schema: Sequence[tuple[str, str]], rows: Rows, until: int | None = None) -> Application:
    app = Application(script, schema)
    for rowtime, row in rows:
        app.feed([row], rowtime)
    if until is not None:
        app.advance(until)
    return app


def out(app: Application, name: str = "O") -> list[tuple[Any, ...]]:
    """The rows of a stream as tuples, ROWTIME in seconds first."""
    return [(row["ROWTIME"] / 1000, *list(row.values())[1:]) for row in app.stream(name)]


def cut(script: str, schema: Sequence[tuple[str, str]], rows: Rows, until: int, seed: int) -> list[dict[str, Any]]:
    """All streams after the same rows, fed in batches cut at random, with time told in between."""
    dice = random.Random(seed)  # noqa: S311 - repeatable dice
    app = Application(script, schema)
    ticks: dict[int, list[Mapping[str, Any]]] = {}
    for rowtime, row in rows:
        ticks.setdefault(rowtime, []).append(row)
    before = min(ticks, default=0)
    for rowtime, batch in ticks.items():
        for moment in sorted(dice.randint(before, rowtime) for _ in range(dice.randrange(3))):
            app.advance(moment)
        for part in _parts(batch, dice):
            app.feed(part, rowtime)
        before = rowtime
    app.advance(until)
    return [{stream.name: app.stream(stream.name)} for stream in app.streams]


def _parts(batch: Sequence[Mapping[str, Any]], dice: random.Random) -> Iterable[Sequence[Mapping[str, Any]]]:
    start = 0
    while start < len(batch):
        end = dice.randint(start + 1, len(batch))
        yield batch[start:end]
        start = end
