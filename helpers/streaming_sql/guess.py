"""What the source's columns may be, from how a script uses them: for a check without any records.

A column is any name a query reads from the source. It is a text until the planner complains of a place
that names it; then the other types are tried. A guess, and told as one; a schema is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .datatypes import Field
from .errors import SqlError
from .plan import Stream
from .planner import plan
from .schema import parse_schema
from .script import parse
from .source_columns import ARRIVAL, columns_read, with_arrival
from .syntax import Statement

TYPES: Final = ("VARCHAR(4096)", "DOUBLE", "BIGINT", "TIMESTAMP", "BOOLEAN")
MAX_TRIALS: Final = 400  # plans made in search of types; some milliseconds each


def guess_schema(script: str, source: str = "SOURCE_SQL_STREAM_001") -> dict[str, Any]:
    """An input schema with which the script can be planned as far as possible; SqlError for bad syntax.

    >>> script = '''CREATE STREAM S (n INTEGER);
    ...   CREATE PUMP P AS INSERT INTO S SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001"
    ...   WHERE "price" > 5 GROUP BY FLOOR(ROWTIME TO MINUTE), "page";'''
    >>> guess_schema(script)["RecordColumns"]
    [{'Name': 'page', 'SqlType': 'VARCHAR(4096)'}, {'Name': 'price', 'SqlType': 'DOUBLE'}]
    """
    statements = parse(script)
    names = [name for name in columns_read(statements, source) if name != ARRIVAL] or ["COL_0"]
    types = _Search(script, statements, source).types(dict.fromkeys(names, TYPES[0]))
    return {"RecordColumns": [{"Name": name, "SqlType": sqltype} for name, sqltype in types.items()]}


class _Search:
    """Depth first: each complaint lets a column it names (or any, if it names none) take another type, once."""

    def __init__(self, script: str, statements: Sequence[Statement], source: str) -> None:
        self.script, self.statements, self.source = script, statements, source
        self.trials = 0

    def types(self, types: dict[str, str]) -> dict[str, str]:
        """The types with which the script can be planned, or those with which it fails furthest on."""
        self.furthest = (0, 0), types
        return self._from(types, frozenset(), self._complaint(types)) or self.furthest[1]

    def _from(self, types: dict[str, str], settled: frozenset[str], error: SqlError | None) -> dict[str, str] | None:
        if error is None:
            return types
        named = [name for name in types if name.upper() in error.text.upper()]
        for name in named or types:
            if name in settled:
                continue
            for sqltype in TYPES[1:]:
                if self.trials >= MAX_TRIALS:
                    return None
                trial = {**types, name: sqltype}
                after = self._complaint(trial)
                if after is not None and str(after) == str(error):
                    continue
                found = self._from(trial, settled | {name}, after)
                if found:
                    return found
        return None

    def _complaint(self, types: dict[str, str]) -> SqlError | None:
        self.trials += 1
        columns: tuple[Field, ...] = parse_schema(list(types.items()))
        try:
            plan(self.script, self.statements, with_arrival(Stream(self.source, columns), self.statements))
        except SqlError as error:
            self.furthest = max(self.furthest, ((error.line, error.column), types), key=lambda tried: tried[0])
            return error
        return None
