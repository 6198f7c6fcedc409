"""What makes Python functions read: rows of Flink's own generator, which every cluster has and checkpoints."""

from __future__ import annotations

from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment


def endless(environment: StreamExecutionEnvironment, per_second: int) -> DataStream:
    """Ticks for as long as the job runs; what is in their rows does not matter."""
    return _generated(environment, {"rows-per-second": str(per_second)})


def numbered(environment: StreamExecutionEnvironment, count: int) -> DataStream:
    """Rows with the numbers from 0 to below `count`, in their order where the parallelism is 1; then the end."""
    ends = {"fields.tick.kind": "sequence", "fields.tick.start": "0", "fields.tick.end": str(count - 1)}
    return _generated(environment, {**ends, "number-of-rows": str(count)})


def _generated(environment: StreamExecutionEnvironment, options: dict[str, str]) -> DataStream:
    tables = StreamTableEnvironment.create(environment)
    given = ", ".join(f"'{name}' = '{value}'" for name, value in {"connector": "datagen", **options}.items())
    tables.execute_sql(f"CREATE TEMPORARY TABLE ticks (tick INT) WITH ({given})")
    return tables.to_data_stream(tables.from_path("ticks"))
