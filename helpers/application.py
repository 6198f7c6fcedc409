"""A track's analytics application, which runs the SQL; the first track makes it in chapter 04.

On the embedded engine it is one of Kinesis Data Analytics for SQL, else one of Managed Service for Apache Flink: the
same service to boto3 (kinesisanalyticsv2), with other requests, which the functions here make.
"""

import time
from typing import Any

from botocore.exceptions import ClientError

from helpers import data_stream, flink_application, schema
from helpers.errors import WorkshopError
from helpers.workshop import Workshop

DESTINATION = "DESTINATION_SQL_STREAM"
TIMEOUT = 180  # seconds of real time; AWS took about a minute


def script(ws: Workshop) -> str:
    """The lab's SQL, unchanged, from the repository."""
    return (ws.root / ws.track.script).read_text(encoding="utf-8")


def code(ws: Workshop) -> dict[str, Any]:
    """ApplicationCodeConfiguration for the lab's SQL, as `create_application` takes it.

    For Flink the SQL is translated, packed and uploaded first.
    """
    if ws.engine == "flink":
        return flink_application.code(ws, script(ws), schema.recall(ws))
    return {"CodeContent": {"TextContent": script(ws)}, "CodeContentType": "PLAINTEXT"}


def creation(ws: Workshop) -> dict[str, Any]:
    """The arguments of `create_application`. Flink has source and destination in them, SQL gets them afterwards."""
    if ws.engine == "flink":
        return flink_application.creation(ws, code(ws))
    return {
        "ApplicationName": ws.application_name,
        "RuntimeEnvironment": "SQL-1_0",
        "ServiceExecutionRole": ws.outputs["AnalyticsRoleArn"],
        "ApplicationConfiguration": {"ApplicationCodeConfiguration": code(ws)},
    }


def code_update(ws: Workshop, sql: str) -> dict[str, Any]:
    """ApplicationConfigurationUpdate that replaces the SQL, as `update_application` takes it.

    SQL that cannot run is refused by the service; for Flink by the translation, here (WorkshopError).
    """
    if ws.engine == "flink":
        return flink_application.code_update(ws, sql, schema.recall(ws))
    content = {"CodeContentTypeUpdate": "PLAINTEXT", "CodeContentUpdate": {"TextContentUpdate": sql}}
    return {"ApplicationCodeConfigurationUpdate": content}


def source(ws: Workshop, input_schema: dict[str, Any]) -> dict[str, Any]:
    """The application's input: this workshop's delivery stream, read by `input_schema`."""
    return {
        "NamePrefix": "SOURCE_SQL_STREAM",
        "KinesisFirehoseInput": {"ResourceARN": ws.outputs["DeliveryStreamArn"]},
        "InputSchema": input_schema,
    }


def refusal(error: Exception) -> str:
    """What is wrong with a script: what the service answered, or, for Flink, what the translation said."""
    return str(error.response["Error"]["Message"] if isinstance(error, ClientError) else error)


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


def let_pass(ws: Workshop) -> None:
    """Wait for the next look: the local SQL service changes state on its clock, Flink in real time."""
    if ws.engine == "flink":
        ws.clock.sleep(flink_application.POLL[ws.target])
    else:
        ws.clock.step(1)


def wait(ws: Workshop, status: str, timeout: float | None = None) -> str:
    """Wait until the application is in `status` ("READY", "RUNNING"); return it.

    Raises WorkshopError after `timeout` seconds of real time, when there is no application, and when a start failed.
    """
    if timeout is None:
        timeout = flink_application.TIMEOUT if ws.engine == "flink" else TIMEOUT
    deadline = time.monotonic() + timeout
    seen = ""
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
        if (seen, detail["ApplicationStatus"]) == ("STARTING", "READY"):  # on Flink that is how a start fails
            raise WorkshopError(f"{ws.application_name} did not start. Its log says:\n{flink_application.log(ws)}")
        seen = detail["ApplicationStatus"]
        let_pass(ws)


def create(ws: Workshop) -> None:
    """Create the application with the discovered schema, the SQL and its destination, and start it.

    Raises WorkshopError, in plain words, where AWS refuses one for Flink.
    """
    client = ws.client("kinesisanalyticsv2")
    request = creation(ws)
    if ws.engine == "flink":
        with flink_application.explained(f"The application {ws.application_name} could not be created"):
            created = client.create_application(**request)["ApplicationDetail"]
        wait(ws, "READY")
    else:
        request["ApplicationConfiguration"]["SqlApplicationConfiguration"] = {
            "Inputs": [source(ws, schema.recall(ws))],
            "Outputs": [destination(ws)],
        }
        created = client.create_application(**request)["ApplicationDetail"]
    start(ws, created)


def start(ws: Workshop, detail: dict[str, Any]) -> None:
    """Start an application and wait until it runs: SQL at the newest record of its input, Flink where it was stopped.

    Raises WorkshopError when it does not start.
    """
    if ws.engine == "flink":
        with flink_application.explained(f"The application {ws.application_name} could not be started"):
            ws.client("kinesisanalyticsv2").start_application(**flink_application.starting(ws))
        wait(ws, "RUNNING")
        return
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


def stop(ws: Workshop) -> None:
    """Stop the application and wait until it has stopped: Flink keeps what it knows in a snapshot.

    Raises WorkshopError when there is none, or it does not run.
    """
    with flink_application.explained(f"The application {ws.application_name} could not be stopped"):
        request = flink_application.stopping(ws) if ws.engine == "flink" else {"ApplicationName": ws.application_name}
        ws.client("kinesisanalyticsv2").stop_application(**request)
    wait(ws, "READY")


def _chapter(ws: Workshop) -> str:
    return f"chapter {ws.track.application_chapter:02d}"


def streams(ws: Workshop) -> list[dict[str, Any]]:
    """The in-application streams with their columns and row counts, ready for a DataFrame.

    Those of a Flink application cannot be seen: the data streams before and behind it, instead.
    """
    if ws.engine == "flink":
        return [
            {"stream": name, "columns": "records", "rows": len(data_stream.records(ws, ws.outputs[f"{name}Arn"]))}
            for name in ("EventStream", "AnomalyStream")
        ]
    status = ws.application_status()
    return [
        {"stream": name, "columns": ", ".join(stream["columns"]), "rows": stream["rows"]}
        for name, stream in status["streams"].items()
    ]
