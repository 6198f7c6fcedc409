"""A SELECT in the making: what it reads, and the SQL of each column, until it is written as a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...datatypes import Field
from ...plan import Node
from .types import EVENT_TIME, ROWTIME, NotSql, quoted

# how a text goes on in the next line of a clause
_INDENT = "\n  "


@dataclass(frozen=True, slots=True)
class View:
    """A view that exists: its columns, and the column Flink knows as its event time, `lag` ms before ROWTIME."""

    name: str
    fields: tuple[Field, ...]
    attribute: str | None
    lag: int = 0

    @property
    def text(self) -> str:
        return quoted(self.name)


@dataclass(frozen=True, slots=True)
class Select:
    """`columns` are the SQL of ROWTIME and of each field; NotSql for one that must not be asked for.

    `view` is the only thing it reads, where that is a view; `origin` is then the plan it stands for,
    over that view, as long as it only filters and computes. `guards` are those of `Scalars`.
    """

    source: str
    columns: tuple[str | NotSql, ...]
    fields: tuple[Field, ...]
    inputs: tuple[str, ...]
    attribute: str | None = None
    lag: int = 0
    view: View | None = None
    origin: Node | None = None
    where: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    having: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    times: tuple[str, ...] = ()  # columns that are time attributes: a view can have one only
    notes: tuple[str, ...] = ()

    def text(self, names: Sequence[str], keep_attribute: bool = True) -> str:
        """The statement, its columns under these names."""
        items = [f"{self._column(0, keep_attribute)} AS {quoted(ROWTIME)}"]
        items += [f"{self._column(place, False)} AS {quoted(name)}" for place, name in enumerate(names, 1)]
        if keep_attribute and self.attribute is not None and self.lag:
            items.append(f"{self.attribute} AS {quoted(EVENT_TIME)}")
        clauses = [f"SELECT{_INDENT}" + f",{_INDENT}".join(_shortened(item) for item in items), f"FROM {self.source}"]
        for keyword, parts in (("WHERE", (*self.guards, *self.where)), ("HAVING", self.having)):
            if keyword == "HAVING" and self.group_by:
                clauses.append(f"GROUP BY {', '.join(self.group_by)}")
            if parts:
                clauses.append(f"{keyword} " + f"{_INDENT}AND ".join(parts))
        return "\n".join(clauses)

    @property
    def values(self) -> tuple[str | NotSql, ...]:
        """The columns to compute with: what Flink makes of an event time would be one, too, so none is."""
        return tuple(moment(column) if column in self.times else column for column in self.columns)

    @property
    def length(self) -> int:
        """Characters of the longest column."""
        return max(len(column) for column in self.columns if isinstance(column, str))

    def _column(self, place: int, is_time: bool) -> str:
        column = self.columns[place] if is_time else self.values[place]
        if isinstance(column, NotSql):
            raise column
        return column


def moment(column: str | NotSql) -> str:
    """A time attribute as a plain moment."""
    return f"CAST({column} AS TIMESTAMP(3))"


def _shortened(item: str) -> str:
    """`X` for `X` AS `X`."""
    written, _, name = item.rpartition(" AS ")
    return name if written == name else item


def reading(view: View, origin: Node) -> Select:
    """SELECT of everything in a view."""
    columns = (quoted(ROWTIME), *(quoted(field.name) for field in view.fields))
    attribute = None if view.attribute is None else quoted(view.attribute)
    times = () if attribute is None else (attribute,)
    return Select(view.text, columns, view.fields, (view.name,), attribute, view.lag, view, origin, times=times)
