"""Every function the local Athena offers is called once, and gives what Trino's documentation says."""

import duckdb
import pytest
from sqlglot import exp

from helpers.local_aws.athena.engine import _connect
from helpers.local_aws.athena.expressions import annotate, family
from helpers.local_aws.athena.functions import KNOWN
from helpers.local_aws.athena.query import TableName, parse
from helpers.local_aws.athena.results import writer
from helpers.local_aws.athena.translate import to_duckdb
from helpers.local_aws.athena.types import result_column

NOW = 1795341600.0  # 2026-11-22 10:00:00 UTC
TABLE = """CREATE TABLE "view" AS SELECT * FROM (VALUES
    (CAST(1 AS BIGINT), 1.5e0, 'a,b', TIMESTAMP '2026-11-22 10:00:01'),
    (CAST(2 AS BIGINT), 2.5e0, 'c', TIMESTAMP '2026-11-22 10:00:02')) AS v (n, d, s, "at")"""
COLUMNS = {"n": "bigint", "d": "double", "s": "string", "at": "timestamp"}
# function: what follows SELECT, what Athena writes in the first row
CALLS: dict[str, tuple[str, str | None]] = {
    "abs": ("abs(-1)", "1"),
    "any_value": ("any_value(n) FROM t WHERE n=1", "1"),
    "approx_distinct": ("approx_distinct(n) FROM t", "2"),
    "approx_percentile": ("approx_percentile(n, 0.5) FROM t WHERE n = 1", "1"),
    "arbitrary": ("arbitrary(n) FROM t WHERE n=1", "1"),
    "array_agg": ("array_agg(n ORDER BY n) FROM t", "[1, 2]"),
    "array_distinct": ("array_distinct(ARRAY[1,1])", "[1]"),
    "array_join": ("array_join(ARRAY['a','b'], '-')", "a-b"),
    "array_max": ("array_max(ARRAY[1,2])", "2"),
    "array_min": ("array_min(ARRAY[1,2])", "1"),
    "array_sort": ("array_sort(ARRAY[2,1])", "[1, 2]"),
    "avg": ("avg(n) FROM t", "1.5"),
    "bitwise_and": ("bitwise_and(6,3)", "2"),
    "bitwise_or": ("bitwise_or(6,3)", "7"),
    "bitwise_xor": ("bitwise_xor(6,3)", "5"),
    "bool_and": ("bool_and(n>0) FROM t", "true"),
    "bool_or": ("bool_or(n>1) FROM t", "true"),
    "cardinality": ("cardinality(ARRAY[1])", "1"),
    "cast": ("CAST('7' AS integer)", "7"),
    "ceil": ("ceil(1.5e0)", "2.0"),
    "ceiling": ("ceiling(1.5e0)", "2.0"),
    "chr": ("chr(65)", "A"),
    "coalesce": ("coalesce(NULL, 2)", "2"),
    "concat": ("concat('a', 'b', 'c')", "abc"),
    "concat_ws": ("concat_ws('-','a',NULL,'b')", "a-b"),
    "contains": ("contains(ARRAY[1],1)", "true"),
    "corr": ("corr(n,d) FROM t", "1.0"),
    "cos": ("cos(0e0)", "1.0"),
    "count": ("count(DISTINCT n) FROM t", "2"),
    "count_if": ("count_if(n > 1) FROM t", "1"),
    "covar_pop": ("covar_pop(n,d) FROM t", "0.25"),
    "covar_samp": ("covar_samp(n,d) FROM t", "0.5"),
    "cume_dist": ("cume_dist() OVER (ORDER BY n) FROM t", "0.5"),
    "current_date": ("current_date", "2026-11-22"),
    "current_timestamp": ("current_timestamp", "2026-11-22 10:00:00.000 UTC"),
    "date": ("date('2026-11-22')", "2026-11-22"),
    "date_add": ("date_add('day', 1, date '2026-11-30')", "2026-12-01"),
    "date_diff": (
        "date_diff('minute', timestamp '2026-11-22 10:00:00', timestamp '2026-11-22 10:05:59')",
        "5",
    ),
    "date_format": ("date_format(timestamp '2026-11-22 10:05:06', '%H:%i')", "10:05"),
    "date_parse": ("date_parse('2026-11-22', '%Y-%m-%d')", "2026-11-22 00:00:00.000"),
    "date_trunc": ("date_trunc('hour', timestamp '2026-11-22 10:05:06')", "2026-11-22 10:00:00.000"),
    "day": ("day(at) FROM t", "22"),
    "day_of_month": ("day_of_month(at) FROM t", "22"),
    "day_of_week": ("day_of_week(date '2026-11-23')", "1"),
    "day_of_year": ("day_of_year(at) FROM t", "326"),
    "degrees": ("degrees(pi())", "180.0"),
    "dense_rank": ("dense_rank() OVER (ORDER BY n) FROM t", "1"),
    "dow": ("dow(at) FROM t", "7"),
    "doy": ("doy(at) FROM t", "326"),
    "e": ("round(e(), 3)", "2.718"),
    "element_at": ("element_at(map(ARRAY['a'], ARRAY[1]), 'b')", None),
    "every": ("every(n > 0) FROM t", "true"),
    "exp": ("exp(0)", "1.0"),
    "extract": ("extract(hour FROM at) FROM t", "10"),
    "filter": ("filter(ARRAY[1,2], x -> x > 1)", "[2]"),
    "first_value": ("first_value(n) OVER (ORDER BY n) FROM t", "1"),
    "flatten": ("flatten(ARRAY[ARRAY[1],ARRAY[2]])", "[1, 2]"),
    "floor": ("floor(1.5e0)", "1.0"),
    "from_hex": ("from_hex('00ff')", "00 ff"),
    "from_iso8601_date": ("from_iso8601_date('2026-11-22')", "2026-11-22"),
    "from_iso8601_timestamp": (
        "from_iso8601_timestamp('2026-11-22T10:00:00Z')",
        "2026-11-22 10:00:00.000 UTC",
    ),
    "from_unixtime": ("from_unixtime(0.5e0)", "1970-01-01 00:00:00.500 UTC"),
    "greatest": ("greatest(1, 3)", "3"),
    "histogram": ("histogram(n) FROM t", "{1=1, 2=1}"),
    "hour": ("hour(at) FROM t", "10"),
    "if": ("if(1 > 2, 'a')", None),
    "infinity": ("-infinity()", "-Infinity"),
    "is_finite": ("is_finite(infinity())", "false"),
    "is_infinite": ("is_infinite(1e0)", "false"),
    "is_nan": ("is_nan(nan())", "true"),
    "json_array_length": ("json_array_length('[1,2]')", "2"),
    "json_extract": ("json_extract('{\"a\":[1]}','$.a')", "[1]"),
    "json_extract_scalar": ("json_extract_scalar('{\"a\":\"x\"}', '$.a')", "x"),
    "json_format": ("json_format(json_parse('{\"a\":1}'))", '{"a":1}'),
    "json_parse": ("json_parse('{\"a\": 1}')", '{"a":1}'),
    "lag": ("lag(n) OVER (ORDER BY n) FROM t", None),
    "last_day_of_month": ("last_day_of_month(date '2026-11-22')", "2026-11-30"),
    "last_value": ("last_value(n) OVER (ORDER BY n) FROM t", "1"),
    "lead": ("lead(n,1,0) OVER (ORDER BY n) FROM t", "2"),
    "least": ("least(1,2)", "1"),
    "length": ("length('abc')", "3"),
    "levenshtein_distance": ("levenshtein_distance('abc','abd')", "1"),
    "listagg": ("listagg(s,'-') WITHIN GROUP (ORDER BY n) FROM t", "a,b-c"),
    "ln": ("ln(e())", "1.0"),
    "localtimestamp": ("localtimestamp", "2026-11-22 10:00:00.000"),
    "log": ("log(2,8)", "3.0"),
    "log10": ("log10(100)", "2.0"),
    "log2": ("log2(8)", "3.0"),
    "lower": ("lower('A')", "a"),
    "lpad": ("lpad('a',3,'x')", "xxa"),
    "ltrim": ("ltrim(' a')", "a"),
    "map": ("map(ARRAY['a'],ARRAY[1])", "{a=1}"),
    "map_agg": ("map_agg(s, n) FROM t WHERE n = 2", "{c=2}"),
    "map_from_entries": ("map_from_entries(ARRAY[ROW('a',1)])", "{a=1}"),
    "map_keys": ("map_keys(map(ARRAY['a'],ARRAY[1]))", "[a]"),
    "map_values": ("map_values(map(ARRAY['a'],ARRAY[1]))", "[1]"),
    "max": ("max(n) FROM t", "2"),
    "max_by": ("max_by(s,n) FROM t", "c"),
    "millisecond": ("millisecond(timestamp '2026-11-22 10:00:01.25')", "250"),
    "min": ("min(n) FROM t", "1"),
    "min_by": ("min_by(s,n) FROM t", "a,b"),
    "minute": ("minute(at) FROM t", "0"),
    "mod": ("mod(7,3)", "1"),
    "month": ("month(at) FROM t", "11"),
    "nan": ("nan()", "NaN"),
    "now": ("now()", "2026-11-22 10:00:00.000 UTC"),
    "nth_value": (
        "nth_value(n,2) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t",
        "2",
    ),
    "ntile": ("ntile(2) OVER (ORDER BY n) FROM t", "1"),
    "nullif": ("nullif(1,1)", None),
    "percent_rank": ("percent_rank() OVER (ORDER BY n) FROM t", "0.0"),
    "pi": ("pi()", "3.141592653589793"),
    "position": ("position('b' IN 'abc')", "2"),
    "pow": ("pow(2, 10)", "1024.0"),
    "power": ("power(2,3)", "8.0"),
    "quarter": ("quarter(at) FROM t", "4"),
    "radians": ("radians(180)", "3.141592653589793"),
    "rank": ("rank() OVER (ORDER BY n) FROM t", "1"),
    "regexp_extract": ("regexp_extract('a1b22', '[0-9]+')", "1"),
    "regexp_like": ("regexp_like('abc', '^b')", "false"),
    "regexp_replace": ("regexp_replace('a1b22', '[0-9]')", "ab"),
    "replace": ("replace('abc','b','x')", "axc"),
    "reverse": ("reverse('abc')", "cba"),
    "round": ("round(1.256e0, 2)", "1.26"),
    "row": ("CAST(ROW(1,'x') AS ROW(a int, b varchar))", "{a=1, b=x}"),
    "row_number": ("row_number() OVER (ORDER BY n) FROM t", "1"),
    "rpad": ("rpad('a',3,'x')", "axx"),
    "rtrim": ("rtrim('a ')", "a"),
    "second": ("second(timestamp '2026-11-22 10:00:59.9')", "59"),
    "sequence": ("sequence(1,3)", "[1, 2, 3]"),
    "sign": ("sign(-2)", "-1"),
    "sin": ("sin(0e0)", "0.0"),
    "split": ("split('a,b', ',')", "[a, b]"),
    "split_part": ("split_part('a,b', ',', 1)", "a"),
    "sqrt": ("sqrt(4)", "2.0"),
    "starts_with": ("starts_with('abc','a')", "true"),
    "stddev": ("stddev(n) FROM t", "0.7071067811865476"),
    "stddev_pop": ("stddev_pop(n) FROM t", "0.5"),
    "stddev_samp": ("stddev_samp(n) FROM t", "0.7071067811865476"),
    "strpos": ("strpos('abc', 'z')", "0"),
    "substr": ("substr('abc',2)", "bc"),
    "substring": ("substring('abc' FROM 2 FOR 1)", "b"),
    "sum": ("sum(n) FROM t", "3"),
    "tan": ("tan(0e0)", "0.0"),
    "to_hex": ("to_hex(X'00ff')", "00FF"),
    "to_iso8601": ("to_iso8601(date '2026-11-22')", "2026-11-22"),
    "to_unixtime": ("to_unixtime(from_iso8601_timestamp('1970-01-01T00:01:00Z'))", "60.0"),
    "transform": ("transform(ARRAY[1, 2], x -> x * 2)", "[2, 4]"),
    "trim": ("trim(' a ')", "a"),
    "truncate": ("truncate(1.7e0)", "1.0"),
    "try": ("try(1 / 0)", None),
    "try_cast": ("try_cast('x' AS integer)", None),
    "typeof": ("typeof(1)", "integer"),
    "unnest": ("x FROM UNNEST(ARRAY[5]) AS u (x)", "5"),
    "upper": ("upper('a')", "A"),
    "var_pop": ("var_pop(n) FROM t", "0.25"),
    "var_samp": ("var_samp(n) FROM t", "0.5"),
    "variance": ("variance(n) FROM t", "0.5"),
    "week": ("week(at) FROM t", "47"),
    "year": ("year(at) FROM t", "2026"),
}


@pytest.fixture(scope="module")
def connection():
    made = _connect()
    made.execute(TABLE)
    yield made
    made.close()


def written(connection: duckdb.DuckDBPyConnection, call: str) -> str | None:
    t = TableName("db", "t")
    sql = to_duckdb(parse(f"SELECT {call}", "db"), {t: "view"}, {t: COLUMNS}, NOW)
    cursor = connection.execute(sql)
    kind = cursor.description[0][1]
    result_column("x", kind)
    return writer(kind)(cursor.fetchone()[0])


@pytest.mark.parametrize("name", sorted(CALLS))
def test_function(connection, name: str) -> None:
    call, wanted = CALLS[name]
    assert written(connection, call) == wanted


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_type_told_of_a_function_is_that_of_its_result(connection, name: str) -> None:
    """Or it is not told; a wrong one would refuse queries that Athena runs."""
    t = TableName("db", "t")
    query = parse(f"SELECT {CALLS[name][0]}", "db")
    sql = to_duckdb(query, {t: "view"}, {t: COLUMNS}, NOW)
    [told] = [family(item) for item in parse_annotated(CALLS[name][0]).selects[:1]]
    kind = connection.sql(sql).types[0]
    wide = {"HUGEINT": "BIGINT", "UBIGINT": "BIGINT"}  # written as bigint
    found = family(exp.DataType.build(wide.get(str(kind), str(kind)), dialect="duckdb"))
    assert told in (None, found)


def parse_annotated(call: str) -> exp.Query:
    query = parse(f"SELECT {call}", "db")
    for table in query.tree.find_all(exp.Table):
        if id(table) in query.tables:
            table.set("this", exp.to_identifier("view", quoted=True))
    annotate(query.tree, {"view": COLUMNS})
    assert isinstance(query.tree, exp.Query)
    return query.tree


def test_every_function_is_called() -> None:
    assert set(CALLS) == KNOWN
