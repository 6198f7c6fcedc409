"""ClickStreamingLambda: the transformation Firehose calls before it writes to the processed bucket.

One JSON event in, one JSON line out, with the arrival time added:

    {"browseraction":"Click", "site": "shop.example"}
    -> {"event_time":"2026-11-22T10:00:00.000Z","browseraction":"Click","site":"shop.example"}

A blank record is Dropped. A record that is no click event is ProcessingFailed: Firehose then keeps it under
errors/processing-failed/ of the processed bucket, so nothing gets lost unseen.
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
"""

import base64
import json
from datetime import UTC, datetime
from typing import Any

FIELDS = ("browseraction", "site")


def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Answer every record of the batch, in its order and under its own recordId."""
    records = [transform(record) for record in event["records"]]
    refused = sum(record["result"] == "ProcessingFailed" for record in records)
    print(f"{len(records)} records, {refused} of them refused")  # noqa: T201 - Lambda's log is its stdout
    return {"records": records}


def transform(record: dict[str, Any]) -> dict[str, str]:
    """Return the answer to one record: recordId, result and base64 data."""
    try:
        raw = base64.b64decode(record["data"], validate=True)
        if not raw.strip():
            return answer(record, "Dropped", record["data"])
        click = json.loads(raw, parse_constant=refuse)
        line = processed_line(click, record["approximateArrivalTimestamp"])
    except (ValueError, RecursionError):  # not base64, not UTF-8, not JSON or nested too deeply, not a click event
        return answer(record, "ProcessingFailed", record["data"])
    return answer(record, "Ok", base64.b64encode(line).decode("ascii"))


def refuse(constant: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON has not."""
    raise ValueError(f"{constant} is not JSON")


def processed_line(click: Any, arrival_ms: int) -> bytes:
    """Return the JSON line for one event; ValueError if it has no browseraction or no site."""
    if not isinstance(click, dict) or any(field not in click for field in FIELDS):
        raise ValueError("a click event is an object with browseraction and site")
    row = {"event_time": iso_time(arrival_ms)} | {field: click[field] for field in FIELDS}
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def iso_time(milliseconds: int) -> str:
    """Return epoch milliseconds as ISO 8601 in UTC, to the millisecond."""
    seconds, rest = divmod(int(milliseconds), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def answer(record: dict[str, Any], result: str, data: str) -> dict[str, str]:
    """Return one entry of Firehose's response contract."""
    return {"recordId": record["recordId"], "result": result, "data": data}
