"""Objects in S3 as rows: each SerDe's own way with keys, types, blank, broken and joined lines."""

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.local_aws.athena.formats import LAZY, PARQUET

HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"


def test_json_lines_plain_and_gzip_in_several_objects(bench) -> None:
    bench.account.table("t", {"a": "int"})
    bench.account.put("t/1.json", '{"a":1}\n{"a":2}')
    bench.account.put("t/deep/down/2.json.gz", gzip.compress(b'{"a":3}\n') + gzip.compress(b'{"a":4}\n'))
    bench.account.put("t/3.json", '\r\n\n{"a":5}\r\n\n')
    bench.account.put("t/4.json", "")
    assert bench.rows("SELECT a FROM t ORDER BY a") == [["1"], ["2"], ["3"], ["4"], ["5"]]


def test_a_location_is_a_folder_and_some_objects_are_hidden(bench) -> None:
    bench.account.table("t", {"a": "int"})
    bench.account.put("t/1.json", '{"a":1}')
    for key in ("t-old/2.json", "t/_temporary/3.json", "t/.4.json", "t/_SUCCESS"):
        bench.account.put(key, '{"a":2}')
    assert bench.rows("SELECT a FROM t") == [["1"]]


def test_keys_may_hold_anything(bench) -> None:
    bench.account.table("t", {"a": "int"})
    bench.account.put("t/a b/%2e%2e/x'; --.json", '{"a":1}')
    assert bench.rows('SELECT a, "$path" FROM t') == [["1", "s3://data/t/a b/%2e%2e/x'; --.json"]]


def test_declared_types_are_honoured(bench) -> None:
    columns = {
        "s": "string", "n": "int", "big": "bigint", "d": "double", "f": "float", "yes": "boolean",
        "day": "date", "at": "timestamp", "price": "decimal(10,2)", "list": "array<int>",
        "inner": "struct<x:int,y:string>", "map": "map<string,int>", "code": "varchar(4)",
    }  # fmt: skip
    row = {
        "s": 3, "n": "12", "big": 3000000000, "d": 1, "f": 0.1, "yes": True, "day": "2026-11-22",
        "at": "2026-11-22 10:00:00.5", "price": 1.5, "list": [1, 2], "inner": {"x": 1, "y": "z"},
        "map": {"k": 1}, "code": "ab",
    }  # fmt: skip
    bench.account.table("t", columns)
    bench.account.put("t/1.json", [row, {}])
    wanted = [
        "3", "12", "3000000000", "1.0", "0.1", "true", "2026-11-22", "2026-11-22 10:00:00.500", "1.50",
        "[1, 2]", "{x=1, y=z}", "{k=1}", "ab",
    ]  # fmt: skip
    assert bench.rows("SELECT * FROM t ORDER BY n") == [wanted, [None] * len(wanted)]
    answer = bench.service.handle("GetQueryResults", {"QueryExecutionId": bench.start("SELECT * FROM t")})
    types = [c["Type"] for c in answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    assert types == [
        "varchar", "integer", "bigint", "double", "float", "boolean", "date", "timestamp", "decimal", "array",
        "row", "map", "varchar",
    ]  # fmt: skip


@pytest.mark.parametrize("serde", ["org.openx.data.jsonserde.JsonSerDe", HIVE_JSON])
def test_keys_match_columns_whatever_their_case(bench, serde: str) -> None:
    bench.account.table("t", {"browseraction": "string", "site": "string"}, serde)
    bench.account.put("t/1.json", '{"BrowserAction":"Click","site":"ü"}\n{"browseraction":"View"}\n')
    assert bench.rows("SELECT * FROM t ORDER BY 1") == [["Click", "ü"], ["View", None]]


def test_only_the_first_object_of_a_line_is_read(bench) -> None:
    """What a producer without newlines meets in Athena: two records sent, one row found."""
    bench.account.table("t", {"a": "int"})
    bench.account.put("t/1.json", '{"a":1}{"a":2}\n{"a":3}\n')
    bench.account.put("t/2.json.gz", gzip.compress(b'{"a":4}{"a":5}{"a":6}'))
    assert bench.rows("SELECT a FROM t ORDER BY a") == [["1"], ["3"], ["4"]]


def test_a_broken_line_fails_the_query_and_says_where(bench) -> None:
    bench.account.table("t", {"a": "int"})
    bench.account.put("t/1.json", '{"a":1}\nnot json\n')
    reason = bench.reason("SELECT * FROM t")
    assert reason.startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException")
    assert reason.endswith("(s3://data/t/1.json, line 2)")
    bench.account.put("t/1.json", "[1]\n")
    assert "must begin with '{'" in bench.reason("SELECT * FROM t")


def test_a_broken_line_is_a_row_of_nulls_when_the_table_says_so(bench) -> None:
    bench.account.table("t", {"a": "int"}, serde_parameters={"ignore.malformed.json": "TRUE"})
    bench.account.put("t/1.json", '{"a":1}\nnot json\n')
    assert bench.rows("SELECT a FROM t ORDER BY a") == [["1"], [None]]


DEEP = {
    "never closed": "[" * 100_000,
    "in an object": '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    "one level too deep": '{"a":' + "[" * 128 + "]" * 128 + "}",
    "objects": '{"A":' * 129 + "1" + "}" * 129,
}


@pytest.mark.parametrize("line", DEEP.values(), ids=DEEP)
def test_a_line_nested_too_deeply_is_a_broken_line(bench, line: str) -> None:
    bench.account.table("t", {"a": "string"}, serde_parameters={"ignore.malformed.json": "true"})
    bench.account.table("strict", {"a": "string"})
    for table in ("t", "strict"):
        bench.account.put(f"{table}/1.json", '{"a":1}\n' + line + '\n{"a":2}\n')
    assert bench.rows("SELECT a FROM t ORDER BY a") == [["1"], ["2"], [None]]
    assert bench.reason("SELECT a FROM strict").endswith("(s3://data/strict/1.json, line 2)")


def test_what_is_nested_as_deeply_as_may_be_is_read(bench) -> None:
    bench.account.table("t", {"a": "int", "b": "string"})
    bench.account.put("t/1.json", '{"a":1,"b":' + "[" * 127 + "]" * 127 + "}\n" + '{"a":2,"b":"' + "[" * 500 + '"}\n')
    assert bench.rows("SELECT a, length(b) FROM t ORDER BY a") == [["1", "254"], ["2", "500"]]


def test_a_column_can_be_mapped_to_another_key(bench) -> None:
    bench.account.table("t", {"at": "string"}, serde_parameters={"mapping.at": "eventTime"})
    bench.account.put("t/1.json", '{"eventTime":"now"}')
    assert bench.rows("SELECT at FROM t") == [["now"]]


def test_dots_in_keys_become_underscores_when_the_table_says_so(bench) -> None:
    bench.account.table("t", {"a_b": "int"}, serde_parameters={"dots.in.keys": "true"})
    bench.account.table("plain", {"a_b": "int"})
    for table in ("t", "plain"):
        bench.account.put(f"{table}/1.json", '{"A.b":1}\n{"a_b":2}\n')
    assert bench.rows("SELECT a_b FROM t ORDER BY a_b") == [["1"], ["2"]]
    assert bench.rows("SELECT a_b FROM plain ORDER BY a_b") == [["2"], [None]]


def test_a_value_of_the_wrong_type_fails_the_query(bench) -> None:
    bench.account.table("t", {"a": "int"})
    bench.account.put("t/1.json", '{"a":"many"}\n')
    reason = bench.reason("SELECT * FROM t")
    assert reason.startswith("HIVE_BAD_DATA: Error parsing field value")
    assert "s3://data/t/1.json" in reason
    assert "local-athena" not in reason


def test_what_is_no_gzip_cannot_be_opened(bench) -> None:
    bench.account.table("t", {"a": "int"})
    bench.account.put("t/1.json.gz", '{"a":1}\n')
    assert bench.reason("SELECT * FROM t").startswith("HIVE_CANNOT_OPEN_SPLIT")


def test_a_bucket_that_is_gone(bench) -> None:
    bench.account.table("t", {"a": "int"})
    bench.account.buckets.remove("data")
    assert bench.reason("SELECT * FROM t") == (
        "HIVE_FILESYSTEM_ERROR: The specified bucket does not exist (Bucket: data)"
    )


def test_delimited_text(bench) -> None:
    columns = {"name": "string", "n": "int", "more": "string"}
    bench.account.table("t", columns, LAZY, serde_parameters={"field.delim": ","})
    bench.account.put("t/1.csv", 'a,1,x,left over\n"b",many\n\\N,3,\n')
    assert bench.rows("SELECT * FROM t ORDER BY n NULLS FIRST") == [
        ['"b"', None, None],
        ["a", "1", "x"],
        [None, "3", ""],
    ]


def test_parquet(bench) -> None:
    data = io.BytesIO()
    pq.write_table(pa.table({"b": ["x", None], "a": pa.array([1, 2], pa.int32())}), data)
    bench.account.table("t", {"a": "bigint", "b": "string"}, PARQUET)
    bench.account.put("t/1.parquet", data.getvalue())
    assert bench.rows("SELECT * FROM t ORDER BY a") == [["1", "x"], ["2", None]]


def test_partitions_bring_their_values(bench) -> None:
    bench.account.table("t", {"a": "int"}, PartitionKeys=[{"Name": "year", "Type": "int"}])
    assert bench.rows("SELECT * FROM t") == []
    for year in ("2025", "2026"):
        bench.account.put(f"t/y={year}/1.json", [{"a": int(year) % 100}])
        storage = {"Location": f"s3://data/t/y={year}/"}
        bench.account.partitions.append({"Values": [year], "StorageDescriptor": storage})
    bench.account.put("t/y=2027/1.json", [{"a": 27}])  # never registered, so not seen
    assert bench.rows("SELECT a, year FROM t ORDER BY year") == [["25", "2025"], ["26", "2026"]]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"serde": "org.apache.hadoop.hive.ql.io.orc.OrcSerde"}, "cannot read SerDe"),
        ({"columns": {"a": "interval"}}, "cannot read columns of type 'interval'"),
        ({"serde": LAZY, "Parameters": {"escape.delim": '"'}}, "does not read lines with the escape"),
    ],
)
def test_what_cannot_be_read_is_said(bench, table: dict, reason: str) -> None:
    bench.account.table("t", **{"columns": {"a": "int"}, **table})
    bench.account.put("t/1.json", '{"a":1}')
    found = bench.reason("SELECT * FROM t")
    assert found.startswith("NOT_SUPPORTED")
    assert reason in found


def test_other_compressions_are_refused(bench) -> None:
    bench.account.table("t", {"a": "int"})
    bench.account.put("t/1.json.bz2", "x")
    assert bench.reason("SELECT * FROM t").startswith("NOT_SUPPORTED: the local Athena reads gzip and Hadoop's snappy")
