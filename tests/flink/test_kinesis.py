"""Where a job begins to read: what comes while it is being started is part of it."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyflink", reason="Apache Flink is not installed here: make test-flink")

from helpers.streaming_sql.flink import kinesis
from helpers.streaming_sql.flink.kinesis_reader import LATEST, begin
from tests.flink.cluster import environment
from tests.flink.test_kinesis_reader import ARN, FIRST, Kinesis, Shard


class State:
    kept: Any = None

    def get_state(self, _: Any) -> State:
        return self

    def value(self) -> Any:
        return self.kept

    def update(self, value: Any) -> None:
        self.kept = value


def read(service: Kinesis, reading: kinesis.Reading, state: State) -> list[Any]:
    reading.open(state)
    service.now = FIRST + 60_000
    found: list[Any] = list(reading.process_element(None, None))
    return [data for _, _, records in found for data in records]


def test_what_comes_before_the_first_tick_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Kinesis(a=Shard([(FIRST - 1000, b"before"), (FIRST + 5000, b"meanwhile")]))
    monkeypatch.setattr(kinesis, "client", lambda arn: service)
    reading = kinesis.Reading(ARN, begin(service, ARN, LATEST))
    assert read(service, reading, State()) == [b"meanwhile"]


def test_what_an_earlier_run_has_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Kinesis(a=Shard([(FIRST + 5000, b"read"), (FIRST + 70_000, b"new")]))
    monkeypatch.setattr(kinesis, "client", lambda arn: service)
    state, start = State(), begin(service, ARN, LATEST)
    assert read(service, kinesis.Reading(ARN, start), state) == [b"read"]
    assert read(service, kinesis.Reading(ARN, start), state) == []


def test_latest_is_when_the_job_is_made(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service, asked = Kinesis(a=Shard()), []
    monkeypatch.setattr(kinesis, "client", lambda arn: service)
    monkeypatch.setattr(kinesis, "begin", lambda *given: asked.append(given) or begin(*given))
    kinesis.read(environment(cluster), ARN, LATEST)
    assert asked == [(service, ARN, LATEST)]
