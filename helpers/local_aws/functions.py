"""What services that call a Lambda function have in common: the call, and the pause before the next attempt."""

from __future__ import annotations

from helpers.local_aws.runtime import Runtime

LONGEST_BACK_OFF = 60.0  # seconds


class FunctionError(Exception):
    """The function was invoked and failed; the text is its answer."""


def invoke(runtime: Runtime, arn: str, payload: bytes) -> bytes:
    """Invoke a function and wait for its answer; FunctionError if it failed, botocore's errors as they are."""
    response = runtime.client("lambda").invoke(FunctionName=arn, Payload=payload)
    answer: bytes = response["Payload"].read()
    if response.get("FunctionError"):
        raise FunctionError(answer.decode(errors="replace"))
    return answer


def back_off(attempt: int) -> float:
    """Seconds before the attempt after this one: 1, 2, 4 … 60."""
    return float(min(2 ** min(attempt - 1, 16), LONGEST_BACK_OFF))
