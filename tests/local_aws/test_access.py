"""Who may do what: the attendee's policy, role sessions of services and functions, and what a stack may make."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.local_aws.access import BOUNDARY, Access, Credentials
from helpers.local_aws.protocol import AwsError
from helpers.workshop import Workshop
from tests.roles import make_role

ACCOUNT = "123456789012"
STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/clicks"


def statement(action: str | list[str], resource: str, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.fixture
def access() -> Iterator[Access]:
    from ministack.core.responses import request_scope
    from ministack.services import iam, sts

    yield Access(ACCOUNT, "us-east-1", "secret")
    with request_scope(ACCOUNT, "us-east-1"):
        for store in (iam._users, iam._access_keys, iam._user_inline_policies, iam._roles):
            store.clear()
    sts._sessions.clear()


def admit(access: Access, *statements: dict[str, Any], key: str = "AKIAONE") -> None:
    access.admit(Credentials(key, "word"), json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def test_the_attendee_may_what_the_policy_says_and_no_more(access: Access) -> None:
    admit(access, statement("firehose:Put*", STREAM), statement("firehose:PutRecord", "*", "Deny"))
    access.check("firehose:PutRecordBatch", STREAM, "AKIAONE")
    with pytest.raises(
        AwsError, match=r"perform: firehose:DeleteDeliveryStream on resource: .*clicks because no identity"
    ):
        access.check("firehose:DeleteDeliveryStream", STREAM, "AKIAONE")
    with pytest.raises(AwsError, match="PutRecordBatch on resource"):
        access.check("firehose:PutRecordBatch", STREAM + "2", "AKIAONE")
    with pytest.raises(AwsError, match="with an explicit deny"):
        access.check("firehose:PutRecord", STREAM, "AKIAONE")
    access.check("firehose:DeleteDeliveryStream", STREAM, ACCOUNT)  # root
    access.check("firehose:DeleteDeliveryStream", STREAM)  # nobody asked: the local AWS itself


def test_a_role_is_passed_to_the_services_named_only(access: Access) -> None:
    condition = {"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}}
    admit(access, statement("iam:PassRole", "*", Condition=condition))
    access.check(
        "iam:PassRole", "arn:aws:iam::123456789012:role/r", "AKIAONE", iam_PassedToService="firehose.amazonaws.com"
    )
    with pytest.raises(AwsError, match="iam:PassRole"):
        access.check(
            "iam:PassRole", "arn:aws:iam::123456789012:role/r", "AKIAONE", iam_PassedToService="ec2.amazonaws.com"
        )


def test_only_the_keys_there_are_open_a_door(access: Access) -> None:
    admit(access, statement("s3:*", "*"), key="AKIATWO")
    assert access.credentials("AKIATWO").secret == "word"
    with pytest.raises(AwsError):
        access.credentials("AKIATHREE")
    with pytest.raises(AwsError):
        access.credentials("AKIATWO", "a token")
    with pytest.raises(ValueError, match="at least one Statement"):
        access.admit(Credentials("AKIATHREE", "word"), '{"Statement": 1}')


def test_a_service_gets_a_session_of_a_role_that_trusts_it(access: Access) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import iam

    trust = {
        "Statement": {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}
    }
    arn = f"arn:aws:iam::{ACCOUNT}:role/delivery"
    role = {"Arn": arn, "RoleId": "AROA1", "AssumeRolePolicyDocument": json.dumps(trust), "AttachedPolicies": []}
    with request_scope(ACCOUNT, "us-east-1"):
        iam._roles["delivery"] = role | {"InlinePolicies": {"p": {"Statement": [statement("s3:PutObject", "*")]}}}
    session = access.assume(arn, "firehose.amazonaws.com")
    assert access.credentials(session.access_key_id, session.token) == session
    assert session != Access(ACCOUNT, "us-east-1", "another secret").assume(arn, "firehose.amazonaws.com")
    session = access.assume(arn, "firehose.amazonaws.com")
    access.check("s3:PutObject", "arn:aws:s3:::b/k", session.access_key_id)
    with pytest.raises(AwsError, match="assumed-role/delivery/firehose is not authorized to perform: s3:GetObject"):
        access.check("s3:GetObject", "arn:aws:s3:::b/k", session.access_key_id)
    with pytest.raises(AwsError, match="its trust policy does not name it"):
        access.assume(arn, "kinesisanalytics.amazonaws.com")
    with pytest.raises(AwsError, match="there is no such role"):
        access.assume(arn + "2", "firehose.amazonaws.com")


# --- on the local AWS, as boto3 sees it


@pytest.fixture
def user(workshop: Workshop) -> Iterator[Any]:
    """Makes a session of a user with the statements given."""
    iam, name = workshop.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def session(*statements: dict[str, Any]) -> boto3.session.Session:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        return boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=workshop.region)

    yield session
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="p")
    iam.delete_user(UserName=name)


def test_every_service_asks(user: Any) -> None:
    session = user(statement("sts:GetCallerIdentity", "*"))
    assert ":user/user-" in session.client("sts").get_caller_identity()["Arn"]
    for service, call in (
        ("firehose", "list_delivery_streams"),
        ("kinesisanalyticsv2", "list_applications"),
        ("athena", "list_query_executions"),
        ("athena", "list_work_groups"),
        ("s3", "list_buckets"),
        ("sns", "list_topics"),
        ("glue", "get_databases"),
        ("logs", "describe_log_groups"),
        ("lambda", "list_functions"),
        ("cloudformation", "list_stacks"),
    ):
        with pytest.raises(ClientError, match=r" is not authorized to perform: \w+:\w+ ") as refused:
            getattr(session.client(service), call)()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403), service


def test_a_stack_makes_nothing_that_its_creator_may_not(user: Any, workshop: Workshop) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Bucket": {"Type": "AWS::S3::Bucket"}}})
    cloudformation = user(statement("cloudformation:*", "*"), statement("sns:*", "*")).client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=template)
    with pytest.raises(Exception, match="terminal failure state"):
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    reasons = [
        (event["LogicalResourceId"], event["ResourceStatusReason"])
        for event in cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        if event["ResourceStatus"] == "CREATE_FAILED" and event["LogicalResourceId"] == "Bucket"
    ]
    assert reasons and "is not authorized to perform: s3:CreateBucket" in reasons[0][1]
    topics = workshop.client("sns").list_topics()["Topics"]
    assert not [topic for topic in topics if name in topic["TopicArn"]], "rolled back"
    workshop.client("cloudformation").delete_stack(StackName=name)


def package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", "def h(event, context):\n    return 1\n")
    return packed.getvalue()


PACKAGE = package()
EVERYTHING = {"Version": "2012-10-17", "Statement": [statement("*", "*")]}
UNASKED = {
    "Queue": {"Type": "AWS::SQS::Queue"},
    "Grant": {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "p", "Users": ["nobody"], "PolicyDocument": EVERYTHING},
    },
    "Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": EVERYTHING}},
    "User": {"Type": "AWS::IAM::User"},
    "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": ["nobody"]}},
    "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "x"}},
}


def failures(cloudformation: Any, name: str, resources: dict[str, Any]) -> dict[str, str]:
    """Make a stack that must fail, and say why each resource was not made."""
    capabilities = ["CAPABILITY_NAMED_IAM"]
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": resources}), Capabilities=capabilities
    )
    with pytest.raises(Exception, match="terminal failure state"):
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return {
        event["LogicalResourceId"]: event["ResourceStatusReason"]
        for event in events
        if event["ResourceStatus"] == "CREATE_FAILED"
    }


@pytest.mark.parametrize("logical_id", UNASKED)
def test_what_a_stack_would_make_unasked_is_refused(logical_id: str, user: Any, workshop: Workshop) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    powers = {"Effect": "Allow", "NotAction": "organizations:*", "Resource": "*"}  # nearly everything is not everything
    reasons = failures(user(powers).client("cloudformation"), name, {logical_id: UNASKED[logical_id]})
    kind = UNASKED[logical_id]["Type"]
    assert f"have a stack with {kind}: the local AWS does not know which permissions" in reasons[logical_id]
    workshop.client("cloudformation").delete_stack(StackName=name)


def test_a_flink_application_of_a_stack_needs_a_role_that_its_creator_may_hand_on(
    user: Any, workshop: Workshop
) -> None:
    name, role = f"stack-{uuid.uuid4().hex[:8]}", f"arn:aws:iam::{ACCOUNT}:role/r"
    properties = {"RuntimeEnvironment": "FLINK-1_20", "ServiceExecutionRole": role}
    powers = {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}
    template = {"Mine": {"Type": "AWS::KinesisAnalyticsV2::Application", "Properties": properties}}
    reasons = failures(user(powers).client("cloudformation"), name, template)
    assert f"is not authorized to perform: iam:PassRole on resource: {role}" in reasons["Mine"]
    workshop.client("cloudformation").delete_stack(StackName=name)


def test_what_a_roll_back_may_not_delete_stays_in_the_stack(user: Any, workshop: Workshop) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    session = user(statement(["cloudformation:*", "sns:CreateTopic", "sns:TagResource"], "*"))
    kept = {"Topic": {"Type": "AWS::SNS::Topic"}, "Bucket": {"Type": "AWS::S3::Bucket", "DependsOn": "Topic"}}
    assert "s3:CreateBucket" in failures(session.client("cloudformation"), name, kept)["Bucket"]
    cloudformation = workshop.client("cloudformation")
    assert cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "ROLLBACK_FAILED"
    [left] = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert (left["LogicalResourceId"], left["ResourceStatus"]) == ("Topic", "DELETE_FAILED")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    topics = workshop.client("sns").list_topics()["Topics"]
    assert left["PhysicalResourceId"] not in [each["TopicArn"] for each in topics]


def test_administrators_may_have_any_type(workshop: Workshop) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    cloudformation = workshop.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Queue": UNASKED["Queue"]}}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})


def test_a_custom_resource_calls_what_its_creator_may_call(user: Any, workshop: Workshop) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:others"
    session = user(statement("cloudformation:*", "*"))
    reasons = failures(
        session.client("cloudformation"),
        name,
        {"Mine": {"Type": "Custom::Mine", "Properties": {"ServiceToken": function}}},
    )
    assert f"is not authorized to perform: lambda:InvokeFunction on resource: {function}" in reasons["Mine"]
    workshop.client("cloudformation").delete_stack(StackName=name)


def test_who_may_do_everything(access: Access) -> None:
    from helpers.local_aws.access import CALLER

    assert access.administers(), "the local AWS itself"
    for statements, expected in (
        ([statement("*", "*")], True),
        ([statement("*", "*"), statement("s3:*", "*", "Deny")], False),
        ([statement("iam:*", "*"), statement("s3:*", "*")], False),
        ([statement("*", "arn:aws:s3:::mine")], False),
        ([statement("*", "*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], False),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], False),
    ):
        admit(access, *statements)
        token = CALLER.set("AKIAONE")
        try:
            assert access.administers() == expected, statements
        finally:
            CALLER.reset(token)


def policy_of(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_what_a_policy_allows_is_allowed_where_the_name_is_in_the_body(user: Any, workshop: Workshop) -> None:
    name = f"mine-{uuid.uuid4().hex[:8]}"
    function, group = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}", f"arn:aws:athena:*:*:workgroup/{name}"
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    make_role(workshop.client("iam"), role)
    new = {"FunctionName": name, "Runtime": "python3.12", "Handler": "f.h", "Role": role, "Code": {"ZipFile": PACKAGE}}
    session = user(statement("lambda:CreateFunction", function), statement("athena:CreateWorkGroup", group))
    with pytest.raises(ClientError, match=f"perform: iam:PassRole on resource: {role} "):
        session.client("lambda").create_function(**new)
    passing = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    session = user(
        statement("lambda:CreateFunction", function),
        statement("athena:CreateWorkGroup", group),
        statement("iam:PassRole", role, Condition=passing),
    )
    assert session.client("lambda").create_function(**new)["FunctionName"] == name
    with pytest.raises(ClientError, match=f"perform: lambda:CreateFunction on resource: {function}2 because"):
        session.client("lambda").create_function(**new | {"FunctionName": f"{name}2"})
    session.client("athena").create_work_group(Name=name)
    with pytest.raises(ClientError, match=f"perform: athena:CreateWorkGroup on resource: .*:workgroup/{name}2 because"):
        session.client("athena").create_work_group(Name=f"{name}2")
    workshop.client("lambda").delete_function(FunctionName=name)
    workshop.client("athena").delete_work_group(WorkGroup=name)


def test_actions_without_resources_want_a_star(user: Any, workshop: Workshop) -> None:
    pools = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/*"
    with pytest.raises(ClientError, match=r"perform: cognito-idp:CreateUserPool on resource: \* because"):
        user(statement("cognito-idp:*", pools)).client("cognito-idp").create_user_pool(PoolName="p")
    applications = f"arn:aws:kinesisanalytics:us-east-1:{ACCOUNT}:application/*"
    analytics = user(statement("kinesisanalytics:*", applications)).client("kinesisanalyticsv2")
    with pytest.raises(ClientError, match=r"perform: kinesisanalytics:CreateApplication on resource: \* because"):
        analytics.create_application(
            ApplicationName="a", RuntimeEnvironment="SQL-1_0", ServiceExecutionRole=f"arn:aws:iam::{ACCOUNT}:role/r"
        )
    pool = user(statement("cognito-idp:CreateUserPool", "*")).client("cognito-idp").create_user_pool(PoolName="p")
    workshop.client("cognito-idp").delete_user_pool(UserPoolId=pool["UserPool"]["Id"])


def test_a_role_that_trusts_a_user_by_name_needs_no_policy_of_the_user(user: Any, workshop: Workshop) -> None:
    me = user(statement("s3:ListAllMyBuckets", "*")).client("sts").get_caller_identity()["Arn"]
    iam, name = workshop.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    for principal, allowed in (({"AWS": me}, True), ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, False)):
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy_of(trust))["Role"]["Arn"]
        sts = user(statement("s3:ListAllMyBuckets", "*")).client("sts")
        if allowed:
            assert sts.assume_role(RoleArn=role, RoleSessionName="mine")["AssumedRoleUser"]["Arn"].endswith(
                f"{name}/mine"
            )
        else:
            with pytest.raises(ClientError, match=f"perform: sts:AssumeRole on resource: {role} because"):
                sts.assume_role(RoleArn=role, RoleSessionName="mine")
        iam.delete_role(RoleName=name)


@pytest.mark.parametrize(
    ("service", "call", "params", "resource"),
    [
        ("sns", "create_topic", {"Name": "zz"}, f"arn:aws:sns:us-east-1:{ACCOUNT}:zz"),
        ("s3", "list_objects_v2", {"Bucket": "zzz"}, '"arn:aws:s3:::zzz"'),
        ("glue", "get_database", {"Name": "zz"}, "arn:aws:glue:us-east-1:123456789012:"),
        ("lambda", "get_function", {"FunctionName": "zz"}, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:zz"),
        ("iam", "list_users", {}, "*"),
    ],
)
def test_a_refusal_names_the_resource(
    service: str, call: str, params: dict[str, Any], resource: str, user: Any
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(user(statement("sts:GetCallerIdentity", "*")).client(service), call)(**params)
    assert f" on resource: {resource}" in str(refused.value)
    assert "because no identity-based policy allows the " in str(refused.value)


def test_roles_stay_within_the_boundary_that_a_condition_names(user: Any, workshop: Workshop) -> None:
    iam, name = workshop.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/{BOUNDARY}"
    within = {"StringLike": {"iam:PermissionsBoundary": f"arn:aws:iam::*:policy/{BOUNDARY}"}}
    mine = user(
        statement("iam:*", "*", Condition=within), statement("cloudformation:*", "*"), statement("iam:DeleteRole", "*")
    )
    trust = policy_of(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    )
    grant = {"RoleName": name, "PolicyName": "p", "PolicyDocument": json.dumps(EVERYTHING)}
    with pytest.raises(ClientError, match="perform: iam:CreateRole on resource"):
        mine.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    with pytest.raises(ClientError, match="perform: iam:PutRolePolicy on resource"):
        mine.client("iam").put_role_policy(**grant)
    iam.delete_role(RoleName=name)
    mine.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary)
    mine.client("iam").put_role_policy(**grant)
    key = workshop.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="mine")
    key = key["Credentials"]
    session = boto3.session.Session(
        key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], region_name=workshop.region
    )
    with pytest.raises(ClientError, match="perform: iam:ListUsers on resource"):
        session.client("iam").list_users()
    assert "DeliveryStreamNames" in session.client("firehose").list_delivery_streams(), "inside the boundary"
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)


def test_a_stack_s_roles_stay_within_the_boundary(user: Any, workshop: Workshop) -> None:
    within = {"StringLike": {"iam:PermissionsBoundary": f"arn:aws:iam::*:policy/{BOUNDARY}"}}
    mine = user(
        statement("iam:*", "*", Condition=within), statement("cloudformation:*", "*"), statement("iam:DeleteRole*", "*")
    )
    cloudformation, iam = mine.client("cloudformation"), workshop.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    properties: dict[str, Any] = {
        "AssumeRolePolicyDocument": json.loads(policy_of(trust)),
        "Policies": [{"PolicyName": "p", "PolicyDocument": EVERYTHING}],
    }
    name = f"stack-{uuid.uuid4().hex[:8]}"
    reasons = failures(cloudformation, name, {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}})
    assert "perform: iam:CreateRole on resource" in reasons["Role"]
    workshop.client("cloudformation").delete_stack(StackName=name)
    for policy, reason in ((BOUNDARY, ""), (f"none:policy/{BOUNDARY}", "does not exist or is not attachable")):
        name = f"stack-{uuid.uuid4().hex[:8]}"
        properties["PermissionsBoundary"] = f"arn:aws:iam::{ACCOUNT}:policy/{policy}"
        resources = {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}
        if reason:
            assert reason in failures(cloudformation, name, resources)["Role"]
        else:
            template = json.dumps({"Resources": resources})
            cloudformation.create_stack(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
            cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
            made = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"][0]
            role = iam.get_role(RoleName=made["PhysicalResourceId"])["Role"]
            assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == properties["PermissionsBoundary"]
        workshop.client("cloudformation").delete_stack(StackName=name)
        workshop.client("cloudformation").get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig={"Delay": 0.1}
        )


def test_a_function_in_a_stack_has_a_role_that_lambda_may_take(workshop: Workshop) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    properties = {
        "Runtime": "python3.12",
        "Handler": "i.h",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/none",
        "Code": {"ZipFile": "x"},
    }
    cloudformation = workshop.client("cloudformation")
    reasons = failures(cloudformation, name, {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}})
    assert "The role defined for the function cannot be assumed by Lambda." in reasons["F"]
    cloudformation.delete_stack(StackName=name)
