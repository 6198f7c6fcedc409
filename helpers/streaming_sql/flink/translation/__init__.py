"""From the plan of a script to a job for Apache Flink: the same plan, the second back end.

>>> from helpers.streaming_sql import Application
>>> script = 'CREATE STREAM "S" ("N" INTEGER); CREATE PUMP "P" AS INSERT INTO "S" SELECT STREAM "n" FROM "SOURCE";'
>>> plan = Application(script, [("n", "INTEGER")], source="SOURCE").plan
>>> print(translate(script, plan).job.steps[0].sql)
CREATE TEMPORARY VIEW `S` AS
SELECT
  `ROWTIME`,
  `n` AS `N`
FROM `SOURCE`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from ...dialect import KinesisSql
from ...error_stream import ERRORS
from ...plan import Node, Plan, Stream, scans
from ...script import parse
from ...syntax import CreatePump, CreateStream
from ..job import Job, ReferenceSource, Sink, Source, Step
from .pumps import Translator
from .types import job_columns
from .writing import flink_sql

__all__ = ["SETTINGS", "Translation", "flink_sql", "translate"]

# UTC, as the service; sums in the order in which the rows came, as the engine's
SETTINGS: Mapping[str, str] = {
    "table.local-time-zone": "UTC",
    "table.optimizer.agg-phase-strategy": "ONE_PHASE",
}


@dataclass(frozen=True, slots=True)
class Translation:
    """A job, and for each of its operators (by the step's name) the piece of the plan it carries out."""

    job: Job
    nodes: Mapping[str, Node]


def translate(script: str, plan: Plan) -> Translation:
    """Translate a plan; `script` is what it was made from."""
    translator = Translator(plan, _statements(script))
    sources = {source.name for source in plan.sources}
    for stream in _upstream_first(plan):
        if stream.name not in sources:
            translator.stream(stream)
    steps = _used(translator.steps, [stream.name for stream in plan.streams])
    read = {scan.stream.name for pump in plan.pumps for scan in scans(pump.query)}
    sinks = [stream for stream in (*plan.streams, ERRORS) if stream.name not in read]
    job = Job(
        tuple(Source(source.name, job_columns(source.columns)) for source in plan.sources),
        tuple(steps),
        tuple(Sink(stream.name, job_columns(stream.columns)) for stream in sinks),
        tuple(ReferenceSource(table.name, job_columns(table.columns)) for table in plan.references),
        SETTINGS,
    )
    kept = {step.name for step in steps}
    return Translation(job, {name: node for name, node in translator.nodes.items() if name in kept})


def _upstream_first(plan: Plan) -> list[Stream]:
    streams = {stream.name: stream for stream in plan.streams}
    before: dict[str, list[str]] = {name: [] for name in streams}
    for pump in plan.pumps:
        before[pump.target.name] += [scan.stream.name for scan in scans(pump.query)]
    return [streams[name] for name in TopologicalSorter(before).static_order()]


def _used(steps: Sequence[Step], streams: Sequence[str]) -> list[Step]:
    """The steps that lead to a stream; an attempt may have left others."""
    wanted = set(streams)
    for step in reversed(steps):
        if step.name in wanted:
            wanted.update(step.inputs)
    return [step for step in steps if step.name in wanted]


def _statements(script: str) -> dict[str, str]:
    """The text of each statement, by the name of the stream or pump it creates."""
    statements = parse(script)
    tokens = KinesisSql().tokenize(script)
    pieces: list[list[int]] = [[]]
    for token in tokens:
        if token.text == ";" and script[token.start] == ";":
            pieces.append([])
        else:
            pieces[-1] += [token.start, token.end]
    texts = [script[piece[0] : piece[-1] + 1] for piece in pieces if piece]
    found = zip(statements, texts, strict=True)
    return {part.name.text: f"{text};" for part, text in found if isinstance(part, CreateStream | CreatePump)}
