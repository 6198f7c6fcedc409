"""Scripts on both engines: what each stream holds in the end, as multisets to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyflink.datastream import DataStream, StreamExecutionEnvironment

from helpers.streaming_sql import Application
from helpers.streaming_sql.flink.operators import PICKLED, Records
from helpers.streaming_sql.flink.runner import Dataflow
from helpers.streaming_sql.flink.timestamps import in_order, one_at_a_time
from helpers.streaming_sql.flink.translation import translate

Rows = Counter[tuple[Any, ...]]
Streams = dict[str, Rows]
Record = tuple[str, int, Any]  # shard, ROWTIME, row
Inputs = Mapping[str, Sequence[Record]]
TOGETHER = 7  # records a block: cases have few, and shall have several blocks


def embedded(application: Application, inputs: Inputs) -> Streams:
    """Every stream's rows after the records, in order of their ROWTIME, and the end."""
    records = [(record[1], name, record) for name, given in inputs.items() for record in given]
    for rowtime, name, (_, _, row) in records:
        assert not isinstance(row, bytes)
        application.feed([row], rowtime, name)
    application.finish()
    return {stream.name: counted(stream.name, rows_of(application, stream.name)) for stream in application.streams}


def rows_of(application: Application, stream: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in application.stream(stream)]


def counted(stream: str, rows: Iterable[tuple[Any, ...]]) -> Rows:
    """Rows to compare: floats to 12 digits (sums depend on order), errors without when they were noticed."""
    return Counter(
        tuple(
            float(f"{value:.12g}") if isinstance(value, float) else value
            for place, value in enumerate(row)
            if not (stream == "error_stream" and place == 1)
        )
        for row in rows
    )


def on_flink(
    environment: StreamExecutionEnvironment, cases: Mapping[str, tuple[str, Application, Inputs]]
) -> dict[str, Streams | Exception]:
    """Every stream's rows of several applications (each with its script and records), all in one job.

    What cannot be built has its error there; what fails as it runs fails the job, and so this.
    """
    everything: list[DataStream] = []
    found: dict[str, Any] = {}
    for case, (script, application, inputs) in cases.items():
        try:
            everything += _tagged_streams(environment, case, script, application, inputs)
            found[case] = {stream.name: [] for stream in application.streams}
        except Exception as error:
            found[case] = error
    if everything:
        with everything[0].union(*everything[1:]).execute_and_collect() as results:
            for case, stream, row in results:
                found[case][stream].append(row)
    return {
        case: streams
        if isinstance(streams, Exception)
        else {stream: counted(stream, rows) for stream, rows in streams.items()}
        for case, streams in found.items()
    }


def _tagged_streams(
    environment: StreamExecutionEnvironment, case: str, script: str, application: Application, inputs: Inputs
) -> list[DataStream]:
    """The rows of all streams, each with its case and stream."""
    translation = translate(script, application.plan)
    sources = {name: _source(environment, records) for name, records in inputs.items()}
    flow = Dataflow(environment, application, translation.job, translation.nodes, sources)
    return [flow.stream(part.name).flat_map(_tagged(case, part.name), PICKLED) for part in application.streams]


def _source(environment: StreamExecutionEnvironment, records: Sequence[Record]) -> DataStream:
    """Records with the time in them; each shard is a source of its own, so their times may overlap."""
    shards = sorted({shard for shard, _, _ in records})
    with one_at_a_time(environment):
        streams = [
            environment.from_collection(_blocks(shard, records)).assign_timestamps_and_watermarks(in_order())
            for shard in shards
        ]
    first, *others = streams
    return first.union(*others) if others else first


def _blocks(shard: str, records: Sequence[Record]) -> list[Records]:
    own = [(rowtime, row) for name, rowtime, row in records if name == shard]
    parts = [own[start : start + TOGETHER] for start in range(0, len(own), TOGETHER)]
    return [(shard, [rowtime for rowtime, _ in part], [row for _, row in part]) for part in parts]


def _tagged(case: str, stream: str) -> Any:
    return lambda rows: [(case, stream, row) for row in rows]
