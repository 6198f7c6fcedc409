"""SendNotification: texts every record of the anomaly stream whose score is above the threshold.

An event source mapping hands over batches of rows of ANOMALY_SCORE_SQL_STREAM, {"station_id": "183A",
"vehicle_count": 104, "anomaly_score": 0.7}. The threshold and the phone number (empty: nobody is texted, the log
tells) are environment variables.

- The first row that could not be texted is named in the answer, so that the mapping comes again from there and no
  phone gets a text twice (ReportBatchItemFailures).
- A row that cannot be read can never be texted: it is logged, and does not hold up those behind it.

https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
"""

import base64
import functools
import json
import math
import os
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

QUICK = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True)
class Score:
    """One row: a station, the vehicles it counted in a window, and the anomaly score of that count."""

    station: str
    vehicles: int
    score: float

    def text(self, threshold: float) -> str:
        """The lab's message, short enough for one SMS of 160 characters."""
        return (
            f"Anomalous data detected at station {self.station}. Total vehicles detected was {self.vehicles}. "
            f"The anomaly score was {self.score:.2f}, above your threshold of {threshold:g}"
        )


@functools.cache
def client(name: str) -> Any:
    """A client for all invocations of this execution environment: making one takes longer than using it."""
    return boto3.client(name, config=QUICK)


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Text what is above the threshold; the answer names the first record that failed."""
    return respond(
        event,
        client("sns"),
        float(os.environ["ANOMALY_THRESHOLD"]),
        os.environ["PHONE_NUMBER"],
    )


def respond(event: dict[str, Any], sns: Any, threshold: float, phone: str) -> dict[str, list[dict[str, str]]]:
    """Do the handler's work with the client given (SNS, or a fake)."""
    for record in event["Records"]:
        number = record["kinesis"]["sequenceNumber"]
        try:
            row = parse(record["kinesis"]["data"])
        except ValueError as error:
            print(f"{number}: passed over: {error}")  # noqa: T201 - Lambda's log is its stdout
            continue
        if row.score <= threshold:
            continue
        print(row.text(threshold))  # noqa: T201 - Lambda's log is its stdout
        try:
            if phone:
                sns.publish(PhoneNumber=phone, Message=row.text(threshold))
        except (ClientError, BotoCoreError) as error:
            print(f"{number}: not texted: {error}")  # noqa: T201 - Lambda's log is its stdout
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}


def parse(data: str) -> Score:
    """Return the row in one record's base64 JSON; ValueError says what is wrong with it."""
    try:
        row = json.loads(base64.b64decode(data, validate=True))
        score = Score(str(row["station_id"]), int(row["vehicle_count"]), float(row["anomaly_score"]))
    except (KeyError, TypeError, RecursionError, ValueError) as error:
        raise ValueError(f"expected station_id, vehicle_count and anomaly_score: {error!r}") from error
    if not math.isfinite(score.score):
        raise ValueError(f"expected a finite score, got {score.score}")
    return score
