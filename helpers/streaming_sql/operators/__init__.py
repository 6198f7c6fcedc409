"""Operators: the steps of a plan at work, one file each, put together by `assemble`.

Rows are pushed through one at a time and all the way, so what comes out does not depend on how the
input was cut into batches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..compilation import compile_expression, compile_row
from ..conversion import caster
from ..forest import RandomCutForest
from ..plan import (
    Distinct,
    DistinctItems,
    Filter,
    Forest,
    Group,
    HotspotScan,
    Join,
    Node,
    Project,
    Scan,
    Slide,
    Sort,
    Stagger,
    TopItems,
    WindowJoin,
)
from ..windows import Steps
from .base import Emit, Report, Row, Timed
from .distinct import DistinctOperator
from .filter import FilterOperator
from .forest import ForestOperator
from .forest_explanation import ForestExplanationOperator
from .group import GroupOperator
from .hotspots import Hotspots, HotspotsOperator
from .join import JoinOperator
from .project import ProjectOperator
from .tumbling import TumblingOperator, distinct, top
from .windowed import accumulators, slide, sort, stagger, window_join

__all__ = ["Assembly", "Emit", "Report", "Row", "Timed", "assemble"]


@dataclass
class Assembly:
    """A query put together: where rows enter (stream name, function) and what waits for time.

    `leaving` let go what was over before a moment, `timed` end what ends at it; what is told of time
    first stands first.
    """

    entries: list[tuple[str, Emit]] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)
    leaving: list[Timed] = field(default_factory=list)


def assemble(node: Node, emit: Emit, report: Report, new_forest: Callable[[Forest], RandomCutForest]) -> Assembly:
    """Build the operators of a query, the last of which pushes its rows to `emit`."""
    assembly = Assembly()
    _attach(node, emit, report, new_forest, assembly)
    for told in (assembly.timed, assembly.leaving):
        told.reverse()  # what stands upstream is told of time first
    return assembly


def _attach(
    node: Node, emit: Emit, report: Report, new_forest: Callable[[Forest], RandomCutForest], assembly: Assembly
) -> None:
    match node:
        case Scan():
            assembly.entries.append((node.stream.name, emit))
            return
        case Join():
            join = JoinOperator(emit)
            _attach(node.left, join.on_left, report, new_forest, assembly)
            _attach(node.right, join.on_right, report, new_forest, assembly)
            return
        case WindowJoin():
            windows = window_join(node, emit, report)
            assembly.leaving.append(windows)
            _attach(node.left, windows.on_left, report, new_forest, assembly)
            _attach(node.right, windows.on_right, report, new_forest, assembly)
            return
        case Filter():
            on_row: Emit = FilterOperator(compile_expression(node.condition), emit, report).on_row
        case Project():
            on_row = ProjectOperator(compile_row(node.expressions), emit, report).on_row
        case Forest():
            on_row = _forest(node, new_forest(node), emit, report)
        case HotspotScan():
            hotspots = Hotspots(node.window_size, node.scan_radius, node.minimum)
            on_row = HotspotsOperator(hotspots, node.numeric, emit, report).on_row
        case TopItems() | DistinctItems():
            tumbling = _tumbling(node, emit)
            assembly.timed.append(tumbling)
            on_row = tumbling.on_row
        case Group():
            computed = accumulators(node.aggregates)
            group = GroupOperator(compile_row(node.keys), computed, node.windows, emit, report, node.declared)
            assembly.timed.append(group)
            on_row = group.on_row
        case Stagger():
            staggered = stagger(node, emit, report)
            assembly.timed.append(staggered)
            on_row = staggered.on_row
        case Sort():
            ordering = sort(node, emit, report)
            (assembly.leaving if ordering.keeps_rowtime else assembly.timed).append(ordering)
            on_row = ordering.on_row
        case Slide():
            on_row = slide(node, emit, report).on_row
        case Distinct():
            on_row = DistinctOperator(node.columns, node.windows, emit).on_row
    _attach(node.input, on_row, report, new_forest, assembly)


def _forest(node: Forest, forest: RandomCutForest, emit: Emit, report: Report) -> Emit:
    if not node.explained:
        return ForestOperator(forest.score, node.numeric, emit, report).on_row
    names = [node.input.fields[index - 1].name for index in node.numeric]
    return ForestExplanationOperator(forest.explain, node.numeric, names, node.directions, emit, report).on_row


def _tumbling(node: TopItems | DistinctItems, emit: Emit) -> TumblingOperator:
    window = Steps(node.seconds * 1000)
    if isinstance(node, DistinctItems):
        return TumblingOperator(node.column, window, distinct, emit)
    item = node.input.fields[node.column - 1].type
    results = top(node.k, caster(item, node.fields[0].type))
    return TumblingOperator(node.column, window, results, emit)
