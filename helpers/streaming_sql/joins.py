"""Joins in a plan: relation by relation, their windows, ON conditions and the columns these make equal.

Several joins are done from the left: the rows of `a JOIN b` are a stream, of which the next join sees
the current row. A reference table is looked up for each row of what stands beside it, so the stream
must be the side that is kept: LEFT JOIN table, or table RIGHT JOIN.

Sources: Amazon Kinesis Data Analytics SQL Reference, "JOIN clause" and "FROM clause"; SQLstream, "JOIN
clause" (multi-way joins; without a window it is CURRENT ROW). That the service joined a join's rows
in this way was not checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlglot import exp

from .binder import Binder
from .expressions import CURRENT_ROW, Call, Column, Expression, Frame
from .frames import extent
from .plan import Filter, Join, Lookup, Node, Reference, WindowJoin
from .scope import Scope, Source
from .syntax import Name, Query, Relation, Span, StreamReference, WindowSpec, error_at

MAX_RELATIONS: Final = 16  # in one FROM: no documented limit, but each doubles what a row may meet
_MIRRORED: Final = {"LEFT": "RIGHT", "RIGHT": "LEFT"}


@dataclass(frozen=True, slots=True)
class Side:
    """A relation of FROM, planned: its rows, what the query calls it, how it was written."""

    rows: Node | Reference
    name: str | None
    relation: Relation

    @property
    def span(self) -> Span:
        return self.relation.name.span if isinstance(self.relation, StreamReference) else self.relation.span

    @property
    def over(self) -> Name | WindowSpec | None:
        return self.relation.over if isinstance(self.relation, StreamReference) else None

    @property
    def window(self) -> str | None:
        """`JOIN TradeStream OVER t ON o.id = t.id`: the guide calls the side by its window's name."""
        return self.over.text if isinstance(self.over, Name) and not self.relation.alias else None


def from_clause(script: str, query: Query, sides: list[Side]) -> tuple[Node, Scope]:
    """The rows of a FROM clause and what the query can name."""
    return _FromClause(script, query).rows(sides)


class _FromClause:
    def __init__(self, script: str, query: Query) -> None:
        self.script, self.query = script, query
        self.windows = {name.text: spec for name, spec in query.windows}

    def rows(self, sides: list[Side]) -> tuple[Node, Scope]:
        self._check_names(sides)
        first, *others = sides
        rows = first.rows
        scope = Scope((Source(first.name, rows.fields, window=first.window),))
        if isinstance(rows, Reference):
            scope = Scope((replace(scope.sources[0], rowtime=None),))
        over = first
        for other, (kind, on) in zip(others, self.query.joins, strict=True):
            rows, scope = self._joined(rows, scope, over, other, kind, on)
            over = replace(other, relation=_without_window(other.relation))  # the rows of a join: CURRENT ROW
        if isinstance(rows, Reference):
            hint = "Join it with a stream, each of whose rows looks it up."
            raise error_at(self.script, first.span, f"{rows.name} is a reference table, not a stream", hint)
        if not others and first.over:
            hint = "OVER in FROM belongs to a join; for a sliding window write SUM(x) OVER (…)."
            raise error_at(self.script, first.span, "a window over a stream that is not joined", hint)
        return rows, scope

    def _check_names(self, sides: list[Side]) -> None:
        if len(sides) > MAX_RELATIONS:
            message = f"more than {MAX_RELATIONS} streams and tables in FROM"
            raise error_at(self.script, sides[MAX_RELATIONS].span, message, "Join some, and pump the result on.")
        seen: set[str] = set()
        for side in sides:
            if side.name in seen:
                raise error_at(
                    self.script, side.span, f"{side.name} stands twice in FROM", "Give each an alias with AS."
                )
            if side.name is not None:
                seen.add(side.name)

    def _joined(
        self, rows: Node | Reference, scope: Scope, left: Side, right: Side, kind: str, on: exp.Expr | None
    ) -> tuple[Node, Scope]:
        if isinstance(right.rows, Reference):
            if isinstance(rows, Reference):
                hint = "Join one of them with a stream first."
                raise error_at(self.script, right.span, "two reference tables cannot be joined", hint)
            return self._looked_up(rows, scope, right, kind, on, left)
        if isinstance(rows, Reference):
            table = Side(rows, left.name, left.relation)
            stream = Scope((Source(right.name, right.rows.fields, window=right.window),))
            node, both = self._looked_up(right.rows, stream, table, _MIRRORED.get(kind, kind), on, right)
            return node, Scope(both.sources[::-1])  # as FROM has them, for *
        return self._streams(rows, right.rows, scope, left, right, kind, on)

    def _looked_up(
        self, stream: Node, scope: Scope, table: Side, kind: str, on: exp.Expr | None, beside: Side
    ) -> tuple[Node, Scope]:
        assert isinstance(table.rows, Reference)
        for side in (beside, table):
            if side.over:
                message = "no window is allowed in a join with a reference table"
                raise error_at(self.script, side.span, message, "Each row looks the table up when it comes.")
        if kind in ("RIGHT", "FULL"):
            hint = "A row of a table never leaves a window: keep the stream's rows (stream LEFT JOIN table)."
            raise error_at(self.script, table.span, "the rows of a reference table cannot be kept", hint)
        width = 1 + len(stream.fields)
        both = Scope((*scope.sources, Source(table.name, table.rows.columns, width, None)))
        condition = self._condition(both, on)
        keys = _equalities(condition, 0, width)
        return Lookup(stream, table.rows, kind == "LEFT", condition, keys), both

    def _streams(
        self, left: Node, right: Node, scope: Scope, first: Side, second: Side, kind: str, on: exp.Expr | None
    ) -> tuple[Node, Scope]:
        middle = 2 + len(left.fields)
        shifted = tuple(
            replace(source, offset=source.offset + 1, rowtime=None if source.rowtime is None else source.rowtime + 1)
            for source in scope.sources
        )
        both = Scope((*shifted, Source(second.name, right.fields, middle + 1, middle, second.window)))
        condition = self._condition(both, on)
        if kind in ("INNER", "CROSS") and not first.over and not second.over:
            pairs = Join(left, right)
            return pairs if condition is None else Filter(pairs, condition), both
        keys = _equalities(condition, 1, middle)
        frames = self._frame(first), self._frame(second)
        return WindowJoin(left, right, kind, *frames, condition, keys), both

    def _condition(self, scope: Scope, on: exp.Expr | None) -> Expression | None:
        return None if on is None else Binder(self.script, scope).condition(on, "ON")

    def _frame(self, side: Side) -> Frame:
        """How far back one side of a join reaches; without OVER it is its current row."""
        spec = side.over
        if spec is None:
            return CURRENT_ROW
        if isinstance(spec, Name):
            spec = self._named(spec, self.windows)
        if spec.partition:
            hint = "Write the equality into ON; a join's windows are not partitioned."
            raise error_at(self.script, spec.span, "PARTITION BY is not allowed in the window of a join", hint)
        # ROWS CURRENT ROW is the newest row of its side, RANGE CURRENT ROW those of the present ROWTIME
        if spec.unit == "ROWS" and spec.extent is None:
            return Frame("ROWS", 1)
        return Frame(spec.unit, extent(self.script, spec, Binder(self.script, Scope(()))))

    def _named(self, name: Name, windows: Mapping[str, WindowSpec]) -> WindowSpec:
        if name.text not in windows:
            raise error_at(self.script, name.span, f"unknown window {name.text}", f"Add WINDOW {name.text} AS (…).")
        return windows[name.text]


def _without_window(relation: Relation) -> Relation:
    return replace(relation, over=None) if isinstance(relation, StreamReference) else relation


def _equalities(condition: Expression | None, first: int, middle: int) -> tuple[tuple[int, int], ...]:
    """Where columns stand that must be equal: from `first` on in the left's rows, from `middle` in the right's."""
    pairs = () if condition is None else _pairs(condition)
    # in a join of streams, index 0 is the joined row's own ROWTIME, which neither side has
    return tuple((low - first, high - middle) for low, high in pairs if first <= low < middle <= high)


def _pairs(condition: Expression) -> Iterator[tuple[int, int]]:
    match condition:
        case Call(function="AND", arguments=parts):
            for part in parts:
                yield from _pairs(part)
        case Call(function="=", arguments=(Column(index=x, type=one), Column(index=y, type=other))):
            if "CHAR" not in (one.name, other.name) or one == other:  # a CHAR is equal to a shorter one
                yield min(x, y), max(x, y)
