"""The table of faults."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.local_aws.faults import KINDS, FaultError, Faults


def test_a_count_ends_a_fault() -> None:
    faults = Faults()
    faults.set({"kind": "s3-error", "count": 2, "code": "SlowDown"}, now=10)
    assert [bool(faults.hit("s3-error", 10)) for _ in range(4)] == [True, True, False, False]
    assert faults.list(10) == []


def test_time_ends_a_fault() -> None:
    faults = Faults()
    faults.set({"kind": "lambda-slow", "seconds": 60, "delay": 5}, now=10)
    fault = faults.hit("lambda-slow", 69.9)
    assert fault is not None and fault.delay == 5
    assert faults.hit("lambda-slow", 70) is None
    assert faults.list(69) == [{"kind": "lambda-slow", "share": 1.0, "until": 70.0, "delay": 5.0}]


def test_a_share_is_drawn_from_the_seed() -> None:
    def drawn(seed: int) -> Any:
        faults = Faults(seed)
        faults.set({"kind": "throttle", "share": 0.25}, now=0)
        return faults.hits("throttle", 0, 1000)

    assert drawn(7) == drawn(7) != drawn(8)
    assert 200 < sum(drawn(7)) < 300
    assert Faults().hits("throttle", 0, 1000) is None


def test_clearing_one_kind_or_all() -> None:
    faults = Faults()
    for kind in KINDS:
        faults.set({"kind": kind, "delay": 1}, now=0)
    faults.clear("drop")
    assert {each["kind"] for each in faults.list(0)} == KINDS.keys() - {"drop"}
    faults.clear()
    assert faults.list(0) == []


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "kind is None: use one of throttle"),
        ({"kind": "earthquake"}, "use one of"),
        ({"kind": "throttle", "share": 1.5}, "share is 1.5: a number from 0 to 1"),
        ({"kind": "throttle", "count": 0}, "count is 0"),
        ({"kind": "throttle", "count": "3"}, "count is '3'"),
        ({"kind": "throttle", "seconds": float("nan")}, "seconds is nan"),
        ({"kind": "throttle", "chance": 1}, "a fault has no chance"),
        ({"kind": "skew"}, "needs a delay"),
        ({"kind": "lambda-slow", "delay": -1}, "delay is negative"),
    ],
)
def test_faults_that_make_no_sense(given: Any, text: str) -> None:
    faults = Faults()
    with pytest.raises(FaultError, match=text):
        faults.set(given, now=0)
    assert faults.list(0) == []
