"""Answers in AWS's formats: JSON, the query services' XML, S3's XML, each with its error shape."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from helpers.local_aws.protocol import AwsError, JsonService

log = logging.getLogger(__name__)
JSON_1_1 = "application/x-amz-json-1.1"


class Answer(NamedTuple):
    """Status, headers and body of a response."""

    status: int
    headers: dict[str, str]
    body: bytes


async def call(service: JsonService, operation: str, body: bytes) -> Answer:
    """Let a service answer one JSON request, in a worker thread unless prompt; every outcome becomes an Answer."""
    try:
        if operation in service.prompt:
            result = _answer(service, operation, body)
        else:
            result = await asyncio.to_thread(_answer, service, operation, body)
    except AwsError as error:
        return json_error(error)
    except Exception:
        # The traceback is for the log and /_workshop/errors; the caller learns that it was not its fault.
        log.exception("%s:%s failed", service.name, operation)
        return json_error(internal_failure(f"{service.name}:{operation}"))
    return Answer(200, {"content-type": JSON_1_1, "x-amzn-requestid": str(uuid.uuid4())}, result)


def _answer(service: JsonService, operation: str, body: bytes) -> bytes:
    return service.answer(operation, json_object(body, "SerializationException"))


def json_object(body: bytes, refusal: str) -> dict[str, Any]:
    """A request's body, {} when it has none; AwsError with the code `refusal` if it is no JSON object."""
    try:
        value = json.loads(body or b"{}")
    except RecursionError as error:
        raise AwsError(refusal, "the request is nested too deep") from error
    except ValueError as error:
        raise AwsError(refusal, f"the request is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise AwsError(refusal, "the request is not a JSON object")
    return value


def internal_failure(where: str) -> AwsError:
    """The error AWS answers with when the fault is its own."""
    return AwsError(
        "InternalFailure",
        f"{where}: an error inside the local AWS; its log, local-aws.log, has the details",
        500,
    )


def plain_json(value: Any, status: int = 200) -> Answer:
    """A JSON document, as the control API answers."""
    return Answer(status, {"content-type": "application/json"}, json.dumps(value).encode())


def html(title: str, text: str, status: int = 200) -> Answer:
    """A small page for a person who followed a link in a mail."""
    page = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'",
        "x-content-type-options": "nosniff",
    }
    return Answer(status, headers, page.encode())


def json_error(error: AwsError) -> Answer:
    """An error as the JSON services answer it."""
    headers = {
        "content-type": JSON_1_1,
        "x-amzn-errortype": error.code,
        "x-amzn-requestid": str(uuid.uuid4()),
    }
    return Answer(error.status, headers, json.dumps(error.body()).encode())


def error_for(headers: Mapping[str, str], error: AwsError) -> Answer:
    """An error in the format which the client that sent these headers expects."""
    if "x-amz-target" in headers:
        return json_error(error)
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    request_id = f"<RequestId>{uuid.uuid4()}</RequestId>"
    xml = {"content-type": "application/xml"}
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        kind = "Sender" if error.status < 500 else "Receiver"
        body = f"<ErrorResponse><Error><Type>{kind}</Type>{detail}</Error>{request_id}</ErrorResponse>"
        return Answer(error.status, xml, body.encode())
    if "x-amz-content-sha256" in headers or not headers.get("authorization"):
        return Answer(error.status, xml, f"<Error>{detail}{request_id}</Error>".encode())
    return json_error(error)
