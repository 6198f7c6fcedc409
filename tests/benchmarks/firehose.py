"""PutRecordBatch over loopback with boto3, 500 records of 60 bytes: ours (journal on), moto's server, bare ministack.

All run at once and are measured in turn, so that a busy moment meets each; the figures are medians of rounds.
Client and server share the machine, and boto3 is busy for longer than our server is. So the same requests also go to a
server that does nothing but give a ready answer (canned.py): no server can be faster through boto3 than that, and the
most times moto's rate that anything could reach is printed. The servers' own processor time a request stands beside,
and a second figure is of requests that boto3 has made and signed beforehand, sent again and again over one connection
a thread: what the server alone can do.
"""

import http.client
import os
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import psutil
from botocore.config import Config

from helpers import local_process
from tests.benchmarks.measuring import PYTHON, ROOT
from tests.roles import ADMINISTRATOR, make_role

ROUNDS = 5
FLOOR = "a ready answer"
# Of a round; ministack writes an object a record.
REQUESTS = {"ours": 100, "moto": 40, "bare ministack": 2, FLOOR: 100}
RECORDS = [{"Data": b"x" * 59 + b"\n"}] * 500
SINGLES = 500
ROLE = "arn:aws:iam::123456789012:role/firehose"
Client = Callable[[str], Any]


class Server(NamedTuple):
    """A server to measure: its process, and how to make a client of it."""

    process: psutil.Process
    client: Client


def clients(url: str, account: str = "123456789012", key: str = "key") -> Client:
    session = boto3.session.Session(account, key, region_name="us-east-1")
    # One try: a benchmark that retries measures something else.
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return lambda name: session.client(name, endpoint_url=url, config=config)


@contextmanager
def ours() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary) / "home"
        home.mkdir(mode=0o700)
        state, _ = local_process.start(home, {"WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "real", **ADMINISTRATOR})
        try:
            client = clients(state.url, state.access_key_id, state.key)
            client("cloudformation").list_stacks()  # imported in the background after the start: wait for it
            yield Server(psutil.Process(state.pid), client)
        finally:
            local_process.stop(home)


@contextmanager
def another(command: list[str], path: str, port: int, **environment: str) -> Iterator[Server]:
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}{path}", server)
        yield Server(psutil.Process(server.pid), clients(f"http://127.0.0.1:{port}"))
    finally:
        server.terminate()
        server.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    begin = time.perf_counter()
    while server.poll() is None and time.perf_counter() - begin < 60:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def ministack() -> Any:
    port = free_port()
    environment = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0"}
    return another([PYTHON, "-m", "ministack"], "/_ministack/health", port, **environment)


def moto() -> Any:
    port = free_port()
    command = str(Path(PYTHON).parent / "moto_server")
    return another([command, "-H", "127.0.0.1", "-p", str(port)], "/moto-api/", port)


def canned() -> Any:
    port = free_port()
    return another([PYTHON, "-m", "tests.benchmarks.canned", str(port)], "/", port)


class Round(NamedTuple):
    """Of one round: records a second, and the server's processor time in milliseconds a request."""

    rate: float
    processor: float


def by_boto3(server: Server) -> Callable[[], None]:
    client = server.client("firehose")

    def put() -> None:
        answer = client.put_record_batch(DeliveryStreamName="bench", Records=RECORDS)
        assert answer["FailedPutCount"] == 0

    return put


def ready_made(server: Server) -> Callable[[], None]:
    """Sends one request, taken from boto3 on its way, again and again: its signature is good for minutes."""
    client, taken = server.client("firehose"), []
    client.meta.events.register("before-send", lambda request, **_: taken.append(request))
    client.put_record_batch(DeliveryStreamName="bench", Records=RECORDS)
    [request] = taken
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    connection = http.client.HTTPConnection(urlsplit(request.url).netloc, timeout=60)

    def put() -> None:
        connection.request("POST", "/", request.body, headers)
        answer = connection.getresponse()
        assert (answer.status, b'"FailedPutCount": 0' in answer.read()) == (200, True)

    return put


def puts(server: Server, way: Callable[[Server], Callable[[], None]], threads: int, requests: int) -> Round:
    share = requests // threads
    made = [way(server) for _ in range(threads)]

    def work(put: Callable[[], None], times: int) -> None:
        for _ in range(times):
            put()

    for put in made:
        work(put, 1)  # warm-up: the connection
    before, begin = server.process.cpu_times(), time.perf_counter()
    workers = [threading.Thread(target=work, args=(put, share)) for put in made]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    taken, after = time.perf_counter() - begin, server.process.cpu_times()
    processor = after.user + after.system - before.user - before.system
    return Round(share * threads * len(RECORDS) / taken, 1000 * processor / (share * threads))


def single_put(server: Server) -> float:
    """The 99th percentile of a PutRecord, in milliseconds."""
    client, taken = server.client("firehose"), []
    for _ in range(SINGLES):
        begin = time.perf_counter()
        client.put_record(DeliveryStreamName="bench", Record=RECORDS[0])
        taken.append(time.perf_counter() - begin)
    return 1000 * statistics.quantiles(taken, n=100)[98]


def prepare(server: Server) -> None:
    make_role(server.client("iam"), ROLE)
    server.client("s3").create_bucket(Bucket="bench-bucket")
    server.client("firehose").create_delivery_stream(
        DeliveryStreamName="bench",
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::bench-bucket",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60},
        },
    )


def compare(servers: dict[str, Server], how: str, way: Callable[[Server], Callable[[], None]], threads: int) -> None:
    rounds: dict[str, list[Round]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            rounds[name].append(puts(server, way, threads, REQUESTS[name]))
    rates = {name: statistics.median(each.rate for each in found) for name, found in rounds.items()}
    processors = {name: statistics.median(each.processor for each in found) for name, found in rounds.items()}
    mine, busy, most = rates.pop("ours"), processors.pop("ours"), rates.pop(FLOOR)
    told = f"{how}, {threads} thread{'s' * (threads > 1)}; the server is busy for {busy:.1f} ms a request"
    print(f"put_record_batch          {mine:6,.0f} records/s   {told}")
    for name, rate in rates.items():
        less = processors[name] / busy
        print(f"                          {mine / rate:6.2f} x {name} ({rate:,.0f} records/s); {less:.2f} x less busy")
    told = f"({most:,.0f} records/s), so {most / rates['moto']:.2f} x moto is the most that any server can reach"
    print(f"                          {mine / most:6.2f} x {FLOOR} {told}")


def main() -> None:
    with ExitStack() as stack:
        makers: dict[str, Callable[[], Any]] = {"ours": ours, "moto": moto, "bare ministack": ministack}
        servers = {name: stack.enter_context(make()) for name, make in makers.items()}
        for server in servers.values():
            prepare(server)
        servers[FLOOR] = stack.enter_context(canned())
        for how, way in (("boto3", by_boto3), ("ready-made requests", ready_made)):
            for threads in (1, 2):
                compare(servers, how, way, threads)
        slowest = {name: single_put(server) for name, server in servers.items()}
    peers = ", ".join(f"{value:.1f} ms {name}" for name, value in slowest.items() if name != "ours")
    print(f"put_record                {slowest['ours']:6.1f} ms   99th percentile of {SINGLES}; {peers}")
