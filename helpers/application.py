"""A track's Kinesis Data Analytics application, which runs the SQL; the first track makes it in chapter 04."""

import time
from typing import Any

from helpers import schema
from helpers.errors import WorkshopError
from helpers.workshop import Workshop

DESTINATION = "DESTINATION_SQL_STREAM"
TIMEOUT = 180  # seconds of real time; AWS took about a minute


def script(ws: Workshop) -> str:
    """The lab's SQL, unchanged, from the repository."""
    return (ws.root / ws.track.script).read_text(encoding="utf-8")


def code(ws: Workshop) -> dict[str, Any]:
    """ApplicationCodeConfiguration for the lab's SQL, as `create_application` takes it."""
    return {"CodeContent": {"TextContent": script(ws)}, "CodeContentType": "PLAINTEXT"}


def code_update(sql: str) -> dict[str, Any]:
    """ApplicationConfigurationUpdate that replaces the SQL, as `update_application` takes it."""
    content = {"CodeContentTypeUpdate": "PLAINTEXT", "CodeContentUpdate": {"TextContentUpdate": sql}}
    return {"ApplicationCodeConfigurationUpdate": content}


def source(ws: Workshop, input_schema: dict[str, Any]) -> dict[str, Any]:
    """The application's input: this workshop's delivery stream, read by `input_schema`."""
    return {
        "NamePrefix": "SOURCE_SQL_STREAM",
        "KinesisFirehoseInput": {"ResourceARN": ws.outputs["DeliveryStreamArn"]},
        "InputSchema": input_schema,
    }


def destination(ws: Workshop) -> dict[str, Any]:
    """The application's output: rows of DESTINATION_SQL_STREAM, as JSON, to the anomaly function."""
    return {
        "Name": DESTINATION,
        "LambdaOutput": {"ResourceARN": ws.outputs["AnomalyFunctionArn"]},
        "DestinationSchema": {"RecordFormatType": "JSON"},
    }


def describe(ws: Workshop) -> dict[str, Any] | None:
    """ApplicationDetail of the workshop's application, or None when it does not exist."""
    client = ws.client("kinesisanalyticsv2")
    try:
        detail: dict[str, Any] = client.describe_application(ApplicationName=ws.application_name)["ApplicationDetail"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return detail


def wait(ws: Workshop, status: str, timeout: float = TIMEOUT) -> str:
    """Wait until the application is in `status` ("READY", "RUNNING"); return it.

    Raises WorkshopError after `timeout` seconds or when there is no application.
    """
    deadline = time.monotonic() + timeout
    while True:
        detail = describe(ws)
        if detail is None:
            raise WorkshopError(f"There is no application {ws.application_name}: run {_chapter(ws)} first.")
        if detail["ApplicationStatus"] == status:
            return status
        if time.monotonic() > deadline:
            raise WorkshopError(
                f"{ws.application_name} is still {detail['ApplicationStatus']} after {timeout:.0f} s; waited for "
                f"{status}. Run the cell again; if it stays so, delete the application and run {_chapter(ws)} again."
            )
        ws.clock.step(1)  # the local service changes state on its clock; on aws this waits a second


def create(ws: Workshop) -> None:
    """Create the application with the discovered schema, the SQL and the Lambda destination, and start it."""
    client = ws.client("kinesisanalyticsv2")
    created = client.create_application(
        ApplicationName=ws.application_name,
        RuntimeEnvironment="SQL-1_0",
        ServiceExecutionRole=ws.outputs["AnalyticsRoleArn"],
        ApplicationConfiguration={
            "ApplicationCodeConfiguration": code(ws),
            "SqlApplicationConfiguration": {
                "Inputs": [source(ws, schema.recall(ws))],
                "Outputs": [destination(ws)],
            },
        },
    )["ApplicationDetail"]
    start(ws, created)


def start(ws: Workshop, detail: dict[str, Any]) -> None:
    """Start an application at the newest record of its input and wait until it runs."""
    inputs = detail["ApplicationConfigurationDescription"]["SqlApplicationConfigurationDescription"][
        "InputDescriptions"
    ]
    if not inputs:
        raise WorkshopError(f"{ws.application_name} has no source: connect one, as {_chapter(ws)} does, then start it.")
    ws.client("kinesisanalyticsv2").start_application(
        ApplicationName=ws.application_name,
        RunConfiguration={
            "SqlRunConfigurations": [
                {
                    "InputId": inputs[0]["InputId"],
                    "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"},
                }
            ]
        },
    )
    wait(ws, "RUNNING")


def _chapter(ws: Workshop) -> str:
    return f"chapter {ws.track.application_chapter:02d}"


def streams(ws: Workshop) -> list[dict[str, Any]]:
    """The in-application streams with their columns and row counts, ready for a DataFrame."""
    status = ws.application_status()
    return [
        {"stream": name, "columns": ", ".join(stream["columns"]), "rows": stream["rows"]}
        for name, stream in status["streams"].items()
    ]
