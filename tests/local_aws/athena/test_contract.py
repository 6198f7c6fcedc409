"""Athena of the local AWS through its two clients, boto3 and awswrangler, against a running server."""

import gzip
import json
import os
import re
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import awswrangler as wr
import boto3
import pandas as pd
import pytest
from botocore.exceptions import ClientError

from helpers.local_process import State
from helpers.workshop import Workshop

# awswrangler 3.17.1 still passes pandas a keyword that pandas 3 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning")

OPENX = "org.openx.data.jsonserde.JsonSerDe"
ROWS = [
    {"event_time": "2026-11-22T10:00:00.000Z", "browseraction": "Click", "amount": 1, "score": 0.5},
    {"event_time": "2026-11-22T10:00:01.000Z", "browseraction": "Impression", "amount": 2, "score": 2.25},
    {"event_time": "2026-11-22T10:00:02.000Z", "browseraction": "Impression", "amount": 4, "score": None},
]
COLUMNS = {"event_time": "string", "browseraction": "string", "amount": "bigint", "score": "double"}


@dataclass
class Place:
    """A bucket, a database with the tables events (three rows in two objects) and nothing, a work group."""

    bucket: str
    database: str
    work_group: str
    s3: Any
    glue: Any
    athena: Any

    def table(self, name: str, columns: dict[str, str], serde: str = OPENX) -> None:
        storage = {
            "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
            "Location": f"s3://{self.bucket}/{name}/",
            "SerdeInfo": {"SerializationLibrary": serde},
        }
        self.glue.create_table(DatabaseName=self.database, TableInput={"Name": name, "StorageDescriptor": storage})

    def put(self, key: str, rows: list[dict[str, Any]]) -> int:
        body = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode(), mtime=0)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return len(body)

    def read(self, sql: str, **options: Any) -> pd.DataFrame:
        frame: pd.DataFrame = wr.athena.read_sql_query(
            sql, database=self.database, workgroup=self.work_group, ctas_approach=False, **options
        )
        return frame

    def run(self, sql: str, **options: Any) -> dict[str, Any]:
        """The QueryExecution of a query once it is final."""
        started = self.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.database},
            **{"WorkGroup": self.work_group, **options},
        )
        for _ in range(600):
            execution: dict[str, Any] = self.athena.get_query_execution(**_id(started))["QueryExecution"]
            if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return execution
        raise AssertionError(f"still running: {execution}")


def _id(answer: dict[str, Any]) -> dict[str, str]:
    return {"QueryExecutionId": answer["QueryExecutionId"]}


@lru_cache
def make_place(url: str, account_id: str, key: str, region: str) -> Place:
    """The resources, made once for a server: the tests only read them, and they go when it goes."""
    session = boto3.session.Session(account_id, key, region_name=region)
    s3, glue, athena = (session.client(name, endpoint_url=url) for name in ("s3", "glue", "athena"))
    name = f"athena-{uuid.uuid4().hex[:12]}"
    place = Place(name, name.replace("-", "_"), name, s3, glue, athena)
    s3.create_bucket(Bucket=place.bucket)
    glue.create_database(DatabaseInput={"Name": place.database})
    athena.create_work_group(
        Name=place.work_group,
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": f"s3://{place.bucket}/athena-results/"},
        },
    )
    place.table("events", COLUMNS)
    place.table("nothing", COLUMNS)
    place.put("events/2026/11/22/10/a.gz", ROWS[:2])
    place.put("events/2026/11/22/11/b.gz", ROWS[2:])
    return place


@pytest.fixture
def place(local_aws: State, workshop: Workshop) -> Place:
    """The resources, with boto3's default session, and so awswrangler, pointing at them."""
    return make_place(local_aws.url, local_aws.access_key_id, local_aws.key, local_aws.region)


def test_awswrangler_reads_rows_with_their_types(place: Place) -> None:
    frame = place.read("SELECT *, from_iso8601_timestamp(event_time) AS moment FROM events ORDER BY amount")
    assert frame["amount"].tolist() == [1, 2, 4]
    assert frame["browseraction"].tolist() == ["Click", "Impression", "Impression"]
    assert str(frame.dtypes["amount"]) == "Int64"
    assert str(frame.dtypes["score"]) == "float64"
    assert str(frame.dtypes["browseraction"]).startswith("string")
    assert frame["score"].isna().tolist() == [False, False, True]
    assert list(frame.columns) == [*COLUMNS, "moment"]
    assert frame["moment"][0] == pd.Timestamp("2026-11-22T10:00:00Z")


def test_awswrangler_reads_an_empty_table(place: Place) -> None:
    frame = place.read("SELECT * FROM nothing")
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == 0


def test_awswrangler_puts_in_parameters(place: Place) -> None:
    named = place.read("SELECT amount FROM events WHERE browseraction = :action", params={"action": "Click"})
    assert named["amount"].tolist() == [1]
    marks = place.read(
        "SELECT amount FROM events WHERE browseraction = ? AND amount > ?",
        params=["'Impression'", "2"],
        paramstyle="qmark",
    )
    assert marks["amount"].tolist() == [4]


def test_awswrangler_starts_and_waits(place: Place) -> None:
    query_id = wr.athena.start_query_execution(
        "SELECT count(*) FROM events", database=place.database, workgroup=place.work_group
    )
    execution = wr.athena.wait_query(query_id)
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert execution["StatementType"] == "DML"
    assert wr.athena.get_query_results(query_id)["_col0"].tolist() == [3]


def test_awswrangler_reads_in_chunks(place: Place) -> None:
    chunks = list(place.read("SELECT amount FROM events ORDER BY amount", chunksize=2))
    assert [chunk["amount"].tolist() for chunk in chunks] == [[1, 2], [4]]


def test_awswrangler_describes_and_shows(place: Place) -> None:
    described = wr.athena.describe_table(table="events", database=place.database, workgroup=place.work_group)
    assert described["Column Name"].tolist() == list(COLUMNS)
    assert described["Type"].tolist() == list(COLUMNS.values())
    shown = place.athena.get_query_results(**_id(place.run("SHOW TABLES 'e*|n*'")))["ResultSet"]
    assert [c["Name"] for c in shown["ResultSetMetadata"]["ColumnInfo"]] == ["tab_name"]
    assert [row["Data"][0]["VarCharValue"] for row in shown["Rows"]] == ["events", "nothing"]


def test_results_come_in_pages_with_the_header_first(place: Place) -> None:
    execution = place.run("SELECT amount, score FROM events ORDER BY amount")
    first = place.athena.get_query_results(**_id(execution), MaxResults=2)
    rows = [[d.get("VarCharValue") for d in row["Data"]] for row in first["ResultSet"]["Rows"]]
    assert rows == [["amount", "score"], ["1", "0.5"]]
    info = first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(c["Name"], c["Type"]) for c in info] == [("amount", "bigint"), ("score", "double")]
    second = place.athena.get_query_results(**_id(execution), NextToken=first["NextToken"])
    rows = [[d.get("VarCharValue") for d in row["Data"]] for row in second["ResultSet"]["Rows"]]
    assert rows == [["2", "2.25"], ["4", None]]
    assert "NextToken" not in second


def test_the_result_lies_in_s3_as_athena_writes_it(place: Place) -> None:
    execution = place.run("SELECT amount, score FROM events ORDER BY amount")
    location = execution["ResultConfiguration"]["OutputLocation"]
    query_id = execution["QueryExecutionId"]
    assert location == f"s3://{place.bucket}/athena-results/{query_id}.csv"
    body = place.s3.get_object(Bucket=place.bucket, Key=f"athena-results/{query_id}.csv")["Body"].read()
    assert body == b'"amount","score"\n"1","0.5"\n"2","2.25"\n"4",\n'
    place.s3.head_object(Bucket=place.bucket, Key=f"athena-results/{query_id}.csv.metadata")


def test_errors_are_tried_maps_unnested_types_told_and_doubles_divided_by_zero(place: Place) -> None:
    """https://trino.io/docs/current/functions/conditional.html#try, .../conversion.html, .../sql/select.html#unnest"""
    frame = place.read(
        "SELECT amount, try(8 / (amount - 2)) AS tried, score / (amount - 1) AS ratio FROM events ORDER BY 1"
    )
    assert frame["tried"].tolist()[0] == -8
    assert frame["tried"].isna().tolist() == [False, True, False]
    assert frame["ratio"].tolist()[:2] == [float("inf"), 2.25]
    sql = """
        SELECT k, sum(v) AS total, max(typeof(v)) AS kind
        FROM events CROSS JOIN UNNEST(map(ARRAY[browseraction, 'all'], ARRAY[amount, amount])) AS t(k, v)
        GROUP BY k ORDER BY k
    """
    assert place.read(sql).to_numpy().tolist() == [
        ["Click", 1, "bigint"],
        ["Impression", 6, "bigint"],
        ["all", 7, "bigint"],
    ]


def test_bytes_scanned_are_those_of_the_objects(place: Place) -> None:
    size = place.put("sized/a.gz", ROWS)
    place.table("sized", COLUMNS)
    execution = place.run("SELECT count(*) FROM sized")
    assert execution["Statistics"]["DataScannedInBytes"] == size


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "SELECT * FROM nosuch",
            r"TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog\.\w+\.nosuch' does not exist",
        ),
        ("SELECT x FROM events", "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved.*"),
        ("SELECT * FROM nodb.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nodb' does not exist"),
        ("SELECT amount / 0 FROM events", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT ARRAY[amount][2] FROM events", "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than.*2 > 1"),
        ("SELECT read_text('/etc/passwd')", "FUNCTION_NOT_FOUND: line 1:8: Function 'read_text' not reg.*"),
        ("SELECT * FROM read_text('/etc/passwd')", "FUNCTION_NOT_FOUND: line 1:15: Function 'read_text'.*"),
        ("SELECT * FROM '/etc/passwd'", "TABLE_NOT_FOUND: .*"),
        ('SELECT * FROM "/etc/passwd"', "TABLE_NOT_FOUND: .*"),
    ],
)
def test_a_failed_query_says_why(place: Place, sql: str, reason: str) -> None:
    execution = place.run(sql)
    assert execution["Status"]["State"] == "FAILED"
    assert re.fullmatch(reason, execution["Status"]["StateChangeReason"])
    assert execution["Status"]["AthenaError"]["ErrorCategory"] == 2
    with pytest.raises(ClientError, match="Final query state: FAILED"):
        place.athena.get_query_results(**_id(execution))
    with pytest.raises(wr.exceptions.QueryFailed, match=reason):
        place.read(sql)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT count(* FROM events", "line 1:16: mismatched input 'FROM'"),
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'"),
        ("SELECT amount FROM", "line 1:19: mismatched input '<EOF>'"),
        ("COPY (SELECT 1) TO '/tmp/x'", "line 1:1: mismatched input 'COPY'"),
        ("MERGE INTO t USING u", "the local Athena runs no other statements"),
        ("ATTACH '/tmp/x'", "line 1:1: mismatched input 'ATTACH'"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
    ],
)
def test_what_is_no_query_is_refused_at_once(place: Place, sql: str, message: str) -> None:
    with pytest.raises(ClientError, match=re.escape(message)) as refused:
        place.run(sql)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_work_groups_must_exist_and_say_where_results_go(place: Place) -> None:
    with pytest.raises(ClientError, match="WorkGroup nosuch is not found"):
        place.athena.start_query_execution(QueryString="SELECT 1", WorkGroup="nosuch")
    with pytest.raises(ClientError, match="No output location provided"):
        place.athena.start_query_execution(QueryString="SELECT 1")


def test_the_other_operations_are_answered_too(place: Place) -> None:
    execution = place.run("SELECT 1")
    listed = place.athena.list_query_executions(WorkGroup=place.work_group)["QueryExecutionIds"]
    assert listed[0] == execution["QueryExecutionId"]
    batch = place.athena.batch_get_query_execution(QueryExecutionIds=[listed[0], "nosuch"])
    assert [item["QueryExecutionId"] for item in batch["QueryExecutions"]] == [listed[0]]
    assert [item["QueryExecutionId"] for item in batch["UnprocessedQueryExecutionIds"]] == ["nosuch"]
    statistics = place.athena.get_query_runtime_statistics(**_id(execution))["QueryRuntimeStatistics"]
    assert statistics["Rows"]["OutputRows"] == 1
    place.athena.stop_query_execution(**_id(execution))
    assert place.athena.get_query_execution(**_id(execution))["QueryExecution"]["Status"]["State"] == "SUCCEEDED"


def test_the_tests_talk_to_loopback(place: Place) -> None:
    assert os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
