"""The embedded engine inside Flink: rows wait for the watermark, then go through its operators in order.

Two functions are all there is. `Intake` makes rows of what a source gives, as Application.feed does;
`Engine` runs a piece of the plan with the operators that the embedded engine runs it with. So what a
statement means is written once. Whatever they remember is in Flink's state whenever a checkpoint is
taken: both write it back before they return.

Elements between Python functions are blocks, pickled: what Flink spends on an element it spends on
thousands of rows. A block of records is a `Records`; a block of rows is a list of (ROWTIME in
milliseconds, values…) with the values as the engine holds them.
"""

from __future__ import annotations

import builtins
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy
from pyflink.common import Types
from pyflink.datastream import OutputTag
from pyflink.datastream.functions import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor

from ..application import Application
from ..error_stream import error_row, late
from ..errors import RecordError
from ..forest import RandomCutForest
from ..operators import Emit, Row, assemble
from ..plan import Node
from ..records import RecordReader
from ..references import ReferenceTable
from ..snapshots import read, resume, write
from ..table_steps import Forest

if TYPE_CHECKING:
    from ..bulk import ColumnReader

PICKLED: Final = Types.PICKLED_BYTE_ARRAY()
ERRORS: Final = OutputTag("error_stream", PICKLED)  # rows of error_stream, beside a function's own
BLOCK: Final = 5_000  # records that go together, at most
END: Final = 2**63 - 1  # Flink's watermark behind the last row
NEVER: Final = -(2**63)  # and the one before any
NOTHING_RUNS: Final = 'CREATE STREAM "-" ("-" INTEGER);'  # an application reads rows without a pump, too

Tables = Mapping[str, ReferenceTable]


class Unread(NamedTuple):
    """A record that whoever read it, for its time, could make no row of; its ROWTIME is NEVER."""

    record: bytes
    why: str


# A shard, and some of its records: their ROWTIMEs, and each as it came, or its row, or why it is none.
Records = tuple[str, Sequence[int], Sequence[bytes | Mapping[str, Any] | Unread]]


class Intake(KeyedProcessFunction):  # type: ignore[misc]
    """Records of a source as rows, by shard; what is late or cannot be read as rows of error_stream.

    A shard's records come in the order of their ROWTIME: one before an earlier one's is out of order,
    as it was in the service, and so is one that the watermark has passed. A record that is Unread is told
    at the time that was reached; before any was, at that of the first that has one.
    """

    def __init__(self, name: str, columns: Sequence[tuple[str, str]], input_schema: Mapping[str, Any] | None) -> None:
        self.name, self.columns, self.input_schema = name, list(columns), input_schema

    def open(self, runtime_context: RuntimeContext) -> None:
        self.application = Application(NOTHING_RUNS, self.columns, source=self.name)
        self.reader = RecordReader(self.input_schema) if self.input_schema else None
        self.at_once = column_reader(self.input_schema) if self.input_schema else None
        self.reached = runtime_context.get_state(ValueStateDescriptor("reached", Types.LONG()))

    def process_element(self, value: Records, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        _, rowtimes, records = value
        stored, watermark = self.reached.value(), ctx.timer_service().current_watermark()
        passed = None if watermark == NEVER else watermark + 1  # the first ROWTIME that is not late
        self.application.rowtime = max((t for t in (stored, passed) if t is not None), default=None)
        if not self._feed(rowtimes, records):
            first = next((rowtime for rowtime in rowtimes if rowtime != NEVER), 0)
            for rowtime, record in zip(rowtimes, records, strict=True):
                self._one(record, rowtime, first)
        if rows := self.application.take(self.name):
            yield rows
        if errors := self.application.take("error_stream"):
            yield ERRORS, errors
        self.application.retain(0)
        if self.application.rowtime is not None and self.application.rowtime != stored:
            self.reached.update(self.application.rowtime)

    def _feed(self, rowtimes: Sequence[int], records: Sequence[Any]) -> bool:
        """All at once; False, with nothing done, where they must go one by one."""
        if self.at_once is None or not isinstance(records[0], bytes):  # a block has raw records alone, or none
            return False
        table = self.at_once.read(b"\n".join([*map(bytes.rstrip, records), b""]))
        if table is None or table.num_rows != len(records):
            return False
        return self.application.feed_batch(table, numpy.array(rowtimes, numpy.int64))

    def _one(self, record: bytes | Mapping[str, Any] | Unread, rowtime: int, first: int) -> None:
        if isinstance(record, Unread):
            reached = self.application.rowtime
            self.application.reject(record.record, RecordError(record.why), first if reached is None else reached)
            return
        if not isinstance(record, bytes):
            self.application.feed([record], rowtime)
            return
        if self.reader is None:
            raise TypeError(f"{self.name} gives raw records: it needs an input schema")
        try:
            rows = self.reader.read(record)
        except RecordError as error:
            self.application.reject(record, error, rowtime)
        else:
            self.application.feed(rows, rowtime)


def column_reader(input_schema: Mapping[str, Any]) -> ColumnReader | None:
    """What reads many records at once, for a schema of which there can be such."""
    from ..bulk import ColumnReader  # with PyArrow, in the worker alone

    reader = ColumnReader(input_schema)
    return reader if reader.applies else None


class Engine(KeyedProcessFunction):  # type: ignore[misc]
    """A piece of the plan; its elements are (name of the view, rows) and all have one key.

    Rows wait until the watermark says that no earlier ones come; those of one ROWTIME keep the order
    in which they came. `tables` are the reference tables. `forest_seeds` are its forests', in order.
    """

    def __init__(self, node: Node, pump: str, forest_seeds: Sequence[int], tables: Tables) -> None:
        self.node, self.pump, self.forest_seeds, self.tables = node, pump, forest_seeds, dict(tables)

    def open(self, runtime_context: RuntimeContext) -> None:
        _prepare_worker()
        self.waiting = runtime_context.get_list_state(ListStateDescriptor("waiting", PICKLED))
        self.alarm = runtime_context.get_state(ValueStateDescriptor("alarm", Types.LONG()))
        self.remembered = runtime_context.get_state(ValueStateDescriptor("engine", PICKLED))
        self.machine: Machine | None = None  # state can be read only where a key is set: with the first element

    def process_element(self, value: tuple[str, list[Row]], ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        name, rows = value
        watermark = ctx.timer_service().current_watermark()
        if passed := [row for row in rows if row[0] <= watermark]:  # nothing upstream should let them come: told
            yield ERRORS, [self._late(row, watermark + 1) for row in passed]
            rows = [row for row in rows if row[0] > watermark]
        if rows:
            self.waiting.add((name, rows))
            self._wake(min(row[0] for row in rows), ctx)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        watermark = ctx.timer_service().current_watermark()
        machine = self._machine()
        waiting = [(name, row) for name, rows in self.waiting.get() for row in rows]
        due = sorted((entry for entry in waiting if entry[1][0] <= watermark), key=lambda entry: entry[1][0])
        later = [entry for entry in waiting if entry[1][0] > watermark]
        for rowtime, entries in groupby(due, key=lambda entry: entry[1][0]):
            machine.advance(rowtime)
            for name, row in entries:
                machine.feed(name, row)
        machine.advance(END if watermark == END else watermark + 1)
        self.waiting.update(
            [(name, [row for _, row in entries]) for name, entries in groupby(later, key=lambda entry: entry[0])]
        )
        self.remembered.update(machine.snapshot())
        self.alarm.clear()
        wakes = [entry[1][0] for entry in later]
        if machine.deadline is not None:
            wakes.append(machine.deadline - 1)
        if wakes:
            self._wake(min(wakes), ctx)
        if machine.rows:
            yield list(machine.rows)
        if machine.errors:
            yield ERRORS, list(machine.errors)
        machine.rows.clear()
        machine.errors.clear()

    def _late(self, row: Row, reached: int) -> Row:
        data = {"ROWTIME": row[0], "values": list(row[1:])}
        return error_row(late(row[0], reached), data, reached, reached, row[0], self.pump)

    def _wake(self, moment: int, ctx: KeyedProcessFunction.Context) -> None:
        """Be called when the watermark reaches a moment; one alarm is enough, the first."""
        alarm = self.alarm.value()
        if alarm is None or moment < alarm:
            ctx.timer_service().register_event_time_timer(moment)
            self.alarm.update(moment)

    def _machine(self) -> Machine:
        if self.machine is None:
            self.machine = Machine(self.node, self.pump, self.forest_seeds, self.tables)
            if (state := self.remembered.value()) is not None:
                self.machine.restore(state)
        return self.machine


class Machine:
    """The operators of a piece of the plan, put together; `rows` and `errors` are what has come out."""

    def __init__(self, node: Node, pump: str, forest_seeds: Sequence[int], tables: Tables) -> None:
        self.pump, self.forest_seeds = pump, forest_seeds
        self.rowtime: int | None = None
        self.rows: list[Row] = []
        self.errors: list[Row] = []
        self.forests: list[RandomCutForest] = []
        assembly = assemble(node, self.rows.append, self._report, self._forest, tables)
        self.entries: dict[str, list[Emit]] = {}
        for name, entry in assembly.entries:
            self.entries.setdefault(name, []).append(entry)
        self.timed, self.stateful = [*assembly.leaving, *assembly.timed], assembly.stateful

    @property
    def deadline(self) -> int | None:
        return min((operator.deadline for operator in self.timed if operator.deadline is not None), default=None)

    def feed(self, name: str, row: Row) -> None:
        for entry in self.entries[name]:
            entry(row)

    def advance(self, rowtime: int) -> None:
        """As Application.advance: every deadline on the way is told at its own time."""
        while (due := self.deadline) is not None and due <= rowtime:
            self.rowtime = due
            for operator in self.timed:
                operator.on_bound(due)
        if rowtime != END:
            self.rowtime = rowtime

    def snapshot(self) -> bytes:
        return write(
            {
                "rowtime": self.rowtime,
                "operators": [operator.snapshot() for operator in self.stateful],
                "forests": [forest.__getstate__() for forest in self.forests],
            }
        )

    def restore(self, snapshot: bytes) -> None:
        state = read(snapshot)
        self.rowtime = state["rowtime"]
        for operator, remembered in zip(self.stateful, state["operators"], strict=True):
            operator.restore(remembered)
        for forest, learnt in zip(self.forests, state["forests"], strict=True):
            resume(forest, learnt)

    def _report(self, error: Exception, row: Row) -> None:
        now = row[0] if self.rowtime is None else max(self.rowtime, row[0])
        data = {"ROWTIME": row[0], "values": list(row[1:])}
        self.errors.append(error_row(error, data, row[0], now, row[0], self.pump))

    def _forest(self, node: Forest) -> RandomCutForest:
        forest = RandomCutForest(
            node.number_of_trees,
            node.sub_sample_size,
            node.time_decay,
            node.shingle_size,
            seed=self.forest_seeds[len(self.forests)],
        )
        self.forests.append(forest)
        return forest


def _prepare_worker() -> None:
    """Make numba work in a Python worker of Flink's.

    The worker replaces `print` by a method; numba, which looks it up by name, cannot live with that.
    And where the program stands on a file system that cannot be written to, numba must keep what it
    has compiled elsewhere.
    """
    builtins.print = getattr(getattr(builtins.print, "__self__", None), "_print", builtins.print)
    if not os.access(Path(__file__).parent.parent, os.W_OK) and "NUMBA_CACHE_DIR" not in os.environ:
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="numba")


def one_key(_: Any) -> int:
    """The key of all rows where one instance must see all."""
    return 0


def named(name: str) -> Callable[[list[Row]], tuple[str, list[Row]]]:
    """Rows with the name of the view they are of."""
    return lambda rows: (name, rows)
