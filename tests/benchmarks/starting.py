"""How soon things are there: the package, the local AWS."""

import os
import socket
import subprocess
import tempfile
import time
import urllib.request

from tests.benchmarks.measuring import PYTHON, median, run, seconds


def importing(module: str) -> float:
    """Seconds of `import module`, less those of an interpreter that imports nothing."""
    return seconds(lambda: run("-c", f"import {module}")) - seconds(lambda: run("-c", "pass"))


def local_aws_start() -> float:
    with tempfile.TemporaryDirectory() as home:
        settings = {"WORKSHOP_HOME": home, "WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "stepped"}
        taken = seconds(lambda: run("-m", "helpers.cli", "local-aws", "start", **settings))
        run("-m", "helpers.cli", "local-aws", "stop", **settings)
    return taken


def ministack_start() -> float:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "IOT_MTLS_ENABLED": "0"}
    begin = time.perf_counter()
    server = subprocess.Popen(
        [PYTHON, "-m", "ministack"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=1):
                    return time.perf_counter() - begin
            except OSError:
                if server.poll() is not None or time.perf_counter() - begin > 30:
                    raise RuntimeError("bare ministack did not start") from None
                time.sleep(0.01)
    finally:
        server.terminate()
        server.wait(10)


def main() -> None:
    helpers, boto3 = median(lambda: importing("helpers")), median(lambda: importing("boto3"))
    print(f"import helpers            {helpers:6.2f} s   {helpers / boto3:5.2f} x import boto3 ({boto3:.2f} s)")
    ours, bare = median(local_aws_start, 3), median(ministack_start, 3)
    print(f"local AWS answers         {ours:6.2f} s   {ours / bare:5.2f} x bare ministack ({bare:.2f} s)")
