"""The local AWS as a process: started, found, killed, stopped; and what a Lambda function in it sees."""

import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from helpers import local_process
from helpers.errors import WorkshopError
from helpers.local_aws.access import Access
from helpers.local_aws.clock import Clock
from helpers.local_aws.errors import ErrorLog, Redacting
from helpers.local_aws.server import bind, clients
from helpers.workshop import Workshop
from tests.roles import ADMINISTRATOR, make_role

LINUX = Path("/proc").exists()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    yield path
    local_process.stop(path)


def zipped(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", source)
    return buffer.getvalue()


def session_of(pid: int) -> set[int]:
    """The processes of a session (Linux)."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == pid and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def test_it_listens_on_loopback_only() -> None:
    with bind(0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"


def test_start_find_stop(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "not for functions")
    state, started = local_process.start(home)
    assert started
    assert local_process.start(home) == (state, False)
    assert local_process.running(home) == state
    assert (home / "local-aws.json").stat().st_mode & 0o777 == 0o600

    # A function sees the local AWS and nothing of the user's environment; its worker ends with the process.
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    Workshop.connect()
    trust = {
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    }
    allowed = {"Statement": {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}}
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="f", PolicyName="p", PolicyDocument=json.dumps(allowed))
    functions = boto3.client("lambda")
    source = (
        "import boto3, os, pathlib\n"
        "def handler(event, context):\n"
        "    buckets = boto3.client('s3').list_buckets()['Buckets']\n"
        "    try:\n"
        "        boto3.client('s3').create_bucket(Bucket='not-allowed')\n"
        "    except Exception as error:\n"
        "        refused = str(error)\n"
        "    token = os.environ.get('GITHUB_TOKEN')\n"
        "    begun = pathlib.Path(f'/proc/{os.getppid()}/environ')\n"
        "    if begun.exists() and 'GITHUB_TOKEN' in begun.read_text():\n"
        "        token = 'the parent has it'\n"
        "    return {'token': token, 'buckets': len(buckets), 'event': event, 'refused': refused}\n"
    )
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=role,
        Code={"ZipFile": zipped(source)},
    )
    answer = json.loads(functions.invoke(FunctionName="f", Payload=b'{"a": 1}')["Payload"].read())
    assert "assumed-role/f/f is not authorized to perform: s3:CreateBucket" in answer.pop("refused")
    assert answer == {"token": None, "buckets": 0, "event": {"a": 1}}
    if LINUX:
        assert len(session_of(state.pid)) == 2

    assert local_process.stop(home)
    assert local_process.running(home) is None
    assert not (home / "local-aws.json").exists()
    assert not session_of(state.pid)
    assert not local_process.stop(home)
    assert state.key not in (home / "local-aws.log").read_text()


def test_a_killed_one_is_noticed_and_started_again(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    ws = Workshop.connect()
    assert capsys.readouterr().out.startswith("The local AWS was started. It answers at http://127.0.0.1:")
    ws.notes["ledger"] = 1
    Workshop.connect()
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("WORKSHOP_SEED", "8")
    monkeypatch.setenv("WORKSHOP_CLOCK", "real")
    Workshop.connect()
    said = capsys.readouterr().out
    assert "WORKSHOP_SEED=8 has no effect: the local AWS runs with seed 7 already" in said
    assert "WORKSHOP_CLOCK=real has no effect: the local AWS runs with clock stepped already" in said
    monkeypatch.setenv("WORKSHOP_SEED", "7")
    monkeypatch.setenv("WORKSHOP_CLOCK", "stepped")
    killed = local_process.running(home)
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)

    for ask in (ws.clock.now, ws.inbox.messages, ws.application_status, lambda: ws.outputs):
        with pytest.raises(WorkshopError, match=r"is not running .* Workshop\.connect\(\)"):
            ask()
    with pytest.raises(WorkshopError, match="is not running"):
        boto3.client("s3").list_buckets()  # plain boto3 in a cell says it too

    assert (home / "local-aws.json").exists()
    again = Workshop.connect()
    assert capsys.readouterr().out.startswith("The local AWS was started again, with everything that was in it.")
    assert again.notes["ledger"] == 1
    with pytest.raises(WorkshopError, match=r"not running|new key"):
        ws.clock.now()
    new = local_process.running(home)
    assert new is not None
    assert new.key != killed.key


@pytest.mark.skipif(not LINUX, reason="looks into /proc")
def test_a_function_that_runs_ends_with_the_next_start_after_kill_9(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    monkeypatch.setenv("WORKSHOP_POLICY", ADMINISTRATOR["WORKSHOP_POLICY"])
    Workshop.connect()
    killed = local_process.running(home)
    assert killed is not None
    make_role(boto3.client("iam"), "arn:aws:iam::123456789012:role/f")
    functions, s3 = boto3.client("lambda"), boto3.client("s3")
    s3.create_bucket(Bucket="begun")
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    boto3.client('s3').put_object(Bucket='begun', Key='yes')\n"
        "    while True: pass\n"
    )
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role="arn:aws:iam::123456789012:role/f",
        Code={"ZipFile": zipped(source)},
        Timeout=300,
    )
    functions.invoke(FunctionName="f", InvocationType="Event")
    s3.get_waiter("object_exists").wait(Bucket="begun", Key="yes", WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    [worker] = session_of(killed.pid) - {killed.pid}
    os.kill(killed.pid, signal.SIGKILL)
    assert Path(f"/proc/{worker}").exists()
    Workshop.connect()
    assert worker not in session_of(killed.pid)
    assert list((home / "tmp").iterdir()) == []


def test_a_home_others_may_write_to_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    home.chmod(0o770)
    with pytest.raises(WorkshopError, match=r"Others may write to the state directory .*chmod 700"):
        local_process.home_directory()


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(WorkshopError, match=rf"Port {port} is taken .* WORKSHOP_PORT="):
            local_process.start(home, {"WORKSHOP_PORT": str(port)})
        assert local_process.running(home) is None


def test_a_failed_start_shows_why(home: Path) -> None:
    with pytest.raises(WorkshopError, match=r"exit code 2(.|\n)*WORKSHOP_CLOCK is 'fast'"):
        local_process.start(home, {"WORKSHOP_CLOCK": "fast"})


@pytest.mark.parametrize("text", ["", "{}", '{"pid": 1}', "[]"])
def test_a_damaged_state_file_is_no_running_process(home: Path, text: str) -> None:
    (home / "local-aws.json").write_text(text)
    assert local_process.running(home) is None
    assert not (home / "local-aws.json").exists()


def test_a_process_id_used_by_another_program_is_left_alone(home: Path) -> None:
    values = ("http://127.0.0.1:9", "AKIA1", "key", "123456789012", "us-east-1", 7, "real")
    state = local_process.State(os.getpid(), 9, *values)
    (home / "local-aws.json").write_text(json.dumps(vars(state)))
    assert not local_process.stop(home)  # and we are still here
    assert not (home / "local-aws.json").exists()


def test_two_kernels_that_connect_at_once_share_one(home: Path) -> None:
    code = "from helpers import local_process as p; s, n = p.start(p.home_directory()); print(s.pid, n)"
    environment = os.environ | {"WORKSHOP_HOME": str(home)}
    kernels = [  # our own interpreter on our own code
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [kernel.communicate(timeout=60)[0].split() for kernel in kernels]
    assert answers[0][0] == answers[1][0]
    assert sorted(answer[1] for answer in answers) == ["False", "True"]
    deadline = time.monotonic() + 10
    while local_process.running(home) is None:  # it outlives both kernels
        assert time.monotonic() < deadline


def test_the_log_shows_no_key_and_errors_keep_their_traceback() -> None:
    clock = Clock("stepped", 5)
    errors = ErrorLog(clock)
    logger = logging.getLogger("test_the_log")
    logger.addHandler(errors)
    logger.propagate = False
    logger.warning("refused as on AWS")
    logger.error("%d records lost", 7)
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("while %s", "working")
    lost, entry = errors.list()
    assert lost == {"time": 5, "where": "test_the_log", "error": "7 records lost", "traceback": ""}
    assert (entry["time"], entry["where"], entry["error"]) == (
        5,
        "test_the_log",
        "while working: ValueError('broken')",
    )
    assert "test_server.py" in entry["traceback"]
    record = logging.LogRecord("a", logging.ERROR, "", 1, "key=%s", ("the-key",), None)
    assert Redacting("the-key").format(record).endswith("key=***")
    logger.removeHandler(errors)
    clock.close()


def test_only_functions_may_keep_our_services_waiting_for_minutes() -> None:
    client = clients("http://127.0.0.1:9", "us-east-1", Access("123456789012", "us-east-1", "secret"))
    waits = {name: client(name).meta.config.read_timeout for name in ("lambda", "s3", "logs", "glue")}
    assert waits == {"lambda": 910, "s3": 60, "logs": 60, "glue": 60}


def test_a_policy_that_is_none_is_refused_at_the_start(home: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text("{}")
    with pytest.raises(WorkshopError, match="WORKSHOP_POLICY names no IAM policy: "):
        local_process.start(home, {"WORKSHOP_POLICY": str(policy)})
