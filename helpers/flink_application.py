"""The application on Apache Flink: the same SQL, packed, uploaded, described, started and stopped; chapter 04.

The calls are those of Amazon Managed Service for Apache Flink, and the local AWS answers the same ones. What runs is
the zip of `workshop flink package`; what it reads and writes stands in the application's properties.

Source: Managed Service for Apache Flink API reference, CreateApplication; developer guide, "Runtime properties".
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click
from botocore.exceptions import ClientError

from helpers.errors import WorkshopError
from helpers.streaming_sql.flink.package import RUN_OPTIONS
from helpers.workshop import Workshop

RUNTIME: Final = "FLINK-2_3"
TIMEOUT: Final = 900.0  # seconds of real time; a start takes some minutes on AWS
POLL: Final = {"aws": 5.0, "local": 1.0}  # seconds between two looks
LINES: Final = 3  # of the log, where a start fails
# What the service answers with, and what to do about it.
ADVICE: Final = {
    "ResourceInUseException": "It exists already, or is changing just now: wait a minute and run this again; chapter "
    "07 deletes it.",
    "LimitExceededException": "Your account's quota is used up: delete another application, or ask for more in the "
    "Service Quotas console.",
    "CodeValidationException": "The package cannot be loaded: run this again to build and upload it afresh.",
    "InvalidApplicationConfigurationException": "The service cannot take the application's role, package or streams: "
    "run chapter 01 again, then this.",
    "UnsupportedOperationException": "This region or runtime does not have it: `workshop preflight` tells which does.",
    "AccessDeniedException": "Your permissions do not allow it: attach cloudformation/attendee-policy-flink.json.",
    "ConcurrentModificationException": "Somebody else is changing the application: run this again.",
}


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Raise what AWS refuses as a WorkshopError: what was tried, what AWS said, what to do."""
    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        advice = ADVICE.get(
            str(said.get("Code")), "`workshop preflight` checks what the workshop needs of the account."
        )
        raise WorkshopError(f"{what}: {said.get('Message') or error} {advice}") from error


# --- the package


def package(ws: Workshop, sql: str, input_schema: Mapping[str, Any]) -> Path:
    """Put SQL and schema into the zip that the service runs; WorkshopError, with line and column, for SQL it cannot.

    The same SQL and schema give the same bytes.
    """
    from helpers.cli_flink import package as command

    folder = ws.home / "flink"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        script, schema = Path(own, "script.sql"), Path(own, "schema.json")
        script.write_text(sql, encoding="utf-8")
        schema.write_text(json.dumps(input_schema), encoding="utf-8")
        out = folder / "application.zip"
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                command.main(
                    [str(script), "--schema", str(schema), "--out", str(out), *_python(ws)], standalone_mode=False
                )
        except click.ClickException as error:  # wrong SQL, or the wheels cannot be had
            raise WorkshopError(error.message.replace(f"{own}/", "")) from error
    return out


def _python(ws: Workshop) -> list[str]:
    """Which Python the package is for: AWS's, as the command has it, or that of the Flink on this machine."""
    from helpers.streaming_sql.flink import environment

    here = environment.venv() if ws.target == "local" else None
    return [] if here is None else ["--python", environment.python(here)]


def upload(ws: Workshop, file: Path) -> str:
    """Put the package into the stack's code bucket and return its key, which has its hash; S3 checks the bytes."""
    digest = hashlib.sha256(file.read_bytes()).digest()
    key = f"flink/{digest.hex()[:16]}.zip"
    bucket = ws.outputs["CodeBucketName"]
    with explained(f"The package could not be put into {bucket}"), file.open("rb") as body:
        ws.client("s3").put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType="application/zip",
            ChecksumSHA256=base64.b64encode(digest).decode("ascii"),
        )
    return key


def code(ws: Workshop, sql: str, input_schema: Mapping[str, Any]) -> dict[str, Any]:
    """ApplicationCodeConfiguration for this SQL: builds the package and uploads it."""
    key = upload(ws, package(ws, sql, input_schema))
    location = {"BucketARN": f"arn:aws:s3:::{ws.outputs['CodeBucketName']}", "FileKey": key}
    return {"CodeContentType": "ZIPFILE", "CodeContent": {"S3ContentLocation": location}}


def code_update(ws: Workshop, sql: str, input_schema: Mapping[str, Any]) -> dict[str, Any]:
    """ApplicationConfigurationUpdate that replaces the SQL, as `update_application` takes it."""
    location = code(ws, sql, input_schema)["CodeContent"]["S3ContentLocation"]
    update = {"BucketARNUpdate": location["BucketARN"], "FileKeyUpdate": location["FileKey"]}
    content = {"CodeContentTypeUpdate": "ZIPFILE", "CodeContentUpdate": {"S3ContentLocationUpdate": update}}
    return {"ApplicationCodeConfigurationUpdate": content}


# --- the requests


def properties(ws: Workshop) -> dict[str, dict[str, str]]:
    """The application's property groups: what runs, what it reads, where its rows go."""
    outputs = ws.outputs
    return {
        **RUN_OPTIONS,
        "application": {
            "script": "application/script.sql",
            "schema": "application/schema.json",
            "seed": str(ws.seed),
            "source": "SOURCE_SQL_STREAM_001",
        },
        "source.1": {"connector": "kinesis", "stream.arn": outputs["EventStreamArn"], "position": "LATEST"},
        "sink.1": {
            "connector": "kinesis",
            "stream": "DESTINATION_SQL_STREAM",
            "stream.arn": outputs["AnomalyStreamArn"],
            "format": "JSON",
        },
        "sink.2": {"connector": "log", "stream": "error_stream"},
    }


def creation(ws: Workshop, code_configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `create_application`: one KPU's worth of parallelism, checkpoints, snapshots, a log."""
    groups = [{"PropertyGroupId": name, "PropertyMap": values} for name, values in properties(ws).items()]
    return {
        "ApplicationName": ws.application_name,
        "ApplicationDescription": "Scores the click-through rate: the lab's SQL, translated",
        "RuntimeEnvironment": RUNTIME,
        "ServiceExecutionRole": ws.outputs["AnalyticsRoleArn"],
        "ApplicationConfiguration": {
            "ApplicationCodeConfiguration": dict(code_configuration),
            "EnvironmentProperties": {"PropertyGroups": groups},
            "FlinkApplicationConfiguration": {
                "CheckpointConfiguration": {"ConfigurationType": "DEFAULT"},  # on, every minute
                "MonitoringConfiguration": {
                    "ConfigurationType": "CUSTOM",
                    "MetricsLevel": "APPLICATION",
                    "LogLevel": "INFO",
                },
                "ParallelismConfiguration": {
                    "ConfigurationType": "CUSTOM",
                    "Parallelism": 1,
                    "ParallelismPerKPU": 1,
                    "AutoScalingEnabled": False,  # it would cost more without being asked
                },
            },
            "ApplicationSnapshotConfiguration": {"SnapshotsEnabled": True},
        },
        "CloudWatchLoggingOptions": [{"LogStreamARN": ws.outputs["FlinkLogStreamArn"]}],
        "Tags": [{"Key": "workshop", "Value": ws.stack_name}],
    }


def starting(ws: Workshop) -> dict[str, Any]:
    """The arguments of `start_application`: from the latest snapshot, where there is one."""
    restore = "RESTORE_FROM_LATEST_SNAPSHOT" if snapshots(ws) else "SKIP_RESTORE_FROM_SNAPSHOT"
    return {
        "ApplicationName": ws.application_name,
        "RunConfiguration": {
            "FlinkRunConfiguration": {"AllowNonRestoredState": False},
            "ApplicationRestoreConfiguration": {"ApplicationRestoreType": restore},
        },
    }


def stopping(ws: Workshop, *, force: bool = False) -> dict[str, Any]:
    """The arguments of `stop_application`: with a snapshot, unless by force."""
    return {"ApplicationName": ws.application_name, "Force": force}


# --- what is there


def snapshots(ws: Workshop) -> list[dict[str, Any]]:
    """The application's snapshots that are ready."""
    pages = ws.client("kinesisanalyticsv2").get_paginator("list_application_snapshots")
    found = (each for page in pages.paginate(ApplicationName=ws.application_name) for each in page["SnapshotSummaries"])
    return [each for each in found if each["SnapshotStatus"] == "READY"]


def delete_snapshots(ws: Workshop) -> int:
    """Delete the application's snapshots, which outlive a stop and cost storage; how many there were."""
    found = snapshots(ws)
    for snapshot in found:
        ws.client("kinesisanalyticsv2").delete_application_snapshot(
            ApplicationName=ws.application_name,
            SnapshotName=snapshot["SnapshotName"],
            SnapshotCreationTimestamp=snapshot["SnapshotCreationTimestamp"],
        )
    return len(found)


def log(ws: Workshop) -> str:
    """The last errors of the application's log, or its last lines; says so when there is nothing."""
    arn = ws.outputs["FlinkLogStreamArn"]
    group, _, stream = arn.partition(":log-group:")[2].partition(":log-stream:")
    events = ws.client("logs").get_log_events(logGroupName=group, logStreamName=stream, limit=100, startFromHead=False)
    lines = [event["message"] for event in events["events"]]
    errors = [line for line in lines if '"ERROR"' in line] or lines
    return "\n".join(line[:500] for line in errors[-LINES:]) or f"nothing yet (log group {group})"
