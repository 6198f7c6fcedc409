"""Reading inputs, outputs and reference data into the form in which they are described, and updates onto them.

Both versions of the API use these shapes; in version 1 each resource has a role of its own (RoleARN),
in version 2 the application has one. Sizes and patterns are checked before, against botocore's models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from helpers.local_aws.protocol import AwsError, invalid

Params = dict[str, Any]
PRINCIPAL = "kinesisanalytics.amazonaws.com"  # whom the roles must trust
UNASSUMABLE = "Kinesis Analytics service doesn't have sufficient privileges to assume the role {role}"
MAX_INPUTS = MAX_REFERENCES = 1
MAX_OUTPUTS = 3
SOURCES = ("KinesisFirehoseInput", "KinesisStreamsInput")
TARGETS = ("LambdaOutput", "KinesisFirehoseOutput", "KinesisStreamsOutput")
# What the ARN of each kind of resource looks like, and what AWS calls it.
ARNS = {
    "KinesisFirehose": ("arn:aws:firehose:", ":deliverystream/", "a delivery stream"),
    "KinesisStreams": ("arn:aws:kinesis:", ":stream/", "a Kinesis data stream"),
    "Lambda": ("arn:aws:lambda:", ":function:", "a Lambda function"),
}


def code(configuration: Params) -> str:
    """The script of an ApplicationCodeConfiguration."""
    if configuration["CodeContentType"] != "PLAINTEXT":
        raise invalid("SQL code has the CodeContentType PLAINTEXT")
    content = configuration.get("CodeContent", {})
    if "S3ContentLocation" in content or "ZipFileContent" in content:
        raise invalid("SQL code is given as CodeContent.TextContent")
    script: str = content.get("TextContent", "")
    return script


# Inputs


def described_input(given: Params, identity: str) -> Params:
    """The InputDescription of an Input."""
    kind = _one_of(given, SOURCES, "input source")
    described = {
        "InputId": identity,
        "NamePrefix": given["NamePrefix"],
        f"{kind}Description": _resource(given[kind], kind),
        "InputSchema": given["InputSchema"],
        "InputParallelism": {"Count": given.get("InputParallelism", {}).get("Count", 1)},
        "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"},
    }
    if "InputProcessingConfiguration" in given:
        described |= processing(given["InputProcessingConfiguration"])
    return _with_streams(described)


def updated_input(old: Params, update: Params) -> Params:
    """An InputDescription after an InputUpdate."""
    new = _retargeted(old, update, SOURCES)
    if "NamePrefixUpdate" in update:
        new["NamePrefix"] = update["NamePrefixUpdate"]
    if "CountUpdate" in update.get("InputParallelismUpdate", {}):
        new["InputParallelism"] = {"Count": update["InputParallelismUpdate"]["CountUpdate"]}
    if "InputProcessingConfigurationUpdate" in update:
        change = update["InputProcessingConfigurationUpdate"]["InputLambdaProcessorUpdate"]
        there = old.get("InputProcessingConfigurationDescription", {}).get("InputLambdaProcessorDescription", {})
        new |= processing({"InputLambdaProcessor": _changed_resource(there, change)})
    schema = update.get("InputSchemaUpdate", {})
    names = {
        "RecordFormatUpdate": "RecordFormat",
        "RecordEncodingUpdate": "RecordEncoding",
        "RecordColumnUpdates": "RecordColumns",
    }
    new["InputSchema"] = old["InputSchema"] | {names[key]: value for key, value in schema.items()}
    return _with_streams(new)


def processing(given: Params) -> Params:
    """The member of an InputDescription that describes an InputProcessingConfiguration."""
    processor = _resource(given["InputLambdaProcessor"], "Lambda")
    return {"InputProcessingConfigurationDescription": {"InputLambdaProcessorDescription": processor}}


def processor(described: Params) -> str | None:
    """The ARN of an input's pre-processing function, if it has one."""
    found = described.get("InputProcessingConfigurationDescription", {}).get("InputLambdaProcessorDescription", {})
    arn: str | None = found.get("ResourceARN")
    return arn


def _with_streams(described: Params) -> Params:
    numbers = range(1, described["InputParallelism"]["Count"] + 1)
    return described | {"InAppStreamNames": [f"{described['NamePrefix']}_{number:03d}" for number in numbers]}


# Outputs


def described_output(given: Params, identity: str) -> Params:
    """The OutputDescription of an Output."""
    kind = _one_of(given, TARGETS, "output destination")
    return {
        "OutputId": identity,
        "Name": given["Name"],
        f"{kind}Description": _resource(given[kind], kind),
        "DestinationSchema": given["DestinationSchema"],
    }


def updated_output(old: Params, update: Params) -> Params:
    """An OutputDescription after an OutputUpdate."""
    new = _retargeted(old, update, TARGETS)
    if "NameUpdate" in update:
        new["Name"] = update["NameUpdate"]
    if "DestinationSchemaUpdate" in update:
        new["DestinationSchema"] = update["DestinationSchemaUpdate"]
    return new


def target(described: Params) -> tuple[str, str]:
    """Kind ("Lambda", "KinesisFirehose", "KinesisStreams") and ARN of what an output or input is connected to."""
    for kind in ARNS:
        for end in ("OutputDescription", "InputDescription"):
            if f"{kind}{end}" in described:
                return kind, described[f"{kind}{end}"]["ResourceARN"]
    raise KeyError("neither an input's nor an output's description")


def role(described: Params, application: str | None) -> str:
    """The role to act under: of what an output, an input or its function is connected to, else the application's."""
    members = [value for name, value in described.items() if name.endswith("Description") and "ResourceARN" in value]
    own: str | None = members[0].get("RoleARN") if members else None
    return own or application or ""


# Reference data


def described_reference(given: Params, identity: str) -> Params:
    """The ReferenceDataSourceDescription of a ReferenceDataSource."""
    source = given.get("S3ReferenceDataSource", {})
    if not {"BucketARN", "FileKey"} <= source.keys():
        raise invalid("a reference data source needs S3ReferenceDataSource with BucketARN and FileKey")
    bucket_name(source["BucketARN"])
    names = ("BucketARN", "FileKey", "ReferenceRoleARN")
    return {
        "ReferenceId": identity,
        "TableName": given["TableName"],
        "S3ReferenceDataSourceDescription": {name: source[name] for name in names if name in source},
        "ReferenceSchema": given["ReferenceSchema"],
    }


def updated_reference(old: Params, update: Params) -> Params:
    """A ReferenceDataSourceDescription after a ReferenceDataSourceUpdate."""
    there = _changed_resource(old["S3ReferenceDataSourceDescription"], update.get("S3ReferenceDataSourceUpdate", {}))
    bucket_name(there["BucketARN"])
    return old | {
        "TableName": update.get("TableNameUpdate", old["TableName"]),
        "S3ReferenceDataSourceDescription": there,
        "ReferenceSchema": update.get("ReferenceSchemaUpdate", old["ReferenceSchema"]),
    }


def bucket_name(arn: str) -> str:
    """The bucket an ARN names."""
    if not arn.startswith("arn:aws:s3:::") or not arn.removeprefix("arn:aws:s3:::"):
        raise invalid(f"{arn} is not the ARN of a bucket")
    return arn.removeprefix("arn:aws:s3:::")


# CloudWatch logging options


def described_logging(given: Params, identity: str) -> Params:
    """The CloudWatchLoggingOptionDescription of a CloudWatchLoggingOption."""
    return {"CloudWatchLoggingOptionId": identity} | {
        name: given[name] for name in ("LogStreamARN", "RoleARN") if name in given
    }


def updated_logging(old: Params, update: Params) -> Params:
    """A CloudWatchLoggingOptionDescription after a CloudWatchLoggingOptionUpdate."""
    names = ("LogStreamARN", "RoleARN")
    return old | {name: update[f"{name}Update"] for name in names if f"{name}Update" in update}


# All of them


def replaced(
    old: Sequence[Params], key: str, update: Params, apply: Callable[[Params, Params], Params]
) -> list[Params]:
    """The descriptions, with an update carried out on the one it names by ``key``."""
    if not any(each[key] == update[key] for each in old):
        raise invalid(f"no {key} {update[key]}; {_there_is(old, key)}")
    return [apply(each, update) if each[key] == update[key] else each for each in old]


def without(old: Sequence[Params], key: str, identity: str) -> list[Params]:
    """The descriptions without one; ResourceNotFoundException if there is none of that id."""
    rest = [each for each in old if each[key] != identity]
    if len(rest) == len(old):
        raise AwsError("ResourceNotFoundException", f"no {key} {identity}; {_there_is(old, key)}")
    return rest


def check(inputs: Sequence[Params], outputs: Sequence[Params], references: Sequence[Params]) -> None:
    """InvalidArgumentException if there are more than the service's limits, or two outputs of one stream."""
    for number, limit, what in (
        (len(inputs), MAX_INPUTS, "input"),
        (len(outputs), MAX_OUTPUTS, "outputs"),
        (len(references), MAX_REFERENCES, "reference data source"),
    ):
        if number > limit:
            raise invalid(f"an application has at most {limit} {what}, this would be {number}")
    names = [output["Name"] for output in outputs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise invalid(f"more than one output named {', '.join(sorted(twice))}")


def resource_name(arn: str, kind: str) -> str:
    """The name in the ARN of a kind of resource; InvalidArgumentException if it is none."""
    service, separator, what = ARNS[kind]
    head, found, name = arn.partition(separator)
    if not name or not found or not head.startswith(service):
        raise invalid(f"{arn} is not the ARN of {what}")
    return name


def _there_is(old: Sequence[Params], key: str) -> str:
    return f"there is {', '.join(each[key] for each in old) or 'none'}"


def _resource(given: Params, kind: str) -> Params:
    if "ResourceARN" not in given:
        raise invalid("ResourceARN is needed")
    resource_name(given["ResourceARN"], kind.removesuffix("Input").removesuffix("Output"))
    return {name: given[name] for name in ("ResourceARN", "RoleARN") if name in given}


def _changed_resource(old: Params, update: Params) -> Params:
    return old | {name.removesuffix("Update"): value for name, value in update.items()}


def _retargeted(old: Params, update: Params, kinds: tuple[str, ...]) -> Params:
    """A description connected to what an update says: another resource of its kind, or of another kind."""
    given = [kind for kind in kinds if f"{kind}Update" in update]
    if len(given) > 1:
        raise invalid(f"at most one of {', '.join(f'{kind}Update' for kind in kinds)} goes into one update")
    if not given:
        return dict(old)
    [kind] = given
    there = old.get(f"{kind}Description", {})
    new = {key: value for key, value in old.items() if key not in {f"{each}Description" for each in kinds}}
    return new | {f"{kind}Description": _resource(_changed_resource(there, update[f"{kind}Update"]), kind)}


def _one_of(given: Params, kinds: tuple[str, ...], what: str) -> str:
    found = [kind for kind in kinds if kind in given]
    if len(found) != 1:
        raise invalid(f"exactly one {what} is needed: {', '.join(kinds)}")
    return found[0]
