"""What the template promises: lint, limits, secrecy, least privilege, names that cleanup can find again."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import template
from helpers.errors import WorkshopError

RESOURCES = template.section("Resources")
OUTPUTS = {
    "KinesisDataGeneratorUrl",
    "RawBucketName",
    "ProcessedBucketName",
    "DeliveryStreamName",
    "DeliveryStreamArn",
    "AnalyticsRoleArn",
    "AnomalyFunctionName",
    "AnomalyFunctionArn",
    "TransformFunctionName",
    "TopicArn",
    "GlueDatabaseName",
    "AthenaWorkGroupName",
    "UserPoolId",
    "IdentityPoolId",
}
FLINK_OUTPUTS = {"EventStreamName", "EventStreamArn", "AnomalyStreamArn", "CodeBucketName", "FlinkLogStreamArn"}
GOOD = {name: template.EXAMPLES[name] for name in template.section("Parameters")}


def of_type(name: str) -> dict[str, dict]:
    return {key: value.get("Properties", {}) for key, value in RESOURCES.items() if value["Type"] == name}


def statements() -> list[tuple[str, dict]]:
    return [
        (name, statement)
        for name, role in of_type("AWS::IAM::Role").items()
        for policy in either(role["Policies"])
        for statement in either(policy["PolicyDocument"]["Statement"])
    ]


def either(items: list) -> list[dict]:
    """The items of a list, of each !If both."""
    pairs = (item["If"][1:] if "If" in item else [item] for item in items)
    return [item for pair in pairs for item in pair if item != {"Ref": "AWS::NoValue"}]


def as_list(value: object) -> list:
    return value if isinstance(value, list) else [value]


def test_template_and_rendered_template_pass_cfn_lint(tmp_path):
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(template.render())
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    command = [str(cfn_lint), str(template.TEMPLATE), str(rendered)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_rendered_template_stays_clear_of_the_limits():
    body = template.render()
    assert len(body.encode()) < 0.95 * template.BODY_LIMIT
    assert not template.ZIP_FILE.search(body)


def test_every_function_is_its_source_and_has_the_handler_it_names(tmp_path):
    rendered_file = tmp_path / "rendered.yaml"
    rendered_file.write_text(template.render())
    rendered = template.section("Resources", rendered_file)
    for name, properties in of_type("AWS::Lambda::Function").items():
        source = template.TEMPLATE.parent / properties["Code"]["ZipFile"]
        code = rendered[name]["Properties"]["Code"]["ZipFile"]
        assert code == source.read_text()
        assert properties["Handler"] == "index.handler"
        assert "\ndef handler(event" in code


def test_outputs_are_those_the_chapters_use():
    outputs = template.section("Outputs")
    assert {name for name, each in outputs.items() if "Condition" not in each} == OUTPUTS
    assert {name for name, each in outputs.items() if each.get("Condition") == "Flink"} == FLINK_OUTPUTS
    assert set(outputs) == OUTPUTS | FLINK_OUTPUTS


def test_the_password_is_hidden_and_goes_to_the_user_only():
    rule = template.section("Parameters")["Password"]
    assert rule["NoEcho"] is True
    assert "Default" not in rule
    users = [name for name, resource in RESOURCES.items() if is_used(resource)]
    assert users == ["DataGeneratorUser"]
    assert not is_used(template.section("Outputs"))


def is_used(value: object) -> bool:
    if isinstance(value, dict):
        return value.get("Ref") == "Password" or any(is_used(item) for item in value.values())
    if isinstance(value, list):
        return any(is_used(item) for item in value)
    return isinstance(value, str) and "${Password}" in value


def test_every_parameter_is_described_and_says_what_it_wants():
    for name, rule in template.section("Parameters").items():
        assert rule["Description"] and rule["ConstraintDescription"] and rule["AllowedPattern"], name


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Username", ["kplsetup", "abc", "a.b-c_9"]),
        ("Password", ["abcdefg1", "Aa1-_x!{}~#$", "1234567a"]),
        ("Email", ["a@b.co", "first.last+tag@mail.example.com", "x_1%y@a-b.example"]),
        ("SMS", ["+15555550123", "+4915112345678", "+6421123456"]),
        ("Engine", ["sql", "flink"]),
    ],
)
def test_good_values_are_taken(name, values):
    for value in [template.EXAMPLES[name], *values]:
        assert template.check(GOOD | {name: value})[name] == value


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Username", ["", "ab", "1abc", "has space", "x" * 65, "a@b", "abc\n"]),
        (
            "Password",
            ["", "short1", "onlyletters", "12345678", "PASSWORD1", "has space 1", "ümlaut-1234", "a1" * 50],
        ),
        (
            "Email",
            ["", "nobody", "a@b", "a@@b.co", "a b@c.de", "a@b.co\n", "a@.co", "a@b.co,c@d.co", "a@b..co"],
        ),
        (
            "SMS",
            [
                "",
                "0151123456",
                "+0123456789",
                "+49 151 123",
                "+1-555-555",
                "+12345",
                "+" + "1" * 16,
                "+1555555o123",
            ],
        ),
        ("Engine", ["", "SQL", "flink2", "sql|flink", "flink\n"]),
    ],
)
def test_bad_values_are_refused(name, values):
    for value in values:
        with pytest.raises(WorkshopError, match=name):
            template.check(GOOD | {name: value})


def test_buckets_are_encrypted_private_owned_and_tls_only():
    found = of_type("AWS::S3::Bucket")
    assert set(found) == {"RawBucket", "ProcessedBucket", "CodeBucket"}
    for properties in found.values():
        assert "BucketName" not in properties  # names are the world's, CloudFormation finds free ones
        assert properties["BucketEncryption"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(properties["PublicAccessBlockConfiguration"]) == 4
        assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    policies = of_type("AWS::S3::BucketPolicy").values()
    assert {policy["Bucket"]["Ref"] for policy in policies} == set(found)
    for policy in policies:
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_role_may_do_everything_or_touch_everything():
    lists = {"ec2:DescribeRegions", "firehose:ListDeliveryStreams", "kinesis:ListStreams", "logs:DescribeLogGroups"}
    for role, statement in statements():
        if statement["Effect"] == "Deny":
            continue
        actions = as_list(statement["Action"])
        assert not [action for action in actions if action == "*" or action.endswith(":*")], role
        if "*" in as_list(statement["Resource"]):
            assert set(actions) <= lists, role


def test_every_function_has_a_role_of_its_own_and_no_managed_policy():
    roles = [properties["Role"]["GetAtt"] for properties in of_type("AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(roles) == 3
    assert not [name for name, role in of_type("AWS::IAM::Role").items() if "ManagedPolicyArns" in role]
    # Named roles would need CAPABILITY_NAMED_IAM, and deploy() asks for less.
    assert not [name for name, role in of_type("AWS::IAM::Role").items() if "RoleName" in role]


def test_the_page_s_users_may_put_to_this_stream_only():
    said = [s for role, s in statements() if role == "AuthenticatedRole"]
    puts = [s["Resource"] for s in said if any(":PutRecord" in action for action in s["Action"])]
    assert puts == [{"GetAtt": "EventStream.Arn"}, {"GetAtt": "FirehoseDeliveryStream.Arn"}]
    (nothing,) = [s for role, s in statements() if role == "UnauthenticatedRole"]
    assert nothing == {"Effect": "Deny", "Action": "*", "Resource": "*"}


def test_the_delivery_stream_buffers_compresses_backs_up_and_logs():
    (stream,) = of_type("AWS::KinesisFirehose::DeliveryStream").values()
    processed = stream["ExtendedS3DestinationConfiguration"]
    raw = processed["S3BackupConfiguration"]
    assert processed["S3BackupMode"] == "Enabled"
    assert (raw["Prefix"], processed["Prefix"]) == ("weblogs/raw/", "weblogs/processed/")
    for destination in (raw, processed):
        assert destination["BufferingHints"] == {"SizeInMBs": 1, "IntervalInSeconds": 60}
        assert destination["CompressionFormat"] == "GZIP"
        assert destination["ErrorOutputPrefix"] == "errors/!{firehose:error-output-type}/"
        assert destination["CloudWatchLoggingOptions"]["Enabled"] is True


def test_flink_has_a_stream_before_the_delivery_stream_and_one_behind_the_application():
    streams = of_type("AWS::Kinesis::Stream")
    for logical_id, stream in streams.items():
        assert stream["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
        assert stream["Name"] == {"Sub": f"${{AWS::StackName}}-{logical_id}"}  # as cleanup finds it
    (delivery,) = of_type("AWS::KinesisFirehose::DeliveryStream").values()
    assert delivery["DeliveryStreamType"] == {"If": ["Flink", "KinesisStreamAsSource", "DirectPut"]}
    (trigger,) = of_type("AWS::Lambda::EventSourceMapping").values()
    assert trigger["EventSourceArn"] == {"GetAtt": "AnomalyStream.Arn"}
    assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (trigger["StartingPosition"], trigger["MaximumRetryAttempts"]) == ("TRIM_HORIZON", -1)
    flink = {name for name, each in RESOURCES.items() if each.get("Condition") == "Flink"}
    assert {*streams, "CodeBucket", "CodeBucketPolicy", "AnomalyTrigger", "FlinkRole"} < flink
    assert {name for name, each in RESOURCES.items() if each.get("Condition") == "Sql"} == {"CSEKinesisAnalyticsRole"}


def test_the_flink_role_reads_events_and_code_writes_anomalies_and_logs_and_no_more():
    may = [(as_list(s["Action"]), s["Resource"]) for role, s in statements() if role == "FlinkRole"]
    reads = {str(on) for actions, on in may if {"s3:GetObject", "kinesis:GetRecords"} & {*actions}}
    assert reads == {"{'Sub': '${CodeBucket.Arn}/flink/*'}", "{'GetAtt': 'EventStream.Arn'}"}
    writes = [on for actions, on in may if any(":Put" in action for action in actions)]
    assert writes[0] == {"GetAtt": "AnomalyStream.Arn"}
    assert writes[1]["Sub"].endswith(":log-group:${FlinkLogGroup}:log-stream:${FlinkLogStream}")
    assert len(writes) == 2
    trust = RESOURCES["FlinkRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust == RESOURCES["CSEKinesisAnalyticsRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_log_groups_are_made_by_the_stack_and_forget():
    groups = of_type("AWS::Logs::LogGroup")
    assert {properties["RetentionInDays"] for properties in groups.values()} == {7}
    names = {properties["LogGroupName"]["Sub"] for properties in groups.values()}
    functions = {properties["FunctionName"]["Sub"] for properties in of_type("AWS::Lambda::Function").values()}
    services = {f"/aws/{service}/${{AWS::StackName}}" for service in ("kinesisfirehose", "kinesis-analytics")}
    assert names == {f"/aws/lambda/{name}" for name in functions} | services


@pytest.mark.parametrize(("kind", "key"), [("AWS::Lambda::Function", "FunctionName"), ("AWS::SNS::Topic", "TopicName")])
def test_a_name_of_our_own_is_the_stack_s_and_the_logical_id(kind, key):
    """helpers/cleanup.py finds what is left by exactly this."""
    for logical_id, properties in of_type(kind).items():
        assert properties[key] == {"Sub": f"${{AWS::StackName}}-{logical_id}"}


def test_tables_read_the_places_the_data_goes_to():
    tables = {p["TableInput"]["Name"]: p["TableInput"] for p in of_type("AWS::Glue::Table").values()}
    locations = {name: table["StorageDescriptor"]["Location"]["Sub"] for name, table in tables.items()}
    assert locations == {
        "raw_events": "s3://${RawBucket}/weblogs/raw/",
        "processed_events": "s3://${ProcessedBucket}/weblogs/processed/",
        "anomalies": "s3://${ProcessedBucket}/weblogs/anomalies/",
    }
    columns = {name: [c["Name"] for c in t["StorageDescriptor"]["Columns"]] for name, t in tables.items()}
    assert columns["processed_events"] == ["event_time", "browseraction", "site"]
    assert columns["anomalies"] == ["detected_at", "ctr_percent", "anomaly_score"]


def test_patterns_mean_the_same_to_java_and_python():
    """CloudFormation's patterns are Java's: no Python-only syntax, and nothing that depends on the locale."""
    for rule in template.section("Parameters").values():
        assert not re.search(r"\(\?P|\\[dwsDWS]|\\Z", rule["AllowedPattern"])
