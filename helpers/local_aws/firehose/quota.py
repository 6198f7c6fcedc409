"""How much a delivery stream takes a second: AWS's quota for Direct PUT.

Source: "Amazon Data Firehose Quota" in the developer guide. Measured on the one clock, with one second's worth as
the largest burst. While the clock is stepped there is no such thing as a rate (any number of puts happen at one
moment), so nothing is refused then; the fault "throttle" refuses on either clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from helpers.local_aws.clock import Clock

MIB = 1024 * 1024
LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})


@dataclass(frozen=True)
class Limits:
    """Records, requests and bytes a second."""

    records: int
    requests: int
    bytes: int

    @classmethod
    def of(cls, region: str) -> Limits:
        """The quota of a region."""
        return cls(500_000, 2_000, 5 * MIB) if region in LARGE_REGIONS else cls(100_000, 1_000, MIB)


@dataclass
class Quota:
    """What is left of one stream's quota; the stream's lock is held around ``take``."""

    clock: Clock
    limits: Limits
    _at: float = field(default=0.0, init=False)
    _left: Limits = field(init=False)

    def __post_init__(self) -> None:
        self._left = self.limits

    def take(self, sizes: Sequence[int]) -> int:
        """How many of a request's records, from the first, are within the quota; they are used up by this."""
        if self.clock.mode != "real":
            return len(sizes)
        self._refill()
        left = self._left
        if left.requests < 1:
            return 0
        count, total = min(len(sizes), left.records), sum(sizes)
        if count < len(sizes) or total > left.bytes:
            total = 0
            for number, size in enumerate(sizes[:count]):
                if total + size > left.bytes:
                    count = number
                    break
                total += size
        self._left = Limits(left.records - count, left.requests - 1, left.bytes - total)
        return count

    def _refill(self) -> None:
        now = self.clock.now()
        passed = min(1.0, now - self._at)
        left, limits = self._left, self.limits
        refilled = Limits(
            min(limits.records, left.records + int(passed * limits.records)),
            min(limits.requests, left.requests + int(passed * limits.requests)),
            min(limits.bytes, left.bytes + int(passed * limits.bytes)),
        )
        if passed * limits.requests >= 1:  # what is less than one request is kept for later
            self._at, self._left = now, refilled
