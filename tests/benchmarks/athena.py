"""Athena on the lab's processed objects: how long a count takes, from the request to the rows, as a chapter asks it."""

import contextlib
import io
import statistics

from helpers import athena, prepare
from helpers.generator.simulation import Simulation
from helpers.series import scratch_workshop
from helpers.workshop import Workshop
from tests.benchmarks.measuring import seconds

RATE, SECONDS, STEP = 20.0, 900, 125
ROUNDS = 10


def main() -> None:
    with scratch_workshop(), contextlib.redirect_stdout(io.StringIO()) as said:
        ws = Workshop.connect()
        prepare.STEPS[ws.track.name][0].make(ws)
        Simulation(ws).send("click", RATE, SECONDS)
        ws.clock.step(STEP)  # both of Firehose's buffers, one after the other
        sql = athena.load_query("event_counts")
        records = int(athena.query(ws, sql)["records"].sum())  # warm-up: DuckDB, awswrangler
        listed = ws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=ws.outputs["ProcessedBucketName"])
        objects = sum(page["KeyCount"] for page in listed)
        taken = [seconds(lambda: athena.query(ws, sql)) for _ in range(ROUNDS)]
    assert records == RATE * SECONDS, said.getvalue()
    told = f"median of {ROUNDS}, most {max(taken):.2f} s; {records:,} records in {objects} objects"
    print(f"Athena, event_counts      {statistics.median(taken):6.2f} s   {told}")
