"""What the workshop needs of a real account, asked before anything is created: `workshop preflight`, chapter 01.

Each finding says what was looked at, whether it is there, and what to do. What AWS does not let you ask is told as
"not checked", never taken for good.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, HTTPClientError

from helpers import template
from helpers.errors import WorkshopError
from helpers.workshop import ROOT, Workshop

POLICIES: Final = ("attendee-policy.json", "attendee-policy-flink.json")
BOUNDARY: Final = "clickstream-workshop-boundary"
BOUNDARY_FILE: Final = "cloudformation/permissions-boundary.json"
SERVICES: Final = (
    "athena", "cloudformation", "cognito-identity", "cognito-idp", "firehose", "glue", "iam", "kinesis",
    "kinesisanalyticsv2", "lambda", "logs", "s3", "sns", "sts",
)  # fmt: skip
CONCURRENT: Final = 10  # calls of functions at a time; a new account has as many
APPLICATIONS: Final = 50  # of Managed Service for Apache Flink a region, where nobody asked for more
DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
LOCAL: Final = "Nothing to check: the local target needs no account."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `todo` is empty where nothing has to be done."""

    what: str
    state: Literal["ok", "missing", "not checked"]
    found: str
    todo: str = ""

    def __str__(self) -> str:
        return f"{self.state:<12} {self.what}: {self.found}" + (f"\n{'':13}-> {self.todo}" if self.todo else "")


def check(ws: Workshop) -> list[Finding]:
    """Look at credentials, services, quotas, boundary and permissions; without credentials at nothing else.

    Raises WorkshopError on the local target, which needs none of them.
    """
    if ws.target != "aws":
        raise WorkshopError(LOCAL)
    me: dict[str, str] = {}
    (who,) = _guarded(ws, "credentials", _credentials, me)
    if who.state != "ok":
        return [who]
    checks: tuple[tuple[str, Check], ...] = (
        ("services", _services),
        ("quota of shards", _shards),
        ("quota of functions", _functions),
        ("quota of roles", _roles),
        ("quota of applications", _applications),
        ("permissions boundary", _boundary),
        ("permissions", _permissions),
    )
    return [who, *(finding for what, look in checks for finding in _guarded(ws, what, look, me))]


def show(ws: Workshop) -> Any:
    """The findings as a DataFrame; on the local target a sentence."""
    if ws.target != "aws":
        return LOCAL
    import pandas as pd

    return pd.DataFrame([asdict(finding) for finding in check(ws)])


Me = dict[str, str]  # what sts says: Account, Arn
Check = Callable[[Workshop, Me], Iterator[Finding]]


def _guarded(ws: Workshop, what: str, look: Check, me: Me) -> list[Finding]:
    """A check's findings; what AWS refuses to tell, or cannot be reached for, is a finding too."""
    try:
        return list(look(ws, me))
    except (EndpointConnectionError, HTTPClientError) as error:
        todo = f"Look at your connection, and whether {ws.region} is a region; then run this again."
        return [Finding(what, "missing", f"AWS does not answer: {error}", todo)]
    except ClientError as error:
        return [_refused(what, error)]
    except BotoCoreError as error:
        return [Finding(what, "missing", str(error), "Put your AWS set-up right (`aws configure`).")]


def _refused(what: str, error: ClientError) -> Finding:
    said = error.response.get("Error", {})
    if what == "credentials":
        todo = "Sign in again (`aws sso login`, `aws configure`); a region that is off by default has to be enabled."
        return Finding(what, "missing", str(error), todo)
    if said.get("Code") in DENIED:
        todo = f"Ask an administrator of the account; {error.operation_name} is not allowed to you."
        return Finding(what, "not checked", "you may not ask", todo)
    return Finding(what, "not checked", str(error), "Run this again; if it stays so, ask an administrator.")


def _credentials(ws: Workshop, me: Me) -> Iterator[Finding]:
    me.update(ws.client("sts").get_caller_identity())
    yield Finding("credentials", "ok", f"{me['Arn']} in {ws.region}")


def _services(ws: Workshop, me: Me) -> Iterator[Finding]:
    """As boto3 knows them, without a request."""
    import boto3

    known = boto3.session.Session()
    missing = [
        name
        for name in SERVICES
        if (regions := known.get_available_regions(name)) and ws.region not in regions
    ]  # fmt: skip
    if missing:
        todo = "Choose another region (AWS_REGION), us-east-1 or ap-southeast-2 for example."
        yield Finding("services", "missing", f"{ws.region} does not offer {', '.join(missing)}", todo)
    else:
        yield Finding("services", "ok", f"{ws.region} offers all {len(SERVICES)}")


def _quota(what: str, used: int, limit: int, needed: int, sure: bool = True) -> Finding:
    found = f"{used:,} of {limit:,} used, {needed} needed{'' if sure else '; the limit is the usual one'}"
    if limit - used >= needed:
        return Finding(what, "ok" if sure else "not checked", found)
    todo = f"Delete what you do not need, or ask for a higher {what} in the Service Quotas console."
    return Finding(what, "missing", found, todo)


def _shards(ws: Workshop, me: Me) -> Iterator[Finding]:
    limits = ws.client("kinesis").describe_limits()
    streams = [each for each in _resources() if each["Type"] == "AWS::Kinesis::Stream"]
    yield _quota("quota of shards", limits["OpenShardCount"], limits["ShardLimit"], len(streams))


def _functions(ws: Workshop, me: Me) -> Iterator[Finding]:
    limit = ws.client("lambda").get_account_settings()["AccountLimit"]
    free = limit.get("UnreservedConcurrentExecutions", limit["ConcurrentExecutions"])
    yield _quota("quota of functions", limit["ConcurrentExecutions"] - free, limit["ConcurrentExecutions"], CONCURRENT)


def _roles(ws: Workshop, me: Me) -> Iterator[Finding]:
    counts = ws.client("iam").get_account_summary()["SummaryMap"]
    roles = [each for each in _resources() if each["Type"] == "AWS::IAM::Role"]
    yield _quota("quota of roles", counts["Roles"], counts["RolesQuota"], len(roles))


def _applications(ws: Workshop, me: Me) -> Iterator[Finding]:
    what = "quota of applications"
    pages = ws.client("kinesisanalyticsv2").get_paginator("list_applications").paginate()
    used = sum(len(page["ApplicationSummaries"]) for page in pages)
    try:
        asked = (
            ws.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="kinesisanalytics")
        )
        quotas = {quota["QuotaName"].lower(): quota["Value"] for page in asked for quota in page["Quotas"]}
    except ClientError:
        quotas = {}  # AWS does not say: the usual limit is taken, and told as such
    limit = next((int(value) for name, value in quotas.items() if "applications" in name), None)
    yield _quota(what, used, APPLICATIONS if limit is None else limit, 1, sure=limit is not None)


def _boundary(ws: Workshop, me: Me) -> Iterator[Finding]:
    what, iam = "permissions boundary", ws.client("iam")
    arn = f"arn:aws:iam::{me['Account']}:policy/{BOUNDARY}"
    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except iam.exceptions.NoSuchEntityException:
        todo = f"An administrator runs: aws iam create-policy --policy-name {BOUNDARY} --policy-document "
        yield Finding(what, "missing", f"there is no policy {BOUNDARY}", f"{todo}file://{BOUNDARY_FILE}")
        return
    if document == json.loads((ROOT / BOUNDARY_FILE).read_text(encoding="utf-8")):
        yield Finding(what, "ok", f"{BOUNDARY} is there")
    else:
        todo = f"An administrator runs: aws iam create-policy-version --set-as-default --policy-arn {arn} "
        found = f"{BOUNDARY} is there, and differs from {BOUNDARY_FILE}"
        yield Finding(what, "missing", found, f"{todo}--policy-document file://{BOUNDARY_FILE}")


def _permissions(ws: Workshop, me: Me) -> Iterator[Finding]:
    """Simulate what the attendees' policies allow, statement by statement, on a resource of each pattern."""
    who = _principal(ws, me["Arn"])
    if who is None:
        yield Finding("permissions", "ok", "you are the account's root user", "Work as a user with fewer permissions.")
        return
    denied: list[str] = []
    for statement in _statements():
        for actions, resources in _by_service(statement, me["Account"], ws.region):
            denied += _denied(ws, me, who, actions, resources, statement.get("Condition", {}))
    if not denied:
        yield Finding("permissions", "ok", f"{who} may do all that the chapters do")
        return
    names = ", ".join(sorted(set(denied)))
    todo = f"Attach {' and '.join(f'cloudformation/{name}' for name in POLICIES)}, as the README shows."
    yield Finding("permissions", "missing", f"{who} may not: {names}", todo)


def _principal(ws: Workshop, arn: str) -> str | None:
    """The user or the role whose policies count; None for the root user."""
    if arn.endswith(":root"):
        return None
    if ":assumed-role/" in arn:  # which lacks the role's path
        return str(ws.client("iam").get_role(RoleName=arn.split("/")[1])["Role"]["Arn"])
    return arn


def _denied(
    ws: Workshop, me: Me, who: str, actions: list[str], resources: list[str], condition: Mapping[str, Any]
) -> Iterator[str]:
    entries = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": _values(value, me)}
        for test in condition.values()
        for key, value in test.items()
    ]
    pages = ws.client("iam").get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=who, ActionNames=actions, ResourceArns=resources, ContextEntries=entries
    )  # fmt: skip
    for page in pages:
        for result in page["EvaluationResults"]:
            if result["EvalDecision"] != "allowed":
                yield result["EvalActionName"]


def _statements() -> Iterator[dict[str, Any]]:
    for name in POLICIES:
        yield from json.loads((ROOT / "cloudformation" / name).read_text(encoding="utf-8"))["Statement"]


def _by_service(statement: Mapping[str, Any], account: str, region: str) -> Iterator[tuple[list[str], list[str]]]:
    """The actions of one service, each with the statement's resources of that service."""
    resources = _list(statement["Resource"])
    services = dict.fromkeys(action.split(":")[0] for action in statement["Action"])
    for service in services:
        own = [each for each in resources if each == "*" or each.split(":")[2] == service]
        actions = [action for action in statement["Action"] if action.startswith(f"{service}:")]
        yield actions, [_example(each, account, region) for each in own]


def _example(pattern: str, account: str, region: str) -> str:
    """A resource that a pattern matches."""
    if pattern == "*":
        return pattern
    parts = pattern.split(":", 5)
    parts[3], parts[4] = parts[3].replace("*", region), parts[4].replace("*", account)
    parts[5] = parts[5].replace("${aws:username}", "user").replace("*", "preflight")
    return ":".join(parts)


def _values(value: Any, me: Me) -> list[str]:
    """A value that a condition holds for, the first of several."""
    return [_list(value)[0].replace("*", me["Account"])]


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _resources() -> list[dict[str, Any]]:
    return list(template.resources({"Engine": "flink"}).values())
