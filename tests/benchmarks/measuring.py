"""What the benchmarks share: whole processes timed, medians taken."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

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


@dataclass
class Usage:
    """Of a whole process: seconds on the clock, seconds of processor time, the most memory it held in MB."""

    wall: float
    processor: float
    memory: float


def used(
    *arguments: str, output: IO[bytes] | int = subprocess.DEVNULL, feed: Callable[[IO[bytes]], None] | None = None
) -> Usage:
    """Run Python with some arguments; `feed` writes its input."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [PYTHON, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
    )
    if feed:
        assert process.stdin
        feed(process.stdin)
        process.stdin.close()
    _, status, resources = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)[:200]} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    memory = resources.ru_maxrss * unit / 1e6
    return Usage(time.perf_counter() - begin, resources.ru_utime + resources.ru_stime, memory)
