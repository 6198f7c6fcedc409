# ruff: noqa: S608 - streaming scripts, not database queries; repeatable dice; SQL reads better unbroken
from __future__ import annotations

import re

import pytest

from helpers.streaming_sql import Application, SqlError

SCHEMA = [("a", "INTEGER"), ("s", "VARCHAR(8)"), ("d", "DECIMAL(5,2)"), ("t", "TIMESTAMP")]
SOURCE = '"SOURCE_SQL_STREAM_001"'
FOREST = f'TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM "a" FROM {SOURCE})'


def application(select: str, columns: str = "x INTEGER", into: str = "OUT_") -> Application:
    return Application(f"CREATE STREAM OUT_ ({columns});\nCREATE PUMP P AS INSERT INTO {into}\n{select}", SCHEMA)


REFUSED = [
    # select, offending text, message, hint
    (f"SELECT STREAM a FROM {SOURCE}", "a", "unknown column A", 'write "a" in double quotes'),
    (f'SELECT STREAM "b" FROM {SOURCE}', '"b"', "unknown column b", 'Known columns: "a"'),
    ('SELECT STREAM 1 FROM "source_sql_stream_001"', '"source_sql_stream_001"', "unknown stream", "write"),
    ("SELECT STREAM 1 FROM NOWHERE", "NOWHERE", "unknown stream NOWHERE", "must be created before"),
    ('SELECT STREAM 1 FROM "error_stream"', '"error_stream"', "cannot read or write error_stream", ""),
    (f'SELECT STREAM "a", 1 FROM {SOURCE}', f'SELECT STREAM "a", 1 FROM {SOURCE}', "number of columns", ""),
    (f'SELECT STREAM "s" FROM {SOURCE}', '"s"', "s is VARCHAR(8), but column X is INTEGER", "CAST"),
    (f'SELECT STREAM Q."a" FROM {SOURCE}', 'Q."a"', "Q is not in this query's FROM clause", "SOURCE"),
    (f'SELECT STREAM 1 FROM {SOURCE} WHERE "a"', '"a"', "WHERE needs a condition", ""),
    (f"SELECT STREAM 1 FROM {SOURCE} WHERE \"a\" = 'x'", "\"a\" = 'x'", "cannot compare INTEGER with", "CAST"),
    (f'SELECT STREAM "a" + "s" FROM {SOURCE}', '"a" + "s"', "INTEGER + VARCHAR(8)", "||"),
    (f'SELECT STREAM "a" || \'x\' FROM {SOURCE}', "\"a\" || 'x'", "expected a value of type character", ""),
    (f'SELECT STREAM NEAREST("a") FROM {SOURCE}', 'NEAREST("a")', "unsupported function NEAREST", "ABS"),
    (f'SELECT STREAM ABS("a", 1) FROM {SOURCE}', 'ABS("a", 1)', "ABS takes 1 arguments, not 2", ""),
    (f"SELECT STREAM CAST('x' AS INTEGER) FROM {SOURCE}", "CAST('x' AS INTEGER)", "'x' cannot be", ""),
    (f'SELECT STREAM CAST("t" AS INTEGER) FROM {SOURCE}', 'CAST("t" AS INTEGER)', "TIMESTAMP cannot", ""),
    (f"SELECT STREAM TIMESTAMP 'x' FROM {SOURCE}", "TIMESTAMP 'x'", "'x' cannot be converted", ""),
    (f"SELECT STREAM INTERVAL '1' MONTH FROM {SOURCE}", "INTERVAL '1' MONTH", "only day-time intervals", ""),
    (f"SELECT STREAM COUNT(*) FROM {SOURCE}", None, "needs a monotonic term", "STEP(ROWTIME BY"),
    (f'SELECT STREAM COUNT(*) FROM {SOURCE} GROUP BY "a"', '"a"', "needs a monotonic term", "FLOOR(ROWTIME"),
    (f'SELECT STREAM COUNT(*) FROM {SOURCE} GROUP BY STEP("t" BY INTERVAL \'1\' DAY)', None, "monotonic", ""),
    (f'SELECT STREAM "a" FROM {SOURCE} GROUP BY FLOOR(ROWTIME TO DAY)', '"a"', "neither grouped nor", ""),
    (f'SELECT STREAM 1 FROM {SOURCE} WHERE COUNT(*) > 1', "COUNT(*)", "COUNT is not allowed here", ""),
    (f'SELECT STREAM SUM(COUNT(*)) FROM {SOURCE}', "COUNT(*)", "COUNT is not allowed here", ""),
    (f'SELECT STREAM SUM("s") FROM {SOURCE}', 'SUM("s")', "expected a number", ""),
    (f"SELECT STREAM 1 FROM {SOURCE}, {SOURCE}", None, "stands twice in FROM", "alias"),
    (f'SELECT STREAM "a" FROM {SOURCE} AS l, {SOURCE} AS r', '"a"', "in more than one stream", ""),
    (f'SELECT STREAM 1 FROM {FOREST}, 0))', "0", "numberOfTrees must be from 1 to 1000", "default is 100"),
    (f'SELECT STREAM 1 FROM {FOREST}, 100, 9))', "9", "subSampleSize must be from 10 to 1000", ""),
    (f'SELECT STREAM 1 FROM {FOREST}, 100, 12, 100000, 31))', "31", "shingleSize must be from 1 to 30", ""),
    (f'SELECT STREAM 1 FROM {FOREST}, 100, 12, 100000, 1, 1))', "1", "takes at most 4 numbers, not 5", ""),
    (f'SELECT STREAM 1 FROM {FOREST}, 2.5))', "2.5", "numberOfTrees must be a whole number", ""),
    (f'SELECT STREAM 1 FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM "s" FROM {SOURCE})))', None,
     "needs from 1 to 30 numeric columns, not 0", ""),
    (f'SELECT STREAM 1 FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM "d" FROM {SOURCE})))', None,
     "d is DECIMAL", "CAST it to DOUBLE"),
    (f'SELECT STREAM 1 FROM TABLE(NEAREST(CURSOR(SELECT STREAM "a" FROM {SOURCE})))', "NEAREST",
     "unsupported table function NEAREST", "HOTSPOTS"),
]  # fmt: skip


@pytest.mark.parametrize(("select", "text", "message", "hint"), REFUSED)
def test_refused_with_place_and_advice(select, text, message, hint):
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        application(select)
    error = caught.value
    assert error.line == 3
    assert hint in error.hint
    if text is not None:
        assert error.text == text
        assert select[error.column - 1 :].startswith(text)


@pytest.mark.parametrize(
    ("script", "line", "column", "message"),
    [
        ("CREATE STREAM s (a INTEGER);\nCREATE OR REPLACE STREAM S (a INTEGER);", 2, 26, "S exists already"),
        ('CREATE STREAM "SOURCE_SQL_STREAM_001" (a INTEGER)', 1, 15, "exists already"),
        ('CREATE STREAM "error_stream" (a INTEGER)', 1, 15, "exists already"),
        ("CREATE STREAM s (a INTEGER,\n a INTEGER)", 2, 2, "column A appears twice"),
        ("CREATE STREAM s (rowtime TIMESTAMP)", 1, 18, "has a ROWTIME already"),
        (f"CREATE PUMP p AS INSERT INTO {SOURCE} SELECT STREAM * FROM {SOURCE}", 1, 30, "input only"),
        (f"CREATE STREAM s (a INTEGER);\nCREATE PUMP p AS INSERT INTO s (b) SELECT STREAM 1 FROM {SOURCE}", 2, 33,
         "S has no column B"),
        ("CREATE STREAM s (a INTEGER);\nCREATE PUMP p AS INSERT INTO s SELECT STREAM a FROM s", 2, 30,
         "pump P feeds S from itself"),
        ("CREATE STREAM s (a INTEGER);CREATE STREAM t (a INTEGER);\n"
         "CREATE PUMP p AS INSERT INTO s SELECT STREAM a FROM t;\n"
         "CREATE PUMP q AS INSERT INTO t SELECT STREAM a FROM s", 3, 30, "pump Q feeds T from itself"),
    ],
)  # fmt: skip
def test_streams_and_pumps_are_checked(script, line, column, message):
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        Application(script, SCHEMA)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_long_chains_run_and_longer_ones_are_refused_at_once():
    chain = " + ".join(["1"] * 150)
    app = application(f"SELECT STREAM {chain} FROM {SOURCE}")
    app.feed([{}], 0)
    assert app.stream("OUT_") == [{"ROWTIME": 0, "X": 150}]
    with pytest.raises(SqlError, match="nested too deeply"):
        application("SELECT STREAM " + " + ".join(["1"] * 20_000) + f" FROM {SOURCE}")


def test_the_analyticon_forest_is_warned_about():
    app = application(f'SELECT STREAM "a" FROM {FOREST}, 1, 10, 10, 2))')
    assert app.warnings == (
        "line 3: subSampleSize 10 should be smaller than timeDecay 10; the forest forgets what it has "
        "learnt within one sample",
    )
