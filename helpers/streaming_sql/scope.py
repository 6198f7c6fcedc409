"""Which columns a query can name, and where in the row they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .datatypes import TIMESTAMP, Field
from .expressions import Column
from .functions.base import TypeFault

SHOWN: Final = 50  # names in a hint


@dataclass(frozen=True, slots=True)
class Source:
    """One relation of a FROM clause: its name and its columns, the first at `offset` of the row.

    `rowtime` is where its ROWTIME stands; a reference table has none. `window` is a second name: a
    side of a join without alias goes by its window's name, too.
    """

    name: str | None
    fields: tuple[Field, ...]
    offset: int = 1
    rowtime: int | None = 0
    window: str | None = None


@dataclass(frozen=True)
class Scope:
    """The relations of a FROM clause."""

    sources: tuple[Source, ...]

    @cached_property
    def _columns(self) -> dict[tuple[str | None, str], list[Column]]:
        """Columns by (relation or None, name): a script may name thousands."""
        found: dict[tuple[str | None, str], list[Column]] = {}
        for source in self.sources:
            for column in _columns(source):
                for table in {None, source.name, source.window}:
                    found.setdefault((table, column.name), []).append(column)
        return found

    def column(self, table: str | None, name: str) -> Column:
        """Resolve `name` or `table.name`; raises TypeFault if nothing or too much has that name."""
        if table is None and name == "ROWTIME":
            return Column(0, "ROWTIME", TIMESTAMP)
        sources = self._named(table)
        found = self._columns.get((table, name), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise TypeFault(f"column {name} is in more than one stream", "Write stream.column.")
        raise TypeFault(f"unknown column {name}", _suggestion(name, sources))

    def star(self, table: str | None = None) -> tuple[Column, ...]:
        """All columns of one or all relations, without ROWTIME."""
        return tuple(column for source in self._named(table) for column in _columns(source) if column.name != "ROWTIME")

    def _named(self, table: str | None) -> tuple[Source, ...]:
        if table is None:
            return self.sources
        found = tuple(source for source in self.sources if table in (source.name, source.window))
        if not found:
            names = ", ".join(f'"{source.name}"' for source in self.sources if source.name)
            raise TypeFault(f"{table} is not in this query's FROM clause", f"There: {names}." if names else "")
        return found

    def names(self, table: str) -> bool:
        """Whether a relation has this name."""
        return any(source.name == table for source in self.sources)

    def called(self, name: str) -> list[Column]:
        """The columns of this name, ROWTIME not among them."""
        return [] if name == "ROWTIME" else self._columns.get((None, name), [])


def _columns(source: Source) -> list[Column]:
    rowtime = [] if source.rowtime is None else [Column(source.rowtime, "ROWTIME", TIMESTAMP)]
    return [
        *rowtime,
        *(
            Column(source.offset + i, field.name, field.type)
            for i, field in enumerate(source.fields)
            if field.name != "ROWTIME"  # a subquery that selects ROWTIME: every row begins with it anyway
        ),
    ]


def _suggestion(name: str, sources: Sequence[Source]) -> str:
    known = [field.name for source in sources for field in source.fields]
    for other in known:
        if other.upper() == name.upper():
            return f'Unquoted names are upper-cased: write "{other}" in double quotes.'
    more = ", …" if len(known) > SHOWN else "."
    return "Known columns: " + ", ".join(f'"{other}"' for other in known[:SHOWN]) + more
