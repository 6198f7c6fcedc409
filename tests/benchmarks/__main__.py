"""`make bench`: every figure the README quotes, each beside a peer measured in the same run where there is one.

Medians of several runs of whole processes. Absolute times depend on the machine; ratios are the part to compare.
"""

import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable


def seconds(action: Callable[[], None]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def median(action: Callable[[], float], runs: int = 5) -> float:
    action()  # warm-up: byte code, file cache
    return statistics.median(action() for _ in range(runs))


def run(*arguments: str, **environment: str) -> None:
    subprocess.run(
        [PYTHON, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
    )


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
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    helpers, boto3 = median(lambda: importing("helpers")), median(lambda: importing("boto3"))
    print(f"import helpers            {helpers:6.2f} s   {helpers / boto3:5.2f} x import boto3 ({boto3:.2f} s)")
    ours, bare = median(local_aws_start, 3), median(ministack_start, 3)
    print(f"local AWS answers         {ours:6.2f} s   {ours / bare:5.2f} x bare ministack ({bare:.2f} s)")
    demo = seconds(lambda: run("-m", "helpers.series", "demo"))
    print(f"make demo                 {demo:6.1f} s   after set-up, eight notebooks with a kernel each")


if __name__ == "__main__":
    main()
