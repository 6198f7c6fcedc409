"""Scripts on both engines: what each stream holds in the end, as multisets to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment

from helpers.streaming_sql import Application
from helpers.streaming_sql.flink.operators import PICKLED, Record
from helpers.streaming_sql.flink.runner import Dataflow
from helpers.streaming_sql.flink.translation import translate

Rows = Counter[tuple[Any, ...]]
Streams = dict[str, Rows]
Inputs = Mapping[str, Sequence[Record]]


class RowtimeOfRecord(TimestampAssigner):  # type: ignore[misc]
    def extract_timestamp(self, value: Record, record_timestamp: int) -> int:
        return value[1]


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
    environment: StreamExecutionEnvironment,
    scripts: Mapping[str, str],
    applications: Mapping[str, Application],
    inputs: Mapping[str, Inputs],
) -> dict[str, Streams]:
    """Every stream's rows of several applications, all in one job."""
    everything, streams = [], {}
    for case, application in applications.items():
        translation = translate(scripts[case], application.plan)
        sources = {
            name: environment.from_collection(list(records)).assign_timestamps_and_watermarks(
                WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(RowtimeOfRecord())
            )
            for name, records in inputs[case].items()
        }
        flow = Dataflow(environment, application, translation.job, translation.nodes, sources)
        streams[case] = [stream.name for stream in application.streams]
        for stream in streams[case]:
            everything.append(flow.stream(stream).map(_tagged(case, stream), PICKLED))
    found: dict[str, dict[str, list[tuple[Any, ...]]]] = {
        case: {stream: [] for stream in names} for case, names in streams.items()
    }
    with everything[0].union(*everything[1:]).execute_and_collect() as results:
        for case, stream, row in results:
            found[case][stream].append(row)
    return {
        case: {stream: counted(stream, rows) for stream, rows in of_case.items()} for case, of_case in found.items()
    }


def _tagged(case: str, stream: str) -> Any:
    return lambda row: (case, stream, row)
