"""Kinesis data streams as sources and sinks of a job, in Python alone: no jar, so the same here and on AWS.

A tick twice a second lets one instance poll the stream; where it has come to is Flink's state, so after a
failure every record is read again from the last checkpoint on, and counts once in what the job remembers. Rows on
their way out wait in state until a timer has put them: at least once, as Kinesis sinks are.

Credentials are found as boto3 finds them; AWS_ENDPOINT_URL leads to another AWS than the real one.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pyflink.common import Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors import Sink
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.java_gateway import get_gateway

from .kinesis_reader import Arrival, Progress, Reader, begin
from .operators import BLOCK, END, PICKLED, Records, one_key
from .ticks import endless
from .timestamps import in_order, one_at_a_time

TICKS: Final = 2  # a second; a shard may be asked five times, by all who read it together
PAUSE: Final = 1 / TICKS
LINGER: Final = 200  # ms that a row waits for others, to be put together
BATCH: Final = 500  # records a PutRecords request, and
BATCH_BYTES: Final = 4_000_000  # bytes: it takes 5 MiB with the keys
PATIENCE: Final = 60.0  # seconds until what cannot be put fails the job
TIME: Final = "time"  # in place of a shard: no record, but the time reached


def client(arn: str) -> Any:
    """boto3's Kinesis in the region of a stream."""
    import boto3
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": 8}
    config = Config(connect_timeout=5, read_timeout=30, retries=retries)
    return boto3.client("kinesis", region_name=arn.split(":")[3], config=config)


def read(environment: StreamExecutionEnvironment, arn: str, position: str) -> DataStream:
    """The records of a stream with timestamps and watermarks: ROWTIME is when each arrived in it.

    Time goes on while nothing arrives, so that windows end.
    """
    start = begin(client(arn), arn, position)  # not with the first tick: what arrives until then belongs to the job
    ticks = endless(environment, TICKS)
    with one_at_a_time(environment):
        reading = Reading(arn, start)
        blocks = ticks.key_by(one_key, Types.INT()).process(reading, PICKLED).name(f"reads {arn}")
        stamped = blocks.assign_timestamps_and_watermarks(in_order())
    return stamped.filter(_has_records)


def write(lines: DataStream, arn: str) -> None:
    """Put each line into a stream as a record, at least once; the job fails where that fails for a minute."""
    put = lines.key_by(one_key, Types.INT()).process(Writing(arn), PICKLED).set_parallelism(1)
    discard(put.name(f"writes {arn}"))


def discard(stream: DataStream) -> None:
    """End a stream whose function has done all there is to do."""
    stream.sink_to(Sink(get_gateway().jvm.org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink()))


class Reading(KeyedProcessFunction):  # type: ignore[misc]
    """Polls the stream at each tick, and tells the time reached behind what it found."""

    def __init__(self, arn: str, start: Progress) -> None:
        self.arn, self.start = arn, start

    def open(self, runtime_context: RuntimeContext) -> None:
        self.progress = runtime_context.get_state(ValueStateDescriptor("progress", PICKLED))
        self.reader: Reader | None = None  # state can be read only where a key is set: with the first tick
        self.polled = -PAUSE

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Records]:
        if time.monotonic() < self.polled + PAUSE / 2:
            return  # ticks that came while the last poll took its time
        if self.reader is None:
            kept = self.progress.value()
            self.reader = Reader(client(self.arn), self.arn, Progress(**kept) if kept else self.start)
        yield from blocks(self.reader.poll(time.monotonic()))
        yield (TIME, [self.reader.progress.reached], [])
        self.progress.update(self.reader.progress.to_json())
        self.polled = time.monotonic()


class Writing(KeyedProcessFunction):  # type: ignore[misc]
    """Keeps lines in state until a timer has put them."""

    def __init__(self, arn: str) -> None:
        self.arn = arn

    def open(self, runtime_context: RuntimeContext) -> None:
        self.waiting = runtime_context.get_list_state(ListStateDescriptor("waiting", PICKLED))
        self.kinesis = client(self.arn)
        self.alarm = False

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> tuple[()]:
        self.waiting.add(value)
        if not self.alarm:  # also the first after a failure: its timer was lost or comes again, which does no harm
            timers = ctx.timer_service()
            timers.register_processing_time_timer(timers.current_processing_time() + LINGER)
            timers.register_event_time_timer(END)  # the end of a bounded input waits for no clock
            self.alarm = True
        return ()

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> tuple[()]:
        put(self.kinesis, self.arn, list(self.waiting.get()))
        self.waiting.clear()
        self.alarm = False
        return ()


def put(kinesis: Any, arn: str, lines: Sequence[str], patience: float = PATIENCE) -> None:
    """Put lines in their order, as far as retries leave it; again those that the stream had no room for.

    Raises DeliveryError when some are left after `patience` seconds.
    """
    entries = [{"Data": line.encode(), "PartitionKey": uuid.uuid4().hex} for line in lines]
    give_up, attempt = time.monotonic() + patience, 0
    while entries:
        batch = _batch(entries)
        answer = kinesis.put_records(StreamARN=arn, Records=batch)
        failed = [entry for entry, told in zip(batch, answer["Records"], strict=True) if "ErrorCode" in told]
        entries = failed + entries[len(batch) :]
        if not failed:
            attempt = 0
            continue
        if time.monotonic() > give_up:
            first = next(told for told in answer["Records"] if "ErrorCode" in told)
            raise DeliveryError(f"{arn} does not take {len(entries)} records: {first.get('ErrorMessage')}")
        time.sleep(min(5.0, 0.1 * 2**attempt) * random.uniform(0.5, 1))  # noqa: S311 - no secret
        attempt += 1


def _batch(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as a request takes; always one."""
    size = 0
    for count, entry in enumerate(entries[:BATCH]):
        size += len(entry["Data"])
        if size > BATCH_BYTES and count:
            return list(entries[:count])
    return list(entries[:BATCH])


class DeliveryError(RuntimeError):
    """Rows could not be put; the job begins again at its last checkpoint."""


def blocks(arrivals: Iterable[Arrival]) -> Iterator[Records]:
    """Arrivals by shard, in the order of each block's first."""
    shards: dict[str, list[tuple[int, bytes]]] = {}
    for shard, at, data in arrivals:
        shards.setdefault(shard, []).append((at, data))
    parts = [
        (shard, found[start : start + BLOCK])
        for shard, found in shards.items()
        for start in range(0, len(found), BLOCK)
    ]
    for shard, part in sorted(parts, key=lambda part: part[1][0][0]):
        yield shard, [at for at, _ in part], [data for _, data in part]


def _has_records(block: Records) -> bool:
    return block[0] != TIME
