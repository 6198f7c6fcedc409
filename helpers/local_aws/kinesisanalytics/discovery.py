"""DiscoverInputSchema: a schema from what a stream got lately, or from an object in S3."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.firehose.models import KinesisSource
from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.compiling import read_object
from helpers.local_aws.kinesisanalytics.entries import Record
from helpers.local_aws.kinesisanalytics.preprocessing import BATCH, ProcessingError, process
from helpers.local_aws.protocol import AwsError, invalid
from helpers.local_aws.runtime import Runtime
from helpers.streaming_sql import SchemaInferenceError, infer_schema, parsed

Params = dict[str, Any]
SAMPLED_SECONDS = 600.0
SAMPLED = 1000  # records of a Kinesis stream
SHOWN = 20  # records in the answer


def discover(runtime: Runtime, firehose: FirehoseService, params: Params) -> Params:
    """The answer of DiscoverInputSchema; UnableToDetectSchemaException says what to do."""
    if ("ResourceARN" in params) == ("S3Configuration" in params):
        raise invalid("one of ResourceARN (of a stream) and S3Configuration is needed")
    role = params.get("ServiceExecutionRole") or params.get("RoleARN") or ""
    name, records = _sample(runtime, firehose, params, role)
    raw = _texts(records)
    if "InputProcessingConfiguration" in params:
        processor = config.processing(params["InputProcessingConfiguration"])
        function = config.processor(processor)
        assert function is not None
        try:
            arn = runtime.arn("kinesisanalytics", "application/schema-discovery")
            acting = config.role(processor["InputProcessingConfigurationDescription"], role)
            records = process(runtime, arn, params.get("ResourceARN", ""), function, acting, records[:BATCH])
        except ProcessingError as error:
            raise _undetected(f"{name}: {error}", raw, []) from error
        records = [record for record in records if not record.failed]
    processed = _texts(records)
    data = [record.data for record in records]
    try:
        schema = infer_schema(data)
    except SchemaInferenceError as error:
        raise _undetected(f"{name}: {error}", raw, processed) from error
    return {
        "InputSchema": schema,
        "ParsedInputRecords": parsed(schema, data[:SHOWN]),
        "ProcessedInputRecords": processed,
        "RawInputRecords": raw,
    }


def _sample(runtime: Runtime, firehose: FirehoseService, params: Params, role: str) -> tuple[str, list[Record]]:
    """Some records, and where they are from."""
    if "S3Configuration" in params:
        source = params["S3Configuration"]
        try:
            return source["FileKey"], [Record(read_object(runtime, source, source.get("RoleARN") or role), 0)]
        except AwsError as error:
            raise invalid(error.message) from error
    arn: str = params["ResourceARN"]
    if arn.startswith("arn:aws:kinesis:"):
        name = config.resource_name(arn, "KinesisStreams")
        records = _from_kinesis(runtime, KinesisSource(arn, role, config.PRINCIPAL))
        since = ""
    else:
        name = config.resource_name(arn, "KinesisFirehose")
        try:
            found = firehose.recent(name, SAMPLED_SECONDS)
        except AwsError as error:
            raise invalid(f"{arn}: {error.message}") from error
        records = [Record(each.data, int(each.arrival * 1000)) for each in found]
        since = f" in the last {SAMPLED_SECONDS / 60:.0f} minutes"
    if not records:
        raise AwsError(
            "UnableToDetectSchemaException",
            f"no records arrived at {name}{since}: send some (the schema discovery payload), then discover again",
        )
    return name, records


def _from_kinesis(runtime: Runtime, source: KinesisSource) -> list[Record]:
    """The first records that every shard still has."""
    name = source.name
    try:
        client = runtime.acting("kinesis", source.role, source.principal)
        pages = client.get_paginator("list_shards").paginate(StreamName=name)
        shards = [shard["ShardId"] for page in pages for shard in page["Shards"]]
        return [
            Record(
                each["Data"], int(each["ApproximateArrivalTimestamp"].timestamp() * 1000), each["PartitionKey"], shard,
                each["SequenceNumber"],
            )
            for shard in shards
            for each in _first(client, source, shard)
        ]  # fmt: skip
    except (ClientError, BotoCoreError) as error:
        raise invalid(f"the Kinesis data stream {name} cannot be read: {error}") from error


def _first(client: Any, source: KinesisSource, shard: str) -> list[Any]:
    place = client.get_shard_iterator(StreamName=source.name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    # The stream is named for the local IAM: its iterators do not say which stream they are of.
    answer = client.get_records(ShardIterator=place["ShardIterator"], Limit=SAMPLED, StreamARN=source.arn)
    records: list[Any] = answer["Records"]
    return records


def _texts(records: list[Record]) -> list[str]:
    return [record.data.decode("utf-8", errors="replace") for record in records[:SHOWN]]


def _undetected(message: str, raw: list[str], processed: list[str]) -> AwsError:
    return AwsError("UnableToDetectSchemaException", message, RawInputRecords=raw, ProcessedInputRecords=processed)
