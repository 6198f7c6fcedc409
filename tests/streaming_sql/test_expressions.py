# ruff: noqa: S608, E501 - streaming scripts, not database queries; repeatable dice; SQL reads better unbroken
"""Expressions as pairs: what is written, what it gives for one row of the columns below."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from helpers.streaming_sql import Application
from helpers.streaming_sql.functions.interval import interval_milliseconds

SCHEMA = [
    ("i", "INTEGER"),
    ("b", "BIGINT"),
    ("d", "DECIMAL(5,2)"),
    ("x", "DOUBLE"),
    ("s", "VARCHAR(16)"),
    ("t", "TIMESTAMP"),
    ("n", "INTEGER"),
    ("yes", "BOOLEAN"),
]
ROW = {
    "i": 7,
    "b": 2**40,
    "d": "2.50",
    "x": 0.5,
    "s": " Click ",
    "t": "2026-11-22 10:20:30.400",
    "n": None,
    "yes": True,
}
MOMENT = 1795342830400  # of t

VALUES = [
    # type of the target column, expression, value
    ("INTEGER", '"i" + 1 * 2 - 3', 6),
    ("INTEGER", '("i" + 1) * 2', 16),
    ("INTEGER", '-"i" / 2', -3),
    ("INTEGER", 'MOD("i", 4) + "i" % 2', 4),
    ("INTEGER", 'MOD(-"i", 4)', -3),
    ("DOUBLE", '"i" / 2', 3.0),
    ("DOUBLE", '"i" / 2.0', 3.5),
    ("DOUBLE", '"x" * 100.000', 50.0),
    ("DOUBLE", '"i" / "x"', 14.0),
    ("DECIMAL(10,2)", '"d" * 2', Decimal("5.00")),
    ("DECIMAL(10,4)", '"d" / 3', Decimal("0.8333")),
    ("DECIMAL(10,2)", '"d" - 0.005', Decimal("2.50")),  # 2.495, rounded half up
    ("BIGINT", '"b" + "i"', 2**40 + 7),
    ("DOUBLE", "ABS(-1.5) + SQRT(4) + POWER(2, 3) + LN(1) + EXP(0) + LOG10(100)", 14.5),
    ("DOUBLE", "FLOOR(1.5e0) + CEIL(1.2e0) + CEILING(-1.5e0)", 2.0),
    ("INTEGER", "FLOOR(2.75)", 2),
    ("INTEGER", '"n" + 1', None),
    ("INTEGER", '-"n"', None),
    ("BOOLEAN", '"i" = 7 AND "s" <> \'x\' OR 1 > 2', True),
    ("BOOLEAN", '"n" = 1', None),
    ("BOOLEAN", '"n" = 1 AND 1 = 2', False),
    ("BOOLEAN", '"n" = 1 OR 1 = 1', True),
    ("BOOLEAN", 'NOT "n" = 1', None),
    ("BOOLEAN", '"n" IS NULL AND "i" IS NOT NULL AND "yes" IS TRUE', True),
    ("BOOLEAN", '"i" IN (1, 7)', True),
    ("BOOLEAN", '"i" IN (1, "n")', None),
    ("BOOLEAN", '"i" NOT IN (1, 2)', True),
    ("BOOLEAN", '"i" BETWEEN 7 AND 8 AND "i" NOT BETWEEN 1 AND 6', True),
    ("BOOLEAN", "\"s\" LIKE '%_ick%'", True),
    ("BOOLEAN", "\"s\" NOT LIKE '%click%'", True),
    ("BOOLEAN", "'50%' LIKE '50!%' ESCAPE '!'", True),
    ("BOOLEAN", "'50x' LIKE '50!%' ESCAPE '!'", False),
    ("VARCHAR(9)", "CASE WHEN \"n\" = 1 THEN 'one' WHEN \"i\" > 5 THEN 'many' END", "many"),
    ("VARCHAR(9)", "CASE \"i\" WHEN 1 THEN 'one' ELSE 'other' END", "other"),
    ("DOUBLE", "CASE WHEN \"yes\" THEN 1 ELSE 2.5 END", 1.0),
    ("INTEGER", 'COALESCE("n", NULL, "i")', 7),
    ("INTEGER", 'NULLIF("i", 7)', None),
    ("VARCHAR(20)", "TRIM(\"s\") || '!' || UPPER('a') || LOWER('B')", "Click!Ab"),
    ("VARCHAR(20)", "TRIM(LEADING ' ' FROM \"s\") || TRIM(BOTH 'x' FROM 'xax')", "Click a"),
    ("VARCHAR(20)", "SUBSTRING('stream' FROM 2 FOR 3) || SUBSTRING('stream', 5)", "tream"),
    ("VARCHAR(20)", "SUBSTRING('stream' FROM -1 FOR 3)", "s"),
    ("INTEGER", "POSITION('ick' IN \"s\") + CHAR_LENGTH('abc') + CHARACTER_LENGTH('')", 7),
    ("VARCHAR(3)", "'longer'", "lon"),
    ("VARCHAR(20)", "'it''s'", "it's"),
    ("INTEGER", "CAST(' 12 ' AS INTEGER) + CAST(2.9 AS INTEGER)", 15),
    ("DOUBLE", "CAST('1e3' AS DOUBLE)", 1000.0),
    ("VARCHAR(30)", 'CAST("t" AS VARCHAR(30))', "2026-11-22 10:20:30.400"),
    ("VARCHAR(30)", 'CAST("yes" AS VARCHAR(30)) || CAST("i" AS VARCHAR(30))', "TRUE7"),
    ("VARCHAR(2)", "CAST('abc' AS VARCHAR(2))", "ab"),
    ("TIMESTAMP", 'FLOOR("t" TO HOUR)', MOMENT - 1_230_400),
    ("TIMESTAMP", 'CEIL("t" TO MINUTE)', MOMENT + 29_600),
    ("TIMESTAMP", 'FLOOR("t" TO MONTH)', 1793491200000),
    ("TIMESTAMP", 'CEIL("t" TO YEAR)', 1798761600000),
    ("TIMESTAMP", "STEP(\"t\" BY INTERVAL '10' SECOND)", MOMENT - 400),
    ("TIMESTAMP", "\"t\" + INTERVAL '1 2:03:04.5' DAY TO SECOND", MOMENT + 93_784_500),
    ("TIMESTAMP", "\"t\" - INTERVAL '-5' SECOND", MOMENT + 5_000),
    ("TIMESTAMP", "TIMESTAMP '1970-01-01 00:00:00' + INTERVAL '1' HOUR * 2", 7_200_000),
    ("BOOLEAN", "(\"t\" - TIMESTAMP '2026-11-22 10:20:00') SECOND > INTERVAL '30' SECOND", True),
    ("BOOLEAN", "(\"t\" - TIMESTAMP '2026-11-22 00:00:00') DAY TO SECOND < INTERVAL '11' HOUR", True),
    ("BIGINT", 'EXTRACT(HOUR FROM "t") + EXTRACT(SECOND FROM "t") + EXTRACT(YEAR FROM DATE \'2026-01-02\')', 2066),
    ("DATE", 'CAST("t" AS DATE)', date(2026, 11, 22)),
    ("TIMESTAMP", "ROWTIME", 1_000),
    ("TIMESTAMP", '"SOURCE_SQL_STREAM_001".ROWTIME', 1_000),
]  # fmt: skip

FAILURES = [
    ("INTEGER", '1 / ("i" - 7)', "Division by zero"),
    ("DOUBLE", '"x" / 0', "Division by zero"),
    ("DECIMAL(9,2)", '"d" / 0', "Division by zero"),
    ("INTEGER", 'MOD("i", 0)', "Division by zero"),
    ("INTEGER", '"i" * 2147483647', "Numeric overflow"),
    ("TINYINT", '"i" * 100', "Numeric overflow"),
    ("BIGINT", '"b" * "b"', "Numeric overflow"),
    ("DOUBLE", "POWER(10, 400)", "Numeric overflow"),
    ("DOUBLE", '"x" * 1e308 * 100', "Numeric overflow"),
    ("DECIMAL(3,2)", '"d" * 4', "Numeric overflow"),
    ("TIMESTAMP", "\"t\" + INTERVAL '1' DAY * 9999999", "Numeric overflow"),
    ("TIMESTAMP", "CEIL(TIMESTAMP '9999-12-31 12:00:00' TO YEAR)", "Numeric overflow"),
    ("TIMESTAMP", "CEIL(TIMESTAMP '9999-12-31 12:00:00' TO DAY)", "Numeric overflow"),
    ("TIMESTAMP", "STEP(TIMESTAMP '0001-01-01 00:00:00' BY INTERVAL '7' HOUR)", "Numeric overflow"),
    ("DOUBLE", "SQRT(-1)", "Invalid argument"),
    ("INTEGER", 'CAST("s" AS INTEGER)', "Coercion error"),
    ("TIMESTAMP", 'CAST("s" AS TIMESTAMP)', "Coercion error"),
    ("BOOLEAN", 'CAST("s" AS BOOLEAN)', "Coercion error"),
]


def run(sqltype: str, expression: str) -> Application:
    script = f"""CREATE STREAM OUT_ (v {sqltype});
        CREATE PUMP P AS INSERT INTO OUT_ SELECT STREAM {expression} FROM "SOURCE_SQL_STREAM_001";"""
    app = Application(script, SCHEMA)
    app.feed([ROW], 1_000)
    return app


@pytest.mark.parametrize(("sqltype", "expression", "value"), VALUES)
def test_value(sqltype, expression, value):
    app = run(sqltype, expression)
    assert app.stream("error_stream") == []
    (row,) = app.stream("OUT_")
    assert row["V"] == value
    assert type(row["V"]) is type(value)


@pytest.mark.parametrize(("sqltype", "expression", "name"), FAILURES)
def test_failure_goes_to_the_error_stream(sqltype, expression, name):
    app = run(sqltype, expression)
    assert app.stream("OUT_") == []
    (error,) = app.stream("error_stream")
    assert (error["ERROR_NAME"], error["PUMP_NAME"]) == (name, "P")


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [("", "YEAR", "YEAR"), ("", "SECOND", "HOUR"), ("1:2:3", "MINUTE", "SECOND"), ("1.5", "HOUR", "HOUR"), ("1 24", "DAY", "HOUR")],
)  # fmt: skip
def test_wrong_intervals(value, first, last):
    with pytest.raises(ValueError, match=f"'{value}'" if value else "day-time intervals"):
        interval_milliseconds(value, first, last)
