"""CloudFormation acts in the name of whoever asked: what making and deleting each type of resource needs.

On AWS a stack's resources are made with the caller's own permissions, so a policy that allows
cloudformation:CreateStack alone gets a stack that fails. ministack makes resources without asking; this asks first.
A type that is not here is refused to everyone but those who may do everything. Delivery streams and SQL applications
are not here: they ask by themselves.

Source: the `handlers` permissions in the resource types' schemas, without those that only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from helpers.local_aws.access import Access
from helpers.local_aws.protocol import AwsError

Props = Mapping[str, Any]
ROLE = "iam:PassRole"
BOUNDARY = "PermissionsBoundary"


class Kind(NamedTuple):
    """A resource type: its ARN behind `arn:aws:<service>:`, and its actions.

    {name} in an ARN is the resource's name or id. An action with a property behind it is needed if that is set.
    """

    arn: str
    create: tuple[str, ...]
    delete: tuple[str, ...]
    name: str = ""  # the property that names it, where it has one


KINDS: Mapping[str, Kind] = {
    "AWS::S3::Bucket": Kind(
        "s3:::{name}",
        (
            "s3:CreateBucket",
            "s3:PutEncryptionConfiguration BucketEncryption",
            "s3:PutBucketPublicAccessBlock PublicAccessBlockConfiguration",
            "s3:PutBucketOwnershipControls OwnershipControls",
            "s3:PutBucketVersioning VersioningConfiguration",
            "s3:PutLifecycleConfiguration LifecycleConfiguration",
            "s3:PutBucketTagging Tags",
        ),
        ("s3:DeleteBucket",),
        "BucketName",
    ),
    "AWS::S3::BucketPolicy": Kind("s3:::{name}", ("s3:PutBucketPolicy",), ("s3:DeleteBucketPolicy",), "Bucket"),
    "AWS::Logs::LogGroup": Kind(
        "logs:{region}:{account}:log-group:{name}",
        ("logs:CreateLogGroup", "logs:PutRetentionPolicy RetentionInDays", "logs:TagResource Tags"),
        ("logs:DeleteLogGroup",),
        "LogGroupName",
    ),
    "AWS::Logs::LogStream": Kind(
        "logs:{region}:{account}:log-group:{name}:log-stream:*",
        ("logs:CreateLogStream",),
        ("logs:DeleteLogStream",),
        "LogGroupName",
    ),
    "AWS::IAM::Role": Kind(
        "iam::{account}:role/{name}",
        ("iam:CreateRole", "iam:PutRolePolicy Policies", "iam:AttachRolePolicy ManagedPolicyArns", "iam:TagRole Tags"),
        ("iam:DeleteRole", "iam:DeleteRolePolicy Policies", "iam:DetachRolePolicy ManagedPolicyArns"),
        "RoleName",
    ),
    "AWS::Lambda::Function": Kind(
        "lambda:{region}:{account}:function:{name}",
        ("lambda:CreateFunction", f"{ROLE} Role", "lambda:TagResource Tags"),
        ("lambda:DeleteFunction",),
        "FunctionName",
    ),
    "AWS::Lambda::Permission": Kind("*", ("lambda:AddPermission",), ("lambda:RemovePermission",)),
    "AWS::Lambda::EventSourceMapping": Kind(
        "*", ("lambda:CreateEventSourceMapping",), ("lambda:DeleteEventSourceMapping",)
    ),
    "AWS::SNS::Topic": Kind(
        "sns:{region}:{account}:{name}",
        (
            "sns:CreateTopic",
            "sns:SetTopicAttributes KmsMasterKeyId",
            "sns:Subscribe Subscription",
            "sns:TagResource Tags",
        ),
        ("sns:DeleteTopic",),
        "TopicName",
    ),
    "AWS::SNS::Subscription": Kind("{TopicArn}", ("sns:Subscribe",), ("sns:Unsubscribe",)),
    "AWS::Kinesis::Stream": Kind(
        "kinesis:{region}:{account}:stream/{name}", ("kinesis:CreateStream",), ("kinesis:DeleteStream",), "Name"
    ),
    "AWS::Cognito::UserPool": Kind(
        "cognito-idp:{region}:{account}:userpool/*", ("cognito-idp:CreateUserPool",), ("cognito-idp:DeleteUserPool",)
    ),
    "AWS::Cognito::UserPoolClient": Kind(
        "cognito-idp:{region}:{account}:userpool/{UserPoolId}",
        ("cognito-idp:CreateUserPoolClient",),
        ("cognito-idp:DeleteUserPoolClient",),
    ),
    "AWS::Cognito::UserPoolUser": Kind(
        "cognito-idp:{region}:{account}:userpool/{UserPoolId}",
        ("cognito-idp:AdminCreateUser",),
        ("cognito-idp:AdminDeleteUser",),
    ),
    "AWS::Cognito::UserPoolUserToGroupAttachment": Kind(
        "cognito-idp:{region}:{account}:userpool/{UserPoolId}",
        ("cognito-idp:AdminAddUserToGroup",),
        ("cognito-idp:AdminRemoveUserFromGroup",),
    ),
    "AWS::Cognito::IdentityPool": Kind(
        "cognito-identity:{region}:{account}:identitypool/*",
        ("cognito-identity:CreateIdentityPool",),
        ("cognito-identity:DeleteIdentityPool",),
    ),
    "AWS::Cognito::IdentityPoolRoleAttachment": Kind(
        "cognito-identity:{region}:{account}:identitypool/{IdentityPoolId}",
        ("cognito-identity:SetIdentityPoolRoles", f"{ROLE} Roles"),
        ("cognito-identity:SetIdentityPoolRoles",),
    ),
    "AWS::Glue::Database": Kind(
        "glue:{region}:{account}:database/{DatabaseInput.Name}", ("glue:CreateDatabase",), ("glue:DeleteDatabase",)
    ),
    "AWS::Glue::Table": Kind(
        "glue:{region}:{account}:table/{DatabaseName}/{TableInput.Name}", ("glue:CreateTable",), ("glue:DeleteTable",)
    ),
    "AWS::Athena::WorkGroup": Kind(
        "athena:{region}:{account}:workgroup/{name}",
        ("athena:CreateWorkGroup", "athena:TagResource Tags"),
        ("athena:DeleteWorkGroup",),
        "Name",
    ),
    "AWS::Athena::NamedQuery": Kind(
        "athena:{region}:{account}:workgroup/{WorkGroup}",
        ("athena:CreateNamedQuery",),
        ("athena:DeleteNamedQuery",),
    ),
    # Those of Flink; those of SQL ask by themselves.
    "AWS::KinesisAnalyticsV2::Application": Kind(
        "kinesisanalytics:{region}:{account}:application/{name}",
        ("kinesisanalytics:CreateApplication", f"{ROLE} ServiceExecutionRole", "kinesisanalytics:TagResource Tags"),
        ("kinesisanalytics:DeleteApplication",),
        "ApplicationName",
    ),
    "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption": Kind(
        "kinesisanalytics:{region}:{account}:application/{name}",
        ("kinesisanalytics:AddApplicationCloudWatchLoggingOption",),
        ("kinesisanalytics:DeleteApplicationCloudWatchLoggingOption",),
        "ApplicationName",
    ),
    "AWS::KinesisAnalyticsV2::ApplicationOutput": Kind(
        "kinesisanalytics:{region}:{account}:application/{name}",
        ("kinesisanalytics:AddApplicationOutput",),
        ("kinesisanalytics:DeleteApplicationOutput",),
        "ApplicationName",
    ),
    "AWS::KinesisAnalyticsV2::ApplicationReferenceDataSource": Kind(
        "kinesisanalytics:{region}:{account}:application/{name}",
        ("kinesisanalytics:AddApplicationReferenceDataSource",),
        ("kinesisanalytics:DeleteApplicationReferenceDataSource",),
        "ApplicationName",
    ),
    "AWS::CloudFormation::Stack": Kind(
        "cloudformation:{region}:{account}:stack/{name}/*",
        ("cloudformation:CreateStack",),
        ("cloudformation:DeleteStack",),
    ),
    # Nothing is made for these. What a custom resource calls is asked for when it is called, whatever its type's name.
    "AWS::CDK::Metadata": Kind("*", (), ()),
    "AWS::CloudFormation::CustomResource": Kind("*", (), ()),
    "AWS::CloudFormation::WaitCondition": Kind("*", (), ()),
    "AWS::CloudFormation::WaitConditionHandle": Kind("*", (), ()),
}
SERVICES = {
    "AWS::KinesisAnalyticsV2::Application": "kinesisanalytics.amazonaws.com",
    "AWS::Lambda::Function": "lambda.amazonaws.com",
    "AWS::Cognito::IdentityPoolRoleAttachment": "cognito-identity.amazonaws.com",
}


def asking(kind: str, handlers: dict[str, Any], access: Access, account: str, region: str) -> dict[str, Any]:
    """ministack's handlers of a type, each asking first whether the caller may; AwsError when not."""
    table = KINDS.get(kind)
    if table is None:
        return {name: _refusing(kind, each, access) if callable(each) else each for name, each in handlers.items()}

    def check(actions: tuple[str, ...], name: str, props: Props) -> None:
        for action, on in _needed(actions, props):
            if action == ROLE:
                access.check(ROLE, on, iam_PassedToService=SERVICES[kind])
            else:
                boundary = {"iam_PermissionsBoundary": str(props[BOUNDARY])} if props.get(BOUNDARY) else {}
                access.check(action, _arn(table.arn, name, props, account, region), **boundary)

    def create(logical_id: str, props: Props, stack_name: str, *rest: Any) -> Any:
        check(table.create, str(props.get(table.name) or _made_name(kind, stack_name, logical_id)), props)
        return handlers["create"](logical_id, props, stack_name, *rest)

    def update(physical_id: str, old: Props, new: Props, *rest: Any, **more: Any) -> Any:
        if kind == "AWS::IAM::Role" and old.get(BOUNDARY) != new.get(BOUNDARY):
            verb = "Put" if new.get(BOUNDARY) else "Delete"
            check((f"iam:{verb}RolePermissionsBoundary",), physical_id, new)
        check(table.create, physical_id.rpartition("/")[2], new)
        return handlers["update"](physical_id, old, new, *rest, **more)

    def delete(physical_id: str, props: Props) -> Any:
        check(table.delete, str(props.get(table.name) or physical_id), props)
        return handlers["delete"](physical_id, props)

    asked = {"create": create, "update": update, "delete": delete}
    return handlers | {verb: fn for verb, fn in asked.items() if verb in handlers}


def _refusing(kind: str, original: Callable[..., Any], access: Access) -> Callable[..., Any]:
    def handler(*args: Any, **more: Any) -> Any:
        if not access.administers():
            raise AwsError(
                "AccessDeniedException",
                f"You are not authorized to have a stack with {kind}: the local AWS does not know which permissions "
                "this type needs, and leaves it to those who may do everything.",
            )
        return original(*args, **more)

    return handler


def calling(original: Callable[..., Any], access: Access) -> Callable[..., Any]:
    """ministack's call of a custom resource's function or topic, asking first whether the stack's caller may."""

    def invoke(request: str, logical_id: str, props: Props, *rest: Any, **more: Any) -> Any:
        token = str(props.get("ServiceToken", ""))
        access.check("sns:Publish" if token.startswith("arn:aws:sns:") else "lambda:InvokeFunction", token)
        return original(request, logical_id, props, *rest, **more)

    return invoke


def _needed(actions: tuple[str, ...], props: Props) -> Iterator[tuple[str, str]]:
    """The actions that these properties call for; a role to be passed beside its action."""
    for item in actions:
        action, _, name = item.partition(" ")
        if action == ROLE:
            value = props.get(name)
            for role in value.values() if isinstance(value, Mapping) else [value]:
                yield action, str(role)
        elif not name or props.get(name):
            yield action, ""


def _arn(pattern: str, name: str, props: Props, account: str, region: str) -> str:
    if pattern == "*":
        return pattern
    values = {"name": name, "account": account, "region": region, **{key: str(value) for key, value in props.items()}}
    if name.startswith("arn:") and "{name}" in pattern:
        return name
    values |= {"DatabaseInput.Name": "", "TableInput.Name": ""}
    for parent in ("DatabaseInput", "TableInput"):
        if isinstance(props.get(parent), Mapping):
            values[f"{parent}.Name"] = str(props[parent].get("Name", ""))
    for key, value in values.items():
        pattern = pattern.replace("{" + key + "}", value)
    return pattern if pattern.startswith("arn:") else f"arn:aws:{pattern}"


def _made_name(kind: str, stack_name: str, logical_id: str) -> str:
    """A name as CloudFormation makes it; the random end does not matter to a policy."""
    name = f"{stack_name}-{logical_id}-XXXXXXXXXXXX"
    return name.lower() if kind == "AWS::S3::Bucket" else name
