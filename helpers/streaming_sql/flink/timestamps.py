"""How blocks of records get their time in a job: from their ROWTIMEs, in the order of their source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment

from .operators import NEVER, Records


class Stamped(TimestampAssigner):  # type: ignore[misc]
    """The first ROWTIME of a block is its time: so the watermark behind it is before all that comes later."""

    def extract_timestamp(self, value: Records, record_timestamp: int) -> int:
        return next((rowtime for rowtime in value[1] if rowtime != NEVER), NEVER)


def in_order() -> WatermarkStrategy:
    """Time follows the ROWTIMEs of blocks that come in order of their first."""
    return WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Stamped())


@contextmanager
def one_at_a_time(environment: StreamExecutionEnvironment) -> Iterator[None]:
    """What is made within has parallelism 1, and so keeps its order.

    Setting it afterwards is not enough: PyFlink assigns timestamps in three steps and gives only the last.
    """
    parallelism = environment.get_parallelism()
    environment.set_parallelism(1)
    try:
        yield
    finally:
        environment.set_parallelism(parallelism)
