"""Lambda's failures and limits as AWS reports them."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.local_aws.function_errors import LARGEST
from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/function-errors"
Make = Callable[..., str]


@pytest.fixture
def make(workshop: Workshop) -> Iterator[Make]:
    """Makes a function of the source given; its name."""
    client = boto3.client("lambda")
    make_role(boto3.client("iam"), ROLE)
    made: list[str] = []

    def create(source: str, **settings: Any) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("f.py", source)
        name = f"errors-{uuid.uuid4().hex[:8]}"
        given = {"Runtime": "python3.12", "Handler": "f.handler", "Timeout": 60} | settings
        client.create_function(FunctionName=name, Role=ROLE, Code={"ZipFile": packed.getvalue()}, **given)
        made.append(name)
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        return name

    yield create
    for name in made:
        client.delete_function(FunctionName=name)


def failure(name: str, payload: str = "null") -> dict[str, Any]:
    """What an invocation that fails answers."""
    answer = boto3.client("lambda").invoke(FunctionName=name, Payload=payload.encode())
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    body: dict[str, Any] = json.loads(answer["Payload"].read())
    return body


def test_an_exception_has_its_class_and_its_stack(make: Make) -> None:
    name = make("def deeper():\n    raise KeyError('site')\n\ndef handler(event, context):\n    return deeper()\n")
    body = failure(name)
    assert (body["errorMessage"], body["errorType"]) == ("'site'", "KeyError")
    outer, inner = body["stackTrace"]
    assert outer.startswith('  File "/var/task/f.py", line 5, in handler\n    return deeper()')
    assert inner.startswith("  File \"/var/task/f.py\", line 2, in deeper\n    raise KeyError('site')")
    assert len(body["requestId"]) == 36


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def handler(e, c) return 1", "Runtime.UserCodeSyntaxError", "Syntax error in module 'f': expected ':'"),
        ("import nothing_of_the_kind", "Runtime.ImportModuleError", "Unable to import module 'f': No module named"),
        ("def other(e, c): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'f'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("def handler(e, c): return {1}", "Runtime.MarshalError", "Unable to marshal response: Object of type set"),
        ("import os\ndef handler(e, c): os._exit(3)", "Runtime.ExitError", "Runtime exited without providing a reason"),
    ],
)
def test_failures_of_other_kinds_have_types_of_their_own(make: Make, source: str, kind: str, message: str) -> None:
    body = failure(make(source))
    assert body["errorType"] == kind
    assert message in body["errorMessage"]


def test_a_function_that_failed_is_called_again(make: Make) -> None:
    name = make("def handler(event, context):\n    return 1 / event\n")
    client = boto3.client("lambda")
    assert json.loads(client.invoke(FunctionName=name, Payload=b"0")["Payload"].read())["errorType"] == (
        "ZeroDivisionError"
    )
    assert client.invoke(FunctionName=name, Payload=b"2")["Payload"].read() == b"0.5"


def test_payloads_beyond_six_mib_and_such_that_are_no_json_are_refused(make: Make) -> None:
    name = make("def handler(event, context):\n    return event * 2\n")
    client = boto3.client("lambda")
    text = json.dumps("x" * (LARGEST - 2)).encode()
    for payload, code in ((text + b" ", "RequestTooLargeException"), (b'{"a', "InvalidRequestContentException")):
        with pytest.raises(ClientError) as refused:
            client.invoke(FunctionName=name, Payload=payload)
        assert refused.value.response["Error"]["Code"] == code
    answer = client.invoke(FunctionName=name, Payload=text)
    body = json.loads(answer["Payload"].read())
    assert body == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({LARGEST} bytes).",
    }


def test_an_answer_is_measured_as_utf_8(make: Make) -> None:
    name = make("def handler(event, context):\n    return chr(233) * event\n")
    client = boto3.client("lambda")
    most = (LARGEST - 2) // 2  # two bytes each, and the quotes
    assert json.loads(client.invoke(FunctionName=name, Payload=str(most).encode())["Payload"].read()) == "é" * most
    assert failure(name, str(most + 1))["errorType"] == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"Runtime": "python2.7"}, "InvalidParameterValueException"), ({"Timeout": 901}, "ValidationException")],
)
def test_settings_that_aws_does_not_take_are_refused(make: Make, settings: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        make("", **settings)
    assert refused.value.response["Error"]["Code"] == code
