"""A job as a file of Flink SQL that a person reads: each statement under what it came from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from ..job import Job, JobColumn, OperatorStep, SqlStep
from .types import quoted

_WIDTH = 116


def flink_sql(job: Job, title: str = "") -> str:
    """Every step in order, as comments where it is no SQL."""
    sql = sum(isinstance(step, SqlStep) for step in job.steps)
    operators = len(job.steps) - sql
    head = [
        *_comment(f"Apache Flink SQL of {title}" if title else "Apache Flink SQL"),
        *_comment(
            f"{sql} statements and {operators} operators, in this order. Every view begins with ROWTIME, in UTC. "
            "An operator is the embedded engine's own, run by the Python application; it makes a view of its name."
        ),
        "",
        *(f"SET '{name}' = '{value}';" for name, value in job.settings.items()),
    ]
    parts = ["\n".join(head)]
    for source in job.sources:
        lines = [
            f"The source, made by the application: {quoted(source.name)} (`ROWTIME` TIMESTAMP(3),",
            f"{_columns(source.columns)}), WATERMARK FOR `ROWTIME`;",
            "rows that are late or cannot be read are in `error_stream` already.",
        ]
        parts.append("\n".join(_comment(" ".join(lines))))
    for table in job.references:
        parts.append(
            "\n".join(
                _comment(f"A reference table, read by operators: {quoted(table.name)} ({_columns(table.columns)})")
            )
        )
    parts += [_step(step) for step in job.steps]
    sinks = ", ".join(quoted(sink.stream) for sink in job.sinks)
    parts.append("\n".join(_comment(f"To be delivered: {sinks}")))
    return "\n\n".join(parts) + "\n"


def _step(step: SqlStep | OperatorStep) -> str:
    lines = [f"-- {'-' * (_WIDTH - 3)}"]
    if step.kinesis_source_text:
        lines += ["-- Kinesis:", *(f"--   {line}".rstrip() for line in step.kinesis_source_text.splitlines())]
    if step.note:
        lines += _comment(f"Note: {step.note}")
    if isinstance(step, SqlStep):
        return "\n".join([*lines, f"{step.sql};"])
    reads = ", ".join(quoted(name) for name in (*step.inputs, *step.references))
    lines += _comment(f"Operator {step.kind} makes {quoted(step.name)} ({_columns(step.columns)}) of {reads}:")
    for number, what in enumerate(step.arguments["does"], 1):
        lines += _comment(f"{number}. {what}", "  ")
    return "\n".join(lines)


def _columns(columns: Iterable[JobColumn]) -> str:
    return ", ".join(f"{quoted(column.name)} {column.flink_type}" for column in columns)


def _comment(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=f"-- {indent}",
        subsequent_indent=f"--   {indent}",
        break_long_words=False,
        break_on_hyphens=False,
    )
