# ruff: noqa: E501, S608 - streaming scripts, not database queries; SQL reads better unbroken
"""Log functions and subqueries, on the developer guide's programs and the SQL Reference's sentences."""

from __future__ import annotations

import re

import pytest

from helpers.streaming_sql import Application, SqlError
from helpers.streaming_sql.functions.logs import lazily, split

SOURCE = '"SOURCE_SQL_STREAM_001"'


def output(script: str, schema, row) -> list:
    app = Application(script, schema)
    app.feed([row], 0)
    assert app.stream("error_stream") == []
    (found,) = app.stream("DESTINATION_SQL_STREAM")
    return list(found.values())[1:]


def test_example_parsing_log_strings_by_regular_expression():
    # Developer Guide, "Example: Parsing Log Strings Based on Regular Expressions", its step 2
    script = r"""
      CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (logentry VARCHAR(24), match1 VARCHAR(24), match2 VARCHAR(24));
      CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
          SELECT STREAM T.LOGENTRY, T.REC.COLUMN1, T.REC.COLUMN2
          FROM
               (SELECT STREAM LOGENTRY,
                   REGEX_LOG_PARSE(LOGENTRY, '(\w.+) (\d.+) (\w.+) (\w.+)') AS REC
                   FROM SOURCE_SQL_STREAM_001) AS T;"""
    entry = '203.0.113.24 - - [25/Mar/2018:15:25:37 -0700] "GET /index.php HTTP/1.1" 200 125 "-" "Mozilla/5.0 [en] Gecko/20100101 Firefox/52.0"'
    assert output(script, [("LOGENTRY", "VARCHAR(256)")], {"LOGENTRY": entry}) == [
        "203.0.113.24 - - [25/Mar",
        "203.0.113.24 - - [25/Mar",
        '125 "-" "Mozilla/5.0 [en',
    ]
    assert output(script, [("LOGENTRY", "VARCHAR(256)")], {"LOGENTRY": "no"}) == ["no", None, None]


def test_example_parsing_web_logs():
    # Developer Guide, "Example: Parsing Web Logs (W3C_LOG_PARSE Function)", its step 2
    script = """
      CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (
      column1 VARCHAR(16), column2 VARCHAR(16), column3 VARCHAR(16), column4 VARCHAR(64),
      column5 VARCHAR(64), column6 VARCHAR(16), column7 VARCHAR(16));
      CREATE OR REPLACE PUMP "myPUMP" AS
      INSERT INTO "DESTINATION_SQL_STREAM"
              SELECT STREAM
                  l.r.COLUMN1, l.r.COLUMN2, l.r.COLUMN3, l.r.COLUMN4, l.r.COLUMN5, l.r.COLUMN6, l.r.COLUMN7
              FROM (SELECT STREAM W3C_LOG_PARSE("log", 'COMMON')
                    FROM "SOURCE_SQL_STREAM_001") AS l(r);"""
    log = '192.168.254.30 - John [24/May/2004:22:01:02 -0700] "GET /icons/apache_pba.gif HTTP/1.1" 304 0'
    assert output(script, [("log", "VARCHAR(256)")], {"log": log}) == [
        "192.168.254.30",
        "-",
        "John",
        "[24/May/2004:22:01:02 -0700]",
        "GET /icons/apache_pba.gif HTTP/1.1",
        "304",
        "0",
    ]


def test_example_splitting_strings_into_fields():
    # Developer Guide, "Example: Split Strings into Multiple Fields", its step 2 (there the column is misnamed Col_E_…)
    script = """
      CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM"(
                  "column_A" VARCHAR(16), "column_B" VARCHAR(16), "column_C" VARCHAR(16),
                  "COL_1" VARCHAR(16), "COL_2" VARCHAR(16), "COL_3" VARCHAR(16));
      CREATE OR REPLACE PUMP "SECOND_STREAM_PUMP" AS
      INSERT INTO "DESTINATION_SQL_STREAM"
         SELECT STREAM  t."Col_A", t."Col_B", t."Col_C",
                        t.r."COL_1", t.r."COL_2", t.r."COL_3"
         FROM (SELECT STREAM
                 "Col_A", "Col_B", "Col_C",
                 VARIABLE_COLUMN_LOG_PARSE ("Col_D_Unstructured",
                                           'COL_1 TYPE VARCHAR(16), COL_2 TYPE VARCHAR(16), COL_3 TYPE VARCHAR(16)',
                                           ',') AS r
               FROM "SOURCE_SQL_STREAM_001") as t;"""
    columns = ["Col_A", "Col_B", "Col_C", "Col_D_Unstructured"]
    row = dict(zip(columns, ["a", "b", "c", "x,y,z,surplus"], strict=True))
    assert output(script, [(name, "VARCHAR(64)") for name in columns], row) == ["a", "b", "c", "x", "y", "z"]


def parsed(call: str, line: str | None, columns: str) -> list:
    fields = ", ".join(f"r.{name.split()[0]}" for name in columns.split(", "))
    script = f"""CREATE STREAM DESTINATION_SQL_STREAM ({columns}); CREATE PUMP P AS INSERT INTO DESTINATION_SQL_STREAM
        SELECT STREAM {fields} FROM (SELECT STREAM {call} AS r FROM {SOURCE})"""
    return output(script, [("line", "VARCHAR(256)")], {"line": line})


PARSED = [
    # page, call, line, columns of the target, values
    ("VARIABLE_COLUMN_LOG_PARSE", "VARIABLE_COLUMN_LOG_PARSE(\"line\", 3, ',')", "a,b", "COLUMN1 VARCHAR(9), COLUMN3 VARCHAR(9)", ["a", None]),
    ("VARIABLE_COLUMN_LOG_PARSE", "VARIABLE_COLUMN_LOG_PARSE(\"line\", 1, ',', '\\')", "a\\,b", "COLUMN1 VARCHAR(9)", ["a,b"]),
    ("VARIABLE_COLUMN_LOG_PARSE", "VARIABLE_COLUMN_LOG_PARSE(\"line\", 2, ',', '\\', '\"')", '"a,b",c', "COLUMN1 VARCHAR(9), COLUMN2 VARCHAR(9)", ["a,b", "c"]),
    ("VARIABLE_COLUMN_LOG_PARSE", "VARIABLE_COLUMN_LOG_PARSE(\"line\", 'A TYPE INTEGER NOT NULL, B TYPE DECIMAL(5,2), C TYPE INTEGER', '; ')", "7; 2.5; ", "A INTEGER, C INTEGER", [7, None]),
    ("FIXED_COLUMN_LOG_PARSE", "FIXED_COLUMN_LOG_PARSE(\"line\", 'A TYPE VARCHAR(3) START 0 FOR 3, B TYPE INTEGER START 4')", "abc  42", "A VARCHAR(3), B INTEGER", ["abc", 42]),
    ("REGEX_LOG_PARSE", "REGEX_LOG_PARSE(\"line\", '(?<name>\\w+)=(\\d+)', 'N VARCHAR(9), V INTEGER')", "a=5", "N VARCHAR(9), V INTEGER", ["a", 5]),
    ("REGEX_LOG_PARSE", "REGEX_LOG_PARSE(\"line\", '(.*)=(.*)')", "a=b=c", "COLUMN1 VARCHAR(9), COLUMN2 VARCHAR(9)", ["a=b", "c"]),
    ("FAST_REGEX_LOG_PARSER", "FAST_REGEX_LOG_PARSE(\"line\", '(.*)=(.*)')", "a=b=c", "COLUMN1 VARCHAR(9), COLUMN2 VARCHAR(9)", ["a", "b=c"]),
    ("W3C_LOG_PARSE", "W3C_LOG_PARSE(\"line\", 'REFERER')", "http://a b ---> /c", "COLUMN1 VARCHAR(99), COLUMN2 VARCHAR(9)", ["http://a b", "/c"]),
    ("W3C_LOG_PARSE", "W3C_LOG_PARSE(\"line\", '%h \"%{User-agent}i\" %%%b')", '::1 "x \\" y" %-', "COLUMN2 VARCHAR(99), COLUMN3 VARCHAR(9)", ['x \\" y', "-"]),
    ("W3C_LOG_PARSE", "W3C_LOG_PARSE(\"line\", 'AGENT')", None, "COLUMN1 VARCHAR(99)", [None]),
]  # fmt: skip


@pytest.mark.parametrize(("page", "call", "line", "columns", "values"), PARSED)
def test_a_line_gives_a_record(page, call, line, columns, values):
    assert parsed(call, line, columns) == values


def test_a_field_that_is_no_number_goes_to_the_error_stream():
    script = f"""CREATE STREAM O (a INTEGER); CREATE PUMP P AS INSERT INTO O SELECT STREAM t.r.A FROM
        (SELECT STREAM VARIABLE_COLUMN_LOG_PARSE("line", 'A TYPE INTEGER', ',') AS r FROM {SOURCE}) AS t"""
    app = Application(script, [("line", "VARCHAR(9)")])
    app.feed([{"line": "x"}, {"line": "3"}], 0)
    assert app.stream("O") == [{"ROWTIME": 0, "A": 3}]
    assert [error["ERROR_NAME"] for error in app.stream("error_stream")] == ["Coercion error"]


@pytest.mark.parametrize(
    ("pattern", "lazy"),
    [("(a*)", "(a*?)"), ("a++b?+", "a+?b??"), (r"\*[+*]{2,3}", r"\*[+*]{2,3}?"), ("(?:a)?", "(?:a)??"), ("a*?", "a*?")],
)
def test_lazy_quantifiers(pattern, lazy):
    assert lazily(pattern) == lazy


def test_quotes_may_differ():
    assert split("[a,b],c", ",", "", "[]") == ["a,b", "c"]


PARSE = f"FROM (SELECT STREAM REGEX_LOG_PARSE(\"line\", '(a)') AS r FROM {SOURCE}) AS t"
REFUSED = [
    ("SELECT STREAM t.r.COLUMN2 " + PARSE, "R has no column COLUMN2"),
    ("SELECT STREAM t.r " + PARSE, "RECORD(COLUMN1)"),
    ("SELECT STREAM t.r.COLUMN1.x " + PARSE, "a name with more than three parts"),
    ("SELECT STREAM t.q.COLUMN1 " + PARSE, "unknown column Q"),
    ("SELECT STREAM UPPER(t.r) " + PARSE, "expected a value of type character"),
    ("SELECT STREAM 'x' " + PARSE + " WHERE t.r = t.r", "cannot compare"),
    (f'SELECT STREAM "line"."x" FROM {SOURCE}', "line is not in this query's FROM clause"),
    (f"SELECT STREAM t.\"line\".x FROM {SOURCE} AS t", "which has no columns of its own"),
    (f"SELECT STREAM REGEX_LOG_PARSE(\"line\", 'a') FROM {SOURCE}", "has no group"),
    (f"SELECT STREAM REGEX_LOG_PARSE(\"line\", '(a') FROM {SOURCE}", "is not a regular expression"),
    (f'SELECT STREAM REGEX_LOG_PARSE("line", "line") FROM {SOURCE}', "must be a text in single quotes"),
    (f"SELECT STREAM REGEX_LOG_PARSE(\"line\", '(a)', 'A INTEGER, B INTEGER') FROM {SOURCE}", "1 groups"),
    (f"SELECT STREAM W3C_LOG_PARSE(\"line\", 'IIS') FROM {SOURCE}", "no log format that is supported"),
    (f"SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(\"line\", 0, ',') FROM {SOURCE}", "must be from 1 to 1000"),
    (f"SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(\"line\", 'A TYPE COUNTER', ',') FROM {SOURCE}", "is not a data type"),
    (f"SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(\"line\", 2, '') FROM {SOURCE}", "delimiter must not be empty"),
    (f"SELECT STREAM FIXED_COLUMN_LOG_PARSE(\"line\", 'A TYPE INTEGER') FROM {SOURCE}", "each column needs START"),
    (f"SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(\"line\", 'A TYPE INTEGER START 1', ',') FROM {SOURCE}", "START belongs to"),
    (f"SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(\"line\", 'A TYPE INTEGER, a TYPE DATE', ',') FROM {SOURCE}", "A appears twice"),
    (f'SELECT STREAM x FROM (SELECT STREAM "line" FROM {SOURCE}) AS t(x, y)', "gives 1 columns, 2 are named"),
]  # fmt: skip


@pytest.mark.parametrize(("select", "message"), REFUSED)
def test_refused_before_any_row(select, message):
    script = f"CREATE STREAM O (v VARCHAR(9)); CREATE PUMP P AS INSERT INTO O {select}"
    with pytest.raises(SqlError, match=re.escape(message)):
        Application(script, [("line", "VARCHAR(9)")])


def test_a_subquery_groups_and_keeps_its_rowtime():
    script = f"""CREATE STREAM O (t TIMESTAMP, n INTEGER, m INTEGER); CREATE PUMP P AS INSERT INTO O
        SELECT STREAM STEP(counted.ROWTIME BY INTERVAL '1' MINUTE), SUM(c), COUNT(*)
        FROM (SELECT STREAM ROWTIME, "line", COUNT(*) AS c FROM {SOURCE}
              GROUP BY ROWTIME, "line") AS counted
        WHERE c > 1 GROUP BY STEP(counted.ROWTIME BY INTERVAL '1' MINUTE)"""
    app = Application(script, [("line", "VARCHAR(9)")])
    app.feed([{"line": "a"}, {"line": "a"}, {"line": "b"}], 5)
    app.feed([{"line": "a"}, {"line": "a"}, {"line": "a"}], 6)
    app.advance(60_000)
    assert app.stream("O") == [{"ROWTIME": 60_000, "T": 0, "N": 5, "M": 2}]
