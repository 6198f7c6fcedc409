"""A live feed of the lab's traffic, 2,000 records a second: how long each tenth of a second takes.

Time is pushed, so ticks follow each other at once; what is timed is the way of 200 lines from bytes to
written rows, windows and forest included, in the engine that a workshop's pipe has.
"""

import json
import statistics
import time
from pathlib import Path

from helpers.sql_inputs import inferred
from helpers.sql_runner import Runner
from tests.benchmarks.measuring import ROOT
from tests.benchmarks.traffic import BEGIN, PER_SECOND, SCRIPT, lines

MINUTES = 10
TICK = 200  # records: a tenth of a second


def main() -> None:
    blocks = list(lines(MINUTES * 60 * PER_SECOND, chunk=TICK))
    written: list[str] = []
    script = (ROOT / Path(SCRIPT)).read_text()
    runner = Runner(script, inferred(blocks[:5]), streams=("CTRSTREAM",), write=written.append, tell=lambda told: None)
    taken, parsing = [], []
    for number, block in enumerate(blocks):
        begin = time.perf_counter()
        runner.feed(block, BEGIN + number * 1_000 * TICK // PER_SECOND, runner.read(block))
        between = time.perf_counter()
        for line in block.splitlines():
            json.loads(line)
        taken.append(between - begin)
        parsing.append(time.perf_counter() - between)
    runner.finish()
    assert len(written) == MINUTES * 6
    middle, most = (statistics.quantiles(taken, n=100)[cut] * 1_000 for cut in (49, 98))
    loads = statistics.median(parsing) * 1_000
    told = f"99th percentile of ticks of {TICK}; median {middle:.1f} ms, {middle / loads:.2f} x json.loads of the lines"
    print(f"live, 2,000 records/s    {most:6.1f} ms  {told}")
