"""From a script's windows to frames: how far back they reach, checked against what was allowed.

Source: Amazon Kinesis Data Analytics SQL Reference, "WINDOW Clause (Sliding Windows)", "Allowed and
Disallowed Window Specifications" and "JOIN clause".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expressions import Expression, Frame, Literal
from .syntax import Query, Span, WindowSpec, error_at

if TYPE_CHECKING:
    from .binder import Binder


def named_frames(script: str, query: Query, binder: Binder) -> dict[str, Frame]:
    """The frames of the WINDOW clause, by name."""
    frames: dict[str, Frame] = {}
    for name, spec in query.windows:
        if name.text in frames:
            raise error_at(script, name.span, f"window {name.text} is defined twice")
        frames[name.text] = binder.frame(spec)
    return frames


def extent(script: str, spec: WindowSpec, binder: Binder) -> int:
    """Milliseconds or rows a window reaches back; a constant, never negative."""
    if spec.extent is None:
        return 0
    bound = binder.scalar(spec.extent)
    if spec.unit == "RANGE":
        return interval(script, bound, spec.span, least=0)
    if not isinstance(bound, Literal) or not isinstance(bound.value, int) or bound.type.family == "interval":
        raise error_at(script, spec.span, "ROWS takes a whole number", "For example ROWS 10 PRECEDING.")
    if bound.value == 0:
        raise error_at(script, spec.span, "a window of 0 PRECEDING is not allowed", "Write ROWS CURRENT ROW.")
    return bound.value


def interval(script: str, bound: Expression, where: Span, least: int = 1) -> int:
    """A constant interval in milliseconds."""
    if not isinstance(bound, Literal) or bound.type.family != "interval":
        raise error_at(script, where, "RANGE takes a constant interval", "For example RANGE INTERVAL '1' MINUTE.")
    if bound.value < least:
        raise error_at(script, where, "the interval of a window must not be negative or empty")
    return int(bound.value)
