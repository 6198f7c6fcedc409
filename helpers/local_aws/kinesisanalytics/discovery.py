"""DiscoverInputSchema: a schema from the records a delivery stream got lately."""

from __future__ import annotations

from typing import Any

from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.kinesisanalytics.config import stream_name, unsupported
from helpers.local_aws.protocol import AwsError, invalid
from helpers.streaming_sql import RecordError, RecordReader, SchemaInferenceError, infer_schema

Params = dict[str, Any]
SAMPLED_SECONDS = 600.0
SHOWN = 20  # records in the answer


def discover(firehose: FirehoseService, params: Params) -> Params:
    """The answer of DiscoverInputSchema; UnableToDetectSchemaException says what to do."""
    for key in ("S3Configuration", "InputProcessingConfiguration"):
        if key in params:
            raise unsupported(key, "give the ResourceARN of a delivery stream")
    if "ResourceARN" not in params:
        raise invalid("ResourceARN is needed: the ARN of a delivery stream")
    name = stream_name(params["ResourceARN"])
    try:
        records = [record.data for record in firehose.recent(name, SAMPLED_SECONDS)]
    except AwsError as error:
        raise invalid(f"{params['ResourceARN']}: {error.message}") from error
    if not records:
        raise AwsError(
            "UnableToDetectSchemaException",
            f"no records arrived at {name} in the last {SAMPLED_SECONDS / 60:.0f} minutes: "
            "send some (the schema discovery payload), then discover again",
        )
    texts = [record.decode("utf-8", errors="replace") for record in records[:SHOWN]]
    try:
        schema = infer_schema(records)
    except SchemaInferenceError as error:
        raise AwsError(
            "UnableToDetectSchemaException",
            f"{name}: {error}",
            RawInputRecords=texts,
            ProcessedInputRecords=texts,
        ) from error
    return {
        "InputSchema": schema,
        "ParsedInputRecords": _parsed(schema, records[:SHOWN]),
        "ProcessedInputRecords": texts,
        "RawInputRecords": texts,
    }


def _parsed(schema: Params, records: list[bytes]) -> list[list[str]]:
    """The sample as rows of texts, in the order of the schema's columns; unreadable records are left out."""
    reader = RecordReader(schema)
    names = [column["Name"] for column in schema["RecordColumns"]]
    parsed: list[list[str]] = []
    for data in records:
        try:
            rows = list(reader.read(data))
        except RecordError:
            continue  # still among the raw records of the answer
        parsed += [["" if row.get(name) is None else str(row[name]) for name in names] for row in rows]
    return parsed
