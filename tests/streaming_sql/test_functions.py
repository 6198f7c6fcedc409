# ruff: noqa: E501, S608 - streaming scripts, not database queries; SQL reads better unbroken
"""Functions as pairs, with the values of the page of the SQL Reference named before them."""

from __future__ import annotations

import re

import pytest

from helpers.streaming_sql import Application, SqlError
from helpers.streaming_sql.functions.dateformat import date_format
from helpers.streaming_sql.functions.search import regex_replace

SCHEMA = [("s", "VARCHAR(32)"), ("t", "TIMESTAMP"), ("n", "VARCHAR(4)"), ("b", "BIGINT")]
ROW = {"s": "TECHNOLOGY", "t": "2018-05-09 12:50:41.337", "b": 1525870241337}
SOURCE = '"SOURCE_SQL_STREAM_001"'

VALUES = [
    # page, type of the target column, expression, value
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING('123456789' FROM 3 FOR 4)", "3456"),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING('123456789' FROM 17 FOR 4)", ""),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING('123456789' FROM -1 FOR 4)", "12"),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING('123456789' FROM 6 FOR 0)", ""),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING('123456789', 8, 4)", "89"),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING(\"s\" FROM 'L[A-Z]*')", "LOGY"),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING(\"s\" FROM 'FOO')", None),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING('123456789' SIMILAR '23#\"456#\"78' ESCAPE '#')", "456"),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING(\"s\" SIMILAR 'TECH%\"NOLO%\"GY' ESCAPE '%')", "NOLO"),
    ("OVERLAY", "VARCHAR(9)", "OVERLAY('12345' PLACING 'foo' FROM 1)", "foo45"),
    ("OVERLAY", "VARCHAR(9)", "OVERLAY('12345' PLACING 'foo' FROM 0)", "foo345"),
    ("OVERLAY", "VARCHAR(9)", "OVERLAY('12345' PLACING 'foo' FROM -2)", "foo12345"),
    ("OVERLAY", "VARCHAR(9)", "OVERLAY('12345' PLACING 'foo' FROM 17)", "12345foo"),
    ("OVERLAY", "VARCHAR(9)", "OVERLAY('12345' PLACING 'foo' FROM 2 FOR 0)", "1foo2345"),
    ("OVERLAY", "VARCHAR(9)", "OVERLAY('12345' PLACING 'foo' FROM 2 FOR 2)", "1foo45"),
    ("OVERLAY", "VARCHAR(9)", "OVERLAY('12345' PLACING 'foo' FROM 2 FOR 9)", "1foo"),
    ("INITCAP", "VARCHAR(99)", "INITCAP('Each FIRST lEtTeR is cAPITALIZED')", "Each First Letter Is Capitalized"),
    ("REGEX_REPLACE", "VARCHAR(32)", "REGEX_REPLACE(\"s\", 'TECHNOLOGY', 'INFORMATION TECHNOLOGY', 1, 0)", "INFORMATION TECHNOLOGY"),
    ("REGEX_REPLACE", "VARCHAR(32)", "REGEX_REPLACE('http://www.amazon.com', 'http://', 'https://', 1, 0)", "https://www.amazon.com"),
    ("REGEX_REPLACE", "VARCHAR(32)", "REGEX_REPLACE('a1b22c', '[0-9]+', '<$0>', 2, 2)", "a1b<22>c"),
    ("REGEX_REPLACE", "VARCHAR(32)", "REGEX_REPLACE('ab', 'b', '\\$', 1, 1)", "a$"),
    ("REGEX_REPLACE", "VARCHAR(32)", "REGEX_REPLACE('abc', 'c', 'x', 4, 0)", "abc"),
    ("SIMILAR", "BOOLEAN", "\"s\" SIMILAR TO '(TECH|INFO)%'", True),
    ("SIMILAR", "BOOLEAN", "\"s\" SIMILAR TO 'TECH'", False),
    ("SIMILAR", "BOOLEAN", "\"s\" NOT SIMILAR TO '[A-Z]{10}'", False),
    ("SIMILAR", "BOOLEAN", "'a.b' SIMILAR TO 'a.b' AND NOT 'axb' SIMILAR TO 'a.b'", True),
    ("SIMILAR", "BOOLEAN", "'50%' SIMILAR TO '[[:DIGIT:]]+!%' ESCAPE '!'", True),
    ("SIMILAR", "BOOLEAN", "\"n\" SIMILAR TO '%'", None),
    ("UNIX_TIMESTAMP", "BIGINT", 'UNIX_TIMESTAMP("t")', 1525870241337),
    ("TO_TIMESTAMP", "TIMESTAMP", 'TO_TIMESTAMP("b")', 1525870241337),
    ("TSDIFF", "BIGINT", 'TSDIFF("b", "b" + 1500)', 1500),
    ("TSDIFF", "BIGINT", 'TSDIFF("t", CAST(NULL AS TIMESTAMP))', None),
    ("TIMESTAMP_TO_CHAR", "VARCHAR(50)", "TIMESTAMP_TO_CHAR('yyyy-MM-dd hh:mm:ss', \"t\")", "2018-05-09 12:50:41"),
    ("TIMESTAMP_TO_CHAR", "VARCHAR(50)", "TIMESTAMP_TO_CHAR('EEE, d MMM yy ''at'' HH.mm a', \"t\")", "Wed, 9 May 18 at 12.50 PM"),
    ("TIMESTAMP_TO_CHAR", "VARCHAR(50)", "TIMESTAMP_TO_CHAR('yyyy', CAST(NULL AS TIMESTAMP))", "null"),
    ("Char To Timestamp(Sys)", "TIMESTAMP", "CHAR_TO_TIMESTAMP('yyyy-MM-dd hh:mm:ss', '2009-09-16 03:15:24')", 1253070924000),
    ("Char To Timestamp(Sys)", "TIMESTAMP", "CHAR_TO_TIMESTAMP('yyyy-MM-dd', '2009-09-16 03:15:24')", 1253059200000),
    ("Char To Timestamp(Sys)", "TIMESTAMP", "CHAR_TO_TIMESTAMP('yyyy-MM', '2009-09-16 03:15:24')", 1251763200000),
    ("Char To Timestamp(Sys)", "TIMESTAMP", "CHAR_TO_TIMESTAMP('dd/MMM/yyyy:HH:mm:ss Z', '16/Sep/2009:03:15:24 +0200')", 1253063724000),
    ("Char To Timestamp(Sys)", "TIMESTAMP", "CHAR_TO_TIMESTAMP('yyyyMMddHHmmssSSS', '20090916031524007')", 1253070924007),
    ("EXTRACT", "INTEGER", 'EXTRACT(SECOND FROM "t")', 41),
    ("EXTRACT", "INTEGER", "EXTRACT(MINUTE FROM INTERVAL '1 2:03:04' DAY TO SECOND)", 3),
    ("EXTRACT", "INTEGER", "EXTRACT(HOUR FROM CAST('10:20:30' AS TIME))", 10),
    ("Monotonic Function", "BIGINT", 'MONOTONIC("b")', 1525870241337),
    ("CURRENT_ROW_TIMESTAMP", "TIMESTAMP", "CURRENT_ROW_TIMESTAMP", 1_000),
    ("SUBSTRING", "VARCHAR(9)", "SUBSTRING('123456789', 10, 4)", None),
    ("SIMILAR", "BOOLEAN", "'c' SIMILAR TO '[a-e^c]' OR 'f' SIMILAR TO '[a-e^c]'", False),
    ("SIMILAR", "BOOLEAN", "'abd' SIMILAR TO '[a-e^c]+'", True),
    ("STEP", "TIMESTAMP", "STEP(\"t\" BY INTERVAL '10' SECOND)", 1525870240000),
    ("FLOOR / CEIL (date-time)", "TIMESTAMP", 'FLOOR("t" TO MINUTE)', 1525870200000),
    ("POSITION", "INTEGER", "POSITION('NO' IN \"s\")", 5),
    ("TRIM", "VARCHAR(9)", "TRIM(TRAILING 'Y' FROM \"s\")", "TECHNOLOG"),
    ("CHAR_LENGTH", "INTEGER", 'CHAR_LENGTH("s")', 10),
]  # fmt: skip

FAILURES = [
    ("VARCHAR(9)", "REGEX_REPLACE(\"s\", 'T', '', 0, 0)", "Invalid argument"),
    ("VARCHAR(9)", "REGEX_REPLACE(\"s\", 'T', '$7', 1, 0)", "Invalid argument"),
    ("VARCHAR(9)", "REGEX_REPLACE(\"s\", \"s\" || '(', '', 1, 0)", "Invalid argument"),
    ("VARCHAR(9)", "OVERLAY(\"s\" PLACING 'a' FROM 1 FOR -1)", "Invalid argument"),
    ("TIMESTAMP", "CHAR_TO_TIMESTAMP('yyyy-MM-dd', '2009-02-30')", "Coercion error"),
    ("TIMESTAMP", "CHAR_TO_TIMESTAMP('yyyy-MM-dd', \"s\")", "Coercion error"),
    ("DATE", "CAST(\"s\" AS DATE)", "Coercion error"),
    ("DATE", "CAST(\"t\" AS DATE) + INTERVAL '1' DAY * 9999999", "Numeric overflow"),
    ("VARCHAR(9)", "CAST(\"b\" AS VARCHAR(9))", "Coercion error"),
    ("VARCHAR(9)", "CAST(CAST(\"s\" AS INTERVAL HOUR) AS VARCHAR(9))", "Coercion error"),
    ("VARCHAR(9)", "TRIM(BOTH \"s\" FROM 'a')", "Invalid argument"),
    ("VARCHAR(9)", "TIMESTAMP_TO_CHAR(\"s\", \"t\")", "Invalid argument"),
]  # fmt: skip

REFUSED = [
    ("TIMESTAMP_TO_CHAR('yyyy-Q', \"t\")", "'Q' in the format"),
    ("CHAR_TO_TIMESTAMP('yyyy-''MM', \"s\")", "is not closed"),
    ("REGEX_REPLACE(\"s\", '(', '', 1, 0)", "is not a regular expression"),
    ("REGEX_REPLACE(\"s\", '[a-z&&[^b]]', '', 1, 0)", "&& within a set"),
    ("REGEX_REPLACE(\"s\", '\\p{Alpha}', '', 1, 0)", "is not a regular expression"),
    ("REGEX_REPLACE(\"s\", 'a', 'b')", "REGEX_REPLACE takes 5 arguments, not 3"),
    ("\"s\" SIMILAR TO 'a)'", "is not a regular expression"),
    ("SUBSTRING(\"s\" SIMILAR 'abc' ESCAPE '#')", "has not three parts"),
    ("OVERLAY(\"s\", 'a', 1)", "expected PLACING"),
    ("UNIX_TIMESTAMP(\"s\")", "expected a value of type timestamp"),
    ("EXTRACT(YEAR FROM INTERVAL '1' DAY)", "a day-time interval has no YEAR"),
    ("COUNT(DISTINCT \"s\")", "DISTINCT inside a function is not allowed"),
    ("LAG(\"s\")", "LAG needs a window"),
    ("LAG(\"s\", -1) OVER (ROWS 1 PRECEDING)", "the number of rows before must be a whole number from 0 on"),
    ("LAG(\"s\", 1, 2) OVER (ROWS 1 PRECEDING)", "the default is INTEGER, the value VARCHAR(32)"),
    ("LAG(\"s\", 1, 'a', 'b') OVER (ROWS 1 PRECEDING)", "LAG takes 1 to 3 arguments, not 4"),
    ("NTH_VALUE(\"s\", 0) OVER (ROWS 1 PRECEDING)", "the place must be a whole number from 1 on"),
    ("NTH_VALUE(\"s\") OVER (ROWS 1 PRECEDING)", "NTH_VALUE takes 2 arguments"),
    ("EXP_AVG(\"b\", 10) OVER (ROWS 1 PRECEDING)", "EXP_AVG takes a constant interval"),
    ("EXP_AVG(\"s\", INTERVAL '1' SECOND) OVER (ROWS 1 PRECEDING)", "expected a value of type integer"),
    ("ANY(\"b\") OVER (ROWS 1 PRECEDING)", "expected a condition, not BIGINT"),
    ("UPPER(\"s\") OVER (ROWS 1 PRECEDING)", "UPPER is no aggregate"),
    ("STEP(\"b\" BY INTERVAL '1' SECOND)", "STEP of a whole number takes a constant one"),
    ("STEP(\"t\" BY INTERVAL '2' YEAR)", "only day-time intervals are supported"),
    ("FLOOR(CAST(\"t\" AS TIME) TO YEAR)", "a TIME cannot be rounded to YEAR"),
    ("INTERVAL '1:60' MINUTE TO SECOND", "'1:60': SECOND must be below 60"),
    ("CAST(\"t\" AS BOOLEAN)", "TIMESTAMP cannot be converted to BOOLEAN"),
    ("CAST(\"s\" AS BINARY(4))", "VARCHAR(32) cannot be converted to BINARY(4)"),
    ("u&'\\12'", "is no character"),
    ("u&'a' UESCAPE '1'", "cannot be an escape character"),
    ("(\"t\", \"t\") LAGS (\"t\", \"t\")", "LAGS of periods is not supported"),
    ("(\"t\", \"t\") TOUCHES (\"t\", \"t\")", "expected a predicate of periods"),
    ("(\"t\", \"t\") OVERLAPS \"t\"", "expected ("),
    ("\"t\" IS DISTINCT FROM 1", "cannot compare TIMESTAMP with INTEGER"),
]  # fmt: skip


def run(sqltype: str, expression: str) -> Application:
    script = f"CREATE STREAM O (v {sqltype}); CREATE PUMP P AS INSERT INTO O SELECT STREAM {expression} FROM {SOURCE};"
    app = Application(script, SCHEMA)
    app.feed([ROW], 1_000)
    return app


@pytest.mark.parametrize(("page", "sqltype", "expression", "value"), VALUES)
def test_value(page, sqltype, expression, value):
    app = run(sqltype, expression)
    assert app.stream("error_stream") == []
    assert app.stream("O") == [{"ROWTIME": 1_000, "V": value}]


@pytest.mark.parametrize(("sqltype", "expression", "name"), FAILURES)
def test_failure_goes_to_the_error_stream(sqltype, expression, name):
    app = run(sqltype, expression)
    assert app.stream("O") == []
    assert [error["ERROR_NAME"] for error in app.stream("error_stream")] == [name]


@pytest.mark.parametrize(("expression", "message"), REFUSED)
def test_refused_before_any_row(expression, message):
    with pytest.raises(SqlError, match=re.escape(message)) as caught:
        run("VARCHAR(9)", expression)
    assert caught.value.column > 1


def test_count_distinct_is_refused_with_the_function_that_does_it():
    with pytest.raises(SqlError) as caught:
        run("BIGINT", 'COUNT(DISTINCT "s")')
    assert "COUNT_DISTINCT_ITEMS_TUMBLING" in caught.value.hint


def test_a_column_may_be_called_as_a_function_is():
    script = f'CREATE STREAM O (v INTEGER); CREATE PUMP P AS INSERT INTO O SELECT STREAM "CURRENT_TIME" FROM {SOURCE}'
    app = Application(script, [("CURRENT_TIME", "INTEGER")])
    app.feed([{"CURRENT_TIME": 5}], 0)
    assert app.stream("O") == [{"ROWTIME": 0, "V": 5}]


def test_spread_of_a_group():  # pages "VAR_POP", "VAR_SAMP", "STDDEV_POP", "STDDEV_SAMP"
    script = f"""CREATE STREAM O (s VARCHAR(4), a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE);
        CREATE PUMP P AS INSERT INTO O SELECT STREAM "n", VAR_POP("b"), VAR_SAMP("b"), STDDEV_POP("b"), STDDEV_SAMP("b")
        FROM {SOURCE} GROUP BY FLOOR(ROWTIME TO MINUTE), "n" """
    app = Application(script, SCHEMA)
    app.feed([{"n": "x", "b": b} for b in (2, 4, 4, 4, 5, 5, 7, 9, None)] + [{"n": "y", "b": 7}, {"n": "z"}], 0)
    app.advance(60_000)
    many, one, none = app.stream("O")
    assert (many["A"], many["C"]) == (4.0, 2.0)
    assert (many["B"], many["D"]) == (32 / 7, (32 / 7) ** 0.5)
    assert list(one.values()) == [60_000, "y", 0.0, None, 0.0, None]
    assert list(none.values()) == [60_000, "z", None, None, None, None]


def test_spread_of_a_sliding_window():
    script = f"""CREATE STREAM O (a DOUBLE); CREATE PUMP P AS INSERT INTO O
        SELECT STREAM STDDEV_POP("b") OVER (RANGE INTERVAL '10' SECOND PRECEDING) FROM {SOURCE}"""
    app = Application(script, SCHEMA)
    for rowtime, b in [(0, 10**15), (11_000, 1), (12_000, 3), (21_500, 5)]:
        app.feed([{"b": b}], rowtime)
    assert [row["A"] for row in app.stream("O")] == [0.0, 0.0, 1.0, 1.0]


def test_a_group_by_a_term_declared_monotonic_ends_when_the_term_changes():  # page "Monotonic Function"
    script = f"""CREATE STREAM O (b BIGINT, s VARCHAR(9), n INTEGER); CREATE PUMP P AS INSERT INTO O
        SELECT STREAM MONOTONIC("b"), "s", COUNT(*) FROM {SOURCE} GROUP BY MONOTONIC("b"), "s" """
    app = Application(script, SCHEMA)
    for rowtime, (b, s) in enumerate([(1000, "a"), (1000, "b"), (1000, "a"), (1001, "a"), (1005, "c")]):
        app.feed([{"b": b, "s": s}], rowtime)
    app.advance(100)
    assert [tuple(row.values()) for row in app.stream("O")] == [(3, 1000, "a", 2), (3, 1000, "b", 1), (4, 1001, "a", 1)]


def test_either_of_two_declared_terms_ends_a_group():
    script = f"""CREATE STREAM O (b BIGINT, n INTEGER); CREATE PUMP P AS INSERT INTO O
        SELECT STREAM MONOTONIC("b"), COUNT(*) FROM {SOURCE} GROUP BY MONOTONIC("b"), MONOTONIC("s") """
    app = Application(script, SCHEMA)
    for rowtime, (b, s) in enumerate([(1, "a"), (1, "b"), (2, "b"), (2, "b")]):
        app.feed([{"b": b, "s": s}], rowtime)
    assert [tuple(row.values()) for row in app.stream("O")] == [(1, 1, 1), (2, 1, 1)]


SLOW = [
    # condition, text: each would take more steps than there are seconds in a year
    ("SUBSTRING(s FROM '(a|aa)+$') = 'x'", "a" * 80 + "b"),
    ("REGEX_REPLACE(s, '(a|aa)+$', '', 1, 0) = 'x'", "a" * 80 + "b"),
    ("s SIMILAR TO '(a|aa)+'", "a" * 80 + "b"),
    ("SUBSTRING(s SIMILAR '#\"(a|aa)+#\"c' ESCAPE '#') = 'x'", "a" * 80 + "b"),
]


@pytest.mark.parametrize(("condition", "text"), SLOW)
def test_a_regular_expression_without_end_costs_a_row_not_the_run(condition, text, monkeypatch):
    monkeypatch.setattr("helpers.streaming_sql.functions.patterns.PATIENCE", 0.05)
    script = f"CREATE STREAM D (s VARCHAR(99)); CREATE PUMP P AS INSERT INTO D SELECT s FROM {SOURCE} WHERE ({condition}) IS NOT TRUE"
    app = Application(script, [("S", "VARCHAR(99)")])
    app.feed([{"S": text}, {"S": "b"}], 0)
    assert [row["S"] for row in app.stream("D")] == ["b"]
    (error,) = app.stream("error_stream")
    assert error["ERROR_NAME"] == "Invalid argument"
    assert "finds no end" in error["MESSAGE"]


@pytest.mark.parametrize("function", ["REGEX_LOG_PARSE", "FAST_REGEX_LOG_PARSE"])
def test_nor_does_one_that_takes_logs_apart(function, monkeypatch):
    monkeypatch.setattr("helpers.streaming_sql.functions.patterns.PATIENCE", 0.05)
    script = f"""CREATE STREAM D (s VARCHAR(99)); CREATE PUMP P AS INSERT INTO D
        SELECT t.r.COLUMN1 FROM (SELECT {function}(s, '(?:a|aa)+(b+)') AS r FROM {SOURCE}) AS t"""
    app = Application(script, [("S", "VARCHAR(99)")])
    app.feed([{"S": "a" * 80 + "c"}, {"S": "aabb"}], 0)
    assert [row["S"] for row in app.stream("D")] == ["bb"]
    assert [row["ERROR_NAME"] for row in app.stream("error_stream")] == ["Invalid argument"]


LINEAR = [
    ("s SIMILAR TO '(a*)*b'", "a" * 32),
    ("REGEX_REPLACE(s, '(a+)+b', '', 1, 0) = 'x'", "a" * 32),
    ("SUBSTRING(s FROM '(a+)+b') = 'x'", "a" * 32),
    ("s LIKE '%a%a%a%a%a%a%a%b'", "a" * 3000),
]


@pytest.mark.parametrize(("condition", "text"), LINEAR)
def test_nested_quantifiers_that_have_an_end(condition, text):
    script = f"CREATE STREAM D (n INTEGER); CREATE PUMP P AS INSERT INTO D SELECT 1 FROM {SOURCE} WHERE {condition}"
    app = Application(script, [("S", "VARCHAR(4096)")])
    app.feed([{"S": text}], 0)
    assert (app.stream("D"), app.stream("error_stream")) == ([], [])


def test_braces_that_repeat_nothing_stand_for_themselves():
    # to the package regex {e} would mean that errors are allowed
    assert [regex_replace(text, "a{e}[{]b{2}", "!", 1, 0) for text in ("a{e}{bb", "ae{bb", "x{bb")] == [
        "!",
        "ae{bb",
        "x{bb",
    ]


@pytest.mark.parametrize("letter", ["z", "Z"])
@pytest.mark.parametrize(
    ("zone", "hour"),
    [("UTC", 12), ("GMT", 12), ("+0200", 10), ("-0730", 19), ("GMT+02:00", 10), ("UTC-0100", 13), ("+02:00", 10)],
)
def test_zones_are_read_by_name_and_by_offset(letter, zone, hour):
    read = date_format(f"yyyy-MM-dd HH:mm {letter}").read(f"2026-01-05 12:00 {zone}")
    assert (read // 3_600_000) % 24 == hour
    with pytest.raises(ValueError, match="does not begin with"):
        date_format(f"HH {letter}").read("12 CET?")
