"""Reading, merging and describing destination configurations.

Offered: S3 and ExtendedS3 with every compression, Lambda and AppendDelimiterToRecord processors, source
backup, CloudWatch logging. Refused by name: data format conversion, dynamic partitioning, the other
processors.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any

from helpers.local_aws.firehose.compression import EXTENSIONS
from helpers.local_aws.firehose.models import MIB, Destination, LambdaProcessor, LogOptions, Target
from helpers.local_aws.firehose.prefix import Prefixes
from helpers.local_aws.protocol import AwsError, invalid

Config = Mapping[str, Any]
DEFAULTS: dict[str, Any] = {
    "Prefix": "",
    "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": False},
}
EXTENDED_DEFAULTS: dict[str, Any] = {
    "ProcessingConfiguration": {"Enabled": False, "Processors": []},
    "S3BackupMode": "Disabled",
}
LAMBDA_DEFAULTS = {"NumberOfRetries": "3", "BufferSizeInMBs": "1.0", "BufferIntervalInSeconds": "60"}
PLAIN_KEYS = (*DEFAULTS, "RoleARN", "BucketARN", "ErrorOutputPrefix")
BACKUP_KEYS = ("S3BackupConfiguration", "S3BackupUpdate", "S3BackupDescription")


def complete(config: Config, extended: bool, base: Config | None = None) -> dict[str, Any]:
    """A configuration with defaults filled in, laid over an earlier one (``base``) for an update."""
    full = dict(base) if base is not None else DEFAULTS | (EXTENDED_DEFAULTS if extended else {})
    for key, value in config.items():
        if key in BACKUP_KEYS:
            full["S3BackupDescription"] = complete(value, False, full.get("S3BackupDescription"))
        elif key == "BufferingHints":
            if len(value) == 1:
                given = next(iter(value))
                raise invalid(f"BufferingHints has {given} alone: give SizeInMBs and IntervalInSeconds, or neither")
            full[key] = full[key] | value
        else:
            full[key] = value
    return full


def destination(config: Config) -> Destination:
    """The destination a completed configuration describes; InvalidArgumentException if it cannot be."""
    _refuse_unsupported(config)
    processors = _processors(config.get("ProcessingConfiguration", {}))
    backup = None
    if config.get("S3BackupMode") == "Enabled":
        if "S3BackupDescription" not in config:
            raise invalid("S3BackupMode is Enabled, so S3BackupConfiguration is needed")
        backup = _target(config["S3BackupDescription"])
    return Destination(
        target=_target(config),
        processor=_lambda(processors["Lambda"], config["RoleARN"]) if "Lambda" in processors else None,
        delimiter=_delimiter(processors.get("AppendDelimiterToRecord")),
        backup=backup,
    )


def describe(config: Config, extended: bool, identity: str) -> dict[str, Any]:
    """The DestinationDescription of a completed configuration."""
    plain = {key: config[key] for key in PLAIN_KEYS if key in config}
    description = {"DestinationId": identity, "S3DestinationDescription": plain}
    return description | ({"ExtendedS3DestinationDescription": dict(config)} if extended else {})


def _refuse_unsupported(config: Config) -> None:
    for key in ("DataFormatConversionConfiguration", "DynamicPartitioningConfiguration"):
        if config.get(key, {}).get("Enabled", key in config):
            raise unsupported(key, "leave it out or set Enabled to false")


def unsupported(what: str, instead: str) -> AwsError:
    """The answer to what AWS offers and the local Firehose does not."""
    return AwsError("NotImplementedException", f"the local Firehose does not offer {what}: {instead}", 501)


def _target(config: Config) -> Target:
    prefixes = Prefixes(
        config.get("Prefix", ""),
        config.get("ErrorOutputPrefix") or None,
        config.get("CustomTimeZone") or "UTC",
    )
    prefixes.check()
    encryption = config["EncryptionConfiguration"].get("KMSEncryptionConfig", {})
    return Target(
        bucket=config["BucketARN"].split(":::", 1)[1],
        prefixes=prefixes,
        role=config["RoleARN"],
        size=config["BufferingHints"]["SizeInMBs"] * MIB,
        interval=config["BufferingHints"]["IntervalInSeconds"],
        compression=config["CompressionFormat"],
        extension=config.get("FileExtension") or EXTENSIONS[config["CompressionFormat"]],
        kms_key=encryption.get("AWSKMSKeyARN"),
        log=_log(config["CloudWatchLoggingOptions"]),
    )


def _log(options: Config) -> LogOptions | None:
    if not options.get("Enabled"):
        return None
    if not options.get("LogGroupName") or not options.get("LogStreamName"):
        raise invalid("CloudWatchLoggingOptions is enabled, so LogGroupName and LogStreamName are needed")
    return LogOptions(options["LogGroupName"], options["LogStreamName"])


def _processors(processing: Config) -> dict[str, dict[str, str]]:
    if not processing.get("Enabled"):
        return {}
    processors: dict[str, dict[str, str]] = {}
    for processor in processing.get("Processors", []):
        kind = processor["Type"]
        if kind not in ("Lambda", "AppendDelimiterToRecord"):
            raise unsupported(f"the processor {kind}", "use Lambda or AppendDelimiterToRecord")
        if kind in processors:
            raise invalid(f"only one {kind} processor is allowed")
        given = {each["ParameterName"]: each["ParameterValue"] for each in processor.get("Parameters", [])}
        processors[kind] = given
    return processors


def _lambda(parameters: Mapping[str, str], role: str) -> LambdaProcessor:
    if "LambdaArn" not in parameters:
        raise invalid("the Lambda processor needs the parameter LambdaArn")
    values = LAMBDA_DEFAULTS | dict(parameters)
    return LambdaProcessor(
        arn=values["LambdaArn"],
        role=values.get("RoleArn") or role,
        size=int(_within(values, "BufferSizeInMBs", 0.2, 3) * MIB),
        interval=_within(values, "BufferIntervalInSeconds", 0, 900),
        retries=int(_within(values, "NumberOfRetries", 0, 300)),
    )


def _within(values: Mapping[str, str], name: str, low: float, high: float) -> float:
    try:
        number = float(values[name])
    except ValueError as error:
        raise invalid(f"{name} {values[name]!r} is not a number") from error
    if not low <= number <= high:
        raise invalid(f"{name} {values[name]} is not between {low:g} and {high:g}")
    return number


def _delimiter(parameters: Mapping[str, str] | None) -> bytes:
    if parameters is None:
        return b""
    text = parameters.get("Delimiter", r"\n")
    return codecs.decode(text.encode("latin-1", "backslashreplace"), "unicode_escape").encode()
