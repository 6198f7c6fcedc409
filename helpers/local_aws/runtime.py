"""What every service of the local AWS is given: clock, account, region, seed, clients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.local_aws.clock import Clock
from helpers.local_aws.journal import Journal


@dataclass(frozen=True)
class Runtime:
    """The surroundings of a service.

    ``client("s3")`` gives a boto3 client that points at the local AWS itself, with timeouts and
    retries; ``home`` is the state directory; ``journal`` keeps what must outlive the process.
    """

    clock: Clock
    account_id: str
    region: str
    seed: int
    client: Callable[[str], Any]
    home: Path
    journal: Journal = field(default_factory=Journal)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region, e.g. ``arn("firehose", "deliverystream/x")``."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"
