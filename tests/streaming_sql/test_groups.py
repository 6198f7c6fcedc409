# ruff: noqa: S608 - streaming scripts, not database queries; repeatable dice; SQL reads better unbroken
"""Groups, windows and aggregates, over pushed time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helpers.streaming_sql import Application
from helpers.streaming_sql.aggregates import Count
from helpers.streaming_sql.datatypes import BIGINT
from helpers.streaming_sql.operators.group import GroupOperator
from helpers.streaming_sql.windows import Steps

SCHEMA = [("k", "VARCHAR(4)"), ("n", "INTEGER"), ("d", "DECIMAL(5,2)"), ("x", "DOUBLE")]
SOURCE = '"SOURCE_SQL_STREAM_001"'


def run(columns: str, query: str, feeds, until: int) -> Application:
    app = Application(f"CREATE STREAM O ({columns}); CREATE PUMP P AS INSERT INTO O {query}", SCHEMA)
    for rowtime, *rows in feeds:
        app.feed(rows, rowtime)
    app.advance(until)
    return app


@pytest.mark.parametrize(
    ("term", "rowtime", "end"),
    [
        ("STEP(ROWTIME BY INTERVAL '10' SECOND)", 12_345, 20_000),
        ("STEP(ROWTIME BY INTERVAL '10' SECOND)", 20_000, 30_000),
        ("STEP(ROWTIME BY INTERVAL '7' MINUTE)", 420_001, 840_000),
        ("FLOOR(ROWTIME TO MINUTE)", 59_999, 60_000),
        ("FLOOR(ROWTIME TO DAY)", 1, 86_400_000),
        ("FLOOR((ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)", 12_345, 20_000),
        ("FLOOR((ROWTIME - TIMESTAMP '1970-01-01 00:00:03') SECOND / 10 TO SECOND)", 12_345, 13_000),
        ("FLOOR((ROWTIME - TIMESTAMP '1970-01-01 00:00:00') MINUTE / 2 TO MINUTE)", 12_345, 120_000),
        ("STEP(ROWTIME + INTERVAL '4' SECOND BY INTERVAL '10' SECOND)", 12_345, 16_000),
        ("ROWTIME", 5, 6),
        ("FLOOR(ROWTIME TO MINUTE), STEP(ROWTIME BY INTERVAL '25' SECOND)", 55_000, 60_000),
    ],
)
def test_a_window_ends_where_its_term_moves_on(term, rowtime, end):
    app = run("n INTEGER", f"SELECT STREAM COUNT(*) FROM {SOURCE} GROUP BY {term}", [(rowtime, {})], end - 1)
    assert app.stream("O") == []
    app.advance(end)
    assert app.stream("O") == [{"ROWTIME": end, "N": 1}]


def test_the_operator_ends_a_window_at_its_end_however_late_it_is_told():
    rows = []
    operator = GroupOperator(lambda row: row[:1], [(None, lambda: Count(BIGINT))], [Steps(10)], rows.append, print)
    operator.on_row((3,))
    operator.on_row((25,))
    operator.on_bound(99)
    assert rows == [(10, 1), (30, 1)]
    assert operator.deadline is None


def test_months_and_years_end_by_the_calendar():
    def moment(*parts):
        return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)

    for unit, end in [("MONTH", moment(2026, 12, 1)), ("YEAR", moment(2027, 1, 1))]:
        query = f"SELECT STREAM COUNT(*) FROM {SOURCE} GROUP BY FLOOR(ROWTIME TO {unit})"
        app = run("n INTEGER", query, [(moment(2026, 11, 22), {})], end - 1)
        assert app.stream("O") == []
        app.advance(end)
        assert app.stream("O")[0]["ROWTIME"] == end


def test_a_later_row_ends_a_window_too_and_empty_windows_give_nothing():
    query = f"SELECT STREAM COUNT(*) FROM {SOURCE} GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND)"
    app = run("n INTEGER", query, [(0, {}, {}), (95_000, {})], 95_000)
    assert app.stream("O") == [{"ROWTIME": 10_000, "N": 2}]


def test_keys_in_order_of_appearance_and_null_is_a_key():
    query = f"""SELECT STREAM "k", COUNT(*) FROM {SOURCE} GROUP BY FLOOR(ROWTIME TO MINUTE), "k" """
    rows = [{"k": "b"}, {"k": None}, {"k": "a"}, {"k": None}, {"k": "b"}, {"k": "b"}]
    app = run("k VARCHAR(4), n INTEGER", query, [(0, *rows)], 60_000)
    assert [(row["K"], row["N"]) for row in app.stream("O")] == [("b", 3), (None, 2), ("a", 1)]


def test_aggregates_leave_nulls_out():
    query = f"""SELECT STREAM COUNT(*), COUNT("n"), SUM("n"), AVG("n"), MIN("n"), MAX("k"), AVG("x"), SUM("d"),
        SUM("n") * 10 + COUNT(*) FROM {SOURCE} GROUP BY FLOOR(ROWTIME TO MINUTE)"""
    columns = """a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER, f VARCHAR(4), g DOUBLE, h DECIMAL(9,2),
        i INTEGER"""
    rows = [{"n": -3, "k": "a", "x": 1, "d": "1.25"}, {"n": -4, "k": "b", "x": 2, "d": "2.5"}, {}]
    app = run(columns, query, [(0, *rows)], 60_000)
    (row,) = app.stream("O")
    assert [str(value) for value in list(row.values())[1:]] == [
        "3",
        "2",
        "-7",
        "-3",
        "-4",
        "b",
        "1.5",
        "3.75",
        "-67",
    ]


def test_aggregates_of_nulls_only():
    query = f"""SELECT STREAM COUNT("n"), SUM("n"), AVG("x"), MAX("k") FROM {SOURCE} GROUP BY FLOOR(ROWTIME TO DAY)"""
    app = run("a INTEGER, b INTEGER, c DOUBLE, d VARCHAR(4)", query, [(0, {}, {})], 86_400_000)
    assert app.stream("O") == [{"ROWTIME": 86_400_000, "A": 0, "B": None, "C": None, "D": None}]


def test_having_and_a_term_in_the_select_list():
    query = f"""SELECT STREAM STEP(ROWTIME BY INTERVAL '10' SECOND), "k", COUNT(*) AS c FROM {SOURCE}
        WHERE "n" > 0 GROUP BY "k", STEP(ROWTIME BY INTERVAL '10' SECOND) HAVING COUNT(*) > 1"""
    rows = [{"k": "a", "n": 1}, {"k": "a", "n": 0}, {"k": "b", "n": 1}, {"k": "b", "n": 2}, {"k": "c"}]
    app = run("t TIMESTAMP, k VARCHAR(4), n INTEGER", query, [(12_000, *rows)], 20_000)
    assert app.stream("O") == [{"ROWTIME": 20_000, "T": 10_000, "K": "b", "N": 2}]


def test_an_overflow_loses_its_row_or_its_group_only():
    query = f"""SELECT STREAM "k", SUM(10 / "n") FROM {SOURCE} GROUP BY FLOOR(ROWTIME TO MINUTE), "k" """
    rows = [{"k": "a", "n": 0}, {"k": "a", "n": 5}, {"k": "b", "n": 1}]
    app = run("k VARCHAR(4), n TINYINT", query, [(0, *rows)], 60_000)
    assert [(row["K"], row["N"]) for row in app.stream("O")] == [("a", 2), ("b", 10)]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Division by zero"]


def test_a_row_that_one_aggregate_refuses_is_in_none():
    query = "SELECT STREAM COUNT(*), SUM(v), MAX(v) FROM S GROUP BY FLOOR(ROWTIME TO MINUTE)"
    script = f"""CREATE STREAM O (n BIGINT, total BIGINT, most BIGINT); CREATE STREAM S (v BIGINT);
        CREATE PUMP PS AS INSERT INTO S SELECT STREAM "v" FROM {SOURCE}; CREATE PUMP P AS INSERT INTO O {query};"""
    app = Application(script, [("v", "BIGINT")])
    app.feed([{"v": 8 * 10**18}, {"v": 9 * 10**18}, {"v": 1}], 0)
    app.advance(60_000)
    assert app.stream("O") == [{"ROWTIME": 60_000, "N": 2, "TOTAL": 8 * 10**18 + 1, "MOST": 8 * 10**18}]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Numeric overflow"]


def test_a_group_that_fails_unexpectedly_leaves_the_others():
    class Faulty(Count):
        def result(self):
            return 1 // (self.state - 1)

    rows, reports = [], []
    arguments = (lambda row: row, [(None, lambda: Faulty(BIGINT))], [Steps(10)], rows.append)
    operator = GroupOperator(*arguments, lambda error, row: reports.append((type(error), row)))
    for key in ("a", "b", "b"):
        operator.on_row((0, key))
    operator.on_bound(10)
    assert rows == [(10, "b", 1)]
    assert reports == [(ZeroDivisionError, (10, "a"))]


def test_ticks_of_a_chain_come_in_order():
    script = f"""
        CREATE STREAM TENS (n INTEGER); CREATE STREAM MINUTES (n INTEGER, windows INTEGER);
        CREATE PUMP M AS INSERT INTO MINUTES SELECT STREAM SUM(n), COUNT(*) FROM TENS GROUP BY FLOOR(ROWTIME TO MINUTE);
        CREATE PUMP T AS INSERT INTO TENS SELECT STREAM COUNT(*) FROM {SOURCE}
            GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND);"""
    app = Application(script, SCHEMA)
    for second in range(0, 120, 5):
        app.feed([{}], second * 1000)
    app.advance(180_000)
    # the window that ends at a minute has that minute's ROWTIME, so it counts into the next
    assert app.stream("MINUTES") == [
        {"ROWTIME": 60_000, "N": 10, "WINDOWS": 5},
        {"ROWTIME": 120_000, "N": 12, "WINDOWS": 6},
        {"ROWTIME": 180_000, "N": 2, "WINDOWS": 1},
    ]


def test_join_of_rows_of_the_same_rowtime():
    script = f"""
        CREATE STREAM A (n INTEGER); CREATE STREAM B (n INTEGER); CREATE STREAM AB (a INTEGER, b INTEGER, t TIMESTAMP);
        CREATE PUMP PA AS INSERT INTO A SELECT STREAM "n" FROM {SOURCE} WHERE "k" = 'a';
        CREATE PUMP PB AS INSERT INTO B SELECT STREAM "n" FROM {SOURCE} WHERE "k" = 'b';
        CREATE PUMP PAB AS INSERT INTO AB (t, b, a) SELECT STREAM ROWTIME, y.n, x.n FROM A AS x JOIN B y ON x.n < y.n
            WHERE x.ROWTIME = y.ROWTIME;"""
    app = Application(script, SCHEMA)
    app.feed([{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "b", "n": 0}, {"k": "a", "n": -1}], 5)
    app.feed([{"k": "b", "n": 9}], 6)
    assert [(row["A"], row["B"], row["T"]) for row in app.stream("AB")] == [(1, 2, 5), (-1, 2, 5), (-1, 0, 5)]


def test_columns_by_name_and_star():
    app = run(
        "a INTEGER, b VARCHAR(9), c DOUBLE",
        f'(b, a) SELECT STREAM "k", "n" FROM {SOURCE}',
        [(0, {"k": "x", "n": 1})],
        0,
    )
    assert app.stream("O") == [{"ROWTIME": 0, "A": 1, "B": "x", "C": None}]
    app = run(
        "k VARCHAR(2), n BIGINT, d DOUBLE, x REAL",
        f"SELECT STREAM s.* FROM {SOURCE} s",
        [(0, {"k": "xyz", "d": 1})],
        0,
    )
    assert app.stream("O") == [{"ROWTIME": 0, "K": "xy", "N": None, "D": 1.0, "X": None}]
