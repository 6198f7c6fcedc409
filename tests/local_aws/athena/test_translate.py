"""Athena SQL means here what it means in Athena: functions, operators, names, places in errors."""

from pathlib import Path

import pytest

from helpers.local_aws.athena.query import TableName, parse
from helpers.local_aws.athena.translate import to_duckdb

ROWS = [{"a": 1, "b": 2, "word": "x"}, {"a": 3, "b": 4, "word": "y"}]


@pytest.fixture
def table(bench):
    bench.account.table("t", {"a": "bigint", "b": "int", "word": "string"})
    bench.account.put("t/1.json", ROWS)
    return bench


# Expressions whose DuckDB meaning differs, or might: from Trino's documentation.
@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("7 % 3", "1"),
        ("7e0 / 2", "3.5"),
        ("1e0 / 3 * 3", "1.0"),
        ("CAST(7 AS double) / 2", "3.5"),
        ("1e7", "1.0E7"),
        ("from_iso8601_timestamp('2026-11-22T10:00:03.250Z')", "2026-11-22 10:00:03.250 UTC"),
        ("from_iso8601_timestamp('2026-11-22T10:00:03+02:00')", "2026-11-22 08:00:03.000 UTC"),
        ("from_iso8601_date('2026-11-22')", "2026-11-22"),
        ("to_iso8601(from_iso8601_timestamp('2026-11-22T10:00:03.250Z'))", "2026-11-22T10:00:03.250Z"),
        ("date_parse('22/11/2026 10:01', '%d/%m/%Y %H:%i')", "2026-11-22 10:01:00.000"),
        ("date_parse('2026-11-22T10:00:00.123Z', '%Y-%m-%dT%H:%i:%s.%fZ')", "2026-11-22 10:00:00.123"),
        ("date_format(timestamp '2026-11-22 10:05:06', '%Y-%m-%d %H:%i:%s')", "2026-11-22 10:05:06"),
        ("to_unixtime(timestamp '1970-01-01 00:00:10.5')", "10.5"),
        ("from_unixtime(10)", "1970-01-01 00:00:10.000 UTC"),
        ("CAST(from_unixtime(10) AS timestamp)", "1970-01-01 00:00:10.000"),
        ("floor(to_unixtime(from_iso8601_timestamp('1970-01-01T00:00:19Z')) / 10)", "1.0"),
        ("date_trunc('minute', timestamp '2026-11-22 10:05:06')", "2026-11-22 10:05:00.000"),
        ("date_diff('second', timestamp '2026-11-22 10:00:00', timestamp '2026-11-22 10:01:05')", "65"),
        ("date_add('second', 5, timestamp '2026-11-22 10:00:00')", "2026-11-22 10:00:05.000"),
        ("timestamp '2026-11-22 10:00:10' - timestamp '2026-11-22 10:00:00'", "0 00:00:10.000"),
        ("timestamp '2026-11-22 10:00:00' + 3 * INTERVAL '10' SECOND", "2026-11-22 10:00:30.000"),
        ("date '2026-11-22' + INTERVAL '10' DAY", "2026-12-02"),
        ("date '2026-11-22' - INTERVAL '1' MONTH", "2026-10-22"),
        ("INTERVAL '1' HOUR + timestamp '2026-11-22 10:00:00'", "2026-11-22 11:00:00.000"),
        ("date_add('day', -2, date '2026-11-22')", "2026-11-20"),
        ("date_add('month', 1 + 1, timestamp '2026-11-22 10:00:00')", "2027-01-22 10:00:00.000"),
        ("date_trunc('month', date '2026-11-22')", "2026-11-01"),
        ("second(timestamp '2026-11-22 10:05:06.7')", "6"),
        ("millisecond(timestamp '2026-11-22 10:05:06.7')", "700"),
        ("day_of_week(date '2026-11-22')", "7"),
        ("now()", "2026-11-22 10:00:00.000 UTC"),
        ("current_date", "2026-11-22"),
        ("split_part('a,b', ',', 2)", "b"),
        ("split_part('a,b', ',', 3)", None),
        ("regexp_extract('abc', 'x')", None),
        ("regexp_extract('abc', 'a(b)', 1)", "b"),
        ("regexp_replace('abc', '(b)', '[$1]')", "a[b]c"),
        ("regexp_like('abc', 'b')", "true"),
        ("json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a.b')", "1"),
        ("json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a')", None),
        ("strpos('abc', 'c')", "3"),
        ("greatest(1, NULL)", None),
        ("'a' || 'b'", "ab"),
        ("concat('a', CAST(NULL AS varchar))", None),
        ("NULL", None),
        ("try_cast('x' AS integer)", None),
        ("coalesce(NULL, 2)", "2"),
        ("if(1 = 2, 'a', 'b')", "b"),
        ("cardinality(ARRAY[1, 2])", "2"),
        ("ARRAY[1, NULL]", "[1, null]"),
        ("element_at(ARRAY['a'], 1)", "a"),
        ("split('a-b', '-')", "[a, b]"),
        ("transform(ARRAY[1, 2], x -> x + 1)", "[2, 3]"),
        ("CAST(1.5 AS decimal(5, 2))", "1.50"),
        ("round(2.5e0)", "3.0"),
        ("X'00ff'", "00 ff"),
        ("infinity()", "Infinity"),
        ("e() > 2.7e0", "true"),
        ("is_finite(1e0)", "true"),
        ("pow(2, 3)", "8.0"),
        ("ARRAY['a', 'b'][2]", "b"),
        ("ARRAY[ARRAY[1, 2], ARRAY[3]][1][2]", "2"),
        ("ARRAY[1, 2][1 + 1]", "2"),
        ("CAST(NULL AS array<integer>)[5]", None),
        ("ARRAY[1, 2][CAST(NULL AS integer)]", None),
        ("map(ARRAY['a'], ARRAY[1])['a']", "1"),
        ("map(ARRAY['a'], ARRAY[NULL])['a']", None),
        ("map(ARRAY[7], ARRAY['x'])[7]", "x"),
        ("element_at(ARRAY['a'], 5)", None),
        ("element_at(ARRAY['a', 'b'], -1)", "b"),
        ("element_at(map(ARRAY['a'], ARRAY[1]), 'b')", None),
        ("substr('hello', 0)", ""),
        ("substr('hello', 0, 2)", ""),
        ("substr('hello', -3)", "llo"),
        ("substr('hello', -3, 2)", "ll"),
        ("substr('hello', -9)", ""),
        ("substr('hello', 2, -1)", ""),
        ("substring('hello' FROM 0 FOR 2)", ""),
        ("substr(CAST(NULL AS varchar), 0)", None),
        ("substr('hello', 0, CAST(NULL AS integer))", None),
        ("substr('hello', CAST(NULL AS integer))", None),
        ("sequence(3, 1)", "[3, 2, 1]"),
        ("sequence(1, 7, 3)", "[1, 4, 7]"),
        ("sequence(date '2026-11-30', date '2026-12-02')", "[2026-11-30, 2026-12-01, 2026-12-02]"),
        ("sequence(date '2026-12-02', date '2026-12-01')", "[2026-12-02, 2026-12-01]"),
        ("sequence(date '2026-11-01', date '2026-12-02', INTERVAL '1' MONTH)", "[2026-11-01, 2026-12-01]"),
        # Doubles are divided as IEEE 754 says: Trino's DoubleOperators, RealOperators.
        ("1e0 / 0", "Infinity"),
        ("-1e0 / 0", "-Infinity"),
        ("0e0 / 0", "NaN"),
        ("1 / 0e0", "Infinity"),
        ("1e0 / -0e0", "-Infinity"),
        ("CAST(NULL AS double) / 0", None),
        ("1.5 / 0e0", "Infinity"),
        ("CAST(1 AS real) / CAST(0 AS real)", "Infinity"),
        ("5e-1 % 0", "NaN"),
        ("try(1 / 0)", None),
        ("try(7 / 2)", "3"),
        ("try(1.0 / 0)", None),
        ("try(CAST(1 AS decimal(9, 2)) / CAST(8 AS decimal(9, 2)))", "0.13"),
        ("try(1e0 / 0)", "Infinity"),
        ("try(CAST('x' AS integer))", None),
        ("try(ARRAY[1][5])", None),
        ("try(map(ARRAY['a'], ARRAY['x'])['a'])", "x"),
        ("coalesce(try(map(ARRAY['a'], ARRAY['x'])['b']), 'none')", "none"),
        ("try(coalesce(ARRAY[1][5], 7))", None),
        ("try(9223372036854775807 + 1)", None),
        ("try(sequence(1, 3, 0))", None),
        ("try(date_parse('x', '%Y'))", None),
        ("try(from_iso8601_date('x'))", None),
        ("typeof(1)", "integer"),
        ("typeof(9223372036854775807)", "bigint"),
        ("typeof('cat')", "varchar(3)"),
        ("typeof(1.50)", "decimal(3,2)"),
        ("typeof(1e0)", "double"),
        ("typeof(7 / 2)", "integer"),
        ("typeof(CAST(1 AS real))", "real"),
        ("typeof(CAST(1 AS real) / CAST(2 AS real))", "real"),
        ("typeof(NULL)", "unknown"),
        ("typeof(true)", "boolean"),
        ("typeof(now())", "timestamp(3) with time zone"),
        ("typeof(timestamp '2026-11-22 10:00:00')", "timestamp(3)"),
        ("typeof(ARRAY[1, 2])", "array(integer)"),
        ("typeof(map(ARRAY[1], ARRAY[ARRAY[2e0]]))", "map(integer, array(double))"),
        ("typeof(CAST(ROW(1, true) AS row(x integer, y boolean)))", "row(x integer, y boolean)"),
        ("typeof(X'00')", "varbinary"),
        (
            "sequence(timestamp '2026-11-22 10:00:00', timestamp '2026-11-22 11:30:00', INTERVAL '1' HOUR)",
            "[2026-11-22 10:00:00.000, 2026-11-22 11:00:00.000]",
        ),
    ],
)
def test_expressions(bench, expression: str, written: str | None) -> None:
    assert bench.value(expression) == written


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count_if(a > 1), sum(a), avg(b) FROM t", [["1", "4", "3.0"]]),
        ("SELECT map_agg(word, a) FROM t WHERE a = 1", [["{x=1}"]]),
        ("SELECT count(*) FILTER (WHERE a > 1), every(a > 0) FROM t", [["1", "true"]]),
        ("SELECT a FROM t ORDER BY a DESC OFFSET 1 LIMIT 1", [["1"]]),
        ("SELECT word, sum(a) OVER (ORDER BY b) FROM t ORDER BY b", [["x", "1"], ["y", "4"]]),
        ("WITH t AS (SELECT a + 1 AS n FROM t) SELECT n FROM t ORDER BY n", [["2"], ["4"]]),
        ("WITH u AS (SELECT a FROM t), v AS (SELECT a FROM u) SELECT max(a) FROM v", [["3"]]),
        ("SELECT db.t.a FROM awsdatacatalog.db.t ORDER BY 1", [["1"], ["3"]]),
        ("SELECT x.a, y.b FROM t x JOIN t y ON x.a = y.a WHERE x.a = 3", [["3", "4"]]),
        ("SELECT a FROM t WHERE a IN (SELECT max(u.a) FROM t u)", [["3"]]),
        ("SELECT u.n FROM t CROSS JOIN UNNEST(ARRAY[a, b]) AS u (n) WHERE a = 1 ORDER BY n", [["1"], ["2"]]),
        (
            "SELECT a, k, v FROM t CROSS JOIN UNNEST(map(ARRAY['x', 'y'], ARRAY[a, b])) AS u(k, v) ORDER BY a, k",
            [["1", "x", "1"], ["1", "y", "2"], ["3", "x", "3"], ["3", "y", "4"]],
        ),
        ("SELECT k, v FROM UNNEST(map(ARRAY['x'], ARRAY[ARRAY[1, 2]])) AS u(k, v)", [["x", "[1, 2]"]]),
        (
            "SELECT k, v, n FROM UNNEST(map(ARRAY['x', 'y'], ARRAY[1, 2])) WITH ORDINALITY AS u(k, v, n) ORDER BY n",
            [["x", "1", "1"], ["y", "2", "2"]],
        ),
        ("SELECT count(*) FROM t CROSS JOIN UNNEST(CAST(NULL AS map(varchar, integer))) AS u(k, v)", [["0"]]),
        (
            "SELECT x, y FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS u(x, y) ORDER BY x",
            [["1", "a"], ["2", None]],
        ),
        (
            "SELECT word, sum(v) FROM t CROSS JOIN UNNEST(map(ARRAY[1], ARRAY[a])) AS u(k, v) GROUP BY 1 ORDER BY 1",
            [["x", "1"], ["y", "3"]],
        ),
        ("SELECT a, try(b / (a - 1)) FROM t ORDER BY a", [["1", None], ["3", "2"]]),
        ("SELECT a, CAST(b AS double) / (a - 1) FROM t ORDER BY a", [["1", "Infinity"], ["3", "2.0"]]),
        ("SELECT DISTINCT typeof(a), typeof(b), typeof(word) FROM t", [["bigint", "integer", "varchar"]]),
        ("SELECT 1 UNION ALL SELECT 2 ORDER BY 1", [["1"], ["2"]]),
        ("VALUES (1, 'x')", [["1", "x"]]),
        ("SELECT a AS n FROM t ORDER BY n;", [["1"], ["3"]]),
        ("SELECT A, Word FROM T WHERE A = 1 -- a comment", [["1", "x"]]),
    ],
)
def test_queries(table, sql: str, rows: list[list[str]]) -> None:
    assert table.rows(sql) == rows


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT a, count(*), 1 AS one FROM t GROUP BY a", ["a", "_col1", "one"]),
        ("SELECT *, a + 1 FROM t", ["a", "b", "word", "_col3"]),
        ("SELECT 1 UNION ALL SELECT 2", ["_col0"]),
        ("VALUES (1, 2)", ["_col0", "_col1"]),
        ("SELECT a, a FROM t", ["a", "a"]),
    ],
)
def test_columns_without_a_name_are_numbered(table, sql: str, names: list[str]) -> None:
    answer = table.service.handle("GetQueryResults", {"QueryExecutionId": table.start(sql)})["ResultSet"]
    assert [c["Name"] for c in answer["ResultSetMetadata"]["ColumnInfo"]] == names
    assert [d["VarCharValue"] for d in answer["Rows"][0]["Data"]] == names


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT a,\n  x FROM t", "COLUMN_NOT_FOUND: line 2:3: Column 'x' cannot be resolved"),
        ("SELECT u.a FROM t", "COLUMN_NOT_FOUND: line 1:8: Column 'u' cannot be resolved"),
        ("SELECT a AS n FROM t WHERE n = 1", "COLUMN_NOT_FOUND: line 1:28: Column 'n' cannot be resolved"),
        ("SELECT a AS n, count(*) FROM t GROUP BY n", "COLUMN_NOT_FOUND: line 1:41: Column 'n'"),
        ("SELECT a AS n, n + 1 FROM t", "COLUMN_NOT_FOUND: line 1:16: Column 'n'"),
        ("SELECT a, count(*) FROM t", "EXPRESSION_NOT_AGGREGATE: line 1:8: '\"a\"' must be an aggregate"),
        ("SELECT a FROM t x JOIN t y ON x.a = y.a", "AMBIGUOUS_NAME: line 1:8: Column 'a' is ambiguous"),
        ("SELECT * FROM elsewhere.db.t", "CATALOG_NOT_FOUND: line 1:15: Catalog 'elsewhere' does not exist"),
        (
            "SELECT now() AT TIME ZONE 'Europe/Berlin'",
            "NOT_SUPPORTED: line 1:8: the local Athena does not do",
        ),
        ("SELECT a / 0 FROM t", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT a % 0 FROM t", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT 1.0 / 0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT 1.5 / 0.0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT try(sum(a) / 0) FROM t", "NOT_SUPPORTED: the local Athena cannot try what holds an aggregate"),
        ("SELECT try(array_max(ARRAY[1.0]) / 2)", "NOT_SUPPORTED: the local Athena cannot try what holds"),
        ("SELECT array_max(ARRAY[1e0]) / 0", "NOT_SUPPORTED: the local Athena cannot tell beforehand"),
        (
            "SELECT array_max(ARRAY[1.0]) / 2",
            "NOT_SUPPORTED: the local Athena cannot tell the digits of these decimals",
        ),
        ("SELECT from_iso8601_timestamp('now')", 'INVALID_FUNCTION_ARGUMENT: Invalid format: "now"'),
        ("SELECT from_iso8601_timestamp('2026-11-22 10:00:00')", "INVALID_FUNCTION_ARGUMENT"),
        ("SELECT date_parse('x', '%Y')", "INVALID_FUNCTION_ARGUMENT"),
        ("SELECT CAST(word AS integer) FROM t", "INVALID_CAST_ARGUMENT"),
        ("SELECT sum(9223372036854775807) FROM t", "NUMERIC_VALUE_OUT_OF_RANGE"),
        (
            "SELECT ARRAY[1, 2, 3][5]",
            "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 5 > 3",
        ),
        ("SELECT split(word, ',')[2] FROM t", "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or"),
        ("SELECT ARRAY[1][0]", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"),
        ("SELECT ARRAY[1][-1]", "INVALID_FUNCTION_ARGUMENT: Array subscript is negative: -1"),
        ("SELECT map(ARRAY['a'], ARRAY[1])['b']", "INVALID_FUNCTION_ARGUMENT: Key not present in map: b"),
        ("SELECT sequence(1, 3, -1)", "INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than"),
        ("SELECT sequence(1, 3, 0)", "INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than"),
        ("SELECT sequence(1, 10001)", "INVALID_FUNCTION_ARGUMENT: result of sequence function must not have"),
    ],
)
def test_what_athena_refuses_is_refused(table, sql: str, reason: str) -> None:
    assert table.reason(sql).startswith(reason)


# What DuckDB knows and Athena does not must not work here either.
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT epoch(now())",
        "SELECT strptime('x', '%Y')",
        "SELECT list_value(1)",
        "SELECT current_setting('threads')",
        "SELECT getenv('HOME')",
        "SELECT read_text('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM t, read_csv('/etc/passwd')",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "WITH f AS (SELECT * FROM read_blob('/etc/passwd')) SELECT * FROM f",
        "SELECT athena_divide(1, 2)",
        "SELECT athena_error('x')",
    ],
)
def test_functions_of_duckdb_alone_are_not_there(table, sql: str) -> None:
    assert table.reason(sql).startswith("FUNCTION_NOT_FOUND: line 1:")


@pytest.mark.parametrize("name", ["'/etc/passwd'", '"/etc/passwd"', '"/etc/*"', "information_schema.tables"])
def test_files_and_catalogs_are_no_tables(table, name: str) -> None:
    reason = table.reason(f"SELECT * FROM {name}")  # noqa: S608 - a test's own text
    assert reason.startswith(("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"))


def test_path_tells_the_object_and_stays_out_of_star(table) -> None:
    assert table.rows('SELECT DISTINCT "$path" FROM t') == [["s3://data/t/1.json"]]
    assert table.rows('SELECT *, "$path" AS p FROM t WHERE a = 1') == [["1", "2", "x", "s3://data/t/1.json"]]


def test_parameters_are_literals_put_in_for_marks(table) -> None:
    sql = "SELECT a FROM t WHERE word = ? AND b < ? AND '?' = '?'"
    assert table.rows(sql, ExecutionParameters=["'x'", "10"]) == [["1"]]
    assert table.rows(sql, ExecutionParameters=["'it''s'", "-1"]) == []


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (["1", "2"], "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters"),
        (["Click"], "INVALID_PARAMETER_USAGE: the execution parameter 'Click' is not a literal"),
        (["1 OR 1 = 1"], "INVALID_PARAMETER_USAGE"),
        (["(SELECT 1)"], "INVALID_PARAMETER_USAGE"),
    ],
)
def test_other_parameters_are_refused(table, parameters: list[str], reason: str) -> None:
    assert table.reason("SELECT a FROM t WHERE a = ?", ExecutionParameters=parameters).startswith(reason)


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[3] / "sql" / "athena").glob("*.sql")), ids=lambda p: p.stem
)
def test_the_workshops_queries_are_translated(path: Path) -> None:
    query = parse(path.read_text(encoding="utf-8"), "db")
    columns = dict.fromkeys(["event_time", "browseraction", "detected_at"], "string")
    columns |= dict.fromkeys(["ctr_percent", "anomaly_score"], "double")
    tables = ("raw_events", "processed_events", "anomalies")
    names = {TableName("db", name): columns for name in tables}
    assert set(query.tables.values()) <= set(names)
    assert "athena" in to_duckdb(query, {name: f"athena {name.table}" for name in names}, names, 0.0)
