"""The `workshop` command against the shared local AWS, and against none."""

import os
import socket
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from helpers import local_process
from helpers.cli import main
from helpers.workshop import Workshop


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("arguments", [("local-aws", "status"), ("inbox",), ("clock", "step", "10")])
def test_without_a_local_aws_the_way_out_is_named(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.output == "Error: The local AWS is not running. Start it with `workshop local-aws start`.\n"


def test_stop_when_nothing_runs_is_no_error() -> None:
    result = run("local-aws", "stop")
    assert (result.exit_code, result.output) == (0, "The local AWS was not running.\n")


def test_start_status_reset_stop() -> None:
    started = run("local-aws", "start", "--port", "0", "--clock", "stepped", "--seed", "11")
    assert started.exit_code == 0, started.output
    assert started.output.startswith("The local AWS was started. It answers at http://127.0.0.1:")
    assert "runs already" in run("local-aws", "start").output
    status = run("local-aws", "status").output
    assert "stepped, 2026-11-22 10:00:00 UTC" in status
    assert "seed     11" in status
    first = local_process.running(Path(os.environ["WORKSHOP_HOME"]))
    assert first is not None
    assert first.key not in status
    ws = Workshop.connect()
    ws.notes["ledger"] = 1
    boto3.client("s3").create_bucket(Bucket="gone")
    said = run("local-aws", "reset", "--clock", "real").output
    assert "Removed: stacks, streams, applications, messages; the objects in its buckets" in said
    assert "what the chapters noted" in said
    assert "started, empty" in said
    assert "ledger" not in ws.notes
    Workshop.connect()
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert "clock    real" in run("local-aws", "status").output
    assert run("local-aws", "stop").output.startswith("The local AWS was stopped. What is in it is kept in /")


def test_a_taken_port_is_one_message_and_no_traceback() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = run("local-aws", "start", "--port", port)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: Port {port} is taken by another program.")
    assert "Traceback" not in result.output


def test_inbox_and_clock(workshop: Workshop) -> None:
    workshop.client("sns").publish(PhoneNumber="+15555550177", Message="from the command line")
    latest = workshop.inbox.latest()
    assert latest is not None
    shown = run("inbox", "--after", str(latest["id"] - 1)).output
    assert f"{latest['id']}  {latest['received_at']}  sms to +15555550177\nfrom the command line" in shown
    assert run("inbox", "--after", str(latest["id"])).output == "No messages.\n"
    before = workshop.clock.now()
    assert run("clock", "step", "10").exit_code == 0
    assert workshop.clock.now() == before + 10


def test_help_names_every_command() -> None:
    for group, names in (
        ((), ("clock", "inbox", "local-aws", "open")),
        (("local-aws",), ("start", "status", "stop", "reset")),
    ):
        text = run(*group, "--help").output
        assert all(name in text for name in names)


def test_an_unknown_number_is_refused_by_name() -> None:
    assert "Invalid value for '--port'" in run("local-aws", "start", "--port", "99999").output
