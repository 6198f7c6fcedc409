"""Who a request is from, and whether that user or role may do what it asks: IAM for the services written here.

Users, roles and policies are ministack's; so is the evaluation of a policy. ministack enforces it for the
services it answers itself (AUTH=true); this is the same for ours, for what CloudFormation does in a caller's name, and
for services that act under a role they were given.

Attendees are the IAM user `attendee`, with cloudformation/attendee-policy.json and -flink.json unless WORKSHOP_POLICY
names another. The roles they make stay within cloudformation/permissions-boundary.json. The account's root user is
the local AWS itself, and nobody else knows its secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import iam, sts

from helpers.local_aws.protocol import AwsError

USER = "attendee"
POLICY = "workshop"
BOUNDARY = "clickstream-workshop-boundary"
# Actions that know no resources: a policy that names one for them allows nothing. Of those the workshop's policies and
# stacks need; source: the Service Authorization Reference.
UNBOUND = frozenset({
    "athena:ListWorkGroups", "cloudformation:ValidateTemplate", "cloudwatch:GetMetricStatistics",
    "cognito-identity:CreateIdentityPool", "cognito-identity:ListIdentityPools",
    "cognito-identity:SetIdentityPoolRoles", "cognito-idp:CreateUserPool", "cognito-idp:ListUserPools",
    "ec2:DescribeRegions", "firehose:ListDeliveryStreams", "iam:GetAccountSummary", "iam:ListRoles",
    "kinesis:DescribeLimits", "kinesis:ListStreams", "kinesisanalytics:CreateApplication",
    "kinesisanalytics:DiscoverInputSchema", "kinesisanalytics:ListApplications", "lambda:CreateEventSourceMapping",
    "lambda:GetAccountSettings", "lambda:ListEventSourceMappings", "lambda:ListFunctions", "logs:DescribeLogGroups",
    "quicksight:CreateDataSource", "quicksight:ListDataSets", "quicksight:ListDataSources", "s3:ListAllMyBuckets",
    "servicequotas:ListServiceQuotas", "sns:ListSubscriptions", "sns:ListTopics", "sns:Unsubscribe",
})  # fmt: skip
# The access key of the request being answered; tasks and threads that a request starts inherit it.
CALLER: ContextVar[str] = ContextVar("local_aws_caller", default="")


@dataclass(frozen=True)
class Credentials:
    """An access key; a session token where it is a role's."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)

    def variables(self) -> dict[str, str]:
        """Environment variables by which boto3 finds them."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_SESSION_TOKEN": self.token,
        }


class Access:
    """The users and roles of one account; `secret` is what the secrets of role sessions are made from."""

    def __init__(self, account_id: str, region: str, secret: str) -> None:
        self._account_id = account_id
        self._region = region
        self._secret = secret

    def admit(self, credentials: Credentials, policy: str) -> None:
        """Make the attendee's user with this policy and no other, let this key be theirs; ValueError if it is none."""
        if problem := iam_evaluator.validate_policy_document(policy):
            raise ValueError(problem)
        with request_scope(self._account_id, self._region):
            if USER not in iam._users:
                iam._create_user({"UserName": [USER]})
            iam._user_inline_policies[USER] = {POLICY: policy}
            # A session without a token rather than an access key of the user: keys are kept on disk, sessions are not.
            record = {
                "Arn": iam._users[USER]["Arn"],
                "UserId": iam._users[USER]["UserId"],
                "PrincipalType": "User",
                "PrincipalName": USER,
                "AccountId": self._account_id,
                "SecretAccessKey": credentials.secret,
            }
            sts.register_session(credentials.access_key_id, record)

    def bound(self, document: str) -> None:
        """Keep the managed policy that attendees' roles are within; on AWS somebody makes it once an account."""
        arn = f"arn:aws:iam::{self._account_id}:policy/{BOUNDARY}"
        with request_scope(self._account_id, self._region):
            record = iam._policies.get(arn) or iam.store_policy(arn, BOUNDARY, "/", document)
            record["Versions"][record["DefaultVersionId"]]["Document"] = document

    def credentials(self, access_key_id: str, token: str | None = None) -> Credentials:
        """What belongs to an access key id; AwsError when it is unknown, expired or `token` (if given) is not its."""
        args = () if token is None else (token,)
        with request_scope(self._account_id, self._region):
            found = iam_evaluator.resolve_credential(access_key_id, self._account_id, *args)
        if isinstance(found, iam_evaluator.CredentialResolutionError):
            raise AwsError(found.code, found.message, 403)
        return Credentials(found.access_key_id, found.secret_access_key, found.session_token or "")

    def check(self, action: str, resource: str, caller: str | None = None, **context: str) -> None:
        """Return when the caller may; AwsError AccessDeniedException as AWS words it when not.

        `caller` is an access key id, by default the present request's; without any it is the local AWS itself.
        `context` holds condition keys, with _ for the colon.
        """
        key = CALLER.get() if caller is None else caller
        if not key:
            return
        resource = "*" if action in UNBOUND else resource
        with request_scope(self._account_id, self._region):
            principal = iam_evaluator.resolve_principal(key, self._account_id)
            if isinstance(principal, iam_evaluator.AuthError):
                raise AwsError(principal.code, principal.message, 403)
            if principal.policies is None:  # root
                return
            request = iam_evaluator.EvalContext(
                principal_arn=principal.arn,
                principal_type=principal.type,
                principal_account=principal.account,
                action=action,
                resource_arn=resource,
                region=self._region,
                service_context={name.replace("_", ":").lower(): value for name, value in context.items()},
                principal_keys=principal.keys,
            )
            result = iam_evaluator.evaluate(request, principal.policies, *principal.limits)
        if result.decision != "Allow":
            why = (
                "with an explicit deny in an identity-based policy"
                if result.decision == "Deny"
                else f"because no identity-based policy allows the {action} action"
            )
            raise AwsError(
                "AccessDeniedException",
                f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource} {why}",
            )

    def administers(self) -> bool:
        """Whether the present request's caller may do everything, without a condition and without an exception."""
        key = CALLER.get()
        if not key:
            return True
        with request_scope(self._account_id, self._region):
            principal = iam_evaluator.resolve_principal(key, self._account_id)
        if isinstance(principal, iam_evaluator.AuthError):
            raise AwsError(principal.code, principal.message, 403)
        if principal.policies is None:  # root
            return True
        layers = [
            [each for document in layer for each in document] for layer in (principal.policies, *principal.limits)
        ]
        return all(
            any("*" in each.actions and "*" in each.resources and not each.conditions for each in layer)
            and all(each.effect == "Allow" for each in layer)
            for layer in layers
        )

    def role(self, role_arn: str, service: str) -> dict[str, Any]:
        """ministack's record of a role for one of AWS's services; AwsError if there is none or it may not assume it."""
        with request_scope(self._account_id, self._region):
            role: dict[str, Any] | None = iam._roles.get(role_arn.rpartition("/")[2])
        if role is None or role["Arn"] != role_arn:
            raise AwsError("AccessDenied", f"{service} cannot assume {role_arn}: there is no such role", 403)
        if not _trusts(role["AssumeRolePolicyDocument"], service):
            raise AwsError(
                "AccessDenied", f"{service} cannot assume {role_arn}: its trust policy does not name it", 403
            )
        return role

    def assume(self, role_arn: str, service: str) -> Credentials:
        """A session of a role for one of AWS's services (`firehose.amazonaws.com`); AwsError if it may not have it."""
        role = self.role(role_arn, service)
        with request_scope(self._account_id, self._region):
            return self._session(role_arn.rpartition("/")[2], role["RoleId"], service.partition(".")[0], role_arn)

    def execution_credentials(self, config: dict[str, Any]) -> dict[str, str]:
        """The variables a Lambda function runs with: a session of its role (in place of ministack's, whose secret
        can be computed from the function's ARN)."""
        role = config.get("Role", "")
        with request_scope(self._account_id, self._region):
            session = self._session(role.rpartition("/")[2], "AROA", config["FunctionName"][:64], role)
        return session.variables()

    def _session(self, role: str, role_id: str, session: str, role_arn: str) -> Credentials:
        def derived(what: str) -> str:
            return hmac.new(self._secret.encode(), f"{what}:{role_arn}:{session}".encode(), hashlib.sha256).hexdigest()

        made = Credentials("ASIA" + derived("id")[:16].upper(), derived("secret"), derived("token"))
        arn = f"arn:aws:sts::{self._account_id}:assumed-role/{role}/{session}"
        record = {
            "Arn": arn,
            "UserId": f"{role_id}:{session}",
            "SecretAccessKey": made.secret,
            "SessionToken": made.token,
        }
        sts.register_session(made.access_key_id, record)
        return made


def _trusts(document: str | dict[str, Any], service: str) -> bool:
    """Whether a trust policy lets a service assume the role; conditions are not looked at, since they ask what a
    service does for whom, and here there is one account."""
    trust = json.loads(document) if isinstance(document, str) else document
    statements = trust.get("Statement", [])
    named = [
        each["Effect"]
        for each in ([statements] if isinstance(statements, dict) else statements)
        if iam_evaluator._service_principal_matches(each.get("Principal"), service)
        and "sts:AssumeRole" in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    ]
    return "Allow" in named and "Deny" not in named
