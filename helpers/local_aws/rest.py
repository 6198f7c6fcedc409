"""AWS's REST-JSON protocol for services written here: which operation a request is, and its parameters in one piece.

The service is the one the signature names; the operation is found by method and path in botocore's model; members of
path and query join those of the body. What a service then does is JsonService's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from helpers.local_aws.answers import Answer, call, json_object
from helpers.local_aws.protocol import AwsError, JsonService, service_model

SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([a-z0-9-]+)/aws4_request")


def service_of(headers: Mapping[str, str]) -> str:
    """The service that a signed request is for, '' if it does not say."""
    found = SCOPE.search(headers.get("authorization", ""))
    return found[1] if found else ""


async def answer(
    service: JsonService, method: str, raw_path: str, query: Mapping[str, list[str]], body: bytes
) -> Answer:
    """Let a service answer a REST request; the status is the answer's own where it has one."""
    operation, params = request(service.name, method, raw_path, query, body)
    given = await call(service, operation, json.dumps(params).encode())
    if given.status != 200:
        return given
    return given._replace(status=json.loads(given.body).get("Status", 200))


def request(
    name: str, method: str, raw_path: str, query: Mapping[str, list[str]], body: bytes
) -> tuple[str, dict[str, Any]]:
    """The operation and its parameters; AwsError UnknownOperationException if there is none such."""
    for operation, (verb, pattern) in _routes(name).items():
        if verb == method and (match := pattern.fullmatch(raw_path)):
            params = json_object(body, "InvalidParameterValueException")
            params |= {key: values[-1] for key, values in query.items()}
            return operation, params | {key: unquote(value) for key, value in match.groupdict().items()}
    raise AwsError("UnknownOperationException", f"{name} has no operation {method} {raw_path}", 404)


@lru_cache
def _routes(name: str) -> dict[str, tuple[str, re.Pattern[str]]]:
    found = {}
    for operation in service_model(name).operation_names:
        http = service_model(name).operation_model(operation).http
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", http["requestUri"].partition("?")[0])
        found[operation] = http["method"], re.compile(path)
    return found
