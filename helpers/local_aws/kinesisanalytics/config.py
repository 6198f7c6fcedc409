"""Reading inputs and outputs into the form in which they are described, and updates onto them.

Offered: one Firehose input of parallelism 1, Lambda outputs. Refused by name: Kinesis streams,
pre-processing functions, reference data, code from S3 or a ZIP file.
"""

from __future__ import annotations

from typing import Any

from helpers.local_aws.protocol import AwsError, invalid

Params = dict[str, Any]
MAX_OUTPUTS = 3
SOURCES = ("KinesisFirehoseInput", "KinesisStreamsInput")
TARGETS = ("LambdaOutput", "KinesisFirehoseOutput", "KinesisStreamsOutput")


def unsupported(what: str, instead: str) -> AwsError:
    """The answer to what AWS offered and the local service does not."""
    message = f"the local Kinesis Data Analytics does not offer {what}: {instead}"
    return AwsError("NotImplementedException", message, 501)


def code(configuration: Params) -> str:
    """The script of an ApplicationCodeConfiguration."""
    if configuration["CodeContentType"] != "PLAINTEXT":
        raise invalid("SQL code has the CodeContentType PLAINTEXT")
    content = configuration.get("CodeContent", {})
    if "S3ContentLocation" in content or "ZipFileContent" in content:
        raise invalid("SQL code is given as CodeContent.TextContent")
    script: str = content.get("TextContent", "")
    return script


def described_input(given: Params, identity: str, role: str) -> Params:
    """The InputDescription of an Input."""
    kind = _one_of(given, SOURCES, "input source")
    if kind != "KinesisFirehoseInput":
        raise unsupported(kind, "use KinesisFirehoseInput")
    if "InputProcessingConfiguration" in given:
        raise unsupported("InputProcessingConfiguration", "let the delivery stream transform the records")
    parallelism = given.get("InputParallelism", {"Count": 1})
    if parallelism.get("Count", 1) != 1:
        raise unsupported(f"InputParallelism {parallelism['Count']}", "use 1")
    prefix = given["NamePrefix"]
    return {
        "InputId": identity,
        "NamePrefix": prefix,
        "InAppStreamNames": [f"{prefix}_001"],
        "KinesisFirehoseInputDescription": {"ResourceARN": given[kind]["ResourceARN"], "RoleARN": role},
        "InputSchema": given["InputSchema"],
        "InputParallelism": {"Count": 1},
        "InputStartingPositionConfiguration": {"InputStartingPosition": "NOW"},
    }


def updated_input(old: Params, update: Params, role: str) -> Params:
    """An InputDescription after an InputUpdate."""
    for key in ("KinesisStreamsInputUpdate", "InputProcessingConfigurationUpdate"):
        if key in update:
            raise unsupported(key, "use KinesisFirehoseInputUpdate and InputSchemaUpdate")
    if update.get("InputParallelismUpdate", {"CountUpdate": 1})["CountUpdate"] != 1:
        raise unsupported("InputParallelism other than 1", "use 1")
    new = dict(old)
    if "NamePrefixUpdate" in update:
        new |= {
            "NamePrefix": update["NamePrefixUpdate"],
            "InAppStreamNames": [f"{update['NamePrefixUpdate']}_001"],
        }
    if "KinesisFirehoseInputUpdate" in update:
        arn = update["KinesisFirehoseInputUpdate"]["ResourceARNUpdate"]
        new["KinesisFirehoseInputDescription"] = {"ResourceARN": arn, "RoleARN": role}
    schema = update.get("InputSchemaUpdate", {})
    names = {
        "RecordFormatUpdate": "RecordFormat",
        "RecordEncodingUpdate": "RecordEncoding",
        "RecordColumnUpdates": "RecordColumns",
    }
    new["InputSchema"] = old["InputSchema"] | {names[key]: value for key, value in schema.items()}
    return new


def described_output(given: Params, identity: str, role: str) -> Params:
    """The OutputDescription of an Output."""
    kind = _one_of(given, TARGETS, "output destination")
    if kind != "LambdaOutput":
        raise unsupported(kind, "use LambdaOutput")
    return {
        "OutputId": identity,
        "Name": given["Name"],
        "LambdaOutputDescription": {"ResourceARN": given[kind]["ResourceARN"], "RoleARN": role},
        "DestinationSchema": given["DestinationSchema"],
    }


def updated_output(old: Params, update: Params, role: str) -> Params:
    """An OutputDescription after an OutputUpdate."""
    for key in ("KinesisStreamsOutputUpdate", "KinesisFirehoseOutputUpdate"):
        if key in update:
            raise unsupported(key, "use LambdaOutputUpdate")
    new = dict(old)
    if "NameUpdate" in update:
        new["Name"] = update["NameUpdate"]
    if "LambdaOutputUpdate" in update:
        arn = update["LambdaOutputUpdate"]["ResourceARNUpdate"]
        new["LambdaOutputDescription"] = {"ResourceARN": arn, "RoleARN": role}
    if "DestinationSchemaUpdate" in update:
        new["DestinationSchema"] = update["DestinationSchemaUpdate"]
    return new


def check_outputs(outputs: list[Params]) -> None:
    """InvalidArgumentException if there are too many, or two of one stream."""
    if len(outputs) > MAX_OUTPUTS:
        raise invalid(f"an application has at most {MAX_OUTPUTS} outputs")
    names = [output["Name"] for output in outputs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise invalid(f"more than one output named {', '.join(sorted(twice))}")


def stream_name(arn: str) -> str:
    """The delivery stream an ARN names."""
    kind, _, name = arn.partition(":deliverystream/")
    if not name or not kind.startswith("arn:aws:firehose:"):
        raise invalid(f"{arn} is not the ARN of a delivery stream")
    return name


def _one_of(given: Params, kinds: tuple[str, ...], what: str) -> str:
    found = [kind for kind in kinds if kind in given]
    if len(found) != 1:
        raise invalid(f"exactly one {what} is needed: {', '.join(kinds)}")
    return found[0]
