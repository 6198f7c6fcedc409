"""Operators: the steps of a plan at work, one file each, put together by `assemble`.

Rows are pushed through one at a time and all the way, so what comes out does not depend on how the
input was cut into batches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ..casting import caster
from ..compilation import compile_expression, compile_row
from ..forest import RandomCutForest
from ..plan import Distinct, Filter, Group, Join, Lookup, Node, Project, Scan, Slide, Sort, Stagger, Union, WindowJoin
from ..references import ReferenceTable
from ..table_steps import DistinctItems, Forest, GroupRank, HotspotScan, TopItems
from ..windows import Steps
from .base import Emit, Report, Row, Stateful, Timed
from .distinct import DistinctOperator
from .filter import FilterOperator
from .forest import ForestOperator
from .forest_explanation import ForestExplanationOperator
from .group import GroupOperator
from .hotspots import Hotspots, HotspotsOperator
from .join import JoinOperator
from .lookup import LookupOperator
from .project import ProjectOperator
from .rank import RankOperator
from .stagger import StaggerOperator
from .tumbling import TumblingOperator, distinct, top
from .windowed import accumulators, slide, sort, stagger, window_join

__all__ = ["Assembly", "Emit", "Report", "Row", "Stateful", "Timed", "assemble"]

Remembering = TypeVar("Remembering", bound=Stateful)
TimedOperator = TypeVar("TimedOperator", GroupOperator, StaggerOperator, TumblingOperator)


@dataclass
class Assembly:
    """A query put together: where rows enter (stream name, function) and what waits for time.

    `leaving` let go what was over before a moment, `timed` end what ends at it; what is told of time
    first stands first. `stateful` are all operators that remember something, in the plan's order.
    """

    entries: list[tuple[str, Emit]] = field(default_factory=list)
    timed: list[Timed] = field(default_factory=list)
    leaving: list[Timed] = field(default_factory=list)
    stateful: list[Stateful] = field(default_factory=list)


def assemble(
    node: Node,
    emit: Emit,
    report: Report,
    new_forest: Callable[[Forest], RandomCutForest],
    tables: Mapping[str, ReferenceTable],
) -> Assembly:
    """Build the operators of a query, the last of which pushes its rows to `emit`."""
    assembler = _Assembler(report, new_forest, tables)
    assembler.attach(node, emit)
    for told in (assembler.assembly.timed, assembler.assembly.leaving):
        told.reverse()  # what stands upstream is told of time first
    return assembler.assembly


class _Assembler:
    def __init__(
        self, report: Report, new_forest: Callable[[Forest], RandomCutForest], tables: Mapping[str, ReferenceTable]
    ) -> None:
        self.report, self.new_forest, self.tables = report, new_forest, tables
        self.assembly = Assembly()

    def attach(self, node: Node, emit: Emit) -> None:
        """Put a step before `emit`, and its inputs before it."""
        match node:
            case Scan():
                self.assembly.entries.append((node.stream.name, emit))
            case Join():
                join = self._remembering(JoinOperator(emit))
                self.attach(node.left, join.on_left)
                self.attach(node.right, join.on_right)
            case WindowJoin():
                windows = self._remembering(window_join(node, emit, self.report))
                self.assembly.leaving.append(windows)
                self.attach(node.left, windows.on_left)
                self.attach(node.right, windows.on_right)
            case Union():
                for part in node.inputs:
                    self.attach(part, emit)
            case _:
                self.attach(node.input, self._on_row(node, emit))

    def _on_row(self, node: Node, emit: Emit) -> Emit:
        """Where rows enter a step of one input."""
        match node:
            case Filter():
                return FilterOperator(compile_expression(node.condition), emit, self.report).on_row
            case Project():
                return ProjectOperator(compile_row(node.expressions), emit, self.report).on_row
            case Lookup():
                condition = None if node.condition is None else compile_expression(node.condition)
                table = self.tables[node.reference.name]
                return LookupOperator(table, node.keys, node.outer, condition, emit, self.report).on_row
            case Forest():
                return _forest(node, self.new_forest(node), emit, self.report)
            case HotspotScan():
                hotspots = Hotspots(node.window_size, node.scan_radius, node.minimum)
                return self._remembering(HotspotsOperator(hotspots, node.numeric, emit, self.report)).on_row
            case GroupRank():
                rank = RankOperator(node.column, node.descending, node.worst_first, node.limit, emit)
                self.assembly.leaving.append(self._remembering(rank))
                return rank.on_row
            case TopItems() | DistinctItems():
                return self._timed(_tumbling(node, emit)).on_row
            case Group():
                computed = accumulators(node.aggregates)
                keys = compile_row(node.keys)
                return self._timed(GroupOperator(keys, computed, node.windows, emit, self.report, node.declared)).on_row
            case Stagger():
                return self._timed(stagger(node, emit, self.report)).on_row
            case Sort():
                ordering = self._remembering(sort(node, emit, self.report))
                (self.assembly.leaving if ordering.keeps_rowtime else self.assembly.timed).append(ordering)
                return ordering.on_row
            case Slide():
                return self._remembering(slide(node, emit, self.report)).on_row
            case Distinct():
                return self._remembering(DistinctOperator(node.columns, node.windows, emit)).on_row
        raise TypeError(f"no operator for {type(node).__name__}")

    def _remembering(self, operator: Remembering) -> Remembering:
        self.assembly.stateful.append(operator)
        return operator

    def _timed(self, operator: TimedOperator) -> TimedOperator:
        self.assembly.timed.append(operator)
        return self._remembering(operator)


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
