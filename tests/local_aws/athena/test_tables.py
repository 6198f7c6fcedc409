"""Databases, tables, partitions, views and what writes tables, through boto3 and awswrangler, on a running server."""
# ruff: noqa: S608, E501 - one case a line; the names put into these statements are the tests' own

import base64
import gzip
import json
import re
import uuid
from typing import Any

import awswrangler as wr
import pandas as pd
import pyarrow
import pytest
from botocore.exceptions import ClientError

from helpers.local_process import State
from helpers.workshop import Workshop
from tests.local_aws.athena.test_contract import Place, make_place

# awswrangler 3.17.1 still passes pandas keywords that pandas 3 deprecates.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning"),
]


@pytest.fixture
def place(local_aws: State, workshop: Workshop) -> Place:
    return make_place(local_aws.url, local_aws.access_key_id, local_aws.key, local_aws.region)


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"t_{uuid.uuid4().hex[:10]}"


def done(place: Place, sql: str, **options: Any) -> dict[str, Any]:
    execution = place.run(sql, **options)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def rows(place: Place, sql: str, **options: Any) -> list[list[str | None]]:
    """The rows of a query, without its header; the lines of a utility statement."""
    execution = done(place, sql, **options)
    found = place.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]["Rows"]
    text = [[datum.get("VarCharValue") for datum in row["Data"]] for row in found]
    return text if execution["StatementType"] == "UTILITY" else text[1:]


def reason(place: Place, sql: str, **options: Any) -> str:
    execution = place.run(sql, **options)
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    text: str = execution["Status"]["StateChangeReason"]
    return text


def put(place: Place, key: str, body: str | bytes) -> int:
    data = body.encode() if isinstance(body, str) else body
    place.s3.put_object(Bucket=place.bucket, Key=key, Body=data)
    return len(data)


def keys(place: Place, prefix: str) -> list[str]:
    found = place.s3.list_objects_v2(Bucket=place.bucket, Prefix=prefix).get("Contents", [])
    return [item["Key"] for item in found]


# --- databases ---


def test_databases_come_and_go(place: Place, name: str) -> None:
    execution = done(
        place, f"CREATE DATABASE IF NOT EXISTS {name} COMMENT 'of a test' LOCATION 's3://{place.bucket}/d/'"
    )
    assert execution["StatementType"] == "DDL"
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    found = place.glue.get_database(Name=name)["Database"]
    assert (found["Description"], found["LocationUri"]) == ("of a test", f"s3://{place.bucket}/d/")
    done(place, f"CREATE SCHEMA IF NOT EXISTS {name}")
    assert f"Database {name} already exists" in reason(place, f"CREATE DATABASE {name}")
    done(place, f"CREATE TABLE {name}.made AS SELECT 1 AS a")
    assert "is not empty" in reason(place, f"DROP DATABASE {name}")
    done(place, f"DROP DATABASE {name} CASCADE")
    assert "Database does not exist" in reason(place, f"DROP DATABASE {name}")
    done(place, f"DROP SCHEMA IF EXISTS {name}")
    assert name not in wr.catalog.databases()["Database"].tolist()


# --- tables of each SerDe ---

LINES = '{"a":1,"word":"x","at":"2026-11-22 10:00:00"}\n{"a":2,"word":null}\n'
SERDES = {
    "openx": ("ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'", LINES),
    "hive json": ("ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'", LINES),
    "delimited": ("ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t'", "1\tx\t2026-11-22 10:00:00\n2\t\\N\t\\N\n"),
    "csv": (
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('separatorChar' = ';')",
        '1;"x";1795341600000\n2\n',
    ),
}


@pytest.mark.parametrize("kind", SERDES)
def test_external_tables_are_made_and_read(place: Place, name: str, kind: str) -> None:
    row_format, text = SERDES[kind]
    location = f"s3://{place.bucket}/{name}/"
    done(
        place,
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{name}` (\n `a` int COMMENT 'one',\n word string, `at` timestamp)\n"
        f"COMMENT 'made' {row_format} LOCATION '{location}' TBLPROPERTIES ('classification' = 'x')",
    )
    put(place, f"{name}/1", text)
    put(place, f"{name}/2.gz", gzip.compress(text.encode()))
    expected = [["1", "x", "2026-11-22 10:00:00.000"], ["2", None, None]]
    assert rows(place, f"SELECT * FROM {name} ORDER BY a") == [row for row in expected for _ in range(2)]
    found = place.glue.get_table(DatabaseName=place.database, Name=name)["Table"]
    assert found["StorageDescriptor"]["Location"] == location
    assert found["TableType"] == "EXTERNAL_TABLE"
    assert found["Parameters"]["classification"] == "x"
    assert [(c["Name"], c["Type"]) for c in found["StorageDescriptor"]["Columns"]] == [
        ("a", "int"), ("word", "string"), ("at", "timestamp"),
    ]  # fmt: skip
    described = wr.catalog.table(database=place.database, table=name)
    assert described["Comment"].tolist() == ["one", "", ""]
    again = "\n".join(line for [line] in rows(place, f"SHOW CREATE TABLE {name}") if line is not None)
    done(place, f"DROP TABLE `{name}`")
    assert "Table not found" in reason(place, f"DROP TABLE {name}")
    done(place, again)  # what SHOW CREATE TABLE says makes the same table
    made = place.glue.get_table(DatabaseName=place.database, Name=name)["Table"]
    for key in ("StorageDescriptor", "PartitionKeys"):
        assert made[key] == found[key]
    assert "already exists" in reason(place, again)


def test_header_lines_are_skipped(place: Place, name: str) -> None:
    put(place, f"{name}/1.csv", "a,b\n1,x\n2,y\n")
    done(
        place,
        f"CREATE EXTERNAL TABLE {name} (a int, b string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
        f"LOCATION 's3://{place.bucket}/{name}/' TBLPROPERTIES ('skip.header.line.count'='1')",
    )
    assert rows(place, f"SELECT a, b FROM {name} ORDER BY a") == [["1", "x"], ["2", "y"]]


def test_a_value_that_does_not_fit_its_column_is_bad_data(place: Place, name: str) -> None:
    put(place, f"{name}/1.csv", "1\nx\n")
    done(
        place,
        f"CREATE EXTERNAL TABLE {name} (a int) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        f"LOCATION 's3://{place.bucket}/{name}/'",
    )
    assert reason(place, f"SELECT * FROM {name}").startswith("HIVE_BAD_DATA: Error Parsing a column in the table: x")


# --- partitions ---


def partitioned(place: Place, name: str, more: str = "") -> int:
    """A table with the partition columns day and hour and three objects of the same size, which is returned."""
    done(
        place,
        f"CREATE EXTERNAL TABLE {name} (a int) PARTITIONED BY (day string, hour int) "
        f"ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://{place.bucket}/{name}' {more}",
    )
    for n, folder in enumerate(("day=2026-11-21/hour=1", "day=2026-11-22/hour=1", "day=2026-11-22/hour=2")):
        size = put(place, f"{name}/{folder}/x.json", f'{{"a":{n}}}\n')
    return size


def scanned(place: Place, sql: str) -> tuple[list[str | None], int]:
    execution = done(place, sql)
    found = place.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["ResultSet"]["Rows"]
    values = [row["Data"][0].get("VarCharValue") for row in found[1:]]
    return values, execution["Statistics"]["DataScannedInBytes"]


def test_partitions_are_found_repaired_and_dropped(place: Place, name: str) -> None:
    size = partitioned(place, name)
    assert rows(place, f"SELECT a FROM {name}") == []
    assert wr.athena.repair_table(table=name, database=place.database, workgroup=place.work_group) == "SUCCEEDED"
    shown = [line for [line] in rows(place, f"SHOW PARTITIONS {name}")]
    assert shown == ["day=2026-11-21/hour=1", "day=2026-11-22/hour=1", "day=2026-11-22/hour=2"]
    assert scanned(place, f"SELECT a FROM {name} ORDER BY a") == (["0", "1", "2"], 3 * size)
    assert scanned(place, f"SELECT a FROM {name} WHERE day = '2026-11-22' ORDER BY a") == (["1", "2"], 2 * size)
    assert scanned(place, f"SELECT a FROM {name} t WHERE t.day > '2026-11-21' AND hour = 2") == (["2"], size)
    assert scanned(place, f"SELECT a FROM {name} WHERE day = 'none'") == ([], 0)
    done(place, f"ALTER TABLE {name} DROP PARTITION (day = '2026-11-22', hour = 2)")
    assert scanned(place, f"SELECT a FROM {name} ORDER BY a") == (["0", "1"], 2 * size)
    assert "Partition not found" in reason(place, f"ALTER TABLE {name} DROP PARTITION (day = 'x', hour = 2)")
    elsewhere = f"s3://{place.bucket}/{name}-elsewhere/"
    put(place, f"{name}-elsewhere/x.json", '{"a":7}\n')
    done(place, f"ALTER TABLE {name} ADD IF NOT EXISTS PARTITION (day='x', hour='3') LOCATION '{elsewhere}'")
    assert rows(place, f"SELECT a, hour FROM {name} WHERE day = 'x'") == [["7", "3"]]
    assert "already exists" in reason(place, f"ALTER TABLE {name} ADD PARTITION (day='x', hour='3')")
    assert wr.catalog.get_partitions(database=place.database, table=name)[elsewhere] == ["x", "3"]


def test_partitions_are_not_cut_off_where_rows_may_be_kept(place: Place, name: str) -> None:
    partitioned(place, name)
    done(place, f"MSCK REPAIR TABLE {name}")
    left = f"UNNEST(ARRAY[0, 9]) AS l (a) LEFT JOIN {name} AS r ON l.a = r.a"
    assert rows(place, f"SELECT l.a FROM {left} WHERE r.day IS NULL") == [["9"]]  # 0 has a day
    both = f"SELECT x.a, y.a FROM {name} x JOIN {name} y ON x.day = y.day WHERE x.hour = 1 AND y.hour = 2"
    assert rows(place, both) == [["1", "2"]]
    either = f"SELECT a FROM {name} WHERE hour = 2 OR a = 0 ORDER BY a"
    assert rows(place, either) == [["0"], ["2"]]


PROJECTION = """TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.day.type' = 'date', 'projection.day.format' = 'yyyy-MM-dd', 'projection.day.range' = '{range}',
    'projection.hour.type' = 'integer', 'projection.hour.range' = '0,23')"""


def test_partitions_are_projected(place: Place, name: str) -> None:
    size = partitioned(place, name, PROJECTION.format(range="2026-11-20,2026-11-22"))
    assert scanned(place, f"SELECT a FROM {name} ORDER BY a") == (["0", "1", "2"], 3 * size)
    assert scanned(place, f"SELECT a FROM {name} WHERE day = '2026-11-22' AND hour = 2") == (["2"], size)
    assert scanned(place, f"SELECT a FROM {name} WHERE day = '2026-11-23'") == ([], 0)  # out of range


def test_partitions_are_projected_onto_a_firehoses_folders(place: Place, name: str) -> None:
    put(place, f"{name}/click/2026/11/22/10/x", '{"a":1}\n')
    put(place, f"{name}/view/2026/11/22/11/x", '{"a":2}\n')
    done(
        place,
        f"CREATE EXTERNAL TABLE {name} (a int) PARTITIONED BY (kind string, at string) "
        f"ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://{place.bucket}/{name}/' TBLPROPERTIES ("
        "'projection.enabled'='true', 'projection.kind.type'='enum', 'projection.kind.values'='click,view', "
        "'projection.at.type'='date', 'projection.at.format'='yyyy/MM/dd/HH', "
        "'projection.at.range'='2026/11/22/09,2026/11/22/12', 'projection.at.interval'='1', "
        f"'projection.at.interval.unit'='HOURS', 'storage.location.template'='s3://{place.bucket}/{name}/${{kind}}/${{at}}/')",
    )
    assert rows(place, f"SELECT kind, at, a FROM {name} ORDER BY a") == [
        ["click", "2026/11/22/10", "1"], ["view", "2026/11/22/11", "2"],
    ]  # fmt: skip
    path = rows(place, f"SELECT \"$path\" FROM {name} WHERE kind = 'view'")
    assert path == [[f"s3://{place.bucket}/{name}/view/2026/11/22/11/x"]]


# --- CREATE TABLE AS, INSERT, UNLOAD ---


@pytest.mark.parametrize(("how", "suffix"), [("PARQUET", ""), ("JSON", ".gz"), ("TEXTFILE", ".gz")])
def test_create_table_as_and_insert(place: Place, name: str, how: str, suffix: str) -> None:
    execution = done(
        place,
        f"CREATE TABLE {name} WITH (format = '{how}', partitioned_by = ARRAY['kind']) AS "
        "SELECT amount, score, date '2026-11-22' AS day, browseraction AS kind FROM events",
    )
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    manifest = execution["Statistics"]["DataManifestLocation"]
    folder = f"athena-results/tables/{execution['QueryExecutionId']}"
    assert manifest == f"s3://{place.bucket}/{folder}-manifest.csv"
    body = place.s3.get_object(Bucket=place.bucket, Key=f"{folder}-manifest.csv")["Body"].read().decode()
    written = keys(place, f"{folder}/")
    assert sorted(body.split()) == [f"s3://{place.bucket}/{key}" for key in written]
    assert [re.sub(r"/[^/]*$", "", key) for key in written] == [f"{folder}/kind=Click", f"{folder}/kind=Impression"]
    assert all(key.endswith(suffix) for key in written)
    assert place.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["UpdateCount"] == 3
    inserted = done(place, f"INSERT INTO {name} (kind, amount) VALUES ('New one', 8), ('Click', 16)")
    assert inserted["SubstatementType"] == "INSERT"
    assert rows(place, f"SELECT amount, score, day, kind FROM {name} ORDER BY amount") == [
        ["1", "0.5", "2026-11-22", "Click"], ["2", "2.25", "2026-11-22", "Impression"],
        ["4", None, "2026-11-22", "Impression"], ["8", None, None, "New one"], ["16", None, None, "Click"],
    ]  # fmt: skip
    assert ["kind=New one"] in rows(place, f"SHOW PARTITIONS {name}")
    assert wr.catalog.get_table_types(database=place.database, table=name) == {
        "amount": "bigint", "score": "double", "day": "date", "kind": "string",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE events AS SELECT 1 AS a", "TABLE_ALREADY_EXISTS: line 1:1: Destination table .*events' already.*"),
        ("CREATE TABLE {name} AS SELECT 1", "COLUMN_NAME_NOT_SPECIFIED: .* Column name not specified at position 1"),
        ("CREATE TABLE {name} AS SELECT 1 AS a, 2 AS a", "DUPLICATE_COLUMN_NAME: .*'a' specified more than once"),
        ("CREATE TABLE {name} AS SELECT NULL AS a", "COLUMN_TYPE_UNKNOWN: .*Column type is unknown: a"),
        ("CREATE TABLE {name} AS SELECT now() AS a", "NOT_SUPPORTED: Unsupported Hive type: timestamp with time zone"),
        ("CREATE TABLE {name} WITH (format='ORC') AS SELECT 1 AS a", "NOT_SUPPORTED: .* not ORC"),
        ("CREATE TABLE {name} WITH (formt='ORC') AS SELECT 1 AS a", "INVALID_TABLE_PROPERTY: .*'formt' does not exist"),
        (
            "CREATE TABLE {name} WITH (external_location='s3://{bucket}/{name}/') AS SELECT 1 AS a",
            "INVALID_TABLE_PROPERTY: .*enforces a centralized output location.*",
        ),
        (
            "CREATE TABLE {name} WITH (partitioned_by=ARRAY['a']) AS SELECT 1 AS a, 2 AS b",
            r"HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns .*: \[a\]",
        ),
        ("CREATE TABLE {name}\nAS SELECT nope FROM events", "COLUMN_NOT_FOUND: line 2:11: Column 'nope' cannot .*"),
        (
            "CREATE TABLE {name} WITH (partitioned_by=ARRAY['p']) AS SELECT 1 AS a, p FROM UNNEST(sequence(1, 101)) AS t (p)",
            "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers.*",
        ),
        ("INSERT INTO {name} SELECT 1", "TABLE_NOT_FOUND: .*"),
        ("INSERT INTO events SELECT 1", r"TYPE_MISMATCH: .*Table: \[varchar, varchar, bigint, double\], Query: \[integer\]"),
        ("INSERT INTO events (amount) SELECT 'x' AS a", r"TYPE_MISMATCH: .*Table: \[bigint\], Query: \[varchar\]"),
        ("INSERT INTO events (amout) SELECT 1", "COLUMN_NOT_FOUND: .*does not exist in target table: amout"),
        ("UNLOAD (SELECT 1 AS a) TO 's3://{bucket}/events/' WITH (format='JSON')", "HIVE_PATH_ALREADY_EXISTS: .*"),
        ("UNLOAD (SELECT 1 AS a) TO '/etc/x' WITH (format='JSON')", "HIVE_METASTORE_ERROR: .*is not an s3:// location"),
        ("CREATE TABLE {name} AS SELECT read_text('/etc/passwd') AS a", "FUNCTION_NOT_FOUND: .*read_text.*"),
        ("CREATE TABLE {name} AS SELECT * FROM '/etc/passwd'", "TABLE_NOT_FOUND: .*"),
        ("CREATE VIEW {name} AS SELECT * FROM read_csv('/etc/passwd')", "FUNCTION_NOT_FOUND: .*read_csv.*"),
        ("INSERT INTO events SELECT * FROM read_csv('/etc/*')", "FUNCTION_NOT_FOUND: .*read_csv.*"),
        ("UNLOAD (SELECT getenv('HOME') AS a) TO 's3://{bucket}/{name}/' WITH (format='JSON')", "FUNCTION_NOT_FOUND: .*"),
        ("DROP VIEW {name}", "TABLE_NOT_FOUND: line 1:1: View .*does not exist"),
        ("DROP VIEW events", "TABLE_NOT_FOUND: .*Did you mean DROP TABLE .*"),
        ("CREATE EXTERNAL TABLE {name} (a int) STORED AS ORC LOCATION 's3://{bucket}/x/'", "NOT_SUPPORTED: .*STORED AS ORC.*"),
        ("MSCK REPAIR TABLE events", "FAILED: .*not a partitioned table"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_said(place: Place, name: str, sql: str, message: str) -> None:
    assert re.fullmatch(message, reason(place, sql.format(name=name, bucket=place.bucket)), re.DOTALL)
    with pytest.raises(place.glue.exceptions.EntityNotFoundException):
        place.glue.get_table(DatabaseName=place.database, Name=name)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE EXTERNAL TABLE t (a int LOCATION 's3://x/'", "line 1:32: mismatched input 'LOCATION'"),
        ("CREATE TABLE t AS", "line 1:1: mismatched input '<EOF>'"),
        ("CREATE TABLE t AS\nSELECT count(* FROM events", "line 2:16: mismatched input 'FROM'"),
        ("DROP INDEX x", "line 1:6: mismatched input 'INDEX'"),
        ("UNLOAD (SELECT 1) TO '/x'", "line 1:26: mismatched input '<EOF>'"),
        ("DELETE FROM events", "line 1:1: mismatched input 'DELETE'"),
        ("INSERT INTO events COPY x", "mismatched input"),
        ("INSERT INTO events SELECT * FROM glob('/etc/*')", "mismatched input 'glob'"),
        ("ATTACH '/tmp/x'", "mismatched input 'ATTACH'"),
        ("INSTALL httpfs", "mismatched input 'INSTALL'"),
    ],
)
def test_what_is_no_statement_is_refused_at_once(place: Place, sql: str, message: str) -> None:
    with pytest.raises(ClientError, match=re.escape(message)):
        place.run(sql)


def test_unload_writes_objects_and_no_table(place: Place, name: str) -> None:
    execution = done(
        place,
        f"UNLOAD (SELECT browseraction, amount FROM events WHERE amount > ?) TO 's3://{place.bucket}/{name}/' "
        "WITH (format = 'TEXTFILE', field_delimiter = ';', compression = 'none')",
        ExecutionParameters=["1"],
    )
    assert execution["SubstatementType"] == "UNLOAD"
    [key] = keys(place, f"{name}/")
    body = place.s3.get_object(Bucket=place.bucket, Key=key)["Body"].read().decode()
    assert sorted(body.splitlines()) == ["Impression;2", "Impression;4"]


def test_snappy_text_is_read(place: Place, name: str) -> None:
    text = b'{"a":5}\n' * 3
    packed = pyarrow.Codec("snappy").compress(text, asbytes=True)
    put(place, f"{name}/1.snappy", len(text).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed)
    place.table(name, {"a": "int"})
    assert rows(place, f"SELECT sum(a) FROM {name}") == [["15"]]
    put(place, f"{name}/2.snappy", b"no snappy at all")
    assert reason(place, f"SELECT sum(a) FROM {name}").startswith(
        "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://"
    )


# --- views ---


def test_views_are_kept_as_athena_keeps_them(place: Place, name: str) -> None:
    sql = "SELECT browseraction, sum(amount) AS total FROM events GROUP BY browseraction"
    done(place, f"CREATE VIEW {name} AS {sql}")
    assert rows(place, f"SELECT * FROM {name} ORDER BY total") == [["Click", "1"], ["Impression", "6"]]
    assert rows(place, f"SELECT total FROM {name} v JOIN events e ON e.browseraction = v.browseraction "
                       "WHERE e.amount = 4") == [["6"]]  # fmt: skip
    found = place.glue.get_table(DatabaseName=place.database, Name=name)["Table"]
    assert found["TableType"] == "VIRTUAL_VIEW"
    encoded = found["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    document = json.loads(base64.b64decode(encoded))
    assert (document["originalSql"], document["schema"]) == (sql, place.database)
    assert document["columns"] == [{"name": "browseraction", "type": "varchar"}, {"name": "total", "type": "bigint"}]
    assert sql in wr.athena.generate_create_query(table=name, database=place.database)
    assert [name] in rows(place, "SHOW VIEWS")
    assert rows(place, f"SHOW CREATE VIEW {name}")[1:] == [[sql]]
    assert wr.catalog.get_table_types(database=place.database, table=name) == {
        "browseraction": "string", "total": "bigint",
    }  # fmt: skip
    assert "View already exists" in reason(place, f"CREATE VIEW {name} AS SELECT 1 AS a")
    done(place, f"CREATE OR REPLACE VIEW {name} AS SELECT 1 AS a")
    assert rows(place, f"SELECT * FROM {name}") == [["1"]]
    done(place, f"CREATE VIEW {name}_outer AS SELECT a + 1 AS b FROM {name}")
    assert rows(place, f"SELECT b FROM {name}_outer") == [["2"]]
    done(place, f"CREATE OR REPLACE VIEW {name} AS SELECT b AS a FROM {name}_outer")
    assert reason(place, f"SELECT * FROM {name}").startswith("VIEW_IS_RECURSIVE: line 1:")
    done(place, f"DROP VIEW {name}")
    assert reason(place, f"SELECT b FROM {name}_outer").startswith("INVALID_VIEW: line 1:15: Failed analyzing stored")
    done(place, f"DROP VIEW IF EXISTS {name}")


# --- awswrangler ---


@pytest.mark.parametrize("mode", ["plain", "ctas", "unload"])
def test_awswrangler_reads_in_each_of_its_modes(place: Place, name: str, mode: str) -> None:
    frame = wr.athena.read_sql_query(
        "SELECT * FROM events WHERE amount > 1 ORDER BY amount",
        database=place.database,
        workgroup=place.work_group,
        ctas_approach=mode == "ctas",
        unload_approach=mode == "unload",
        s3_output=f"s3://{place.bucket}/{name}/" if mode == "unload" else None,
        keep_files=False,
    )
    assert frame["amount"].tolist() == [2, 4]
    assert frame["score"].isna().tolist() == [False, True]
    assert not [t for t in wr.catalog.tables(database=place.database)["Table"] if t.startswith("temp_table_")]
    empty = wr.athena.read_sql_query(
        "SELECT amount FROM events WHERE amount > 100",
        database=place.database,
        workgroup=place.work_group,
        ctas_approach=mode != "plain",
    )
    assert (list(empty.columns), len(empty)) == (["amount"], 0)


def test_awswrangler_writes_a_dataset_that_athena_reads(place: Place, name: str) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "word": ["x", "y", None], "day": ["21", "22", "22"]})
    where = {"database": place.database, "table": name}
    wr.s3.to_parquet(frame, path=f"s3://{place.bucket}/{name}/", dataset=True, partition_cols=["day"], **where)
    read = place.read(f"SELECT a, word FROM {name} WHERE day = '22' ORDER BY a")
    assert read["a"].tolist() == [2, 3]
    assert read["word"].isna().tolist() == [False, True]
    more = pd.DataFrame({"a": [4], "word": ["z"], "day": ["23"], "extra": [0.5]})
    wr.s3.to_parquet(
        more, path=f"s3://{place.bucket}/{name}/", dataset=True, partition_cols=["day"], mode="append", **where
    )
    assert rows(place, f"SELECT a, extra FROM {name} ORDER BY a") == [
        ["1", None],
        ["2", None],
        ["3", None],
        ["4", "0.5"],
    ]
    assert wr.catalog.does_table_exist(**where)
    shown = wr.athena.show_create_table(table=name, database=place.database, workgroup=place.work_group)
    assert shown.startswith(f"CREATE EXTERNAL TABLE `{place.database}.{name}`(")
    described = wr.athena.describe_table(table=name, database=place.database, workgroup=place.work_group)
    assert described["Partition"].tolist() == [False, False, False, True]


def test_a_parquet_column_of_another_kind_is_bad_data(place: Place, name: str) -> None:
    wr.s3.to_parquet(pd.DataFrame({"a": ["x"]}), path=f"s3://{place.bucket}/{name}/1.parquet")
    wr.catalog.create_parquet_table(
        database=place.database,
        table=name,
        path=f"s3://{place.bucket}/{name}/",
        columns_types={"a": "int", "b": "date"},
    )
    assert re.fullmatch(
        rf"HIVE_BAD_DATA: Field a's type \w+ in parquet file s3://{place.bucket}/{name}/1.parquet is incompatible "
        "with type int defined in table schema",
        reason(place, f"SELECT * FROM {name}"),
    )
    assert reason(place, f"INSERT INTO {name} SELECT 'x' AS a, date '2026-11-22' AS b").startswith("TYPE_MISMATCH")


# --- prepared statements, named queries, work groups ---


def test_prepared_statements(place: Place, name: str) -> None:
    place.athena.create_prepared_statement(
        StatementName=name,
        WorkGroup=place.work_group,
        QueryStatement="SELECT amount FROM events WHERE browseraction = ? AND amount > ?",
    )
    assert rows(place, f"EXECUTE {name} USING 'Impression', 2") == [["4"]]
    assert rows(place, f"EXECUTE {name}", ExecutionParameters=["'Click'", "0"]) == [["1"]]
    assert "Incorrect number of parameters" in reason(place, f"EXECUTE {name} USING 1")
    injected = "'Click'' OR true --'"
    assert rows(place, f"EXECUTE {name} USING {injected}, 0") == []
    done(place, f"PREPARE {name}_2 FROM SELECT ? + 1")
    assert rows(place, f"EXECUTE {name}_2 USING 41") == [["42"]]
    done(place, f"DEALLOCATE PREPARE {name}_2")
    with pytest.raises(ClientError, match=f"PreparedStatement {name}_2 was not found"):
        place.run(f"EXECUTE {name}_2 USING 41")


def test_named_queries(place: Place, name: str) -> None:
    query_id = place.athena.create_named_query(
        Name=name, Database=place.database, QueryString="SELECT count(*) FROM events", WorkGroup=place.work_group
    )["NamedQueryId"]
    assert query_id in place.athena.list_named_queries(WorkGroup=place.work_group)["NamedQueryIds"]
    sql = wr.athena.get_named_query_statement(query_id)
    assert rows(place, sql) == [["3"]]
    place.athena.delete_named_query(NamedQueryId=query_id)
    assert query_id not in place.athena.list_named_queries(WorkGroup=place.work_group)["NamedQueryIds"]


def test_a_work_group_limits_what_a_query_scans(place: Place, name: str) -> None:
    place.athena.create_work_group(
        Name=name,
        Configuration={
            "BytesScannedCutoffPerQuery": 10_000_000,
            "ResultConfiguration": {"OutputLocation": f"s3://{place.bucket}/athena-results/"},
        },
    )
    assert place.athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]["RequesterPaysEnabled"] is False
    place.table(name, {"a": "string"})
    put(place, f"{name}/1.json", json.dumps({"a": "x" * 9_999_000}))
    assert rows(place, f"SELECT length(a) FROM {name}", WorkGroup=name) == [["9999000"]]
    put(place, f"{name}/2.json", json.dumps({"a": "x" * 1000}))
    status = place.run(f"SELECT length(a) FROM {name}", WorkGroup=name)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")


def test_the_primary_work_group_has_all_its_settings(place: Place, name: str) -> None:
    settings = place.athena.get_work_group(WorkGroup="primary")["WorkGroup"]["Configuration"]
    assert settings["EnforceWorkGroupConfiguration"] is False
    output = f"s3://{place.bucket}/{name}-results/"
    query_id = wr.athena.start_query_execution(
        "SELECT amount FROM events WHERE browseraction = :action",
        params={"action": "Click"},
        database=place.database,
        s3_output=output,
    )
    assert wr.athena.get_query_results(query_id)["amount"].tolist() == [1]
    sql = f"CREATE TABLE {name} WITH (external_location = 's3://{place.bucket}/{name}/', write_compression = 'SNAPPY')"
    query_id = wr.athena.start_query_execution(f"{sql} AS SELECT 1 AS a", database=place.database, s3_output=output)
    assert wr.athena.wait_query(query_id)["Status"]["State"] == "SUCCEEDED"
    assert len(keys(place, f"{name}/")) == 1
    assert wr.s3.read_parquet(f"s3://{place.bucket}/{name}/")["a"].tolist() == [1]
