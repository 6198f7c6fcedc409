"""Chapter 06's helpers against the local Athena: the workshop's queries on tables like the stack's."""

import gzip
import json
import subprocess
import sys
import uuid
from types import SimpleNamespace
from typing import Any

import boto3
import pandas as pd
import pytest

from helpers import athena
from helpers.errors import WorkshopError
from helpers.tracks import CLICKSTREAM
from helpers.workshop import Workshop

# awswrangler 3.17.1 still passes pandas a keyword that pandas 3 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning")

TABLES = {
    "raw_events": ("raw", {"browseraction": "string", "site": "string"}),
    "processed_events": ("processed", {"event_time": "string", "browseraction": "string", "site": "string"}),
    "anomalies": ("found", {"detected_at": "string", "ctr_percent": "double", "anomaly_score": "double"}),
}
# Seconds after 10:00:00 and what happened: two windows with both, one with clicks alone.
EVENTS = [
    (0.0, "Click"), (3.25, "Impression"), (9.999, "Impression"), (8.0, "Impression"),
    (10.0, "Click"), (11.0, "Click"), (19.9, "Impression"),
    (20.0, "Click"),
]  # fmt: skip


@pytest.fixture
def ws(workshop: Workshop) -> Any:
    """What query and reconcile want of a workshop: outputs and notes; the tables are made for each test."""
    name = f"chapter06_{uuid.uuid4().hex[:8]}"
    bucket = name.replace("_", "-")
    s3, glue = boto3.client("s3"), boto3.client("glue")
    s3.create_bucket(Bucket=bucket)
    glue.create_database(DatabaseInput={"Name": name})
    output = {"OutputLocation": f"s3://{bucket}/athena-results/"}
    boto3.client("athena").create_work_group(
        Name=name, Configuration={"EnforceWorkGroupConfiguration": True, "ResultConfiguration": output}
    )
    for table, (folder, columns) in TABLES.items():
        storage = {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
            "Location": f"s3://{bucket}/{folder}/",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        }
        glue.create_table(DatabaseName=name, TableInput={"Name": table, "StorageDescriptor": storage})

    def put(folder: str, rows: list[dict[str, Any]]) -> None:
        body = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
        s3.put_object(Bucket=bucket, Key=f"{folder}/2026/11/22/10/x.gz", Body=body)

    outputs = {"GlueDatabaseName": name, "AthenaWorkGroupName": name}
    return SimpleNamespace(outputs=outputs, notes={}, put=put, track=CLICKSTREAM, root=workshop.root)


def _fill(ws: Any) -> None:
    ws.put("raw", [{"browseraction": action, "site": "x"} for _, action in EVENTS])
    ws.put("processed", [
        {"event_time": f"2026-11-22T10:00:{second:06.3f}Z", "browseraction": action, "site": "x"}
        for second, action in EVENTS
    ])  # fmt: skip


def test_counts_by_action(ws: Any) -> None:
    _fill(ws)
    frame = athena.query(ws, athena.load_query("event_counts"))
    assert frame.to_dict("list") == {"browseraction": ["Click", "Impression"], "records": [4, 4]}
    assert str(frame.dtypes["records"]) == "Int64"


def test_the_rate_over_time_is_that_of_windows_with_both(ws: Any) -> None:
    _fill(ws)
    frame = athena.query(ws, athena.load_query("ctr_over_time"))
    assert frame["window_start"].tolist() == [
        pd.Timestamp("2026-11-22 10:00:00"),
        pd.Timestamp("2026-11-22 10:00:10"),
    ]
    assert frame[["clicks", "impressions"]].to_numpy().tolist() == [[1, 3], [2, 1]]
    assert frame["ctr_percent"].tolist() == [pytest.approx(100 / 3, rel=1e-15), 200.0]


def test_anomalies_come_in_order_of_time(ws: Any) -> None:
    later = {"detected_at": "2026-11-22T10:05:00.500Z", "ctr_percent": 80.0, "anomaly_score": 3.25}
    sooner = {"detected_at": "2026-11-22T10:04:50Z", "ctr_percent": 75.5, "anomaly_score": 2.5}
    ws.put("found", [later, sooner])
    frame = athena.query(ws, athena.load_query("anomalies"))
    assert frame["anomaly_score"].tolist() == [2.5, 3.25]
    assert frame["ctr_percent"].tolist() == [75.5, 80.0]
    assert frame["detected_at"].tolist() == [
        pd.Timestamp("2026-11-22 10:04:50"),
        pd.Timestamp("2026-11-22 10:05:00.500"),
    ]


def test_queries_of_empty_tables_have_their_columns(ws: Any) -> None:
    assert athena.query(ws, athena.load_query("anomalies")).empty
    frame = athena.query(ws, athena.load_query("ctr_over_time"))
    assert list(frame.columns) == ["window_start", "clicks", "impressions", "ctr_percent"]


def test_raw_and_processed(ws: Any) -> None:
    _fill(ws)
    frame = athena.query(ws, athena.load_query("raw_vs_processed"))
    assert frame.to_dict("list") == {"stage": ["raw", "processed"], "records": [8, 8]}


def test_parameters_are_quoted(ws: Any) -> None:
    _fill(ws)
    sql = "SELECT count(*) AS n FROM raw_events WHERE browseraction = :action"
    assert athena.query(ws, sql, {"action": "Click"})["n"].tolist() == [4]
    assert athena.query(ws, sql, {"action": "it's"})["n"].tolist() == [0]


def test_reconcile_says_who_agrees(ws: Any) -> None:
    _fill(ws)
    ws.notes["ledger"] = {"sent": 9, "acknowledged": 8}
    frame = athena.reconcile(ws)
    assert frame.to_dict("list") == {
        "stage": ["sent", "raw", "processed"],
        "records": [8, 8, 8],
        "agree": [True, True, True],
    }
    ws.notes["ledger"] = {"sent": 9, "acknowledged": 9}
    assert athena.reconcile(ws)["agree"].tolist() == [True, False, False]


def test_reconcile_before_anything_was_sent() -> None:
    with pytest.raises(WorkshopError, match="Nothing has been sent yet: run chapter 05"):
        athena.reconcile(SimpleNamespace(notes={}, outputs={}, track=CLICKSTREAM))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT x FROM raw_events", "COLUMN_NOT_FOUND: line 1:8.*\nDESCRIBE <table> lists the columns"),
        ("SELECT 1 FROM nosuch", "TABLE_NOT_FOUND: line 1:15.*\nThe clickstream's tables are raw_events"),
        ("SELECT count(* FROM t", r"line 1:16: mismatched input 'FROM'\nSELECT count"),
    ],
)
def test_a_wrong_query_says_what_athena_says(ws: Any, sql: str, message: str) -> None:
    with pytest.raises(WorkshopError, match=message):
        athena.query(ws, sql)


def test_load_query_knows_what_there_is() -> None:
    assert athena.load_query("event_counts").startswith("--")
    for wrong in ("nosuch", "../clickstream/anomaly_detection"):
        with pytest.raises(WorkshopError, match="there are anomalies, ctr_over_time, event_counts"):
            athena.load_query(wrong)


def test_importing_brings_in_nothing_heavy() -> None:
    code = "import sys, helpers.athena; print({'boto3', 'pandas', 'awswrangler'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
