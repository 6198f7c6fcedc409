"""The application that runs on Flink: a script, its schema and its connectors, from application properties.

Amazon Managed Service for Apache Flink writes them to /etc/flink/application_properties.json; elsewhere the file
is the one named by APPLICATION_PROPERTIES, or application_properties.json beside the program. Its groups:

    application     script, schema (files beside the program), seed, source (the script's name for its source),
                    checkpoint.seconds (where nobody else sets it)
    source.*        connector kinesis: stream.arn, position (LATEST, TRIM_HORIZON)
                    connector files: path (a file, or a folder of them), rowtime (the column that has it)
    sink.*          stream, format (JSON, CSV); connector kinesis: stream.arn; connector files: path
                    connector log: rows become warnings in the log; connector none: rows are not wanted
    reference.*     name, path, schema (files beside the program)

Every stream that the script is for, error_stream among them, has a sink: nothing is dropped without being said.
What a name means that is in none of these is refused.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pyflink.datastream import DataStream, StreamExecutionEnvironment

from ..application import Application
from ..datatypes import Field
from ..errors import SchemaError
from . import kinesis, runner_io
from .kinesis_reader import LATEST, POSITIONS
from .runner import Dataflow
from .translation import translate

MANAGED: Final = Path("/etc/flink/application_properties.json")
RUN_OPTIONS: Final = "kinesis.analytics.flink.run.options"
_KNOWN: Final = {
    "application": {"script", "schema", "seed", "source", "checkpoint.seconds"},
    "source": {"connector", "path", "rowtime", "stream.arn", "position"},
    "sink": {"connector", "stream", "format", "path", "stream.arn"},
    "reference": {"name", "path", "schema"},
}

Groups = dict[str, dict[str, str]]


class PropertiesError(ValueError):
    """An application property is missing, unknown, or means nothing."""


def main(root: Path) -> None:
    """Run the application whose files are in `root` until its sources end."""
    given = os.environ.get("APPLICATION_PROPERTIES")
    found = Path(given) if given else MANAGED if MANAGED.exists() else root / MANAGED.name
    groups = read_properties(json.loads(found.read_text(encoding="utf-8")))
    environment = StreamExecutionEnvironment.get_execution_environment()
    seconds = groups["application"].get("checkpoint.seconds")
    if seconds is not None:
        environment.enable_checkpointing(int(float(seconds) * 1000))
    build(environment, root, groups)
    environment.execute(groups["application"].get("script", "application"))


def read_properties(document: Any) -> Groups:
    """The groups of an application_properties.json; PropertiesError for what cannot be meant.

    >>> read_properties([{"PropertyGroupId": "application", "PropertyMap": {"script": "script.sql"}}])
    {'application': {'script': 'script.sql'}}
    """
    groups: Groups = {group["PropertyGroupId"]: group["PropertyMap"] for group in document}
    for name, properties in groups.items():
        kind = name.split(".")[0]
        if name == RUN_OPTIONS:
            continue
        if kind not in _KNOWN:
            raise PropertiesError(f"group {name}: there are {', '.join(_KNOWN)}")
        if unknown := sorted(properties.keys() - _KNOWN[kind]):
            raise PropertiesError(f"group {name}: {unknown[0]} is none of {', '.join(sorted(_KNOWN[kind]))}")
    if "application" not in groups:
        raise PropertiesError("there is no group application")
    return groups


def build(environment: StreamExecutionEnvironment, root: Path, groups: Groups) -> Dataflow:
    """Put the application together, from its sources to its sinks."""
    own = groups["application"]
    script = (root / _wanted(own, "script", "application")).read_text(encoding="utf-8")
    schema = _json(root / _wanted(own, "schema", "application"))
    source = own.get("source", "SOURCE_SQL_STREAM_001")
    references = {
        _wanted(group, "name", name): (
            _json(root / _wanted(group, "schema", name)),
            (root / _wanted(group, "path", name)).read_bytes(),
        )
        for name, group in _of(groups, "reference").items()
    }
    application = Application(script, schema, seed=int(own.get("seed", "7")), source=source, references=references)
    translation = translate(script, application.plan)
    records = {source: _source(environment, root, groups, schema)}
    flow = Dataflow(environment, application, translation.job, translation.nodes, records, {source: schema})
    _deliver(flow, root, _of(groups, "sink"))
    return flow


def _source(
    environment: StreamExecutionEnvironment, root: Path, groups: Groups, schema: Mapping[str, Any]
) -> DataStream:
    sources = _of(groups, "source")
    if len(sources) != 1:
        raise PropertiesError(f"one source is needed, and there are {len(sources)}")
    ((name, group),) = sources.items()
    match _wanted(group, "connector", name):
        case "kinesis":
            position = group.get("position", LATEST)
            if position not in POSITIONS:
                raise PropertiesError(f"group {name}: position {position} is not {' or '.join(POSITIONS)}")
            return kinesis.read(environment, _arn(group, name), position)
        case "files":
            path = root / _wanted(group, "path", name)
            paths = sorted(path.iterdir()) if path.is_dir() else [path]
            rowtime = _wanted(group, "rowtime", name)
            columns = [column["Name"] for column in schema["RecordColumns"]]
            if rowtime not in columns:
                raise PropertiesError(f"group {name}: rowtime {rowtime} is no column; there are {', '.join(columns)}")
            return runner_io.read_files(environment, paths, rowtime, schema)
        case other:
            raise PropertiesError(f"group {name}: connector {other} is not kinesis or files")


def _deliver(flow: Dataflow, root: Path, groups: Groups) -> None:
    fields: dict[str, tuple[Field, ...]] = {stream.name: stream.columns for stream in flow.application.streams}
    given = {_wanted(group, "stream", name): (name, group) for name, group in groups.items()}
    missing = [sink.stream for sink in flow.job.sinks if sink.stream not in given]
    if missing:
        raise PropertiesError(f"stream {missing[0]} has no sink: give it one, or one with the connector none")
    for stream, (name, group) in given.items():
        if stream not in fields:
            raise PropertiesError(f"group {name}: no stream {stream}; there are {', '.join(fields)}")
        form = group.get("format", "JSON").upper()
        if form not in ("JSON", "CSV"):
            raise PropertiesError(f"group {name}: format {form} is not JSON or CSV")
        match _wanted(group, "connector", name):
            case "kinesis":
                runner_io.write_kinesis(flow.stream(stream), fields[stream], form, _arn(group, name))
            case "files":
                path = root / _wanted(group, "path", name)
                runner_io.write_files(flow.stream(stream), fields[stream], form, path)
            case "log":
                runner_io.write_log(flow.stream(stream), fields[stream], form, stream)
            case "none":
                pass
            case other:
                raise PropertiesError(f"group {name}: connector {other} is not kinesis, files, log or none")


def _of(groups: Groups, kind: str) -> Groups:
    return {name: group for name, group in groups.items() if name.split(".")[0] == kind}


def _arn(group: Mapping[str, str], name: str) -> str:
    arn = _wanted(group, "stream.arn", name)
    if not re.fullmatch(r"arn:[\w-]+:kinesis:[\w-]+:\d{12}:stream/[\w.-]+", arn):
        raise PropertiesError(f"group {name}: stream.arn {arn} is not the ARN of a Kinesis data stream")
    return arn


def _wanted(group: Mapping[str, str], key: str, name: str) -> str:
    if key not in group:
        raise PropertiesError(f"group {name}: {key} is missing")
    return group[key]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SchemaError(f"{path} is not JSON: {error}") from error
