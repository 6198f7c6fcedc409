"""The workshop object: local against the shared local AWS, aws against nothing at all."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from helpers import Workshop, WorkshopError, alerts, environment, local_process
from helpers.tracks import TOLL


def test_connecting_points_plain_boto3_at_the_local_aws(workshop: Workshop) -> None:
    assert os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert (workshop.target, workshop.region, workshop.seed) == ("local", "us-east-1", 7)
    assert (workshop.stack_name, workshop.application_name) == (
        "clickstream-workshop",
        "anomaly-detection-application",
    )
    assert (workshop.root / "pyproject.toml").exists()
    assert workshop.client("s3") is workshop.client("s3")
    assert "127.0.0.1" in repr(workshop)


def test_the_key_is_in_no_representation(workshop: Workshop) -> None:
    key = os.environ["AWS_SECRET_ACCESS_KEY"]
    assert key not in repr(vars(workshop))


def test_outputs_are_those_of_the_stack_as_it_is_now(workshop: Workshop) -> None:
    with pytest.raises(WorkshopError, match="not deployed: run chapter 01"):
        _ = workshop.outputs
    cloudformation = boto3.client("cloudformation")
    for name in ("first", "second"):
        template = {"Resources": {"B": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"Name": {"Value": name}}}
        act = cloudformation.create_stack if name == "first" else cloudformation.update_stack
        act(StackName="clickstream-workshop", TemplateBody=json.dumps(template))
        done = "stack_create_complete" if name == "first" else "stack_update_complete"
        cloudformation.get_waiter(done).wait(StackName="clickstream-workshop", WaiterConfig={"Delay": 1})
        assert workshop.outputs == {"Name": name}
    cloudformation.delete_stack(StackName="clickstream-workshop")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="clickstream-workshop", WaiterConfig={"Delay": 1})
    with pytest.raises(WorkshopError, match="not deployed"):
        _ = workshop.outputs


def test_time_is_the_local_aws_s(workshop: Workshop) -> None:
    assert workshop.clock.mode == "stepped"
    before = workshop.clock.now()
    assert workshop.clock.step(2.5) == before + 2.5 == workshop.clock.now()


def test_what_failed_while_time_passed_is_raised(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    error = {"where": "firehose flush", "error": "ValueError: broken", "time": 1.0, "traceback": "..."}
    monkeypatch.setattr(workshop, "control", lambda *_: {"mode": "stepped", "now": 1.0, "errors": [error]})
    with pytest.raises(WorkshopError, match=r"firehose flush failed .* broken .*local-aws\.log"):
        workshop.clock.step(1)


def test_stream_rows_are_paged_and_timed_in_milliseconds(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"ROWTIME": "2026-11-22T10:00:10.500Z", "CTR": 0.5}, {"ROWTIME": 7, "CTR": 0.25}]

    def control(method: str, path: str) -> dict[str, Any]:
        after = int(path.partition("after=")[2])
        return {"rows": rows[after : after + 1], "next": min(after + 1, len(rows))}

    monkeypatch.setattr(workshop, "control", control)
    found = workshop.stream_rows("CTRSTREAM")
    assert found == [{"ROWTIME": 1_795_341_610_500, "CTR": 0.5}, {"ROWTIME": 7, "CTR": 0.25}]
    assert workshop.stream_rows("CTRSTREAM", after=1) == found[1:]


@pytest.fixture
def on_aws(monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setenv("WORKSHOP_TARGET", "aws")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    return Workshop.connect()


def test_on_aws_the_user_s_own_session_is_used(on_aws: Workshop) -> None:
    assert (on_aws.target, on_aws.region) == ("aws", "eu-central-1")
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert boto3.client("s3").meta.region_name == "eu-central-1"
    assert on_aws.notes.path.name == "notes-aws.json"
    assert local_process.running(on_aws.home) is None


def test_on_aws_what_aws_has_not_is_said(on_aws: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    for ask in (on_aws.inbox.messages, on_aws.inbox.latest, on_aws.inbox.confirm_all):
        with pytest.raises(WorkshopError, match="mailbox"):
            ask()
    with pytest.raises(WorkshopError, match="mailbox"):
        alerts.messages(on_aws)
    for ask in (on_aws.application_status, lambda: on_aws.stream_rows("CTRSTREAM")):
        with pytest.raises(WorkshopError, match="exists on the local target only"):
            ask()
    slept: list[float] = []
    monkeypatch.setattr("helpers.workshop.time.sleep", slept.append)
    assert on_aws.clock.mode == "real"
    assert on_aws.clock.step(3) > 1_700_000_000
    assert slept == [3]


def test_the_engine_is_the_setting_s_on_local_and_flink_on_aws(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workshop.engine == "sql"
    monkeypatch.setenv("WORKSHOP_ENGINE", "flink")
    assert Workshop.connect().engine == "flink"
    assert Workshop.connect(TOLL).engine == "sql"  # its stacks and chapters know the SQL service only
    monkeypatch.setenv("WORKSHOP_ENGINE", "spark")
    with pytest.raises(WorkshopError, match="WORKSHOP_ENGINE is 'spark': use sql or flink"):
        Workshop.connect()


def test_on_aws_the_engine_is_flink(on_aws: Workshop) -> None:
    assert on_aws.engine == "flink"


def test_without_credentials_aws_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORKSHOP_TARGET", "aws")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(WorkshopError, match="no AWS credentials"):
        Workshop.connect()


def test_another_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_TARGET", "moon")
    with pytest.raises(WorkshopError, match="WORKSHOP_TARGET is 'moon': use local or aws"):
        Workshop.connect()


def loaded_by(statement: str) -> set[str]:
    """Which heavy modules a fresh interpreter has loaded after a statement."""
    heavy = {"boto3", "botocore", "pandas", "duckdb", "ministack", "sqlglot"}
    code = f"import sys; {statement}; print(*{heavy!r}.intersection(sys.modules))"
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_importing_helpers_loads_nothing_heavy() -> None:
    assert loaded_by("import helpers") == set()
    assert loaded_by("from helpers import Workshop") == set()
    assert loaded_by("import boto3") == {"boto3", "botocore"}


def test_a_local_workshop_stays_local_whatever_is_connected_later(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_TARGET", "aws")
    environment.give_back()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUSER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert Workshop.connect().target == "aws"
    client = workshop.client("dynamodb")  # not asked for before: made now, after the other connection
    assert client.meta.endpoint_url.startswith("http://127.0.0.1:")
    assert client._request_signer._credentials.access_key.startswith("AKIA")
    assert client._request_signer._credentials.access_key != "AKIAUSER"


@pytest.mark.skipif(os.name != "posix", reason="a process is paused by a signal")
def test_a_local_aws_that_is_busy_is_not_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, _ = local_process.start(tmp_path)
    monkeypatch.setattr(local_process, "_answers", lambda *_, **__: False)
    os.kill(state.pid, signal.SIGSTOP)
    with pytest.raises(WorkshopError, match=f"process {state.pid}.*does not answer"):
        local_process.running(tmp_path)
    os.kill(state.pid, signal.SIGCONT)
    monkeypatch.undo()
    assert local_process.running(tmp_path) == state
    assert local_process.stop(tmp_path)
    assert (tmp_path / "local-aws.log").stat().st_mode & 0o777 == 0o600
