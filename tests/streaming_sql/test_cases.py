# ruff: noqa: S311 - repeatable dice
"""Every file in cases/: the rows the documentation says, however the input is cut. See cases/README.md."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from helpers.streaming_sql import Application, RecordReader, SqlError
from helpers.streaming_sql.conversion import as_text, read_timestamp

CASES = sorted((Path(__file__).parent / "cases").rglob("*.sql"))
DAY = "2026-01-05"
ARRIVAL = "APPROXIMATE_ARRIVAL_TIME"  # the service makes this column; no record has it
ANYTHING = object()

Row = dict[str, Any]
Steps = list[tuple[int, Row | None]]  # a rowtime with a row, or alone: a bound
Columns = list[tuple[str, str]]


@dataclass
class Case:
    script: str
    page: str = ""
    source: str = "SOURCE_SQL_STREAM_001"
    format: str = "JSON"
    columns: Columns = field(default_factory=list)
    references: dict[str, tuple[Row, bytes]] = field(default_factory=dict)
    steps: Steps = field(default_factory=list)
    expected: dict[str, list[Row]] = field(default_factory=dict)
    error: str = ""

    def application(self) -> Application:
        return Application(self.script, self.columns, source=self.source, references=self.references)


def read_case(text: str) -> Case:
    script, *sections = re.split(r"^---- *", text, flags=re.MULTILINE)
    case = Case(script)
    tables: dict[str, Columns] = {}
    for key, value in re.findall(r"^-- (Page|Columns|Source|Format|Reference): (.*)$", script, re.MULTILINE):
        if key == "Columns":
            case.columns = _columns(value)
        elif key == "Reference":
            name, columns = value.split("(", 1)
            tables[name.strip(' "')] = _columns(columns)
        else:
            setattr(case, key.lower(), value.strip())
    for section in sections:
        title, *lines = section.strip().split("\n")
        if title == "input":
            case.steps = [_step(row) for row in _table(lines)]
        elif title == "records":
            case.steps = list(_records(case, lines))
        elif title.startswith("reference "):
            name = title.split('"')[1]
            case.references[name] = (_schema("CSV", tables[name]), "\n".join(lines).encode())
        elif title == "error":
            case.error = "\n".join(lines).strip()
        else:
            stream = re.fullmatch(r'stream "(.+)"', title)
            assert stream, f"a section is input, records, reference, error or stream, not {title!r}"
            case.expected[stream[1]] = [{**row, "ROWTIME": _rowtime(row["ROWTIME"])} for row in _table(lines)]
    return case


_COLUMN = re.compile(r'(?:"([^"]+)"|(\w+))\s+(\w+(?:\([\d, ]+\))?)')


def _columns(text: str) -> Columns:
    return [(quoted or plain, kind) for quoted, plain, kind in _COLUMN.findall(text)]


def _schema(kind: str, columns: Columns) -> Row:
    """The InputSchema of records that have these columns by name (JSON) or in this order (CSV)."""
    named = [{"Name": name, "SqlType": sqltype, "Mapping": f"$['{name}']"} for name, sqltype in columns]
    return {"RecordFormat": {"RecordFormatType": kind}, "RecordEncoding": "UTF-8", "RecordColumns": named}


def _records(case: Case, lines: list[str]) -> Iterator[tuple[int, Row | None]]:
    """Raw records as the rows they hold; what the service adds to each is added, too."""
    reader = RecordReader(_schema(case.format, [column for column in case.columns if column[0] != ARRIVAL]))
    for line in lines:
        moment, _, record = line.partition("|")
        rowtime = _rowtime(moment.strip())
        if not record:
            yield rowtime, None
            continue
        for row in reader.read(record.strip().encode()):
            yield rowtime, {ARRIVAL: rowtime, **row}


def _table(lines: list[str]) -> list[Row]:
    lines = [line for line in lines if line.strip()]
    names, *rows = [_cells(line) for line in lines]
    assert all(len(row) in (1, len(names)) for row in rows), "a line has more or fewer values than columns"
    return [dict(zip(names, row, strict=False)) for row in rows]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.findall(r'(?:^|\|)(\s*"(?:[^"\\]|\\.)*"\s*(?=\||$)|[^|]*)', line)]


def _value(cell: str) -> Any:
    if cell == "NULL":
        return None
    try:
        value = json.loads(cell, parse_float=Decimal)
    except ValueError:
        return cell
    return cell if value is None else value


def _rowtime(cell: str) -> int:
    return read_timestamp(cell if " " in cell else f"{DAY} {cell}")


def _step(row: Row) -> tuple[int, Row | None]:
    rowtime = _rowtime(row["ROWTIME"])
    if len(row) == 1:
        return rowtime, None
    values = {name: _value(cell) for name, cell in row.items() if name != "ROWTIME"}
    return rowtime, {name: float(v) if isinstance(v, Decimal) else v for name, v in values.items()}


# the ways to cut the input


def one_by_one(app: Application, steps: Steps) -> None:
    for rowtime, row in steps:
        if row is None:
            app.advance(rowtime)
        else:
            app.feed([row], rowtime)


def all_at_once(app: Application, steps: Steps) -> None:
    for rowtime, group in groupby(steps, key=lambda step: step[0]):
        app.feed([row for _, row in group if row is not None], rowtime)


def random_cuts(app: Application, steps: Steps, seed: int) -> None:
    dice = random.Random(seed)
    now = steps[0][0] if steps else 0
    for rowtime, group in groupby(steps, key=lambda step: step[0]):
        for moment in sorted(dice.randint(now, rowtime) for _ in range(dice.randint(0, 3))):
            app.advance(moment)
        rows = [row for _, row in group if row is not None]
        while rows:
            size = dice.randint(0, len(rows))
            app.feed(rows[:size], rowtime)
            rows = rows[size:]
        app.advance(rowtime)
        now = rowtime


CUTS: dict[str, Callable[[Application, Steps], None]] = {
    "one by one": one_by_one,
    "all at once": all_at_once,
    **{f"cut {seed}": (lambda app, steps, seed=seed: random_cuts(app, steps, seed)) for seed in range(5)},
}


# what came out against what should


def same(actual: Any, cell: str, kind: str) -> bool:
    if cell == "*":
        return True
    if actual is None or cell == "NULL":
        return actual is None and cell == "NULL"
    if kind in ("timestamp", "date", "time", "binary"):
        return as_text(actual, TYPES[kind]) == cell
    expected = _value(cell)
    if kind == "decimal":
        return str(actual) == cell
    if kind == "approximate":
        return isinstance(expected, Decimal) and math.isclose(actual, float(expected), rel_tol=1e-9, abs_tol=1e-9)
    return type(actual) is type(expected) and bool(actual == expected)


def differences(app: Application, case: Case) -> list[str]:
    expected = {"error_stream": [], **case.expected}
    found = []
    for stream in app.streams:
        if stream.name not in expected:
            continue
        rows, wanted = app.stream(stream.name), expected.pop(stream.name)
        kinds = {"ROWTIME": "integer", **{column.name: column.type.family for column in stream.columns}}
        if wanted and stream.name != "error_stream":
            assert list(wanted[0]) == list(kinds), f"{stream.name} has the columns {list(kinds)}"
        right = len(rows) == len(wanted) and all(
            row["ROWTIME"] == want["ROWTIME"]
            and all(same(row[name], cell, kinds[name]) for name, cell in want.items() if name != "ROWTIME")
            for row, want in zip(rows, wanted, strict=True)
        )
        if not right:
            found += [
                f"{stream.name} holds",
                *(f"  {_shown(row, kinds)}" for row in rows),
                "but should",
                *_told(wanted),
            ]
    assert not expected, f"no such stream: {', '.join(expected)}"
    return found


def _shown(row: Row, kinds: dict[str, str]) -> str:
    texts = {
        name: as_text(v, TYPES[kinds[name]]) if kinds[name] in TYPES and v is not None else v for name, v in row.items()
    }
    return " | ".join(str(v) for v in {**texts, "ROWTIME": _clock(row["ROWTIME"])}.values())


def _told(rows: list[Row]) -> list[str]:
    return ["  " + " | ".join(map(str, {**row, "ROWTIME": _clock(row["ROWTIME"])}.values())) for row in rows]


def _clock(rowtime: int) -> str:
    return as_text(rowtime, TYPES["timestamp"]).removeprefix(f"{DAY} ").removesuffix(".000")


def _types() -> dict[str, Any]:
    from helpers.streaming_sql.datatypes import SqlType

    return {name: SqlType(name.upper()) for name in ("timestamp", "date", "time", "binary")}


TYPES = _types()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))
    assert case.page, "name the documentation: -- Page: …"
    assert case.columns, "name the source's columns: -- Columns: …"
    if case.error:
        refused(case)
        return
    assert case.expected, "a case without an expected stream expects nothing"
    endings = []
    for how, cut in CUTS.items():
        app = case.application()
        cut(app, case.steps)
        assert not (found := differences(app, case)), f"{how}:\n" + "\n".join(found)
        app.finish()  # what is still open ends, too, and the same way
        endings.append(everything(app))
    assert all(ending == endings[0] for ending in endings)


def everything(app: Application) -> dict[str, list[Row]]:
    """All rows of all streams, but for when an error was noticed: that depends on who told the time."""
    return {
        stream.name: [{**row, "ERROR_TIME": None} if "ERROR_TIME" in row else row for row in app.stream(stream.name)]
        for stream in app.streams
    }


def refused(case: Case) -> None:
    line, column, message = (part.strip() for part in case.error.split(":", 2))
    with pytest.raises(SqlError) as caught:
        case.application()
    error = caught.value
    assert (error.line, error.column) == (int(line), int(column)), str(error)
    assert message in f"{error.message} {error.hint}", str(error)


def test_the_harness_sees_a_wrong_value_a_missing_row_and_a_wrong_type() -> None:
    text = (Path(__file__).parent / "cases/group_count_by_step.sql").read_text(encoding="utf-8")
    start, end = text.split("---- stream")
    for wrong in (end.replace("| 2", "| 3"), end.replace("| 2", "| 2.0"), "\n".join(end.split("\n")[:-2])):
        assert wrong != end
        case = read_case(start + "---- stream" + wrong)
        app = case.application()
        one_by_one(app, case.steps)
        assert differences(app, case)
