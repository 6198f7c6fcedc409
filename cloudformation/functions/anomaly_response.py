"""CSEBeconAnomalyResponse: what becomes of the rows of the analytics application's DESTINATION_SQL_STREAM.

Each record is one anomaly, {"CTRPERCENT": 200.0, "ANOMALY_SCORE": 2.9}. It becomes one notification to the
topic and one line of a JSON-lines object under weblogs/anomalies/ in the processed bucket. Every recordId is
answered Ok or DeliveryFailed; the service sends the failed ones again until they are Ok, hence:

- notify first, store what was notified: an anomaly is never stored twice because a later one failed, and what
  was notified is Ok: if S3 then refuses, the line goes to the function's log rather than out to a phone again;
- the object's key comes from the records alone (id and data), not from the invocation or the time: the same
  records sent again overwrite, never double;
- a record that is no anomaly can never become Ok by itself and would be sent for ever: it is set aside under
  errors/anomaly-response/ of the processed bucket, as received, and answered Ok.

A Flink application writes the same rows to a Kinesis data stream, and an event source mapping calls with them. It
comes again from the first record that is named as failed, with all behind it, so here the first failure ends the
work: nothing behind it has been notified yet.

https://docs.aws.amazon.com/kinesisanalytics/latest/dev/how-it-works-output-lambda.html
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

import base64
import functools
import hashlib
import json
import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PREFIX = "weblogs/anomalies/"
REFUSED_PREFIX = "errors/anomaly-response/"
QUICK = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True)
class Anomaly:
    """One row of DESTINATION_SQL_STREAM: CTR in percent, score without a unit."""

    ctr_percent: float
    anomaly_score: float

    @property
    def subject(self) -> str:
        """An e-mail subject: SNS takes ASCII, under 100 characters."""
        return f"Clickstream anomaly: CTR {self.ctr_percent:.1f} percent, score {self.anomaly_score:.2f}"

    @property
    def text(self) -> str:
        """A body for e-mail and SMS alike: one SMS of 160 GSM-7 characters holds it."""
        return (
            f"Unusual click-through rate: CTR {self.ctr_percent:.1f} percent, "
            f"anomaly score {self.anomaly_score:.2f}. Check the ad and its bidding."
        )


@functools.cache
def client(name: str) -> Any:
    """A client for all invocations of this execution environment: making one takes longer than using it."""
    return boto3.client(name, config=QUICK)


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Notify and store the anomalies of one invocation, answering in the caller's contract."""
    answer = follow if "Records" in event else respond
    return answer(
        event,
        client("sns"),
        client("s3"),
        os.environ["TOPIC_ARN"],
        os.environ["PROCESSED_BUCKET"],
    )


def follow(event: dict[str, Any], sns: Any, s3: Any, topic: str, bucket: str) -> dict[str, list[dict[str, str]]]:
    """Take a Kinesis data stream's records one by one; the answer names the first that failed."""
    for record in event["Records"]:
        number = record["kinesis"]["sequenceNumber"]
        one = {"recordId": number, "data": record["kinesis"]["data"]}
        asked = {"applicationArn": record["eventSourceARN"], "records": [one]}
        (answer,) = respond(asked, sns, s3, topic, bucket)["records"]
        if answer["result"] != "Ok":
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}


def respond(event: dict[str, Any], sns: Any, s3: Any, topic: str, bucket: str) -> dict[str, list[dict[str, str]]]:
    """Do the handler's work with the clients given (SNS and S3, or fakes)."""
    lines: dict[str, str] = {}
    refused: dict[str, str] = {}
    for record in event["records"]:
        record_id = record["recordId"]
        try:
            lines[record_id] = notify(parse(record["data"]), sns, topic)
        except ValueError as error:
            refused[record_id] = json.dumps({**record, "error": str(error)})
        except (ClientError, BotoCoreError) as error:
            print(f"{record_id}: not delivered: {error}")  # noqa: T201 - Lambda's log is its stdout
    if store(lines, event, s3, bucket, PREFIX) != set(lines):
        print("not in the bucket:", *lines.values(), sep="\n")  # noqa: T201 - Lambda's log is its stdout
    delivered = set(lines) | store(refused, event, s3, bucket, REFUSED_PREFIX)
    return {
        "records": [
            {"recordId": r["recordId"], "result": "Ok" if r["recordId"] in delivered else "DeliveryFailed"}
            for r in event["records"]
        ]
    }


def parse(data: str) -> Anomaly:
    """Return the anomaly in one record's base64 JSON; ValueError says what is wrong with it."""
    try:
        row = json.loads(base64.b64decode(data, validate=True))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    try:
        anomaly = Anomaly(float(row["CTRPERCENT"]), float(row["ANOMALY_SCORE"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"expected numbers CTRPERCENT and ANOMALY_SCORE, got {row!r}") from error
    if not (math.isfinite(anomaly.ctr_percent) and math.isfinite(anomaly.anomaly_score)):
        raise ValueError(f"expected finite numbers, got {row!r}")
    return anomaly


def notify(anomaly: Anomaly, sns: Any, topic: str) -> str:
    """Publish one anomaly and return its JSON line, timed by SNS's own answer."""
    reply = sns.publish(TopicArn=topic, Subject=anomaly.subject, Message=anomaly.text)
    line = {
        "detected_at": f"{answered_at(reply):%Y-%m-%dT%H:%M:%S}.000Z",
        "ctr_percent": anomaly.ctr_percent,
        "anomaly_score": anomaly.anomaly_score,
    }
    return json.dumps(line, separators=(",", ":"))


def answered_at(reply: dict[str, Any]) -> datetime:
    """Return the Date of an AWS answer in UTC: AWS's clock, which is not always this machine's."""
    date = reply["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(date).astimezone(UTC) if date else datetime.now(UTC)


def store(lines: dict[str, str], event: dict[str, Any], s3: Any, bucket: str, prefix: str) -> set[str]:
    """Write the lines as one object and return the recordIds stored: all, or none if S3 refuses."""
    if not lines:
        return set()
    sent = sorted([r["recordId"], r["data"]] for r in event["records"] if r["recordId"] in lines)
    identity = json.dumps([event.get("applicationArn"), sent])
    key = f"{prefix}{hashlib.sha256(identity.encode()).hexdigest()[:32]}.json"
    body = "".join(f"{line}\n" for line in lines.values()).encode()
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/x-ndjson")
    except (ClientError, BotoCoreError) as error:
        print(f"{len(lines)} records not stored as {key}: {error}")  # noqa: T201 - Lambda's log is its stdout
        return set()
    print(f"{len(lines)} records stored as {key}")  # noqa: T201 - Lambda's log is its stdout
    return set(lines)
