"""A workshop in memory: a stepped clock, a delivery stream, windows counted as the lab's SQL counts them."""

import json
import math
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.errors import WorkshopError
from helpers.tracks import CLICKSTREAM

NOON = 1_792_324_800.0  # 2026-10-18T12:00:00Z, a full minute


class FakeNotes(dict[str, Any]):
    """Notes that are gone with the test."""

    def change(self, name: str, fn: Callable[[Any], Any], default: Any) -> None:
        self[name] = fn(self.get(name, default))


class FakeWorkshop:
    """Enough of Workshop for the generator. A CTR over 250 % is an anomaly and sends a mail and an SMS."""

    def __init__(self, now: float = NOON + 17.25) -> None:
        self.target = "local"
        self.seed = 7
        self.local_engine = "sql"
        self.application_name = "anomaly-detection-application"
        self.track = CLICKSTREAM
        self.status = "RUNNING"
        self.notes = FakeNotes()
        self.outputs = {"DeliveryStreamName": "stream"}
        self.clock = self
        self.inbox = self
        self.mode = "real"
        self.time = now
        self.modes: list[str] = []
        self.steps: list[float] = []
        self.slept: list[float] = []
        self.records: list[tuple[float, bytes]] = []
        self.counts: dict[str, Counter[int]] = {"Click": Counter(), "Impression": Counter()}
        self.refused = 0  # records of the next put to the data stream
        self.failure: BaseException | None = None  # raised by the next put
        self.mail: list[dict[str, Any]] = [{"id": 3, "protocol": "email", "subject": "Confirm", "body": ""}]

    @property
    def engine(self) -> str:
        return "flink" if self.target == "aws" else self.local_engine

    # clock and control
    def now(self) -> float:
        return self.time

    def step(self, seconds: float) -> float:
        self.steps.append(seconds)
        before, self.time = self.time, self.time + seconds
        fresh = [
            row for row in self.stream_rows("DESTINATION_SQL_STREAM") if before < row["ROWTIME"] / 1000 <= self.time
        ]
        for row in fresh:
            for protocol in ("email", "sms"):
                number = self.mail[-1]["id"] + 1
                body = f"CTR {row['CTRPERCENT']:.0f} %, score {row['ANOMALY_SCORE']}"
                self.mail.append({"id": number, "protocol": protocol, "subject": "Anomaly", "body": body})
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def control(self, method: str, path: str, body: Any = None) -> Any:
        assert (method, path) == ("POST", "clock")
        self.mode = body["mode"]
        self.modes.append(self.mode)
        return {"mode": self.mode, "now": self.time}

    # inbox and application
    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        return [message for message in self.mail if message["id"] > after]

    def application_status(self) -> dict[str, Any]:
        if self.status == "missing":
            raise WorkshopError("There is no application: run chapter 04 first.")
        return {
            "name": self.application_name,
            "status": self.status,
            "watermark": self.time,
            "learning": {"needed": 12, "seen": min(12, len(self.stream_rows("CTRSTREAM")))},
        }

    def stream_rows(self, stream: str, after: int = 0) -> list[dict[str, Any]]:
        clicks, impressions = self.counts["Click"], self.counts["Impression"]
        closed = sorted(end for end in clicks.keys() | impressions.keys() if end <= self.time * 1000)
        rows: list[dict[str, Any]] = []
        for end in closed:
            ctr = clicks[end] / impressions[end] * 100 if impressions[end] else 0.0
            row: dict[str, dict[str, Any]] = {
                "CLICKSTREAM": {"CLICKCOUNT": float(clicks[end])} if clicks[end] else {},
                "IMPRESSIONSTREAM": {"IMPRESSIONCOUNT": float(impressions[end])} if impressions[end] else {},
                "CTRSTREAM": {"CTR": ctr} if ctr else {},
                "DESTINATION_SQL_STREAM": {"CTRPERCENT": ctr, "ANOMALY_SCORE": 3.25} if ctr > 250 else {},
            }
            if row[stream]:
                rows.append({"ROWTIME": end} | row[stream])
        return rows[after:]

    # firehose
    def client(self, name: str) -> Any:
        assert name in ("firehose", "kinesis", "kinesisanalyticsv2")
        return self

    exceptions = SimpleNamespace(ResourceNotFoundException=KeyError)

    def describe_application(self, ApplicationName: str) -> dict[str, Any]:
        if self.status == "missing":
            raise KeyError(ApplicationName)
        return {"ApplicationDetail": {"ApplicationStatus": self.status}}

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        assert StreamName == self.outputs["EventStreamName"]
        refused, self.refused = self.refused, 0
        taken = [{"Data": record["Data"]} for record in Records[refused:]]
        self.put_record_batch(StreamName, taken)
        answer = [{"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow"}] * refused
        return {"FailedRecordCount": refused, "Records": answer + [{"SequenceNumber": "1"} for _ in taken]}

    def put_record_batch(self, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        for record in Records:
            self.records.append((self.time, record["Data"]))
            action = json.loads(record["Data"])["browseraction"]
            if action in self.counts:
                self.counts[action][(math.floor(self.time / 10) + 1) * 10_000] += 1
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "x"} for _ in Records]}

    def describe_delivery_stream(self, DeliveryStreamName: str) -> dict[str, Any]:
        s3 = {
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            "ProcessingConfiguration": {
                "Enabled": True,
                "Processors": [
                    {
                        "Type": "Lambda",
                        "Parameters": [
                            {"ParameterName": "LambdaArn", "ParameterValue": "arn"},
                            {"ParameterName": "BufferIntervalInSeconds", "ParameterValue": "30"},
                        ],
                    }
                ],
            },
        }
        return {"DeliveryStreamDescription": {"Destinations": [{"ExtendedS3DestinationDescription": s3}]}}


@pytest.fixture
def ws() -> FakeWorkshop:
    return FakeWorkshop()


@pytest.fixture
def workshops() -> type[FakeWorkshop]:
    """For tests that need several, or another hour."""
    return FakeWorkshop
