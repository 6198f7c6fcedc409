"""The engine's operators as Flink holds them: a state taken at any moment goes on as if nothing had been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyflink", reason="Apache Flink is not installed here: make test-flink")

from helpers.streaming_sql import Application
from helpers.streaming_sql.flink.operators import END, Machine

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
CREATE STREAM "OUT" ("page" VARCHAR(8), "n" INTEGER, "ANOMALY_SCORE" DOUBLE);
CREATE PUMP "P" AS INSERT INTO "OUT"
SELECT STREAM "page", "n", ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(
  CURSOR(SELECT STREAM "page", COUNT(*) AS "n" FROM "SOURCE_SQL_STREAM_001"
         GROUP BY "page", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND)), 10, 12, 1000, 1));
"""
COLUMNS = [("page", "VARCHAR(8)"), ("m", "INTEGER")]
ROWS = [(at * 700, f"/{at % 3}", at % 11) for at in range(600)]


def _machine() -> Machine:
    application = Application(SCRIPT, COLUMNS)
    (pump,) = application.plan.pumps
    return Machine(pump.query, pump.name, [application.seed], {})


def _feed(machine: Machine, rows: list[Any]) -> None:
    for row in rows:
        machine.advance(row[0])
        machine.feed("SOURCE_SQL_STREAM_001", row)


def test_it_gives_the_rows_of_the_application() -> None:
    application, machine = Application(SCRIPT, COLUMNS), _machine()
    for rowtime, page, m in ROWS:
        application.feed([{"page": page, "m": m}], rowtime)
    application.finish()
    _feed(machine, ROWS)
    machine.advance(END)
    assert machine.rows == [tuple(row.values()) for row in application.stream("OUT")]
    assert any(row[-1] > 0 for row in machine.rows)


def test_a_state_taken_at_any_moment_goes_on_the_same() -> None:
    whole = _machine()
    _feed(whole, ROWS)
    whole.advance(END)
    for cut in (0, 1, 299, 450):
        first, second = _machine(), _machine()
        _feed(first, ROWS[:cut])
        second.restore(first.snapshot())
        _feed(second, ROWS[cut:])
        second.advance(END)
        assert first.rows + second.rows == whole.rows


def test_what_cannot_be_computed_is_told_with_its_pump() -> None:
    script = """CREATE STREAM "OUT" ("n" INTEGER); CREATE PUMP "P" AS INSERT INTO "OUT"
                SELECT STREAM 10 / "m" FROM "SOURCE_SQL_STREAM_001";"""
    application = Application(script, COLUMNS)
    (pump,) = application.plan.pumps
    machine = Machine(pump.query, pump.name, [], {})
    rows = [(1000, "/", 0), (2000, "/", 5)]
    _feed(machine, rows)
    for rowtime, page, m in rows:
        application.feed([{"page": page, "m": m}], rowtime)
    assert machine.rows == [(2000, 2)]
    assert machine.errors == [tuple(row.values()) for row in application.stream("error_stream")]
