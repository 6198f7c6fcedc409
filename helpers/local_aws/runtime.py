"""What every service of the local AWS is given: clock, account, region, seed, clients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.local_aws.clock import Clock
from helpers.local_aws.faults import Faults
from helpers.local_aws.journal import Journal


@dataclass(frozen=True)
class Runtime:
    """The surroundings of a service.

    ``client("s3")`` gives a boto3 client that points at the local AWS itself, with timeouts and
    retries; ``client("s3", key)`` one that acts with an access key: a caller's, or the one of a role
    that ``assume(role_arn, "firehose.amazonaws.com")`` gives (ClientError if it may not). ``home`` is the
    state directory; ``journal`` keeps what must outlive the process; ``faults`` says what
    is to go wrong on demand. ``allow(action, resource,
    **context)`` raises an AwsError unless whoever asks may (Access.check).
    """

    clock: Clock
    account_id: str
    region: str
    seed: int
    client: Callable[..., Any]
    home: Path
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    allow: Callable[..., None] = lambda action, resource, **context: None
    assume: Callable[[str, str], str] = lambda role, principal: ""

    def acting(self, name: str, role: str, principal: str) -> Any:
        """A client that acts under a role given to the service `principal` (none: the local AWS itself); ClientError
        if it may not have the role."""
        key = self.assume(role, principal) if role else ""
        return self.client(name, key) if key else self.client(name)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region, e.g. ``arn("firehose", "deliverystream/x")``."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"
