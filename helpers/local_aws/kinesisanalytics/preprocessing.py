"""A Lambda function that prepares the records before the SQL sees them.

Source: "Preprocessing Data Using a Lambda Function" in the Kinesis Data Analytics for SQL guide. The function
answers Ok (with data), Dropped or ProcessingFailed for every record it was given. An answer that misses
records, or an invocation that fails, is a failure of the whole batch: it is sent again until it succeeds.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.functions import FunctionError, invoke
from helpers.local_aws.kinesisanalytics.config import PRINCIPAL
from helpers.local_aws.kinesisanalytics.entries import Record
from helpers.local_aws.runtime import Runtime

BATCH, BATCH_BYTES = 500, 4_000_000  # records and bytes of one invocation
FIREHOSE, KINESIS = "kinesisFirehoseRecordMetadata", "kinesisStreamRecordMetadata"


class ProcessingError(Exception):
    """The function could not be invoked, failed, or did not answer for every record."""


def process(
    runtime: Runtime, application_arn: str, stream_arn: str, function_arn: str, role: str, records: Sequence[Record]
) -> list[Record]:
    """What is left of the records, in order; those with ``failed`` are no rows. ProcessingError: try again."""
    ids = [str(uuid.uuid4()) if not record.sequence else f"{record.shard}:{record.sequence}" for record in records]
    event = {
        "invocationId": str(uuid.uuid4()),
        "applicationArn": application_arn,
        "streamArn": stream_arn,
        "records": [
            {"recordId": identity, **_metadata(record), "data": base64.b64encode(record.data).decode("ascii")}
            for identity, record in zip(ids, records, strict=True)
        ],
    }
    try:
        answer = json.loads(invoke(runtime, function_arn, json.dumps(event).encode(), role, PRINCIPAL) or b"null")
    except (ClientError, BotoCoreError, FunctionError) as error:
        raise ProcessingError(f"{function_arn} failed: {error}") from error
    except ValueError as error:
        raise ProcessingError(f"{function_arn} did not answer JSON: {error}") from error
    results = _results(answer, function_arn)
    if set(results) != set(ids):
        raise ProcessingError(
            f"{function_arn} must answer for each of the {len(ids)} records it was given and for no other, "
            f"by recordId; {len(set(ids) - set(results))} are missing"
        )
    outcome = (_outcome(record, results[identity], function_arn) for identity, record in zip(ids, records, strict=True))
    return [record for record in outcome if record is not None]


def _metadata(record: Record) -> dict[str, Any]:
    if not record.sequence:
        return {FIREHOSE: {"approximateArrivalTimestamp": record.arrival}}
    return {
        KINESIS: {
            "sequenceNumber": record.sequence,
            "partitionKey": record.key,
            "shardId": record.shard,
            "approximateArrivalTimestamp": record.arrival,
        }
    }


def _results(answer: Any, function_arn: str) -> dict[str, Any]:
    records = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(records, list):
        raise ProcessingError(
            f'{function_arn} must answer {{"records": [{{"recordId", "result", "data"}}]}}, '
            f"but answered {json.dumps(answer)[:200]}"
        )
    return {
        each["recordId"]: each for each in records if isinstance(each, dict) and isinstance(each.get("recordId"), str)
    }


def _outcome(record: Record, result: dict[str, Any], function_arn: str) -> Record | None:
    status = result.get("result")
    if status == "Dropped":
        return None
    if status == "ProcessingFailed":
        return record._replace(failed=f"{function_arn} answered ProcessingFailed")
    if status != "Ok":
        raise ProcessingError(f"{function_arn}: the result is {status!r}, not Ok, Dropped or ProcessingFailed")
    try:
        return record._replace(data=base64.b64decode(result["data"], validate=True))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise ProcessingError(f"{function_arn}: Ok without data in base64: {error!r}") from error
