"""Reading the parts of requests that are not the destination's settings: which destination, source, key, tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.firehose.config import unsupported
from helpers.local_aws.protocol import AwsError, invalid
from helpers.local_aws.runtime import Runtime

Params = Mapping[str, Any]
KINDS = {"ExtendedS3Destination": True, "S3Destination": False}
DIRECT, FROM_KINESIS = "DirectPut", "KinesisStreamAsSource"
MAX_TAGS = 50
ENCRYPTED_BY_SOURCE = (
    "Server-side encryption is not available for a delivery stream whose source is a Kinesis data stream: "
    "encrypt the data stream"
)


def one_destination(params: Params, suffix: str) -> tuple[bool, dict[str, Any]]:
    """Whether the one destination given is extended, and its parameters."""
    given = [key for key in params if key.endswith(f"Destination{suffix}")]
    if len(given) != 1:
        raise invalid(f"exactly one destination is needed, given: {', '.join(given) or 'none'}")
    kind = given[0].removesuffix(suffix)
    if kind not in KINDS:
        raise unsupported(kind, "use ExtendedS3Destination")
    return KINDS[kind], params[given[0]]


def kinesis_source(params: Params) -> dict[str, Any] | None:
    """The KinesisStreamSourceConfiguration; None for Direct PUT."""
    kind = params.get("DeliveryStreamType", DIRECT)
    given: dict[str, Any] | None = params.get("KinesisStreamSourceConfiguration")
    if kind not in (DIRECT, FROM_KINESIS):
        raise unsupported(f"the source {kind}", f"use {DIRECT} or {FROM_KINESIS}")
    if kind == DIRECT and given is not None:
        raise invalid(f"KinesisStreamSourceConfiguration goes with DeliveryStreamType {FROM_KINESIS} only")
    if kind == FROM_KINESIS and given is None:
        raise invalid(f"DeliveryStreamType {FROM_KINESIS} needs KinesisStreamSourceConfiguration")
    if kind == FROM_KINESIS and "DirectPutSourceConfiguration" in params:
        raise invalid(f"DirectPutSourceConfiguration goes with DeliveryStreamType {DIRECT} only")
    return given


def encryption(runtime: Runtime, params: Params, from_kinesis: bool) -> dict[str, Any]:
    """The DeliveryStreamEncryptionConfiguration a request asks for; a network call to KMS where it names a key."""
    given = params.get("DeliveryStreamEncryptionConfigurationInput")
    if given is None:
        return {"Status": "DISABLED"}
    if from_kinesis:
        raise invalid(ENCRYPTED_BY_SOURCE)
    kind, key = given["KeyType"], given.get("KeyARN")
    if (kind == "CUSTOMER_MANAGED_CMK") != (key is not None):
        raise invalid("KeyARN is needed with KeyType CUSTOMER_MANAGED_CMK, and with that only")
    if key is not None:
        try:
            runtime.client("kms").describe_key(KeyId=key)
        except (ClientError, BotoCoreError) as error:
            raise AwsError("InvalidKMSResourceException", f"{key} cannot be used: {error}") from error
    return {"Status": "ENABLED", "KeyType": kind} | ({"KeyARN": key} if key else {})


def tags(present: Mapping[str, str], given: Sequence[Params]) -> dict[str, str]:
    """Tags with those of a request added; LimitExceededException beyond fifty."""
    merged = dict(present) | {tag["Key"]: tag.get("Value", "") for tag in given}
    if len(merged) > MAX_TAGS:
        raise AwsError("LimitExceededException", f"a delivery stream has at most {MAX_TAGS} tags")
    return merged
