"""Memory of the local AWS while five million records (60 bytes each, 300 MB) go through its Firehose into S3.

Stepped time: a minute passes after every fifty thousand, so that buffers are delivered as on a busy day.
"""

import tempfile
import time
from pathlib import Path

import psutil

from helpers import local_process
from tests.benchmarks.firehose import RECORDS, Server, clients, prepare
from tests.roles import ADMINISTRATOR

TOTAL = 5_000_000
A_MINUTE = 50_000  # records
MINUTE = {"seconds": 60}


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary) / "home"
        home.mkdir(mode=0o700)
        state, _ = local_process.start(home, {"WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "stepped", **ADMINISTRATOR})
        try:
            measure(state, home)
        finally:
            local_process.stop(home)


def measure(state: local_process.State, home: Path) -> None:
    process = psutil.Process(state.pid)
    server = Server(process, clients(state.url, state.access_key_id, state.key))
    server.client("cloudformation").list_stacks()  # imported in the background after the start: wait for it
    prepare(server)
    firehose = server.client("firehose")
    before = highest = process.memory_info().rss
    begin = time.perf_counter()
    for sent in range(len(RECORDS), TOTAL + 1, len(RECORDS)):
        answer = firehose.put_record_batch(DeliveryStreamName="bench", Records=RECORDS)
        assert answer["FailedPutCount"] == 0
        if sent % A_MINUTE == 0:
            highest = max(highest, process.memory_info().rss)
            local_process.request(state, "POST", "/_workshop/clock/step", MINUTE)
    local_process.request(state, "POST", "/_workshop/clock/step", MINUTE)
    taken = time.perf_counter() - begin
    assert local_process.request(state, "GET", "/_workshop/errors")["errors"] == []
    after = process.memory_info().rss
    journal = sum(file.stat().st_size for file in home.glob("journal.sqlite*"))
    told = f"before {before / 1e6:.0f} MB, most {max(highest, after) / 1e6:.0f} MB; journal {journal / 1e6:.1f} MB"
    told += f"; {TOTAL / taken:,.0f} records/s with delivery"
    print(f"memory of the local AWS  {after / 1e6:6.0f} MB   after {TOTAL:,} records, {told}")
