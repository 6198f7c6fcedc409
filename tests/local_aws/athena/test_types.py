"""What does not fit is refused as Trino refuses it, and nothing that fits is."""

import pytest

COLUMNS = {
    "n": "int", "big": "bigint", "s": "string", "d": "double", "day": "date", "at": "timestamp", "flag": "boolean",
    "price": "decimal(10,2)", "m": "map<string,int>", "l": "array<string>", "p": "struct<a:string,n:int>",
}  # fmt: skip
ROW = {
    "n": 1, "big": 2, "s": "x", "d": 0.5, "day": "2026-11-22", "at": "2026-11-22 10:00:00", "flag": True,
    "price": 1.25, "m": {"k": 7}, "l": ["a", "b"], "p": {"a": "x", "n": 3},
}  # fmt: skip


@pytest.fixture
def table(bench):
    bench.account.table("t", COLUMNS)
    bench.account.put("t/1.json", [ROW])
    return bench


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM t WHERE s = 1", "line 1:25: Cannot apply operator: varchar = integer"),
        ("SELECT * FROM t\nWHERE n <> 'a1'", "line 2:9: Cannot apply operator: integer = varchar(2)"),
        ("SELECT * FROM t WHERE big >= '1'", "line 1:27: Cannot apply operator: bigint <= varchar(1)"),
        ("SELECT * FROM t WHERE day > '2026-11-01'", "line 1:27: Cannot apply operator: date < varchar(10)"),
        ("SELECT * FROM t WHERE at < '2026'", "line 1:26: Cannot apply operator: timestamp(3) < varchar(4)"),
        ("SELECT * FROM t WHERE flag = 1", "line 1:28: Cannot apply operator: boolean = integer"),
        ("SELECT * FROM t WHERE price = 'x'", "line 1:29: Cannot apply operator: decimal(10,2) = varchar(1)"),
        ("SELECT * FROM t AS u WHERE U.S = 1e0", "line 1:32: Cannot apply operator: varchar = double"),
        ("SELECT * FROM t WHERE 1 = lower(s)", "line 1:25: Cannot apply operator: integer = varchar"),
        ("SELECT s + 1 FROM t", "line 1:10: Cannot apply operator: varchar + integer"),
        ("SELECT '1' * n FROM t", "line 1:12: Cannot apply operator: varchar(1) * integer"),
        ("SELECT day + 1 FROM t", "line 1:12: Cannot apply operator: date + integer"),
        ("SELECT flag - 1.5 FROM t", "line 1:13: Cannot apply operator: boolean - decimal(2,1)"),
        ("SELECT (s) / (n) FROM t", "line 1:12: Cannot apply operator: varchar / integer"),
        ("SELECT * FROM t WHERE s IN ('a', 1)", "line 1:34: IN value and list items must be the same type or coer"),
        (
            "SELECT * FROM t WHERE n NOT IN ('7')",
            "line 1:33: IN value and list items must be the same type or coercible to a common type. Cannot find "
            "common type between integer and varchar(1), all types (without duplicates): [integer, varchar(1)]",
        ),
        ("SELECT * FROM t WHERE s BETWEEN 1 AND 2", "line 1:25: Cannot check if varchar is BETWEEN integer and integ"),
        ("SELECT coalesce(n, 'none') FROM t", "line 1:20: All COALESCE operands must be the same type"),
        ("SELECT CASE WHEN flag THEN 1 ELSE 'no' END FROM t", "line 1:35: All CASE results must be the same type"),
        ("SELECT ARRAY[1, '2']", "line 1:17: All ARRAY elements must be the same type or coercible"),
        ("SELECT a.n FROM t a JOIN t b ON a.s = b.n", "line 1:37: Cannot apply operator: varchar = integer"),
        ("WITH u AS (SELECT s AS n FROM t) SELECT n + 1 FROM u", "line 1:43: Cannot apply operator: varchar + integer"),
        ("SELECT s FROM t GROUP BY s HAVING max(s) > 1", "line 1:42: Cannot apply operator: varchar < integer"),
        ("SELECT n FROM t WHERE s = (SELECT max(n) FROM t)", "line 1:25: Cannot apply operator: varchar = integer"),
        ("SELECT l[1] = 1 FROM t", "line 1:13: Cannot apply operator: varchar = integer"),
        ("SELECT json_extract_scalar('{}', '$.a') > 1", "line 1:41: Cannot apply operator: varchar < integer"),
        ("SELECT from_iso8601_timestamp(s) > '2026' FROM t",
         "line 1:34: Cannot apply operator: timestamp(3) with time zone < varchar(4)"),
    ],
)  # fmt: skip
def test_types_that_do_not_fit_are_refused(table, sql: str, reason: str) -> None:
    assert table.reason(sql).startswith(f"TYPE_MISMATCH: {reason}")


def test_a_text_joins_only_texts(table) -> None:
    wanted = "FUNCTION_NOT_FOUND: line 1:10: Unexpected parameters (varchar, integer) for function concat. Expected: "
    assert table.reason("SELECT s || 1 FROM t").startswith(wanted)


def test_it_is_refused_though_there_is_no_row(bench) -> None:
    bench.account.table("t", {"s": "string"})
    assert bench.reason("SELECT * FROM t WHERE s = 1").startswith("TYPE_MISMATCH")


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("n = 1.0", "true"),
        ("n = d * 2", "true"),
        ("big IN (1, 2e0, price)", "true"),
        ("s IN ('x', NULL)", "true"),
        ("n = NULL", None),
        ("day = timestamp '2026-11-22 00:00:00'", "true"),
        ("at < current_timestamp + INTERVAL '1' DAY", "true"),
        ("at BETWEEN day AND now()", "true"),
        ("at - timestamp '2026-11-22 09:00:00' = INTERVAL '1' HOUR", "true"),
        ("date_diff('day', day, date '2026-11-23') = 1", "true"),
        ("2 * INTERVAL '1' DAY > INTERVAL '1' DAY", "true"),
        ("(at - day) * 2 > INTERVAL '1' HOUR", "true"),
        ("year(day) = 2026 AND week(day) > 40", "true"),
        ("CAST(n AS varchar) = '1'", "true"),
        ("n = CAST('1' AS integer)", "true"),
        ("P.A = s AND p.n = 3", "true"),
        ("m['k'] = 7 AND l[2] = 'b'", "true"),
        ("element_at(m, 'k') + 1", "8"),
        ("transform(l, n -> n || s)", "[ax, bx]"),
        ("filter(l, n -> n = 'a')", "[a]"),
        ("coalesce(s, 'y') || '!'", "x!"),
        ("coalesce(n, 1.5) = 1", "true"),
        ("CASE s WHEN 'x' THEN 1 ELSE 1.5 END > 0", "true"),
        ("if(flag, n, big) + 1", "2"),
        ("(n, s) IN (VALUES (1, 'x'))", "true"),
        ("(SELECT max(u.n) FROM t u) = n", "true"),
        ("n IN (SELECT u.big - 1 FROM t u)", "true"),
        ("max(s) OVER () = 'x'", "true"),
        ("flag = (n = 1)", "true"),
        ("\"$path\" = 's3://data/t/1.json'", "true"),
        ("from_unixtime(0) = timestamp '1970-01-01 00:00:00'", "true"),
        ("json_extract_scalar('{\"a\": \"1\"}', '$.a') = '1'", "true"),
        ("cardinality(l) = 2 AND length(s) = 1", "true"),
        ("substr(s, 1, 1) = 'x' AND strpos(s, 'x') = 1", "true"),
    ],
)
def test_types_that_fit_are_not(table, sql: str, value: str | None) -> None:
    assert table.rows(f"SELECT {sql} FROM t") == [[value]]  # noqa: S608 - a test's own text


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT u.n FROM t CROSS JOIN UNNEST(l) AS u (n) WHERE u.n = 'a'", [["a"]]),
        ("SELECT e, o + 1 FROM t CROSS JOIN UNNEST(l) WITH ORDINALITY AS u (e, o) WHERE e = 'b'", [["b", "3"]]),
        ("SELECT x + 1 FROM (VALUES (1, 'a')) AS v (x, y) WHERE y = 'a'", [["2"]]),
        ("WITH u AS (SELECT n AS s, s AS n FROM t) SELECT s + 1 FROM u WHERE n = 'x'", [["2"]]),
        ("SELECT s FROM (SELECT n + 1 AS s FROM t UNION ALL SELECT 5) WHERE s > 1 ORDER BY s", [["2"], ["5"]]),
        ("SELECT a.s FROM t a JOIN t b USING (n) WHERE a.s = 'x'", [["x"]]),
        ("WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT max(n) FROM r", [["3"]]),
        ("SELECT s, count(*) FROM t GROUP BY s HAVING count(*) > 0 ORDER BY count(*) + 1", [["x", "1"]]),
    ],
)
def test_queries_whose_types_fit_run(table, sql: str, rows: list[list[str]]) -> None:
    assert table.rows(sql) == rows


@pytest.mark.parametrize(
    ("sql", "value", "kind"),
    [
        ("price", "1.25", (10, 2)),
        ("price / 3", "0.42", (10, 2)),
        ("-price / 2", "-0.63", (10, 2)),
        ("100.0 * n / 3", "33.3", (14, 1)),
        ("1.0 / 3", "0.3", (2, 1)),
        ("2 / 3.000", "0.667", (16, 3)),
        ("sum(price) / count(*)", "1.25", (38, 2)),
        ("sum(price) OVER () / 4", "0.31", (38, 2)),
        ("1.0 / (2.0 / 4)", "2.0", (3, 1)),
        ("CAST(7 AS decimal(3, 0)) / 2", "4", (3, 0)),
        ("CAST('12345678901234567890.123456789012345678' AS decimal(38, 18)) / 2",
         "6172839450617283945.061728394506172839", (38, 18)),
        ("CAST(1000 AS decimal(38, 18)) / CAST(-3000 AS decimal(38, 18))", "-0.333333333333333333", (38, 18)),
        ("avg(price)", "1.25", (10, 2)),
        ("avg(price) FILTER (WHERE n = 1)", "1.25", (10, 2)),
        ("avg(price) OVER ()", "1.25", (10, 2)),
        ("round(price, 1)", "1.30", (11, 2)),
        ("round(2.5)", "3", (2, 0)),
        ("CAST(5 AS decimal(5, 2))", "5.00", (5, 2)),
        ("CAST(5 AS decimal(5))", "5", (5, 0)),
        ("CAST(2.5 AS decimal)", "3", (38, 0)),
        ("CAST('1.50' AS decimal)", "2", (38, 0)),
        ("DECIMAL '1.50'", "1.50", (3, 2)),
        ("decimal '-0.5' / 2", "-0.3", (1, 1)),
        ("coalesce(price, 1.125) / 2", "0.625", (11, 3)),
        ("price / CAST(NULL AS integer)", None, (10, 2)),
    ],
)  # fmt: skip
def test_decimals_have_the_digits_they_have_in_trino(table, sql: str, value: str | None, kind: tuple[int, int]) -> None:
    query_id = table.start(f"SELECT {sql} FROM t")  # noqa: S608 - a test's own text
    answer = table.service.handle("GetQueryResults", {"QueryExecutionId": query_id})["ResultSet"]
    [column] = answer["ResultSetMetadata"]["ColumnInfo"]
    assert answer["Rows"][1]["Data"] == [{} if value is None else {"VarCharValue": value}]
    assert (column["Type"], column["Precision"], column["Scale"]) == ("decimal", *kind)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("ceil(n)", "1"),
        ("floor(-7)", "-7"),
        ("price / 2e0", "0.625"),
        ("7 / 2", "3"),
        ("round(big)", "2"),
        ("price * 2", "2.50"),
    ],
)
def test_other_numbers_stay_what_they_are(table, sql: str, value: str) -> None:
    assert table.rows(f"SELECT {sql} FROM t") == [[value]]  # noqa: S608 - a test's own text


def test_a_quotient_can_be_grouped_by(table) -> None:
    assert table.rows("SELECT price / 2, count(*) FROM t GROUP BY price / 2 ORDER BY price / 2") == [["0.63", "1"]]
    assert table.rows("SELECT count(*), big / 2 AS half FROM t GROUP BY big / 2") == [["1", "1"]]


@pytest.mark.parametrize("sql", ["x / 2", "avg(x)", "round(x, 1)"])
def test_digits_that_were_told_wrong_are_not_rounded_to(bench, sql: str) -> None:
    reason = bench.reason(f"SELECT {sql} FROM (SELECT 1.5 AS x UNION ALL SELECT 1.25) AS u")  # noqa: S608 - a test's own text
    assert reason.startswith("NOT_SUPPORTED: the local Athena cannot tell the digits of these decimals")


@pytest.mark.parametrize("key", ["m['zz']", "map_agg(s, n)['zz']"])
def test_a_key_that_a_map_has_not_is_told(table, key: str) -> None:
    reason = table.reason(f"SELECT {key} FROM t")  # noqa: S608 - a test's own text
    assert reason == "INVALID_FUNCTION_ARGUMENT: Key not present in map: zz"


def test_subscripts_of_columns_are_checked_row_by_row(table) -> None:
    table.account.table("u", {"l": "array<int>", "m": "map<int,string>"})
    table.account.put("u/1.json", [{"l": [1], "m": {"7": "x"}}, {"l": [2, 3], "m": {"8": "y"}}, {}])
    assert table.rows("SELECT l[2] FROM u WHERE cardinality(l) > 1") == [["3"]]
    assert table.rows("SELECT CASE WHEN element_at(m, 7) = 'x' THEN m[7] END FROM u WHERE l[1] < 9") == [["x"], [None]]
    assert table.rows("SELECT ARRAY[5, 6][n + 1], ARRAY[5, 6][n] FROM t") == [["6", "5"]]
    reason = "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 2 > 1"
    assert table.reason("SELECT l[2] FROM u") == reason
    assert table.reason("SELECT m[7] FROM u WHERE l[1] = 2") == "INVALID_FUNCTION_ARGUMENT: Key not present in map: 7"
