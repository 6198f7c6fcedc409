"""Every finding of the preflight, from answers that botocore accepts; nothing is asked of an account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from click.testing import CliRunner

from helpers import preflight
from helpers.cli import main
from helpers.errors import WorkshopError
from helpers.local_process import ROOT
from helpers.workshop import Workshop
from tests.aws import ACCOUNT, StubbedWorkshop

USER = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/somebody", "UserId": "AIDAEXAMPLEEXAMPLE"}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/clickstream-workshop-boundary"
DOCUMENT = (ROOT / preflight.BOUNDARY_FILE).read_text(encoding="utf-8")
STATEMENTS = [
    statement
    for name in preflight.POLICIES
    for statement in json.loads((ROOT / "cloudformation" / name).read_text(encoding="utf-8"))["Statement"]
]
SERVICES_ASKED = sum(len({action.split(":")[0] for action in statement["Action"]}) for statement in STATEMENTS)


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[StubbedWorkshop]:
    yield StubbedWorkshop(tmp_path)


class Account:
    """Answers of an account in which all is well, but for what a test replaces or refuses (by operation)."""

    def __init__(self, ws: StubbedWorkshop, **changed: Any) -> None:
        self.ws, self.changed = ws, changed
        self.say("sts", "get_caller_identity", USER)
        self.say("kinesis", "describe_limits", {"ShardLimit": 20, "OpenShardCount": 3, **ON_DEMAND})
        self.say("lambda", "get_account_settings", {"AccountLimit": {"ConcurrentExecutions": 10}})
        self.say("iam", "get_account_summary", {"SummaryMap": {"Roles": 5, "RolesQuota": 1000}})
        self.say("kinesisanalyticsv2", "list_applications", {"ApplicationSummaries": []})
        quota = {"QuotaName": "Applications per Region", "Value": 50.0}
        self.say("service-quotas", "list_service_quotas", {"Quotas": [quota]})
        self.say("iam", "get_policy", {"Policy": {"Arn": BOUNDARY, "DefaultVersionId": "v1"}}, {"PolicyArn": BOUNDARY})
        if "get_policy" not in changed:
            self.say("iam", "get_policy_version", {"PolicyVersion": {"Document": DOCUMENT, "VersionId": "v1"}})
        if "simulate_principal_policy" in changed:
            self.say("iam", "simulate_principal_policy", {})
        elif not USER_IS_ROOT(changed):
            for number in range(SERVICES_ASKED):
                denied = changed.get("denied") if number == 0 else None
                results = [
                    {"EvalActionName": denied or "any:Thing", "EvalDecision": "implicitDeny" if denied else "allowed"}
                ]
                ws.answer("iam", "simulate_principal_policy", {"EvaluationResults": results, "IsTruncated": False})

    def say(self, service: str, operation: str, answer: dict[str, Any], request: Any = None) -> None:
        found = self.changed.get(operation, answer)
        if isinstance(found, str):
            self.ws.refuse(service, operation, found, "AWS says no.")
        else:
            self.ws.answer(service, operation, found, request)


ON_DEMAND = {"OnDemandStreamCount": 0, "OnDemandStreamCountLimit": 50}


def USER_IS_ROOT(changed: dict[str, Any]) -> bool:
    return str(changed.get("get_caller_identity", USER)["Arn"]).endswith(":root")


def findings(ws: StubbedWorkshop, **changed: Any) -> dict[str, preflight.Finding]:
    Account(ws, **changed)
    found = preflight.check(ws)
    ws.all_asked()
    return {finding.what: finding for finding in found}


def test_an_account_in_which_all_is_well(ws):
    found = findings(ws)
    assert {finding.state for finding in found.values()} == {"ok"}
    assert not [finding for finding in found.values() if finding.todo]
    assert found["credentials"].found == f"{USER['Arn']} in us-east-1"
    assert found["quota of shards"].found == "3 of 20 used, 2 needed"
    assert len(found) == 8


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId"])
def test_without_valid_credentials_nothing_else_is_asked(ws, code):
    ws.refuse("sts", "get_caller_identity", code, "The security token is expired")
    (only,) = preflight.check(ws)
    assert (only.what, only.state) == ("credentials", "missing")
    assert "token is expired" in only.found and "aws sso login" in only.todo


def test_a_region_that_cannot_be_reached(ws, monkeypatch):
    def unreachable() -> None:
        raise EndpointConnectionError(endpoint_url="https://sts.nowhere-1.amazonaws.com/")

    monkeypatch.setattr(ws.client("sts"), "get_caller_identity", unreachable)
    (only,) = preflight.check(ws)
    assert only.state == "missing" and "nowhere-1" in only.found and "connection" in only.todo


def test_a_region_without_one_of_the_services(tmp_path):
    ws = StubbedWorkshop(tmp_path, region="us-gov-east-1")
    services = findings(ws)["services"]
    assert services.state == "missing"
    assert "us-gov-east-1 does not offer" in services.found and "us-east-1" in services.todo


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2", "eu-central-1"])
def test_regions_with_all_services(tmp_path, region):
    assert findings(StubbedWorkshop(tmp_path, region=region))["services"].state == "ok"


@pytest.mark.parametrize(
    ("what", "operation", "answer", "found"),
    [
        ("quota of shards", "describe_limits", {"ShardLimit": 4, "OpenShardCount": 3, **ON_DEMAND}, "3 of 4 used, 2"),
        (
            "quota of functions",
            "get_account_settings",
            {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 5}},
            "995 of 1,000 used, 10",
        ),
        ("quota of roles", "get_account_summary", {"SummaryMap": {"Roles": 999, "RolesQuota": 1000}}, "999 of 1,000"),
        (
            "quota of applications",
            "list_service_quotas",
            {"Quotas": [{"QuotaName": "Applications", "Value": 0.0}]},
            "0 of 0 used, 1",
        ),
    ],
)
def test_a_quota_that_is_used_up(ws, what, operation, answer, found):
    finding = findings(ws, **{operation: answer})[what]
    assert finding.state == "missing" and found in finding.found and "Service Quotas" in finding.todo


def test_a_quota_that_may_not_be_asked_for_is_the_usual_one_and_told_so(ws):
    finding = findings(ws, list_service_quotas="AccessDeniedException")["quota of applications"]
    assert (finding.state, finding.found) == ("not checked", "0 of 50 used, 1 needed; the limit is the usual one")


def test_what_may_not_be_asked_is_not_taken_for_good(ws):
    for what, operation in (
        ("quota of shards", "describe_limits"),
        ("permissions boundary", "get_policy"),
        ("permissions", "simulate_principal_policy"),
    ):
        finding = findings(StubbedWorkshop(ws.home), **{operation: "AccessDenied"})[what]
        assert (finding.state, finding.found) == ("not checked", "you may not ask"), what
        assert "administrator" in finding.todo


def test_a_boundary_that_is_not_there(ws):
    finding = findings(ws, get_policy="NoSuchEntity")["permissions boundary"]
    assert finding.state == "missing"
    assert "aws iam create-policy --policy-name clickstream-workshop-boundary" in finding.todo
    assert preflight.BOUNDARY_FILE in finding.todo


def test_a_boundary_of_an_older_release(ws):
    older = {"PolicyVersion": {"Document": '{"Version": "2012-10-17", "Statement": []}', "VersionId": "v1"}}
    finding = findings(ws, get_policy_version=older)["permissions boundary"]
    assert finding.state == "missing" and "differs" in finding.found
    assert f"create-policy-version --set-as-default --policy-arn {BOUNDARY}" in finding.todo


def test_a_permission_that_is_missing_is_named(ws):
    finding = findings(ws, denied="cloudformation:CreateStack")["permissions"]
    assert finding.state == "missing" and finding.found.endswith("may not: cloudformation:CreateStack")
    assert "attendee-policy-flink.json" in finding.todo


def test_the_root_user_needs_no_permissions(ws):
    root = {**USER, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}
    finding = findings(ws, get_caller_identity=root)["permissions"]
    assert finding.state == "ok" and "fewer permissions" in finding.todo


def test_an_assumed_role_is_looked_up_for_its_path(ws):
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/Admin"
    described = {"Path": "/", "RoleName": "Admin", "RoleId": "AROAEXAMPLEEXAMPLE", "Arn": role, "CreateDate": 0}
    ws.answer("iam", "get_role", {"Role": described}, {"RoleName": "Admin"})
    assert preflight._principal(ws, f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/me") == role


def test_what_is_simulated_is_on_resources_of_the_action_s_own_service():
    for statement in STATEMENTS:
        for actions, resources in preflight._by_service(statement, ACCOUNT, "us-east-1"):
            assert resources, statement["Sid"]
            for resource in resources:
                assert resource == "*" or ("*" not in resource and resource.split(":")[2] == actions[0].split(":")[0])


def test_local_needs_nothing(workshop: Workshop):
    assert preflight.show(workshop) == preflight.LOCAL
    with pytest.raises(WorkshopError, match="local target needs no account"):
        preflight.check(workshop)


def test_the_table_has_a_row_a_finding(ws):
    Account(ws)
    table = preflight.show(ws)
    assert list(table.columns) == ["what", "state", "found", "todo"] and len(table) == 8


@pytest.mark.parametrize(("changed", "code"), [({}, 0), ({"get_policy": "NoSuchEntity"}, 1)])
def test_the_command_says_what_is_missing(ws, monkeypatch, changed, code):
    Account(ws, **changed)
    monkeypatch.setattr(Workshop, "connect", lambda target: ws)
    done = CliRunner().invoke(main, ["preflight"])
    assert done.exit_code == code, done.output
    assert done.output.startswith(f"ok           credentials: {USER['Arn']} in us-east-1\n")
    if code:
        assert "missing      permissions boundary" in done.output
        assert "Error: Missing: permissions boundary." in done.output
