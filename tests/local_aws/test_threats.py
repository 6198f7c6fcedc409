"""What docs/threat-model.md promises of a whole local AWS: sockets, files, where the key is, what needs one."""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest

from helpers import local_process
from helpers.local_process import State
from helpers.workshop import Workshop
from tests.roles import make_role

ROLE = "arn:aws:iam::123456789012:role/function"
LISTENING = "0A"
linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's socket table")


@pytest.fixture
def busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """A local AWS of its own in a directory that others may read, in which a function has run and data lies."""
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    state, _ = local_process.start(home)
    Workshop.connect()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", "def handler(event, context):\n    return {}\n")
    functions = boto3.client("lambda")
    make_role(boto3.client("iam"), ROLE)
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": archive.getvalue()},
    )
    functions.invoke(FunctionName="f")
    bucket = boto3.client("s3")
    bucket.create_bucket(Bucket="threats")
    bucket.put_object(Bucket="threats", Key="k", Body=b"data")
    yield state
    local_process.stop(home)


def listeners(pid: int) -> set[tuple[str, int]]:
    """(address, port) of every socket of a process on which others could reach it: TCP listening, UDP bound."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = str(link.readlink()) if link.is_symlink() else ""
        if target.startswith("socket:["):
            inodes.add(target[len("socket:[") : -1])
    found = set()
    for table, kind in (("tcp", socket.AF_INET), ("udp", socket.AF_INET), ("tcp6", 10), ("udp6", 10)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and (fields[3] == LISTENING or table.startswith("udp")):
                address, port = fields[1].split(":")
                ip = socket.inet_ntoa(bytes.fromhex(address)[::-1]) if kind == socket.AF_INET else f"ipv6 {address}"
                found.add((ip, int(port, 16)))
    return found


@linux
def test_the_socket_table_shows_one_listener_on_loopback(busy: State) -> None:
    process = psutil.Process(busy.pid)
    assert listeners(busy.pid) == {("127.0.0.1", busy.port)}
    workers = process.children(recursive=True)
    assert workers  # the function's
    for worker in workers:
        assert listeners(worker.pid) <= {("127.0.0.1", busy.port)}


@linux
def test_the_socket_table_is_read_right() -> None:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(("127.0.0.1", 0))
        assert {tcp.getsockname(), udp.getsockname()} <= listeners(os.getpid())


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_nobody_else_reads_what_is_kept(busy: State, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("journal.sqlite", "local-aws.json", "local-aws.log"):
        assert (home / name).stat().st_mode & 0o077 == 0, name
    for name in ("s3", "ministack"):
        assert (home / name).stat().st_mode & 0o077 == 0, name
    assert any((home / "s3").rglob("*"))


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_the_state_directory_is_made_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "new"))
    home = local_process.home_directory()
    assert home.stat().st_mode & 0o777 == 0o700


def test_the_key_lies_in_the_state_file_and_nowhere_else(busy: State, tmp_path: Path) -> None:
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path.name for path in files if busy.key.encode() in path.read_bytes()] == ["local-aws.json"]
    for process in (psutil.Process(busy.pid), *psutil.Process(busy.pid).children(recursive=True)):
        assert busy.key not in " ".join(process.cmdline())


def test_no_door_opens_without_a_key(local_aws: State) -> None:
    """Each kind of request there is, without key and signature; what a web page or another user could send."""
    doors = [
        ("GET", "/", {}),
        ("POST", "/", {"X-Amz-Target": "Firehose_20150804.ListDeliveryStreams"}),
        ("POST", "/", {"X-Amz-Target": "AmazonAthena.ListQueryExecutions"}),
        ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("PUT", "/a-bucket", {}),
        ("POST", "/2015-03-31/functions", {}),
        ("POST", "/2015-03-31/functions/f/invocations", {}),
        ("GET", "/_workshop/clock", {}),
        ("POST", "/_workshop/clock/step", {}),
        ("GET", "/_workshop/inbox", {}),
        ("POST", "/_workshop/faults", {}),
        ("GET", "/_workshop/errors", {}),
        ("POST", "/_ministack/reset", {}),
        ("GET", "/_ministack/state", {}),
        ("GET", "/_localstack/health", {}),
    ]
    for method, path, headers in doors:
        connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=10)
        connection.request(method, path, b"", headers)
        answer = connection.getresponse()
        assert answer.status == 403, (method, path, answer.status, answer.read()[:200])
        connection.close()


def test_strangers_hear_that_somebody_is_there_and_no_more(local_aws: State) -> None:
    """The one thing that is answered to everybody on this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=10)
    connection.request("GET", "/_workshop/health")
    answer = connection.getresponse()
    assert set(json.loads(answer.read())) == {"status", "pid", "version"}
    assert answer.getheader("server") is None
    connection.close()
