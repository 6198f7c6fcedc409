"""The Lambda transformation: the event, the answer, the processing-failed lines; no network here.

Sources: "Transform source data" and "Handle failure in data transformation" in the Firehose
developer guide. A record the function leaves out, names twice or answers without data fails alone;
an answer that is no list of records fails the whole batch at once, without a retry.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.local_aws.firehose.models import FailedRecord, SourceRecord

PAYLOAD_LIMIT = 6 * 1000 * 1000  # bytes, of a synchronous invocation's request and of its response
RECORD_OVERHEAD = 200  # bytes of JSON around one record's base64 data
ORIGIN_OVERHEAD = 550  # … and around the metadata of a record from Kinesis, partition key included
PROCESSING_FAILED = "processing-failed"
NOT_RETURNED = (
    "Lambda.MissingRecordId",
    "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.",
)
TWICE = ("Lambda.DuplicatedRecordId", "Multiple records were returned with the same record Id.")
STATUS_FAILED = ("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")


@dataclass
class Outcome:
    """What a transformation made of a batch, in the order of the batch."""

    delivered: list[SourceRecord] = field(default_factory=list)
    dropped: list[SourceRecord] = field(default_factory=list)
    failed: list[FailedRecord] = field(default_factory=list)
    foreign: int = 0


def batches(records: Sequence[SourceRecord]) -> Iterator[list[SourceRecord]]:
    """Cut records so that each invocation stays below Lambda's payload limit."""
    batch: list[SourceRecord] = []
    size = 0
    for record in records:
        cost = len(record.data) * 4 // 3 + RECORD_OVERHEAD + (ORIGIN_OVERHEAD if record.origin else 0)
        if batch and size + cost > PAYLOAD_LIMIT:
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += cost
    if batch:
        yield batch


def event(
    invocation: str, arn: str, region: str, records: Iterable[SourceRecord], source_arn: str | None = None
) -> bytes:
    """The JSON event the function is invoked with; ``source_arn`` is that of a Kinesis data stream."""
    head = {"invocationId": invocation, "deliveryStreamArn": arn, "region": region}
    if source_arn is not None:
        head["sourceKinesisStreamArn"] = source_arn
    return json.dumps(head | {"records": [_event_record(record) for record in records]}).encode()


def _event_record(record: SourceRecord) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "recordId": record.id,
        "approximateArrivalTimestamp": int(record.arrival * 1000),
        "data": base64.b64encode(record.data).decode("ascii"),
    }
    if record.origin is not None:
        entry["kinesisRecordMetadata"] = {
            "sequenceNumber": record.origin.sequence,
            "subsequenceNumber": "",
            "partitionKey": record.origin.key,
            "shardId": record.origin.shard,
            "approximateArrivalTimestamp": record.origin.arrival,
        }
    return entry


def outcome(records: Sequence[SourceRecord], payload: bytes) -> Outcome:
    """Sort a batch by the function's answer."""
    try:
        return _outcome(records, _answers(payload))
    except (ValueError, RecursionError) as error:  # the latter: nested deeper than can be read
        return all_failed(records, "Lambda.JsonProcessingException", str(error))


def _outcome(records: Sequence[SourceRecord], answers: Sequence[Any]) -> Outcome:
    counts = Counter(_id(answer) for answer in answers)
    by_id = {_id(answer): answer for answer in answers}
    result = Outcome(foreign=len(set(counts) - {record.id for record in records}))
    for record in records:
        _sort(record, by_id.get(record.id), counts[record.id], result)
    return result


def all_failed(records: Iterable[SourceRecord], code: str, message: str) -> Outcome:
    """The outcome of a batch that failed as a whole."""
    return Outcome(failed=[FailedRecord(record, code, message) for record in records])


def failed_lines(failed: Iterable[FailedRecord], attempts: int, ended: float, arn: str) -> bytes:
    """The JSON lines of a processing-failed object; times in epoch milliseconds."""
    lines = (
        json.dumps(
            {
                "attemptsMade": attempts,
                "arrivalTimestamp": int(each.record.arrival * 1000),
                "errorCode": each.code,
                "errorMessage": each.message,
                "attemptEndingTimestamp": int(ended * 1000),
                "rawData": base64.b64encode(each.record.data).decode("ascii"),
                "lambdaArn": arn,
            }
        )
        for each in failed
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _answers(payload: bytes) -> list[Any]:
    if len(payload) > PAYLOAD_LIMIT:
        raise ValueError(f"the response of {len(payload)} bytes exceeds the limit of {PAYLOAD_LIMIT} bytes")
    answer = json.loads(payload or b"null")
    records = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(records, list):
        raise ValueError('the function must answer {"records": [{"recordId", "result", "data"}]}')
    return records


def _id(answer: Any) -> str:
    return str(answer.get("recordId")) if isinstance(answer, dict) else ""


def _sort(record: SourceRecord, answer: Any, count: int, result: Outcome) -> None:
    if answer is None:
        result.failed.append(FailedRecord(record, *NOT_RETURNED))
    elif count > 1:
        result.failed.append(FailedRecord(record, *TWICE))
    elif answer.get("result") == "Dropped":
        result.dropped.append(record)
    elif answer.get("result") == "ProcessingFailed":
        result.failed.append(FailedRecord(record, *STATUS_FAILED))
    elif answer.get("result") != "Ok":
        message = f"result {answer.get('result')!r} is none of Ok, Dropped, ProcessingFailed"
        result.failed.append(FailedRecord(record, "Lambda.JsonProcessingException", message))
    else:
        _accept(record, answer.get("data"), result)


def _accept(record: SourceRecord, data: Any, result: Outcome) -> None:
    try:
        if not isinstance(data, str):
            raise ValueError("the member data is missing")
        result.delivered.append(record._replace(data=base64.b64decode(data, validate=True)))
    except (binascii.Error, ValueError) as error:
        message = f"result Ok without base64 data: {error}"
        result.failed.append(FailedRecord(record, "Lambda.JsonProcessingException", message))
