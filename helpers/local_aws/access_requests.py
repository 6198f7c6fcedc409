"""What a request to ministack's own services asks of IAM, where ministack's enforcement looks past it.

It takes the resource from a request's path or from the usual names, knows no keys of iam: conditions, asks for no
iam:PassRole, lets a trust policy alone permit nothing, and names no resource when it refuses. This puts that right at
named places of ministack's, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam

from helpers.local_aws.access import UNBOUND, Access
from helpers.local_aws.answers import json_error
from helpers.local_aws.protocol import AwsError

Answer = tuple[int, dict[str, str], Any]
Handler = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Answer]]
# Actions on what does not exist yet: the member of the body that names it, and its ARN behind `arn:aws:`.
NAMED_IN_BODY = {
    "lambda:CreateFunction": ("FunctionName", "lambda:{region}:{account}:function:{name}"),
    "athena:CreateWorkGroup": ("Name", "athena:{region}:{account}:workgroup/{name}"),
}
# Services to which a role is handed, by the names ministack routes by.
HANDED = {"lambda": "lambda.amazonaws.com", "cognito-identity": "cognito-identity.amazonaws.com"}
BOUNDARY_KEY = "iam:PermissionsBoundary"


def install() -> None:
    """Take the named places over, once a process."""
    iam_actions.extract_resource_arn = _resource(iam_actions.extract_resource_arn)
    iam_actions.request_tag_context = _context(iam_actions.request_tag_context)
    iam_actions.access_denied_response = _denied(iam_actions.access_denied_response)
    iam.trust_policy_for_arn = _trust_policy
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["sts"] = ("iam", "trust_policy_for_arn")


def handing(access: Access, service: str, theirs: Handler) -> Handler:
    """A service's handler that asks first whether the caller may hand it the roles of the request."""

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        try:
            for role in _roles(body) if method in ("POST", "PUT") else ():
                access.check("iam:PassRole", role, iam_PassedToService=HANDED[service])
        except AwsError as error:
            return json_error(AwsError(error.code, error.message, 403))
        return await theirs(method, path, headers, body, query)

    return handle


def _roles(body: bytes) -> Iterator[str]:
    """The roles a JSON body names: `Role` of a function, `Roles` of an identity pool."""
    data = _json(body)
    if isinstance(role := data.get("Role"), str):
        yield role
    if isinstance(roles := data.get("Roles"), dict):
        yield from map(str, roles.values())


def _resource(theirs: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
        region: str,
        account: str,
    ) -> str:
        action = iam_actions.extract_iam_action(service, method, path, headers, body, query) or ""
        if action in UNBOUND:
            return "*"
        member, arn = NAMED_IN_BODY.get(action, ("", ""))
        if name := str(_json(body).get(member) or "") if member else "":
            return (
                name if name.startswith("arn:") else "arn:aws:" + arn.format(region=region, account=account, name=name)
            )
        return theirs(service, method, path, headers, body, query, region, account)

    return extract_resource_arn


def _context(theirs: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Condition keys of a request: ministack's of tags, and the boundary of the role or user it is about."""

    def request_tag_context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context = theirs(service, action, body, params)
        if service == "iam":
            role, user = (iam_actions._query_param(params, name) for name in ("RoleName", "UserName"))
            there = iam._roles.get(role) if role else iam._users.get(user)
            named = iam_actions._query_param(params, "PermissionsBoundary")
            if boundary := named or (there or {}).get("PermissionsBoundary"):
                context[BOUNDARY_KEY] = boundary
        return context

    return request_tag_context


def _denied(theirs: Callable[..., Answer]) -> Callable[..., Answer]:
    def access_denied_response(service: str, action: str, principal_arn: str, request_id: str, **more: Any) -> Answer:
        by_resource = more.get("explicit_deny") and more.get("resource_policy_arn")
        if not (more.get("message") or more.get("error_code") or by_resource or service == "iot-data"):
            resource = more.get("resource_arn", "*")
            shown = f'"{resource}"' if service == "s3" and resource != "*" else resource  # as S3 writes it
            more["message"] = iam_actions.identity_denial_message(
                action, principal_arn, shown, more.get("explicit_deny", False)
            )
        return theirs(service, action, principal_arn, request_id, **more)

    return access_denied_response


def _trust_policy(arn: str) -> tuple[Any, str] | None:
    """A role's trust policy as its resource policy: within the account it alone lets in whom it names."""
    role = iam._roles.get(arn.rpartition("/")[2])
    return (role["AssumeRolePolicyDocument"], get_account_id()) if role and role["Arn"] == arn else None


def _json(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
