"""How Lambda reports a function's failure, and what it refuses to take: in ministack all failures look the same.

A failed handler's answer has the exception's class and stack; a module that cannot be loaded, a handler that is not
in it, an answer that is no JSON and a process that ends have types of their own, as in AWS's runtime for Python.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html and
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json

Failure = dict[str, Any]
Handler = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Any]]
LARGEST = 6 * 1024 * 1024  # bytes of a synchronous request or answer
LONGEST = 900  # seconds a function may be given
INVOCATION = re.compile(r"/2015-03-31/functions/[^/]+/invocations/?")
FUNCTION = re.compile(r"/2015-03-31/functions(/[^/]+/configuration)?/?")
PYTHONS = ("python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
INIT = "Worker init failed: "
# What ministack's worker says when loading fails, and when the handler does: text alone. These say it as AWS's runtime.
_LOADING = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")',
    "_text = json.dumps(_load_failure(e, module_name, handler_name))\n"
    '        _real_stdout.write(json.dumps({"status": "error", "error": _text}) + "\\n")',
)
_RUNNING = (
    '            _real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\\n")\n',
    '            _real_stdout.write(_answer(result) + "\\n")\n',
)
_FAILING = (
    '"error": str(e), "trace": traceback.format_exc()}',
    '"error": str(e), "trace": traceback.format_exc(), "failure": _failure(e, code_dir)}',
)
_HELPERS = (
    f"""
import json, traceback

_LARGEST = {LARGEST}
_TOO_LARGE = "Response payload size exceeded maximum allowed payload size ({LARGEST} bytes)."
"""
    + """
def _failure(error, code_dir):
    stack = [frame.replace(code_dir, "/var/task") for frame in traceback.format_tb(error.__traceback__)[1:]]
    if isinstance(error, _NoJson):
        return {"errorMessage": "Unable to marshal response: " + str(error), "errorType": "Runtime.MarshalError",
                "stackTrace": []}
    if isinstance(error, _TooLarge):
        return {"errorMessage": str(error), "errorType": "Function.ResponseSizeTooLarge"}
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": stack}

class _NoJson(Exception):
    pass

class _TooLarge(Exception):
    pass

def _answer(result):
    try:
        text = json.dumps(result)
    except (TypeError, ValueError) as error:
        raise _NoJson(str(error)) from error
    if len(text) > _LARGEST:  # with characters written as \\u00e9, which AWS counts as UTF-8
        if len(json.dumps(result, ensure_ascii=False).encode("utf-8", "surrogatepass")) > _LARGEST:
            raise _TooLarge(_TOO_LARGE)
    return '{"status": "ok", "result": ' + text + "}"

def _load_failure(error, module, handler):
    if isinstance(error, SyntaxError):
        where = '  File "/var/task/%s.py" Line %s\\n    %s' % (module, error.lineno, (error.text or "").strip())
        return {"errorMessage": "Syntax error in module '%s': %s" % (module, error),
                "errorType": "Runtime.UserCodeSyntaxError", "stackTrace": [where]}
    if isinstance(error, ImportError):
        return {"errorMessage": "Unable to import module '%s': %s" % (module, error),
                "errorType": "Runtime.ImportModuleError", "stackTrace": []}
    if isinstance(error, AttributeError) and str(error).endswith("has no attribute '%s'" % handler):
        return {"errorMessage": "Handler '%s' missing on module '%s'" % (handler, module),
                "errorType": "Runtime.HandlerNotFound", "stackTrace": []}
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
"""
)


class _Last(threading.local):
    failure: Failure | None = None


_last = _Last()


def install() -> None:
    """Let ministack's Python functions fail as AWS's do, once a process."""
    from ministack.services import lambda_svc

    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    for theirs, ours in (_LOADING, _RUNNING, _FAILING):
        if script.count(theirs) != 1:
            raise RuntimeError(f"ministack's worker is not the one that is known here: {theirs.strip()} is not in it")
        script = script.replace(theirs, ours)
    lambda_runtime._PYTHON_WORKER_SCRIPT = _HELPERS + script
    lambda_runtime.Worker.invoke = _remembering(lambda_runtime.Worker.invoke)
    lambda_svc._execute_function_warm = _worded(lambda_svc._execute_function_warm)


def handler(theirs: Handler) -> Handler:
    """Lambda's handler, which refuses payloads and settings beyond AWS's limits first."""

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
        if method == "POST" and INVOCATION.fullmatch(path):
            refusal = _refused_payload(body)
        elif method in ("POST", "PUT") and FUNCTION.fullmatch(path):
            refusal = _refused_settings(body)
        else:
            refusal = None
        return refusal or await theirs(method, path, headers, body, query)

    return handle


def _refused_payload(body: bytes) -> Any:
    if len(body) > LARGEST:
        message = f"Request must be smaller than {LARGEST} bytes for the InvokeFunction operation"
        return error_response_json("RequestTooLargeException", message, 413)
    try:
        json.loads(body or b"null")
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: {error}"
        return error_response_json("InvalidRequestContentException", message, 400)
    return None


def _refused_settings(body: bytes) -> Any:
    try:
        settings = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None  # ministack says so
    runtime, timeout = settings.get("Runtime") or "", settings.get("Timeout") or 0
    if runtime.startswith("python") and runtime not in PYTHONS:
        return error_response_json(
            "InvalidParameterValueException",
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(PYTHONS)}] or be a valid ARN",
        )
    if isinstance(timeout, int) and timeout > LONGEST:
        return error_response_json(
            "ValidationException",
            f"1 validation error detected: Value '{timeout}' at 'timeout' failed to satisfy constraint: "
            f"Member must have value less than or equal to {LONGEST}",
        )
    return None


def _remembering(theirs: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def invoke(worker: Any, event: Any, request_id: str, **more: Any) -> dict[str, Any]:
        _last.failure = None
        try:
            result = theirs(worker, event, request_id, **more)
        except RuntimeError as error:
            text = str(error)
            if text.startswith(INIT + "{"):
                _last.failure = json.loads(text.removeprefix(INIT)) | {"requestId": request_id}
            raise
        if result.get("status") == "error":
            if "failure" in result:
                _last.failure = result["failure"]
                if not _last.failure["errorType"].startswith("Function."):  # of the service, not of the runtime
                    _last.failure |= {"requestId": request_id}
            elif result.get("error") == "Worker process died":
                message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
                _last.failure = {"errorType": "Runtime.ExitError", "errorMessage": message}
        return result

    return invoke


def _worded(theirs: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def execute(function: Any, event: Any, request_id: str) -> dict[str, Any]:
        _last.failure = None
        answer = theirs(function, event, request_id)
        if answer.get("error") and _last.failure is not None:
            answer["body"] = _last.failure
        return answer

    return execute
