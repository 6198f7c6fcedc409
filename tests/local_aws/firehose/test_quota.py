"""The quota of Direct PUT on the one clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers.local_aws.clock import Clock
from helpers.local_aws.firehose.quota import MIB, Limits, Quota


class Standing:
    """A clock in real mode that stands where it is put."""

    mode = "real"
    time = 1_000.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Standing:
    return Standing()


@pytest.fixture
def stepped() -> Iterator[Clock]:
    clock = Clock("stepped", 1_000.0)
    yield clock
    clock.close()


def test_limits_by_region() -> None:
    assert Limits.of("us-east-1") == Limits.of("eu-west-1") == Limits(500_000, 2_000, 5 * MIB)
    assert Limits.of("eu-central-1") == Limits(100_000, 1_000, MIB)


def test_bytes(clock: Standing) -> None:
    quota = Quota(clock, Limits(500, 10, 1000))  # type: ignore[arg-type]
    assert quota.take([300] * 5) == 3
    assert quota.take([100, 1]) == 1
    assert quota.take([1]) == 0
    clock.time += 0.5
    assert quota.take([300, 300]) == 1
    clock.time += 100
    assert quota.take([300] * 5) == 3, "what is not used does not add up beyond a second's worth"


def test_records(clock: Standing) -> None:
    quota = Quota(clock, Limits(5, 10, 1000))  # type: ignore[arg-type]
    assert quota.take([1] * 4) == 4
    assert quota.take([1] * 4) == 1
    assert quota.take([1]) == 0


def test_requests(clock: Standing) -> None:
    quota = Quota(clock, Limits(500, 2, 1000))  # type: ignore[arg-type]
    assert [quota.take([1]) for _ in range(3)] == [1, 1, 0]
    admitted = 0
    for _ in range(100):  # many small passages of time add up
        clock.time += 0.03
        admitted += quota.take([1])
    assert 5 <= admitted <= 6


def test_no_rate_while_time_stands_still(stepped: Clock) -> None:
    quota = Quota(stepped, Limits(5, 1, 10))
    assert [quota.take([100] * 50) for _ in range(10)] == [50] * 10
