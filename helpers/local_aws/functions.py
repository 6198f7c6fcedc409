"""What services that call a Lambda function have in common: the call, and the pause before the next attempt."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from helpers.local_aws.runtime import Runtime

LONGEST_BACK_OFF = 60.0  # seconds


class FunctionError(Exception):
    """The function was invoked and failed; the text is its answer."""


def invoke(runtime: Runtime, arn: str, payload: bytes, role: str = "", principal: str = "") -> bytes:
    """Invoke a function under a role given to a service, and wait for its answer; FunctionError if it failed,
    botocore's errors as they are."""
    if fault := runtime.faults.hit("lambda-error", runtime.clock.now()):
        raise demanded(fault.code, "Invoke", 429 if fault.code == "TooManyRequestsException" else 500)
    response = runtime.acting("lambda", role, principal).invoke(FunctionName=arn, Payload=payload)
    answer: bytes = response["Payload"].read()
    if response.get("FunctionError"):
        raise FunctionError(answer.decode(errors="replace"))
    return answer


def back_off(attempt: int) -> float:
    """Seconds before the attempt after this one: 1, 2, 4 … 60."""
    return float(min(2 ** min(attempt - 1, 16), LONGEST_BACK_OFF))


def demanded(code: str, operation: str, status: int) -> ClientError:
    """botocore's error for a fault on demand, as if AWS had answered it."""
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError(
        {"Error": {"Code": code, "Message": "a fault on demand"}, "ResponseMetadata": metadata}, operation
    )
