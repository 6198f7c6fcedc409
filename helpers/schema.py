"""Chapter 03: the input schema that is discovered from sample records."""

from typing import Any

from helpers import data_stream
from helpers.errors import WorkshopError
from helpers.workshop import Workshop

SAMPLED = 1000  # records that a schema is inferred from
SHOWN = 20  # records in the answer


def sample_request(ws: Workshop) -> dict[str, Any]:
    """The arguments of `discover_input_schema` for this workshop's delivery stream.

    Source: https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DiscoverInputSchema.html
    """
    return {
        "ResourceARN": ws.outputs["DeliveryStreamArn"],
        "ServiceExecutionRole": ws.outputs["AnalyticsRoleArn"],
        "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"},
    }


def infer(ws: Workshop) -> dict[str, Any]:
    """What `discover_input_schema` answers, where AWS has switched it off: from records read from the data stream.

    By the inference that the local AWS answers with. Raises WorkshopError when there is nothing to learn from.
    """
    from helpers.streaming_sql import SchemaInferenceError, infer_schema, parsed

    records = data_stream.records(ws, ws.outputs["EventStreamArn"], SAMPLED)
    try:
        schema = infer_schema(records)
    except SchemaInferenceError as error:
        name = ws.outputs["EventStreamName"]
        raise WorkshopError(f"No schema can be inferred from the data stream {name}: {error}.") from error
    return {
        "InputSchema": schema,
        "ParsedInputRecords": parsed(schema, records[:SHOWN]),
        "RawInputRecords": [record.decode("utf-8", errors="replace") for record in records[:SHOWN]],
    }


def remember(ws: Workshop, schema: dict[str, Any]) -> None:
    """Keep the discovered schema for chapter 04, which runs in another kernel."""
    ws.notes["input_schema"] = schema


def recall(ws: Workshop) -> dict[str, Any]:
    """The schema that chapter 03 discovered.

    Raises WorkshopError when there is none yet.
    """
    schema: dict[str, Any] | None = ws.notes.get("input_schema")
    if schema is None:
        raise WorkshopError("There is no input schema yet: run chapter 03, which discovers it from sample records.")
    return schema


def columns(schema: dict[str, Any]) -> list[dict[str, str]]:
    """The schema's columns, one row each, ready for a DataFrame: Name, SqlType, Mapping."""
    return [dict(column) for column in schema["RecordColumns"]]
