"""The Flink application's requests, as botocore takes them, its waits, and what is said when AWS refuses."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.stub import ANY

from helpers import application, flink_application, schema
from helpers.errors import WorkshopError
from tests.aws import LOG_STREAM, OUTPUTS, StubbedWorkshop, detail

ANALYTICS = "kinesisanalyticsv2"
SCHEMA = {
    "RecordFormat": {
        "RecordFormatType": "JSON",
        "MappingParameters": {"JSONMappingParameters": {"RecordRowPath": "$"}},
    },
    "RecordEncoding": "UTF-8",
    "RecordColumns": [
        {"Name": name, "SqlType": "VARCHAR(64)", "Mapping": f"$.{name}"} for name in ("browseraction", "site")
    ],
}


@pytest.fixture
def ws(tmp_path: Path) -> StubbedWorkshop:
    workshop = StubbedWorkshop(tmp_path)
    schema.remember(workshop, SCHEMA)
    return workshop


@pytest.fixture
def packed(ws: StubbedWorkshop, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as if it had been built: its wheels come from a registry."""
    file = ws.home / "application.zip"
    file.write_bytes(b"a zip")
    monkeypatch.setattr(flink_application, "package", lambda ws, sql, input_schema: file)
    return file


def uploaded(ws: StubbedWorkshop, file: Path) -> str:
    digest = hashlib.sha256(file.read_bytes()).digest()
    key = f"flink/{digest.hex()[:16]}.zip"
    ws.answer(
        "s3",
        "put_object",
        {"ETag": '"1"'},
        {
            "Bucket": OUTPUTS["CodeBucketName"],
            "Key": key,
            "Body": ANY,
            "ContentType": "application/zip",
            "ChecksumSHA256": base64.b64encode(digest).decode(),
        },
    )
    return key


def statuses(ws: StubbedWorkshop, *found: str) -> None:
    for status in found:
        ws.answer(ANALYTICS, "describe_application", detail(status))


def without_snapshots(ws: StubbedWorkshop) -> None:
    ws.answer(ANALYTICS, "list_application_snapshots", {"SnapshotSummaries": []})


def test_creating_uploads_the_package_and_describes_the_whole_application(ws, packed):
    key = uploaded(ws, packed)
    request = application.creation(ws)
    ws.answer(ANALYTICS, "create_application", detail("READY"), request)
    ws.client(ANALYTICS).create_application(**request)  # botocore would refuse a name or a type it does not know
    assert (request["RuntimeEnvironment"], request["ServiceExecutionRole"]) == (
        "FLINK-2_3",
        OUTPUTS["AnalyticsRoleArn"],
    )
    configuration = request["ApplicationConfiguration"]
    content = configuration["ApplicationCodeConfiguration"]["CodeContent"]["S3ContentLocation"]
    assert content == {"BucketARN": f"arn:aws:s3:::{OUTPUTS['CodeBucketName']}", "FileKey": key}
    groups = {
        group["PropertyGroupId"]: group["PropertyMap"]
        for group in configuration["EnvironmentProperties"]["PropertyGroups"]
    }
    assert groups["kinesis.analytics.flink.run.options"] == {"python": "main.py", "pyFiles": "packages/"}
    assert groups["source.1"] == {
        "connector": "kinesis",
        "stream.arn": OUTPUTS["EventStreamArn"],
        "position": "LATEST",
    }
    assert groups["sink.1"]["stream.arn"] == OUTPUTS["AnomalyStreamArn"]
    assert {groups["sink.1"]["stream"], groups["sink.2"]["stream"]} == {"DESTINATION_SQL_STREAM", "error_stream"}
    assert groups["application"]["seed"] == "7"
    assert configuration["ApplicationSnapshotConfiguration"] == {"SnapshotsEnabled": True}
    parallelism = configuration["FlinkApplicationConfiguration"]["ParallelismConfiguration"]
    assert (parallelism["Parallelism"], parallelism["AutoScalingEnabled"]) == (1, False)
    assert request["CloudWatchLoggingOptions"] == [{"LogStreamARN": LOG_STREAM}]
    ws.all_asked()


def started(restore: str) -> dict:
    return {
        "ApplicationName": "anomaly-detection-application",
        "RunConfiguration": {
            "FlinkRunConfiguration": {"AllowNonRestoredState": False},
            "ApplicationRestoreConfiguration": {"ApplicationRestoreType": restore},
        },
    }


def test_create_waits_until_it_runs(ws, packed):
    uploaded(ws, packed)
    ws.answer(ANALYTICS, "create_application", detail("READY"))
    statuses(ws, "READY")
    without_snapshots(ws)
    ws.answer(ANALYTICS, "start_application", {}, started("SKIP_RESTORE_FROM_SNAPSHOT"))
    statuses(ws, "STARTING", "STARTING", "RUNNING")
    application.create(ws)
    ws.all_asked()
    assert ws.slept == 10


def test_a_start_after_a_stop_goes_on_from_the_snapshot(ws):
    taken = {"SnapshotName": "s", "SnapshotStatus": "READY", "ApplicationVersionId": 1}
    ws.answer(ANALYTICS, "list_application_snapshots", {"SnapshotSummaries": [taken]})
    ws.answer(ANALYTICS, "start_application", {}, started("RESTORE_FROM_LATEST_SNAPSHOT"))
    statuses(ws, "RUNNING")
    application.start(ws, detail("READY")["ApplicationDetail"])
    ws.all_asked()


def test_a_start_that_fails_shows_what_the_log_says(ws):
    without_snapshots(ws)
    ws.answer(ANALYTICS, "start_application", {})
    statuses(ws, "STARTING", "READY")
    lines = ['{"messageType":"INFO","message":"starting"}', '{"messageType":"ERROR","message":"no such stream"}']
    ws.answer(
        "logs",
        "get_log_events",
        {"events": [{"message": line} for line in lines]},
        {
            "logGroupName": "/aws/kinesis-analytics/clickstream-workshop",
            "logStreamName": "application",
            "limit": 100,
            "startFromHead": False,
        },
    )
    with pytest.raises(WorkshopError, match=r"did not start\. Its log says:\n.*no such stream") as failed:
        application.start(ws, {})
    assert "INFO" not in str(failed.value)


def test_a_start_that_takes_too_long_is_told(ws):
    statuses(ws, "STARTING")
    with pytest.raises(WorkshopError, match="still STARTING after 0 s"):
        application.wait(ws, "RUNNING", timeout=0)


def test_stopping_takes_a_snapshot_and_waits(ws):
    ws.answer(ANALYTICS, "stop_application", {}, {"ApplicationName": ws.application_name, "Force": False})
    statuses(ws, "STOPPING", "READY")
    application.stop(ws)
    ws.all_asked()


@pytest.mark.parametrize("code", [*flink_application.ADVICE, "SomethingElse"])
def test_what_aws_refuses_is_said_with_what_to_do(ws, packed, code):
    uploaded(ws, packed)
    ws.refuse(ANALYTICS, "create_application", code, "AWS says no.")
    with pytest.raises(WorkshopError, match=r"could not be created: AWS says no\. ") as refused:
        application.create(ws)
    assert flink_application.ADVICE.get(code, "workshop preflight") in str(refused.value)


def test_an_upload_that_is_refused_names_the_bucket(ws, packed):
    ws.refuse("s3", "put_object", "NoSuchBucket", "The bucket is not there.")
    with pytest.raises(WorkshopError, match="could not be put into clickstream-workshop-codebucket-1: The bucket is"):
        application.creation(ws)


def test_an_update_names_the_new_package(ws, packed):
    key = uploaded(ws, packed)
    update = application.code_update(ws, "-- any")
    request = {
        "ApplicationName": ws.application_name,
        "CurrentApplicationVersionId": 1,
        "ApplicationConfigurationUpdate": update,
    }
    ws.answer(ANALYTICS, "update_application", detail("UPDATING"), request)
    ws.client(ANALYTICS).update_application(**request)
    assert key in str(update)


def test_snapshots_are_deleted_by_name_and_time(ws):
    at = datetime(2026, 11, 22, tzinfo=UTC)
    one = {"SnapshotName": "s", "SnapshotStatus": "READY", "ApplicationVersionId": 1, "SnapshotCreationTimestamp": at}
    ws.answer(
        ANALYTICS,
        "list_application_snapshots",
        {"SnapshotSummaries": [one, {**one, "SnapshotStatus": "CREATING"}]},
        {"ApplicationName": ws.application_name},
    )
    asked = {"ApplicationName": ws.application_name, "SnapshotName": "s", "SnapshotCreationTimestamp": at}
    ws.answer(ANALYTICS, "delete_application_snapshot", {}, asked)
    assert flink_application.delete_snapshots(ws) == 1
    ws.all_asked()


# --- the package itself


def test_the_package_is_made_of_this_sql_and_this_schema(ws, monkeypatch):
    from helpers.streaming_sql.flink import environment, package

    def wheels(folder: Path, python: str) -> None:
        (folder / "wheel.py").write_text("")

    monkeypatch.setattr(package, "install_wheels", wheels)
    if hasattr(environment, "fetch"):
        monkeypatch.setattr(environment, "fetch", lambda connector, cache: Path(__file__))
    file = flink_application.package(ws, application.script(ws), SCHEMA)
    with zipfile.ZipFile(file) as archive:
        assert archive.read("application/script.sql").decode() == application.script(ws)
        assert json.loads(archive.read("application/schema.json")) == SCHEMA
        assert {"main.py", "packages/helpers/streaming_sql/flink/runner_main.py"} <= set(archive.namelist())


def test_sql_that_cannot_run_is_refused_with_its_place_before_anything_is_uploaded(ws):
    broken = application.script(ws).replace('FROM "CTRSTREAM"', 'FROM "CTRSTREAMS"')
    with pytest.raises(WorkshopError, match=r"^script\.sql:51:46: unknown stream CTRSTREAMS"):
        application.code_update(ws, broken)
