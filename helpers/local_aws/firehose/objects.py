"""One S3 object to be written: its key and bytes are fixed once, so that a retry writes the same object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from helpers.local_aws.firehose.compression import compress
from helpers.local_aws.firehose.models import Target
from helpers.local_aws.firehose.prefix import object_name


@dataclass(frozen=True)
class S3Object:
    """An object ready to be put; ``records`` is how many records it carries."""

    target: Target
    key: str
    body: bytes
    records: int

    def arguments(self) -> dict[str, Any]:
        """The arguments of ``put_object``."""
        arguments: dict[str, Any] = {"Bucket": self.target.bucket, "Key": self.key, "Body": self.body}
        if self.target.kms_key:
            arguments |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.target.kms_key}
        return arguments


def make_object(
    target: Target, stream: str, version: str, data: Iterable[bytes], arrival: float, error_type: str = ""
) -> S3Object:
    """Join and compress data; ``arrival`` (epoch seconds) of the oldest record gives the key its times."""
    pieces = list(data)
    prefixes = target.prefixes
    prefix = prefixes.error_prefix(arrival, error_type) if error_type else prefixes.object_prefix(arrival)
    name = object_name(stream, version, prefixes.local(arrival), target.extension or "")
    return S3Object(target, prefix + name, compress(b"".join(pieces), target.compression, arrival), len(pieces))
