# ruff: noqa: S608, E501 - streaming scripts, not database queries; repeatable dice; SQL reads better unbroken
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
    (f'SELECT STREAM NEAREST("a") FROM {SOURCE}', 'NEAREST("a")', "unsupported function NEAREST", "docs/streaming-sql.md lists"),
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
        (f"CREATE STREAM s (a INTEGER);\nCREATE PUMP p AS INSERT INTO s SELECT STREAM 1 FROM {SOURCE};\n"
         f"CREATE OR REPLACE PUMP P AS INSERT INTO s SELECT STREAM 1 FROM {SOURCE}", 3, 24, "P exists already"),
        (f"CREATE STREAM s (a INTEGER);\nCREATE PUMP s AS INSERT INTO s SELECT STREAM 1 FROM {SOURCE}", 2, 13,
         "S exists already"),
        (f"CREATE STREAM s (a INTEGER);\nCREATE PUMP p AS INSERT INTO s (a, a) SELECT STREAM 1, 2 FROM {SOURCE}", 2, 36,
         "column A appears twice"),
        ("CREATE STREAM s (a INTEGER);\nCREATE PUMP p AS INSERT INTO t SELECT STREAM a FROM s", 2, 30, "unknown stream T"),
        ("CREATE STREAM s (a INTEGER);\nCREATE PUMP p AS INSERT INTO \"error_stream\" SELECT STREAM a FROM s", 2, 30,
         "cannot read or write error_stream"),
    ],
)  # fmt: skip
def test_streams_and_pumps_are_checked(script, line, column, message):
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        Application(script, SCHEMA)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("length", [1, 2, 3, 40])
def test_pump_cycles_of_any_length_are_refused_where_they_close(length):
    """As joins and unions close them, too: whatever a pump reads counts."""
    streams = "".join(f"CREATE STREAM s{i} (a INTEGER);" for i in range(length))
    pumps = [f"CREATE PUMP p{i} AS INSERT INTO s{i + 1} SELECT STREAM a FROM s{i};" for i in range(length - 1)]
    for back in (
        f"SELECT STREAM a FROM s{length - 1}",
        f'SELECT STREAM "a" FROM {SOURCE} UNION ALL SELECT STREAM a FROM s{length - 1}',
        f'SELECT STREAM x."a" FROM {SOURCE} AS x JOIN (SELECT STREAM a FROM s{length - 1}) AS y ON x."a" = y.a',
    ):
        with pytest.raises(SqlError, match="pump BACK feeds S0 from itself") as caught:
            Application(streams + "".join(pumps) + f"\nCREATE PUMP back AS INSERT INTO s0 {back};", SCHEMA)
        assert (caught.value.line, caught.value.column, caught.value.text) == (2, 33, "s0")


def cursor(call: str) -> str:
    return f'TABLE({call.replace("(", f"""(CURSOR(SELECT STREAM "a", "s" FROM {SOURCE}), """, 1)})'


TABLE_FUNCTIONS = [
    # call without its cursor, offending text, message
    ("TOP_K_ITEMS_TUMBLING('a', 5)", "TOP_K_ITEMS_TUMBLING", "takes 3 arguments behind the cursor, not 2"),
    ("TOP_K_ITEMS_TUMBLING('a', 5, 60, 1)", "1", "takes 3 arguments behind the cursor, not 4"),
    ("TOP_K_ITEMS_TUMBLING('x', 5, 60)", "'x'", "the cursor has no column x"),
    ('TOP_K_ITEMS_TUMBLING("a", 5, 60)', '"a"', "columnName must be a text in single quotes"),
    ("TOP_K_ITEMS_TUMBLING('a', 0, 60)", "0", "K must be from 1 to 100000"),
    ("TOP_K_ITEMS_TUMBLING('a', 5, 3601)", "3601", "windowSize must be from 1 to 3600"),
    ("TOP_K_ITEMS_TUMBLING('a', 5, 1.5)", "1.5", "windowSize must be a whole number"),
    ("COUNT_DISTINCT_ITEMS_TUMBLING('a')", "COUNT_DISTINCT_ITEMS_TUMBLING", "takes 2 arguments behind the cursor, not 1"),
    ("COUNT_DISTINCT_ITEMS_TUMBLING('a', 0)", "0", "windowSize must be from 1 to 3600"),
    ("COUNT_DISTINCT_ITEMS_TUMBLING(a, 60)", "a", "columnName must be a text in single quotes"),
    ("HOTSPOTS(100, 1)", "HOTSPOTS", "takes 3 arguments behind the cursor, not 2"),
    ("HOTSPOTS(99, 1, 3)", "99", "windowSize must be from 100 to 1000"),
    ("HOTSPOTS(1001, 1, 3)", "1001", "windowSize must be from 100 to 1000"),
    ("HOTSPOTS(100, 0, 3)", "0", "scanRadius must be a number above zero"),
    ("HOTSPOTS(100, 1, 1)", "1", "minimumNumberOfPointsInAHotspot must be from 2 to 100"),
    ("RANDOM_CUT_FOREST(1001)", "1001", "numberOfTrees must be from 1 to 1000"),
    ("RANDOM_CUT_FOREST(100, 1001)", "1001", "subSampleSize must be from 10 to 1000"),
    ("RANDOM_CUT_FOREST(100, 10, 0)", "0", "timeDecay must be"),
    ("RANDOM_CUT_FOREST(100, 10, 10, 0)", "0", "shingleSize must be from 1 to 30"),
    ("RANDOM_CUT_FOREST('x')", "'x'", "numberOfTrees must be a whole number"),
    ("RANDOM_CUT_FOREST_WITH_EXPLANATION(100, 10, 10, 1, 1)", "1", "withDirectionality must be"),
    ("RANDOM_CUT_FOREST_WITH_EXPLANATION(100, 10, 10, 1, TRUE, 1)", "1", "takes at most"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "text", "message"), TABLE_FUNCTIONS)
def test_arity_and_ranges_of_table_functions(call, text, message):
    select = f"SELECT STREAM 1 FROM {cursor(call)}"
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        application(select)
    error = caught.value
    assert (error.line, error.text) == (3, text)
    assert select[error.column - 1 :].startswith(text)
    if text != call.split("(")[0]:  # it stands behind the cursor, not in it
        assert error.column > select.index("), ")


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


def chain(count: int) -> str:
    """Pumps one behind the other, the last of them first: n goes through them all."""
    links = [f"CREATE STREAM S{number} (n INTEGER);" for number in range(count)]
    for number in reversed(range(1, count)):
        links.append(f"CREATE PUMP P{number} AS INSERT INTO S{number} SELECT STREAM n FROM S{number - 1};")
    return "\n".join([*links, f'CREATE PUMP P0 AS INSERT INTO S0 SELECT STREAM "a" FROM {SOURCE};'])


def test_a_chain_of_pumps_has_an_end():
    app = Application(chain(99), SCHEMA)
    app.feed([{"a": 7}], 0)
    assert (app.stream("S98"), app.stream("error_stream")) == ([{"ROWTIME": 0, "N": 7}], [])
    with pytest.raises(SqlError, match="rows reach pump P99 through more than 200 steps") as caught:
        Application(chain(400), SCHEMA)
    assert caught.value.text == "P99"


def test_statements_that_say_nothing_here_are_ignored_with_a_warning():
    pump = f'CREATE PUMP P AS INSERT INTO S SELECT STREAM "a" FROM {SOURCE};'
    script = f'CREATE SCHEMA "x"; SET SCHEMA \'x\'; CREATE STREAM S (n INTEGER); {pump} ALTER PUMP "x".* START'
    app = Application(script, SCHEMA)
    app.feed([{"a": 7}], 0)
    assert app.stream("S") == [{"ROWTIME": 0, "N": 7}]
    told = "is ignored: all pumps run, and there are no schemas"
    assert app.warnings == tuple(f"{what} {told}" for what in ("CREATE SCHEMA", "SET SCHEMA", "ALTER PUMP"))


def test_a_script_without_a_pump_is_told():
    assert Application("CREATE STREAM S (n INTEGER);", SCHEMA).warnings == (
        "the script has no pump: no row goes into its streams",
    )


INSTEAD = [
    ('LENGTH("s")', "CHAR_LENGTH"),
    ('SUBSTR("s", 1)', "SUBSTRING"),
    ("CONCAT(\"s\", 'x')", "||"),
    ("REPLACE(\"s\", 'x', 'y')", "REGEX_REPLACE"),
    ("IF(1 = 1, 2, 3)", "CASE"),
    ('ISNULL("s")', "COALESCE"),
    ("NVL(\"s\", 'x')", "COALESCE"),
    ("TUMBLE(ROWTIME, INTERVAL '1' MINUTE)", "STEP"),
    ('DATEDIFF(ROWTIME, "t")', "TSDIFF"),
    ('UPER("s")', "Did you mean UPPER?"),
    ('XYZZY("s")', "lists the functions"),
]


@pytest.mark.parametrize(("expression", "hint"), INSTEAD)
def test_an_unknown_function_has_a_short_hint(expression, hint):
    with pytest.raises(SqlError, match="unsupported function") as caught:
        application(f"SELECT STREAM {expression} FROM {SOURCE}")
    assert hint in caught.value.hint
    assert len(caught.value.hint) < 80
