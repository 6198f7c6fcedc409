"""A job: what a script becomes on Apache Flink, as plain data that is written to job.json.

Sources come first, then `steps` in order. Each step makes one temporary view of its own name, over
views that earlier steps or sources made. Every stream of the script is a view of the stream's name.

What every view has in common:
- Its first column is ROWTIME TIMESTAMP(3), in UTC: the ROWTIME the service gave the row. Then come
  `columns`. All names are case-sensitive.
- `time_attribute` names the column that Flink knows as its event time: "ROWTIME", "EVENT_TIME"
  (one more column, the last one, that is `lag` milliseconds before ROWTIME: Flink ends a window a
  millisecond before the service does), or None where the view has none.
- Rows come only before the watermark has passed them.

An `OperatorStep` is the embedded engine's own operator. `translation.translate` gives, for each, the
piece of the plan it stands for, whose scans are the views named in `inputs` (ROWTIME and `columns`;
an EVENT_TIME is left out). It sees the rows of a ROWTIME in the order in which they came and the
ROWTIMEs in their order, and is told of time by the watermark. What it reports belongs into
error_stream. The view it makes has ROWTIME as its time attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class JobColumn:
    """A column: the script's type (VARCHAR(16)) and the Flink type that holds it (VARCHAR(16))."""

    name: str
    type: str
    flink_type: str


@dataclass(frozen=True, slots=True)
class Source:
    """A source stream: a view that the runner makes, its time attribute ROWTIME."""

    name: str
    columns: tuple[JobColumn, ...]


@dataclass(frozen=True, slots=True)
class ReferenceSource:
    """A reference table: the rows of a file, without a ROWTIME; only operators read it."""

    name: str
    columns: tuple[JobColumn, ...]


@dataclass(frozen=True, slots=True)
class SqlStep:
    """A Flink SQL statement, CREATE TEMPORARY VIEW `name` AS SELECT …"""

    name: str
    sql: str
    inputs: tuple[str, ...]
    columns: tuple[JobColumn, ...]
    time_attribute: str | None
    lag: int
    kinesis_source_text: str  # the statement of the script, "" for a view that is only in between
    note: str  # where semantics differ, and how that was handled; "" where nothing differs
    step: Literal["sql"] = "sql"


@dataclass(frozen=True, slots=True)
class OperatorStep:
    """An operator of the embedded engine, under parallelism 1.

    `kind` says which ("forest", "stagger", "slide", …). `arguments` say what it `does`, for readers; where it
    has forests, `forests` are their numbers in the script, which go onto the seed, in order. `pump`
    is the pump whose rows it makes, for PUMP_NAME of error_stream.
    """

    name: str
    kind: str
    pump: str
    inputs: tuple[str, ...]
    references: tuple[str, ...]
    arguments: Mapping[str, Any]
    columns: tuple[JobColumn, ...]
    kinesis_source_text: str
    note: str
    step: Literal["operator"] = "operator"


Step = SqlStep | OperatorStep


@dataclass(frozen=True, slots=True)
class Sink:
    """A stream that no pump reads, error_stream among them: what the script is for."""

    stream: str
    columns: tuple[JobColumn, ...]


@dataclass(frozen=True, slots=True)
class Job:
    sources: tuple[Source, ...]
    steps: tuple[Step, ...]
    sinks: tuple[Sink, ...]
    references: tuple[ReferenceSource, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)  # of the table environment
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dicts, as job.json has them."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        """What `to_json` wrote; ValueError for another version."""
        if data.get("version") != VERSION:
            raise ValueError(f"the job has version {data.get('version')}, not {VERSION}: translate the script again")
        return cls(
            tuple(Source(part["name"], _columns(part)) for part in data["sources"]),
            tuple(_step(part) for part in data["steps"]),
            tuple(Sink(part["stream"], _columns(part)) for part in data["sinks"]),
            tuple(ReferenceSource(part["name"], _columns(part)) for part in data["references"]),
            data["settings"],
        )


def _columns(part: Mapping[str, Any]) -> tuple[JobColumn, ...]:
    return tuple(JobColumn(**column) for column in part["columns"])


def _step(part: Mapping[str, Any]) -> Step:
    columns, inputs = _columns(part), tuple(part["inputs"])
    if part["step"] == "sql":
        return SqlStep(**{**part, "columns": columns, "inputs": inputs})
    return OperatorStep(**{**part, "columns": columns, "inputs": inputs, "references": tuple(part["references"])})
