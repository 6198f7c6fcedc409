"""Where the order of rows with one ROWTIME matters, and which steps keep it.

Flink gives the groups of a window, and the pairs of a join, in any order; the engine in that of their
first rows. A forest scores what comes second after it has learnt what came first. So what feeds a step
that looks at the order must keep it.
"""

from __future__ import annotations

from ...plan import Distinct, Filter, Group, Join, Node, Plan, Project, Scan, Slide, Stagger, WindowJoin, inputs, scans
from ...table_steps import DistinctItems, Forest, GroupRank, HotspotScan, TopItems
from ...windows import window_of

_ORDERED_AGGREGATES = ("FIRST_VALUE", "LAST_VALUE")


def looks_at_order(node: Node) -> bool:
    """Whether what a step makes of the rows of one ROWTIME depends on their order."""
    match node:
        case Forest() | HotspotScan() | TopItems() | GroupRank() | Slide() | Distinct():
            return True
        case WindowJoin():
            return "ROWS" in (node.left_frame.unit, node.right_frame.unit)
        case Group() | Stagger():
            ordered = any(part.function.startswith(_ORDERED_AGGREGATES) for part in node.aggregates)
            return ordered or (isinstance(node, Group) and bool(node.declared))
    return False


def streams_in_order(plan: Plan) -> frozenset[str]:
    """The streams whose rows of one ROWTIME must come in the engine's order."""
    found: set[str] = set()
    waiting = [name for pump in plan.pumps for name in _watched(pump.query, False)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [
                scan.stream.name for pump in plan.pumps if pump.target.name == name for scan in scans(pump.query)
            ]
    return frozenset(found)


def _watched(node: Node, ordered: bool) -> list[str]:
    if isinstance(node, Scan):
        return [node.stream.name] if ordered else []
    return [name for child in inputs(node) for name in _watched(child, ordered or looks_at_order(node))]


def comes_alone(node: Node, plan: Plan) -> bool:
    """Whether at most one row of any ROWTIME comes out of a step."""
    match node:
        case Scan():
            feeding = [pump for pump in plan.pumps if pump.target.name == node.stream.name]
            return (
                node.stream not in plan.sources
                and len(feeding) <= 1
                and all(comes_alone(p.query, plan) for p in feeding)
            )
        case Filter() | Project() | Forest() | HotspotScan() | Slide() | Distinct():
            return comes_alone(node.input, plan)
        case Join():
            return comes_alone(node.left, plan) and comes_alone(node.right, plan)
        case Group():
            return not node.declared and all(window_of(key) is not None for key in node.keys)
        case DistinctItems():
            return True
    return False
