"""The operators of windows, made from their steps of a plan: what `assemble` asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ..aggregates import AGGREGATES, Accumulator
from ..analytic import LOOKING_BACK
from ..compilation import compile_expression, compile_row
from ..expressions import Aggregate, Analytic, Frame
from ..functions import Evaluator
from ..plan import Slide, Sort, Stagger, WindowJoin
from ..sliding import SLIDING
from .base import Emit, Report, Row
from .slide import SlideOperator, Sliding
from .sort import SortOperator
from .stagger import StaggerOperator
from .window_join import JoinSide, WindowJoinOperator

_STARTS = {**SLIDING, **LOOKING_BACK}


def window_join(node: WindowJoin, emit: Emit, report: Report) -> WindowJoinOperator:
    condition = compile_expression(node.condition) if node.condition else None
    left = _side(node.left_frame, node.kind in ("LEFT", "FULL"), 1 + len(node.left.fields), [x for x, _ in node.keys])
    right = _side(
        node.right_frame, node.kind in ("RIGHT", "FULL"), 1 + len(node.right.fields), [y for _, y in node.keys]
    )
    return WindowJoinOperator(left, right, condition, emit, report)


def _side(frame: Frame, outer: bool, width: int, keys: list[int]) -> JoinSide:
    return JoinSide(frame.unit, frame.extent, outer, width, keys)


def stagger(node: Stagger, emit: Emit, report: Report) -> StaggerOperator:
    return StaggerOperator(compile_row(node.keys), accumulators(node.aggregates), node.length, emit, report)


def sort(node: Sort, emit: Emit, report: Report) -> SortOperator:
    return SortOperator(compile_row(node.keys), node.descending, node.window, emit, report)


def slide(node: Slide, emit: Emit, report: Report) -> SlideOperator:
    """One window for each frame, whatever the number of aggregates over it."""
    frames: dict[Frame, list[tuple[int, Analytic]]] = {}
    for place, analytic in enumerate(node.analytics):
        frames.setdefault(analytic.frame, []).append((place, analytic))
    return SlideOperator([_sliding(frame, parts) for frame, parts in frames.items()], emit, report)


def _sliding(frame: Frame, parts: list[tuple[int, Analytic]]) -> Sliding:
    return Sliding(
        frame.unit,
        frame.extent,
        compile_row(frame.partition),
        [argument(part) for _, part in parts],
        [partial(_STARTS[part.function], part.type, *part.options) for _, part in parts],
        [place for place, _ in parts],
    )


def accumulators(
    aggregates: Sequence[Aggregate],
) -> list[tuple[Evaluator | None, Callable[[], Accumulator]]]:
    """For each aggregate its argument and a fresh accumulator."""
    return [(argument(part), partial(AGGREGATES[part.function].start, part.type)) for part in aggregates]


def argument(part: Aggregate | Analytic) -> Evaluator | None:
    """What an aggregate is told of each row: a value, or (for one that looks at NULLs) a tuple of it."""
    if part.argument is None:
        return None
    value = compile_expression(part.argument)
    function = AGGREGATES.get(part.function)  # LAG and the like are told pairs instead
    return _boxed(value) if function and function.nulls else value


def _boxed(value: Evaluator) -> Evaluator:
    def evaluate(row: Row) -> tuple[object]:
        return (value(row),)

    return evaluate
