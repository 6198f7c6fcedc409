"""Chapter 03: the input schema that the analytics service discovers from sample records."""

from typing import Any

from helpers.errors import WorkshopError
from helpers.workshop import Workshop


def sample_request(ws: Workshop) -> dict[str, Any]:
    """The arguments of `discover_input_schema` for this workshop's delivery stream.

    Source: https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_DiscoverInputSchema.html
    """
    return {
        "ResourceARN": ws.outputs["DeliveryStreamArn"],
        "ServiceExecutionRole": ws.outputs["AnalyticsRoleArn"],
        "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"},
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
