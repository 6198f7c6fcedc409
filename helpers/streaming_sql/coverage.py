"""What the streaming SQL supports, refuses and why, as a page written from the code itself.

Functions, aggregates, table functions and data types are read from the tables that the engine runs
by. Statements, clauses and refusals are probed: each is planned, and the page says what came of it.
So the page cannot promise what a script would not get.

    python -m helpers.streaming_sql.coverage > docs/streaming-sql.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .aggregates import AGGREGATES
from .analytic import ANALYTIC
from .datatypes import _FAMILIES, ALIASES, parse_type
from .errors import SqlError
from .functions import CALLABLE, FUNCTIONS, SYNONYMS
from .functions.now import NOW
from .plan import Stream
from .planner import plan
from .reference_pages import PAGES
from .schema import parse_schema
from .script import parse
from .table_functions import TABLE_FUNCTIONS

SOURCE: Final = [
    ("page", "VARCHAR(16)"), ("n", "INTEGER"), ("x", "DOUBLE"), ("t", "TIMESTAMP"), ("d", "DECIMAL(8, 2)")
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Probe:
    """A thing a script may ask for: in words, and as a query (or a whole script, with CREATE)."""

    what: str
    sql: str
    columns: str = '"a" BIGINT'

    @property
    def script(self) -> str:
        if "CREATE" in self.sql:
            return self.sql
        return (
            f'CREATE OR REPLACE STREAM "OUT" ({self.columns});\n'
            f'CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"\n{self.sql};'
        )

    def refusal(self) -> SqlError | None:
        try:
            plan(self.script, parse(self.script), Stream("SRC", parse_schema(SOURCE)))
        except SqlError as error:
            return error
        return None


_NUMBER: Final = 'SELECT STREAM {} FROM "SRC"'
_MINUTE: Final = 'SELECT STREAM {} FROM "SRC" GROUP BY FLOOR(ROWTIME TO MINUTE)'

PROBES: Final[dict[str, tuple[Probe, ...]]] = {
    "Statements": (
        Probe("CREATE [OR REPLACE] STREAM", 'CREATE OR REPLACE STREAM "S" ("a" INTEGER NOT NULL)'),
        Probe("CREATE [OR REPLACE] PUMP … AS INSERT INTO … SELECT STREAM", _NUMBER.format('"n"')),
        Probe("CREATE FUNCTION", "CREATE FUNCTION F (n INTEGER) RETURNS INTEGER RETURN n + 1"),
        Probe("CREATE VIEW", 'CREATE VIEW V AS SELECT STREAM "n" FROM "SRC"'),
        Probe("ALTER PUMP, CREATE SCHEMA, SET SCHEMA (ignored, with a warning)",
              'CREATE STREAM "S" ("a" INTEGER); ALTER PUMP "P" START'),
        Probe("DROP", 'CREATE STREAM "S" ("a" INTEGER); DROP STREAM "S"'),
        Probe("A pump that feeds itself", 'CREATE STREAM "A" ("n" INTEGER); CREATE STREAM "B" ("n" INTEGER); '
              'CREATE PUMP "P" AS INSERT INTO "B" SELECT STREAM "n" FROM "A"; '
              'CREATE PUMP "Q" AS INSERT INTO "A" SELECT STREAM "n" FROM "B"'),
        Probe("A pump that reads error_stream", 'SELECT STREAM 1 FROM "error_stream"'),
        Probe("A pump that writes the source", 'CREATE PUMP "P" AS INSERT INTO "SRC" SELECT STREAM * FROM "SRC"'),
    ),
    "Queries": (
        Probe("WHERE", 'SELECT STREAM "n" FROM "SRC" WHERE "page" = \'/\''),
        Probe("SELECT without STREAM, which is meant", 'SELECT "n" FROM "SRC"'),
        Probe("SELECT DISTINCT within a window",
              'SELECT STREAM DISTINCT FLOOR("SRC".ROWTIME TO MINUTE), "n" FROM "SRC"', '"t" TIMESTAMP, "n" INTEGER'),
        Probe("SELECT DISTINCT for ever", 'SELECT STREAM DISTINCT "n" FROM "SRC"'),
        Probe("A subquery in FROM", 'SELECT STREAM "n" FROM (SELECT STREAM "n" FROM "SRC") AS s'),
        Probe("UNION ALL", 'SELECT STREAM "n" FROM "SRC" UNION ALL SELECT STREAM "n" FROM "SRC"'),
        Probe("UNION, EXCEPT, INTERSECT", 'SELECT STREAM "n" FROM "SRC" UNION SELECT STREAM "n" FROM "SRC"'),
        Probe("ORDER BY time", 'SELECT STREAM "n" FROM "SRC" ORDER BY FLOOR("SRC".ROWTIME TO SECOND), "n" DESC'),
        Probe("ORDER BY without time", 'SELECT STREAM "n" FROM "SRC" ORDER BY "n"'),
        Probe("LIMIT", 'SELECT STREAM "n" FROM "SRC" LIMIT 10'),
    ),
    "Windows and groups": (
        Probe("Tumbling, STEP", "SELECT STREAM COUNT(*) FROM \"SRC\" GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND)"),
        Probe("Tumbling, FLOOR", _MINUTE.format("COUNT(*)")),
        Probe("Tumbling, the lab's (ROWTIME - TIMESTAMP …) SECOND / 10", 'SELECT STREAM COUNT(*) FROM "SRC" GROUP BY '
              "FLOOR((\"SRC\".ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)"),
        Probe("HAVING", _MINUTE.format("COUNT(*)") + " HAVING COUNT(*) > 1"),
        Probe("GROUP BY without a monotonic term", 'SELECT STREAM COUNT(*) FROM "SRC" GROUP BY "page"'),
        Probe("An aggregate without GROUP BY", _NUMBER.format("COUNT(*)")),
        Probe("COUNT(DISTINCT …)", _MINUTE.format('COUNT(DISTINCT "n")')),
        Probe("MONOTONIC(…)", 'SELECT STREAM COUNT(*) FROM "SRC" GROUP BY MONOTONIC("n")'),
        Probe("Stagger", 'SELECT STREAM COUNT(*) FROM "SRC" WINDOWED BY STAGGER '
              "(PARTITION BY \"page\" RANGE INTERVAL '1' MINUTE)"),
        Probe("Sliding, RANGE", "SELECT STREAM COUNT(*) OVER (RANGE INTERVAL '1' MINUTE PRECEDING) FROM \"SRC\""),
        Probe("Sliding, ROWS, PARTITION BY",
              'SELECT STREAM COUNT(*) OVER (PARTITION BY "page" ROWS 10 PRECEDING) FROM "SRC"'),
        Probe("Sliding, WINDOW … AS", "SELECT STREAM COUNT(*) OVER w FROM \"SRC\" WINDOW w AS (ROWS 2 PRECEDING)"),
        Probe("A window that looks ahead", 'SELECT STREAM COUNT(*) OVER (ROWS 2 FOLLOWING) FROM "SRC"'),
    ),
    "Joins": (
        Probe("Two streams, current rows", 'SELECT STREAM a."n" FROM "SRC" AS a, "SRC" AS b WHERE a."n" = b."n"'),
        Probe("INNER JOIN … OVER", "SELECT STREAM a.\"n\" FROM \"SRC\" OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS a "
              'JOIN "SRC" AS b ON a."n" = b."n"'),
        Probe("LEFT JOIN … OVER", "SELECT STREAM a.\"n\" FROM \"SRC\" OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS a "
              "LEFT JOIN \"SRC\" OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS b ON a.\"n\" = b.\"n\""),
        Probe("FULL JOIN … OVER", "SELECT STREAM a.\"n\" FROM \"SRC\" OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS a "
              "FULL JOIN \"SRC\" OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS b ON a.\"n\" = b.\"n\""),
        Probe("NATURAL JOIN", 'SELECT STREAM a."n" FROM "SRC" AS a NATURAL JOIN "SRC" AS b'),
        Probe("Three streams at once", 'SELECT STREAM a."n" FROM "SRC" AS a, "SRC" AS b, "SRC" AS c'),
    ),
    "Types": (
        Probe("An implicit conversion of a text into a number", _NUMBER.format('"page"')),
        Probe("A text compared with a number", 'SELECT STREAM "n" FROM "SRC" WHERE "page" = 1'),
        Probe("Any number into any numeric column", _NUMBER.format('"x"')),
        Probe("A DECIMAL column in a forest", 'SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR('
              'SELECT STREAM "d" FROM "SRC")))', '"d" DECIMAL(8, 2), "s" DOUBLE'),
        Probe("Month intervals", "SELECT STREAM \"n\" FROM \"SRC\" WHERE \"t\" > ROWTIME - INTERVAL '1' MONTH"),
    ),
}  # fmt: skip

# Where the number of arguments does not tell how it is written.
_WRITTEN: Final = {
    "CAST": "CAST(value AS type)",
    "EXTRACT": "EXTRACT(unit FROM time)",
    "POSITION": "POSITION(part IN text)",
    "STEP": "STEP(time BY interval), STEP(n BY number)",
    "TRIM": "TRIM([BOTH | LEADING | TRAILING] [character FROM] text)",
    "OVERLAY": "OVERLAY(text PLACING part FROM start [FOR length])",
    "SUBSTRING": "SUBSTRING(text, start [, length]); what begins behind the text is NULL",
    "FLOOR TO": "FLOOR(time TO unit)",
    "CEIL TO": "CEIL(time TO unit)",
    "INTERVAL DIFFERENCE": "(time - time) unit",
    "SUBSTRING SIMILAR": "SUBSTRING(text SIMILAR pattern ESCAPE character)",
    "SIMILAR TO": "text SIMILAR TO pattern [ESCAPE character]",
    "FIELD OF": "record.column",
    "LIKE": "text [NOT] LIKE pattern [ESCAPE character]",
    "IS": "value IS [NOT] NULL, TRUE, FALSE or UNKNOWN",
    "-x": "- value",
    "NOT": "NOT condition",
    "SUBSTRING FROM": "SUBSTRING(text FROM start [FOR length])",
    "IS DISTINCT FROM": "value IS [NOT] DISTINCT FROM value",
}
_HIDDEN: Final = ("(,)",)  # no script can write it
# What a page's query selects, where it is not one whole number.
_WIDER: Final = {
    'SELECT STREAM DISTINCT FLOOR("SRC".ROWTIME TO DAY), "n"': '"a" TIMESTAMP, "b" INTEGER',
    'SELECT STREAM s."n", s.*': '"a" INTEGER, "b" INTEGER',
    'SELECT STREAM "page", COUNT(*)': '"a" VARCHAR(16), "b" BIGINT',
    'SELECT STREAM ROWTIME, "SRC".ROWTIME': '"a" TIMESTAMP, "b" TIMESTAMP',
}

_INTRODUCTION: Final = """\
# Streaming SQL: what runs, what is refused, and why

Written by `python -m helpers.streaming_sql.coverage` from the engine's own tables and from queries it planned; a test
says whether it is current. `workshop sql check SCRIPT` tells the same of a script of yours, with line and column.

Whatever is not on this page is refused before the first row, not ignored. A row that cannot be computed at run time
(overflow, division by zero, a value the schema does not fit) goes to `error_stream`, and the rest goes on.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [_INTRODUCTION, *map(_probed, PROBES)]
    parts.append(_named("Aggregates, in a group or OVER a sliding window", AGGREGATES))
    parts.append(_named("OVER a sliding window only", ANALYTIC))
    parts.append(_named("Table functions, over CURSOR(SELECT STREAM …)", TABLE_FUNCTIONS))
    parts.append(_listed("Functions", ("function", "arguments"), _functions()))
    parts.append(_named("Operators and forms", _forms()))
    parts.append(_listed("Data types", ("type", "also written"), _types()))
    parts.append("A `REAL` is not rounded to its 7 digits: it has a DOUBLE's, and a REAL's range.\n")
    parts.append("## The SQL Reference, page by page\n")
    parts += [_paged(chapter) for chapter in PAGES]
    return "\n".join(parts)


def pages() -> Iterator[tuple[str, Probe]]:
    """Each page of the SQL Reference with a script that does what it is about."""
    for chapter in PAGES.values():
        for name, part, sql in chapter:
            yield name, Probe(f"{name}: {part}" if part else name, _query(sql), _columns(sql))


def _query(sql: str) -> str:
    whole = sql.startswith(("SELECT", "CREATE", "VALUES"))
    return sql if whole else _NUMBER.format(f"CASE WHEN ({sql}) IS NULL THEN 1 END")


def _columns(sql: str) -> str:
    """The columns of the stream a query inserts into, as many and as wide as the query gives."""
    return _WIDER.get(sql.split(" FROM ")[0], '"a" BIGINT')


def _forms() -> list[str]:
    operators = [_WRITTEN.get(name, name) for name in FUNCTIONS if name not in CALLABLE and name not in _HIDDEN]
    return [*operators, *NOW]


def _probed(title: str) -> str:
    lines = [f"## {title}", "", "| | runs? | if not, why, and what to do |", "|---|---|---|"]
    lines += [f"| {_cell(probe.what)} | {_outcome(probe)} |" for probe in PROBES[title]]
    return "\n".join([*lines, ""])


def _paged(chapter: str) -> str:
    lines = [f"### {chapter}", "", "| page | | runs? | if not, why, and what to do |", "|---|---|---|---|"]
    names = {name for name, *_ in PAGES[chapter]}
    for name, probe in pages():
        if name in names:
            lines.append(f"| {_cell(name)} | {_cell(probe.what.removeprefix(name)[2:])} | {_outcome(probe)} |")
    return "\n".join([*lines, ""])


def _outcome(probe: Probe) -> str:
    error = probe.refusal()
    why = "" if error is None else f"{error.message}. {error.hint}".strip()
    return f"{'yes' if error is None else 'no'} | {_cell(why)}"


def _named(title: str, names: Iterable[str], otherwise: str = "") -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    return f"## {title}\n\n{listed or otherwise}\n"


def _listed(title: str, head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"## {title}", "", f"| {head[0]} | {head[1]} |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{_cell(name)}` | {_cell(note)} |" for name, note in rows), ""])


def _functions() -> Iterator[tuple[str, str]]:
    synonyms: dict[str, list[str]] = {}
    for other, name in SYNONYMS.items():
        synonyms.setdefault(name, []).append(other)
    for name in sorted({*CALLABLE, "CAST"}):
        also = f"; also {', '.join(synonyms[name])}" if name in synonyms else ""
        yield name, (_WRITTEN.get(name) or _arity(name)) + also


def _arity(name: str) -> str:
    function = FUNCTIONS[name]
    if function.least == function.most:
        return str(function.least)
    return f"{function.least} or more" if function.most >= 100 else f"{function.least} to {function.most}"


def _types() -> Iterator[tuple[str, str]]:
    for name in _FAMILIES:
        try:
            parse_type(name)
        except ValueError:
            continue  # a type of values, not of columns
        yield name, ", ".join(alias for alias, target in ALIASES.items() if target == name)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
