"""The three kinds of destinations: how a batch of rows is written, and which of them were refused.

Sources: "Using a Lambda Function as Output" in the Kinesis Data Analytics for SQL guide; PutRecords of Kinesis,
PutRecordBatch of Firehose. Rows are records as they are, with nothing between them (what the service put between
JSON rows is documented nowhere; users report concatenated documents).
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from helpers.local_aws.functions import FunctionError, invoke
from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.runtime import Runtime


class Delivery(NamedTuple):
    """One row on its way: its number in its stream, its id for the destination, its bytes."""

    number: int
    id: str
    data: bytes


class DeliveryError(Exception):
    """The destination could not be reached, failed, or gave no usable answer."""


class Writer(Protocol):
    """Writes a batch (at most BATCH rows, BATCH_BYTES bytes)."""

    BATCH: int
    BATCH_BYTES: int

    def write(self, batch: Sequence[Delivery], attempt: int) -> tuple[list[Delivery], str]:
        """The rows that were refused, and why; DeliveryError or botocore's errors refuse them all."""


def writer(runtime: Runtime, application_arn: str, kind: str, arn: str, role: str) -> Writer:
    """The writer for a destination of a kind ("Lambda", "KinesisFirehose", "KinesisStreams"), under a role."""
    if kind == "Lambda":
        return LambdaWriter(runtime, application_arn, arn, role)
    name = config.resource_name(arn, kind)
    return FirehoseWriter(runtime, name, role) if kind == "KinesisFirehose" else KinesisWriter(runtime, name, role)


class LambdaWriter:
    """A function, which answers Ok or DeliveryFailed for each record."""

    BATCH, BATCH_BYTES = 500, 4_000_000

    def __init__(self, runtime: Runtime, application_arn: str, function_arn: str, role: str) -> None:
        self.runtime = runtime
        self.role = role
        self.application_arn = application_arn
        self.function_arn = function_arn

    def write(self, batch: Sequence[Delivery], attempt: int) -> tuple[list[Delivery], str]:
        event = {
            "invocationId": str(uuid.uuid4()),
            "applicationArn": self.application_arn,
            "records": [
                {
                    "recordId": each.id,
                    "lambdaDeliveryRecordMetadata": {"retryHint": attempt - 1},
                    "data": base64.b64encode(each.data).decode("ascii"),
                }
                for each in batch
            ],
        }
        try:
            payload = json.dumps(event).encode()
            said = invoke(self.runtime, self.function_arn, payload, self.role, config.PRINCIPAL)
            answer = json.loads(said or b"null")
        except FunctionError as error:
            raise DeliveryError(f"{self.function_arn} failed: {error}") from error
        except ValueError as error:
            raise DeliveryError(f"{self.function_arn} did not answer JSON: {error}") from error
        results = self._results(answer)
        rest = [each for each in batch if results.get(each.id) != "Ok"]
        first = results.get(rest[0].id, "no answer") if rest else ""
        return rest, f"{self.function_arn}: {first} for {len(rest)} of {len(batch)} records"

    def _results(self, answer: Any) -> dict[str, Any]:
        records = answer.get("records") if isinstance(answer, dict) else None
        if not isinstance(records, list):
            raise DeliveryError(
                f'{self.function_arn} must answer {{"records": [{{"recordId", "result"}}]}} '
                f"with Ok or DeliveryFailed for every record, but answered {json.dumps(answer)[:200]}"
            )
        return {
            each["recordId"]: each.get("result")
            for each in records
            if isinstance(each, dict) and isinstance(each.get("recordId"), str)
        }


class FirehoseWriter:
    """A delivery stream."""

    BATCH, BATCH_BYTES = 500, 4 * 1024 * 1024

    def __init__(self, runtime: Runtime, name: str, role: str) -> None:
        self.runtime = runtime
        self.role = role
        self.name = name

    def write(self, batch: Sequence[Delivery], attempt: int) -> tuple[list[Delivery], str]:
        records = [{"Data": each.data} for each in batch]
        client = self.runtime.acting("firehose", self.role, config.PRINCIPAL)
        answer = client.put_record_batch(DeliveryStreamName=self.name, Records=records)
        return _refused(self.name, batch, answer["RequestResponses"])


class KinesisWriter:
    """A Kinesis data stream; a row's id is its partition key, so that rows spread over the shards."""

    BATCH, BATCH_BYTES = 500, 4 * 1024 * 1024  # PutRecords takes 5 MiB, partition keys included

    def __init__(self, runtime: Runtime, name: str, role: str) -> None:
        self.runtime = runtime
        self.role = role
        self.name = name

    def write(self, batch: Sequence[Delivery], attempt: int) -> tuple[list[Delivery], str]:
        records = [{"Data": each.data, "PartitionKey": each.id} for each in batch]
        client = self.runtime.acting("kinesis", self.role, config.PRINCIPAL)
        answer = client.put_records(StreamName=self.name, Records=records)
        return _refused(self.name, batch, answer["Records"])


def _refused(name: str, batch: Sequence[Delivery], answers: Sequence[Any]) -> tuple[list[Delivery], str]:
    failed = [(each, answer) for each, answer in zip(batch, answers, strict=True) if answer.get("ErrorCode")]
    reason = ""
    if failed:
        first = failed[0][1]
        reason = f"{name}: {first['ErrorCode']} ({first.get('ErrorMessage')}) for {len(failed)} of {len(batch)} records"
    return [each for each, _ in failed], reason
