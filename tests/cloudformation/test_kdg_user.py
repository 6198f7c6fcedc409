"""The custom resource: it always answers, in CloudFormation's form, and never tells the password."""

import json
import threading
import urllib.error
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import ModuleType, SimpleNamespace

import pytest
from botocore.exceptions import ClientError, ParamValidationError

PASSWORD = "very-Secret-1"


class Missing(ClientError):
    pass


class Exists(ClientError):
    pass


class FakeCognito:
    exceptions = SimpleNamespace(
        UsernameExistsException=Exists, UserNotFoundException=Missing, ResourceNotFoundException=Missing
    )

    def __init__(self, fail: dict[str, Exception] | None = None) -> None:
        self.users: dict[tuple[str, str], str | None] = {}
        self._fail = fail or {}

    def admin_create_user(self, UserPoolId, Username, MessageAction):
        assert MessageAction == "SUPPRESS"  # the user has no e-mail address to write to
        self._maybe_fail("create")
        if (UserPoolId, Username) in self.users:
            raise Exists({"Error": {"Code": "UsernameExistsException"}}, "AdminCreateUser")
        self.users[UserPoolId, Username] = None

    def admin_set_user_password(self, UserPoolId, Username, Password, Permanent):
        assert Permanent is True
        self._maybe_fail("password")
        self.users[UserPoolId, Username] = Password

    def admin_delete_user(self, UserPoolId, Username):
        self._maybe_fail("delete")
        if (UserPoolId, Username) not in self.users:
            raise Missing({"Error": {"Code": "UserNotFoundException"}}, "AdminDeleteUser")
        del self.users[UserPoolId, Username]

    def _maybe_fail(self, step: str) -> None:
        if step in self._fail:
            raise self._fail[step]


def event(request: str, physical: str = "", **properties: str) -> dict:
    given = {"UserPoolId": "pool", "Username": "kplsetup", "Password": PASSWORD} | properties
    made = {
        "RequestType": request,
        "ResponseURL": "http://127.0.0.1/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "DataGeneratorUser",
        "ResourceType": "Custom::DataGeneratorUser",
        "ResourceProperties": {name: value for name, value in given.items() if value},
    }
    return made | ({"PhysicalResourceId": physical} if physical else {})


@pytest.fixture
def function(load) -> ModuleType:
    return load("kdg_user")


def test_create_makes_a_confirmed_user(function):
    cognito = FakeCognito()
    assert function.answer(event("Create"), cognito) == {
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "DataGeneratorUser",
        "PhysicalResourceId": "pool/kplsetup",
        "Status": "SUCCESS",
    }
    assert cognito.users == {("pool", "kplsetup"): PASSWORD}


def test_create_again_and_update_set_the_password(function):
    cognito = FakeCognito()
    function.answer(event("Create"), cognito)
    assert function.answer(event("Create", Password="other-secret-2"), cognito)["Status"] == "SUCCESS"
    function.answer(event("Update", "pool/kplsetup", Password="third-secret-3"), cognito)
    assert cognito.users == {("pool", "kplsetup"): "third-secret-3"}


def test_another_name_is_another_resource_and_the_old_one_can_be_deleted(function):
    cognito = FakeCognito()
    function.answer(event("Create"), cognito)
    updated = function.answer(event("Update", "pool/kplsetup", Username="other"), cognito)
    assert updated["PhysicalResourceId"] == "pool/other"
    # CloudFormation then deletes the old physical id, with the old properties.
    assert function.answer(event("Delete", "pool/kplsetup"), cognito)["Status"] == "SUCCESS"
    assert list(cognito.users) == [("pool", "other")]


@pytest.mark.parametrize("physical", ["pool/kplsetup", "never-made"])
def test_deleting_what_is_not_there_succeeds(function, physical):
    answer = function.answer(event("Delete", physical), FakeCognito())
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == physical


@pytest.mark.parametrize(
    ("step", "error", "told"),
    [
        (
            "create",
            ClientError({"Error": {"Code": "X", "Message": "no such pool"}}, "AdminCreateUser"),
            "no such pool",
        ),
        ("password", ParamValidationError(report=f"bad value {PASSWORD}"), "ParamValidationError"),
        ("password", RuntimeError(PASSWORD), "RuntimeError"),
    ],
)
def test_a_failure_is_answered_with_its_reason_but_not_the_password(function, step, error, told):
    answer = function.answer(event("Create"), FakeCognito({step: error}))
    assert answer["Status"] == "FAILED"
    assert told in answer["Reason"]
    assert PASSWORD not in json.dumps(answer)


def test_a_missing_property_is_named(function):
    answer = function.answer(event("Create", Password=""), FakeCognito())
    assert answer["Status"] == "FAILED"
    assert "'Password'" in answer["Reason"]


def test_the_handler_answers_over_http_and_prints_no_password(function, monkeypatch, capsys):
    received = []

    class CloudFormation(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Keep the test's output to what the function printed."""

    cognito = FakeCognito()
    monkeypatch.setattr(function.boto3, "client", lambda name, **_: cognito)
    with HTTPServer(("127.0.0.1", 0), CloudFormation) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/answer?signature=s"
        function.handler(event("Create") | {"ResponseURL": url}, None)
        thread.join(10)
    ((path, content_type, body),) = received
    assert (path, content_type, body["Status"]) == ("/answer?signature=s", "", "SUCCESS")
    printed = capsys.readouterr()
    assert PASSWORD not in printed.out + printed.err


def test_a_broken_connection_is_tried_again_and_then_reported(function, monkeypatch):
    waits, calls = [], []

    def refuse(request, timeout):
        calls.append(timeout)
        raise urllib.error.URLError("refused")

    monkeypatch.setattr(function.urllib.request, "urlopen", refuse)
    monkeypatch.setattr(function.time, "sleep", waits.append)
    with pytest.raises(urllib.error.URLError):
        function.send("http://127.0.0.1/answer", {"Status": "SUCCESS"})
    assert calls == [function.TIMEOUT] * 3
    assert waits == [1, 2]
