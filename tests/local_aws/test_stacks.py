"""CloudFormation over the wire, as its documentation has it: what is refused, what is said, what is left behind."""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/stacks"
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
BUCKET = {"Type": "AWS::S3::Bucket"}
TOPIC = {"Type": "AWS::SNS::Topic"}
NO_TRUST = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def cloudformation(workshop: Workshop) -> Any:
    make_role(boto3.client("iam"), ROLE)
    return boto3.client("cloudformation")


@pytest.fixture
def name() -> str:
    return f"stack-{uuid.uuid4().hex[:8]}"


def template(resources: dict[str, Any] | None = None, **sections: Any) -> str:
    return json.dumps({"Resources": {"Handle": HANDLE} if resources is None else resources, **sections})


def ended(name: str, *but: str) -> dict[str, Any]:
    """The stack, once its operation is over; `but` are states to wait past."""
    cloudformation = boto3.client("cloudformation")
    deadline = time.monotonic() + 60
    while (stack := cloudformation.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"].endswith(
        "_IN_PROGRESS"
    ) or stack["StackStatus"] in but:
        assert time.monotonic() < deadline, stack
        time.sleep(0.02)
    return dict(stack)


def events(name: str) -> list[tuple[str, str]]:
    found = boto3.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(found)]


def reasons(name: str) -> dict[tuple[str, str], str]:
    found = boto3.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return {
        (event["LogicalResourceId"], event["ResourceStatus"]): event.get("ResourceStatusReason", "")
        for event in reversed(found)
    }


def create(name: str, body: str, **more: Any) -> dict[str, Any]:
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=body, **more)
    return ended(name)


def delete(name: str, **more: Any) -> list[tuple[str, str]]:
    """Delete a stack; its events."""
    cloudformation = boto3.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    cloudformation.delete_stack(StackName=name, **more)
    ended(stack["StackId"], stack["StackStatus"])
    return events(stack["StackId"])


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


# --- parameters


@pytest.mark.parametrize(
    ("declared", "values", "said"),
    [
        ({"Type": "String"}, {"P": "a", "Q": "1", "R": "2"}, "Parameters: [Q, R] do not exist in the template"),
        ({"Type": "String"}, {}, "Parameters: [P] must have values"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, {"P": "A1"}, "Parameter 'P' must match pattern [a-z]+"),
        (
            {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "must be lower case."},
            {"P": "A1"},
            "Parameter P failed to satisfy constraint: must be lower case.",
        ),
        ({"Type": "String", "AllowedValues": ["a"]}, {"P": "b"}, "Parameter 'P' must be one of AllowedValues"),
        ({"Type": "String", "MinLength": 3}, {"P": "ab"}, "Parameter 'P' must contain at least 3 characters"),
        ({"Type": "String", "MaxLength": 1}, {"P": "ab"}, "Parameter 'P' must contain at most 1 characters"),
        ({"Type": "Number"}, {"P": "ab"}, "Parameter 'P' must be a number"),
        ({"Type": "Number", "MaxValue": 5}, {"P": "6"}, "Parameter 'P' must be a number not greater than 5"),
    ],
)
def test_parameters_that_do_not_fit_the_template_are_refused(
    cloudformation: Any, name: str, declared: dict[str, Any], values: dict[str, str], said: str
) -> None:
    body = template(Parameters={"P": declared})
    with pytest.raises(ClientError) as refused:
        cloudformation.create_stack(StackName=name, TemplateBody=body, Parameters=given(**values))
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert refused.value.response["Error"]["Message"] == said
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)
    with pytest.raises(ClientError) as refused:
        cloudformation.create_change_set(
            StackName=name, ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body, Parameters=given(**values)
        )
    assert refused.value.response["Error"]["Message"] == said


def test_a_template_without_parameters_takes_none_in_an_update_either(cloudformation: Any, name: str) -> None:
    create(name, template(Parameters={"P": {"Type": "String", "Default": "a"}}))
    with pytest.raises(ClientError, match="Parameter values specified for a template which does not require them"):
        cloudformation.update_stack(StackName=name, TemplateBody=template(), Parameters=given(P="a"))
    with pytest.raises(ClientError, match=r"Parameters: \[Q\] do not exist in the template"):
        cloudformation.update_stack(StackName=name, UsePreviousTemplate=True, Parameters=given(Q="a"))
    delete(name)


def test_what_is_not_to_be_echoed_is_not(cloudformation: Any, name: str) -> None:
    secret = "a-password"
    body = template(Parameters={"P": {"Type": "String", "NoEcho": True, "AllowedPattern": "[a-z-]+"}})
    stack = create(name, body, Parameters=given(P=secret))
    assert stack["Parameters"] == [{"ParameterKey": "P", "ParameterValue": "****"}]
    cloudformation.create_change_set(
        StackName=name, ChangeSetName="c", UsePreviousTemplate=True, Parameters=given(P=f"{secret}-other")
    )
    shown = [
        cloudformation.describe_stacks(StackName=name),
        cloudformation.describe_change_set(StackName=name, ChangeSetName="c"),
        cloudformation.describe_stack_events(StackName=name),
        cloudformation.get_template_summary(StackName=name),
    ]
    assert secret not in json.dumps(shown, default=str)
    with pytest.raises(ClientError) as refused:
        cloudformation.update_stack(StackName=name, UsePreviousTemplate=True, Parameters=given(P="SECRET"))
    assert "SECRET" not in str(refused.value)
    delete(name)


# --- capabilities


def role(**more: Any) -> dict[str, Any]:
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": NO_TRUST, **more}}}


@pytest.mark.parametrize(
    ("body", "acknowledged", "wanted"),
    [
        (template(role()), [], "CAPABILITY_IAM"),
        (template(role(RoleName="named-by-stack")), ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
        (template(Transform="AWS::LanguageExtensions"), ["CAPABILITY_NAMED_IAM"], "CAPABILITY_AUTO_EXPAND"),
    ],
)
def test_what_needs_a_capability_is_refused_without_it(
    cloudformation: Any, name: str, body: str, acknowledged: list[str], wanted: str
) -> None:
    with pytest.raises(ClientError) as refused:
        cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=acknowledged)
    assert refused.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"
    assert refused.value.response["Error"]["Message"] == f"Requires capabilities : [{wanted}]"
    assert create(name, body, Capabilities=[wanted])["StackStatus"] == "CREATE_COMPLETE"
    delete(name)


# --- deleting


def test_a_full_bucket_can_be_left_behind(cloudformation: Any, name: str) -> None:
    create(name, template({"Bucket": BUCKET, "Topic": TOPIC}))
    with pytest.raises(ClientError, match="DELETE_FAILED"):
        cloudformation.delete_stack(StackName=name, RetainResources=["Bucket"])
    found = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Bucket")
    bucket = found["StackResourceDetail"]["PhysicalResourceId"]
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key="data", Body=b"kept")

    assert delete(name)[-5:] == [
        ("Topic", "DELETE_IN_PROGRESS"),
        ("Topic", "DELETE_COMPLETE"),
        ("Bucket", "DELETE_IN_PROGRESS"),
        ("Bucket", "DELETE_FAILED"),
        (name, "DELETE_FAILED"),
    ]
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatusReason"] == "The following resource(s) failed to delete: [Bucket]."
    [left] = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert (left["LogicalResourceId"], left["ResourceStatus"]) == ("Bucket", "DELETE_FAILED")
    with pytest.raises(ClientError, match="Topic"):
        cloudformation.delete_stack(StackName=name, RetainResources=["Topic"])

    assert delete(name, RetainResources=["Bucket"])[-3:] == [
        (name, "DELETE_IN_PROGRESS"),
        ("Bucket", "DELETE_SKIPPED"),
        (name, "DELETE_COMPLETE"),
    ]
    assert s3.get_object(Bucket=bucket, Key="data")["Body"].read() == b"kept"


# --- events


def test_events_come_in_the_order_aws_gives(cloudformation: Any, name: str) -> None:
    create(name, template({"First": TOPIC, "Second": {**BUCKET, "DependsOn": "First"}}))
    assert events(name) == [
        (name, "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_COMPLETE"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_COMPLETE"),
        (name, "CREATE_COMPLETE"),
    ]
    first = [
        (event.get("ResourceStatusReason", ""), bool(event.get("PhysicalResourceId")))
        for event in reversed(cloudformation.describe_stack_events(StackName=name)["StackEvents"])
        if event["LogicalResourceId"] == "First"
    ]
    assert first == [("", False), ("Resource creation Initiated", True), ("", True)]

    before = len(events(name))
    named = {**TOPIC, "Properties": {"DisplayName": "another"}}
    cloudformation.update_stack(StackName=name, TemplateBody=template({"First": named, "Third": HANDLE}))
    assert ended(name)["StackStatus"] == "UPDATE_COMPLETE"
    assert events(name)[before:] == [
        (name, "UPDATE_IN_PROGRESS"),
        ("First", "UPDATE_IN_PROGRESS"),
        ("First", "UPDATE_COMPLETE"),
        ("Third", "CREATE_IN_PROGRESS"),
        ("Third", "CREATE_IN_PROGRESS"),
        ("Third", "CREATE_COMPLETE"),
        (name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Second", "DELETE_IN_PROGRESS"),
        ("Second", "DELETE_COMPLETE"),
        (name, "UPDATE_COMPLETE"),
    ]
    before = len(events(name))
    more = {"First": named, "Third": HANDLE, "Fourth": TOPIC}
    cloudformation.update_stack(StackName=name, TemplateBody=template(more))
    ended(name)
    changed = events(name)[before:]
    assert {which for which, _ in changed} == {name, "Fourth"}, "what is not changed is not mentioned"
    statuses = {
        each["LogicalResourceId"]: each["ResourceStatus"]
        for each in cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    }
    assert statuses == {"First": "UPDATE_COMPLETE", "Third": "CREATE_COMPLETE", "Fourth": "CREATE_COMPLETE"}
    delete(name)


def test_a_resource_that_fails_rolls_back_everything_and_leaves_nothing(cloudformation: Any, name: str) -> None:
    stream = {
        "Type": "AWS::KinesisFirehose::DeliveryStream",
        "Properties": {
            "DeliveryStreamName": name,
            "ExtendedS3DestinationConfiguration": {"BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]}, "RoleARN": ROLE},
        },
    }
    query = {"Type": "AWS::Athena::NamedQuery", "DependsOn": ["Stream", "Topic"], "Properties": {"Database": "d"}}
    resources = {"Bucket": BUCKET, "Topic": TOPIC, "Stream": stream, "Query": query}
    topics = boto3.client("sns").list_topics()["Topics"]
    buckets = boto3.client("s3").list_buckets()["Buckets"]
    assert create(name, template(resources))["StackStatus"] == "ROLLBACK_COMPLETE"
    happened = events(name)
    assert happened.index(("Query", "CREATE_FAILED")) < happened.index((name, "ROLLBACK_IN_PROGRESS"))
    assert {each for each, status in happened if status == "DELETE_COMPLETE"} == {"Stream", "Topic", "Bucket"}
    said = reasons(name)
    assert "QueryString" in said["Query", "CREATE_FAILED"]
    assert said[name, "ROLLBACK_IN_PROGRESS"] == (
        "The following resource(s) failed to create: [Query]. Rollback requested by user."
    )
    assert name not in boto3.client("firehose").list_delivery_streams()["DeliveryStreamNames"]
    assert boto3.client("sns").list_topics()["Topics"] == topics
    assert boto3.client("s3").list_buckets()["Buckets"] == buckets
    assert cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"] == []
    delete(name)


def test_a_stack_deleted_while_it_is_made_is_gone_in_the_end(cloudformation: Any, name: str) -> None:
    chain: dict[str, Any] = {f"Topic{number:02}": TOPIC for number in range(12)}
    stack = cloudformation.create_stack(StackName=name, TemplateBody=template(chain))["StackId"]
    cloudformation.delete_stack(StackName=name)
    cloudformation.delete_stack(StackName=name)
    assert ended(stack, "CREATE_COMPLETE")["StackStatus"] == "DELETE_COMPLETE"
    assert not [each for each in boto3.client("sns").list_topics()["Topics"] if name in each["TopicArn"]]
    happened = events(stack)
    assert happened[-1] == (stack.split("/")[1], "DELETE_COMPLETE")
    assert (name, "ROLLBACK_IN_PROGRESS") not in happened


# --- types of resources


def test_users_of_a_pool_and_their_groups(cloudformation: Any, name: str) -> None:
    user = {"UserPoolId": {"Ref": "Pool"}, "Username": "bob", "MessageAction": "SUPPRESS"}
    user["UserAttributes"] = [{"Name": "email", "Value": "bob@example.com"}]
    member = {"UserPoolId": {"Ref": "Pool"}, "GroupName": {"Ref": "Group"}, "Username": {"Ref": "User"}}
    resources = {
        "Pool": {"Type": "AWS::Cognito::UserPool"},
        "Group": {
            "Type": "AWS::Cognito::UserPoolGroup",
            "Properties": {"UserPoolId": {"Ref": "Pool"}, "GroupName": "g"},
        },
        "User": {"Type": "AWS::Cognito::UserPoolUser", "Properties": user},
        "Member": {"Type": "AWS::Cognito::UserPoolUserToGroupAttachment", "Properties": member},
    }
    outputs = {"User": {"Value": {"Ref": "User"}}, "Pool": {"Value": {"Ref": "Pool"}}}
    stack = create(name, template(resources, Outputs=outputs))
    found = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    cognito = boto3.client("cognito-idp")
    assert found["User"] == "bob"
    detail = cognito.admin_get_user(UserPoolId=found["Pool"], Username="bob")
    assert {"Name": "email", "Value": "bob@example.com"} in detail["UserAttributes"]
    groups = cognito.admin_list_groups_for_user(UserPoolId=found["Pool"], Username="bob")["Groups"]
    assert [each["GroupName"] for each in groups] == ["g"]

    resources["User"]["Properties"] = {**user, "Username": "eve"}
    cloudformation.update_stack(StackName=name, TemplateBody=template(resources, Outputs=outputs))
    assert ended(name)["StackStatus"] == "UPDATE_COMPLETE"
    users = cognito.list_users(UserPoolId=found["Pool"])["Users"]
    assert [each["Username"] for each in users] == ["eve"]
    del resources["Member"], resources["User"]
    cloudformation.update_stack(StackName=name, TemplateBody=template(resources))
    ended(name)
    assert cognito.list_users(UserPoolId=found["Pool"])["Users"] == []
    delete(name)


def test_named_queries(cloudformation: Any, name: str) -> None:
    query = {"Database": "d", "QueryString": "SELECT 1", "Name": "one", "WorkGroup": {"Ref": "Group"}}
    resources = {
        "Group": {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": name}},
        "Query": {"Type": "AWS::Athena::NamedQuery", "Properties": query},
    }
    outputs = {
        "Ref": {"Value": {"Ref": "Query"}},
        "GetAtt": {"Value": {"Fn::GetAtt": ["Query", "NamedQueryId"]}},
    }
    stack = create(name, template(resources, Outputs=outputs))
    found = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    athena = boto3.client("athena")
    made = athena.get_named_query(NamedQueryId=found["Ref"])["NamedQuery"]
    assert (made["Name"], made["QueryString"], made["WorkGroup"]) == ("one", "SELECT 1", name)
    assert found["GetAtt"] == found["Ref"]
    delete(name)
    with pytest.raises(ClientError):
        athena.get_named_query(NamedQueryId=found["Ref"])


# --- functions


CODE = "import os\ndef handler(event, context):\n    return {'pid': os.getpid(), 'environment': dict(os.environ)}\n"


def function(**variables: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"ZipFile": CODE},
            "Handler": "index.handler",
            "Role": ROLE,
            "Runtime": "python3.12",
            "Environment": {"Variables": variables},
        },
    }


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_functions_with_permission_and_event_source_and_their_processes(cloudformation: Any, name: str) -> None:
    mapping = {
        "FunctionName": {"Ref": "One"},
        "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
        "StartingPosition": "LATEST",
    }
    permission = {"FunctionName": {"Ref": "One"}, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    resources = {
        "One": function(MINE="1"),
        "Other": function(THEIRS="2"),
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
        "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
    }
    outputs = {each: {"Value": {"Ref": each}} for each in resources}
    stack = create(name, template(resources, Outputs=outputs))
    found = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    functions = boto3.client("lambda")
    arn = functions.get_function_configuration(FunctionName=found["One"])["FunctionArn"]
    assert functions.get_event_source_mapping(UUID=found["Mapping"])["FunctionArn"] == arn
    [statement] = json.loads(functions.get_policy(FunctionName=found["One"])["Policy"])["Statement"]
    assert (statement["Principal"], statement["Resource"]) == ({"Service": "s3.amazonaws.com"}, arn)
    one, other = (json.loads(functions.invoke(FunctionName=found[each])["Payload"].read()) for each in ("One", "Other"))
    assert one["environment"]["MINE"] == "1"
    assert "THEIRS" not in one["environment"]
    assert one["environment"]["AWS_SECRET_ACCESS_KEY"] != other["environment"]["AWS_SECRET_ACCESS_KEY"]
    assert running(one["pid"])
    assert running(other["pid"])

    delete(name)
    assert not running(one["pid"])
    assert not running(other["pid"])
    with pytest.raises(ClientError):
        functions.get_event_source_mapping(UUID=found["Mapping"])


def test_a_function_sees_its_own_environment_only(cloudformation: Any, name: str) -> None:
    create(name, template({"One": function(MINE="1", AUTH="its own")}, Outputs={"One": {"Value": {"Ref": "One"}}}))
    [output] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    answer = boto3.client("lambda").invoke(FunctionName=output["OutputValue"])["Payload"].read()
    environment = json.loads(answer)["environment"]
    assert environment.pop("AUTH") == "its own"
    machine = {
        "PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE",
        "PATHEXT", "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH",
        "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE", "TZ", "NO_PROXY", "MINE",
    }  # fmt: skip
    rest = {each for each in environment if not each.startswith(("AWS_", "_", "LAMBDA_TASK_ROOT"))} - machine
    assert rest == set()
    delete(name)


def test_every_type_of_our_templates_can_be_made() -> None:
    from ministack.services.cloudformation import provisioners

    from helpers.local_aws import stack_permissions, stack_resources
    from helpers.local_aws.kinesisanalytics import resources

    parts = {f"{resources.V2}{name}" for name in resources.PARTS}
    ours = {"AWS::KinesisFirehose::DeliveryStream", *parts, *stack_resources.handlers()}
    known = ours | provisioners._RESOURCE_HANDLERS.keys()
    templates = sorted((Path(__file__).parents[2] / "cloudformation").glob("*.yaml"))
    assert templates
    for path in templates:
        used = set(re.findall(r"^ +Type: (AWS::\w+::\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert used
        assert used - known == set(), path.name
        unasked = used - stack_permissions.KINDS.keys() - {"AWS::KinesisFirehose::DeliveryStream"}
        assert not {each for each in unasked if not each.startswith("AWS::KinesisAnalytics")}, path.name
