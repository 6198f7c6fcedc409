"""Operators: the steps of a plan at work, one file each, put together by `assemble`.

Rows are pushed through one at a time and all the way, so what comes out does not depend on how the
input was cut into batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from ..aggregates import AGGREGATES, Accumulator
from ..compilation import compile_expression, compile_row
from ..functions import Evaluator
from ..plan import Filter, Forest, Group, Join, Node, Project, Scan
from .base import Emit, Report, Row, Timed
from .filter import FilterOperator
from .forest import ForestOperator
from .group import GroupOperator
from .join import JoinOperator
from .project import ProjectOperator

Score = Callable[[Sequence[float]], float]

__all__ = ["Assembly", "Emit", "Report", "Row", "Timed", "assemble"]


@dataclass
class Assembly:
    """A query put together: where rows enter (stream name, function) and what waits for time."""

    entries: list[tuple[str, Emit]] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)


def assemble(node: Node, emit: Emit, report: Report, new_forest: Callable[[Forest], Score]) -> Assembly:
    """Build the operators of a query, the last of which pushes its rows to `emit`."""
    assembly = Assembly()
    _attach(node, emit, report, new_forest, assembly)
    return assembly


def _attach(node: Node, emit: Emit, report: Report, new_forest: Callable[[Forest], Score], assembly: Assembly) -> None:
    match node:
        case Scan():
            assembly.entries.append((node.stream.name, emit))
            return
        case Join():
            join = JoinOperator(emit)
            _attach(node.left, join.on_left, report, new_forest, assembly)
            _attach(node.right, join.on_right, report, new_forest, assembly)
            return
        case Filter():
            on_row: Emit = FilterOperator(compile_expression(node.condition), emit, report).on_row
        case Project():
            on_row = ProjectOperator(compile_row(node.expressions), emit, report).on_row
        case Forest():
            on_row = ForestOperator(new_forest(node), node.numeric, emit, report).on_row
        case Group():
            group = GroupOperator(compile_row(node.keys), _aggregates(node), node.windows, emit, report)
            assembly.timed.append(group)
            on_row = group.on_row
    _attach(node.input, on_row, report, new_forest, assembly)


def _aggregates(node: Group) -> list[tuple[Evaluator | None, Callable[[], Accumulator]]]:
    return [
        (
            compile_expression(aggregate.argument) if aggregate.argument else None,
            partial(AGGREGATES[aggregate.function].start, aggregate.type),
        )
        for aggregate in node.aggregates
    ]
