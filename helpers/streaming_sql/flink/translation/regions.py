"""Regions: pieces of the plan that one operator carries out, and what is done with trees of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ...datatypes import Field
from ...expressions import Column
from ...plan import Filter, Group, Join, Node, Plan, Project, Scan, Slide, Stagger, Union, WindowJoin, inputs
from ...table_steps import Forest
from .sql_steps import group_fields

_KINDS: Final = {
    "Forest": "forest",
    "HotspotScan": "hotspots",
    "TopItems": "top_items",
    "DistinctItems": "distinct_items",
    "GroupRank": "group_rank",
    "WindowJoin": "window_join",
}


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of the plan for one operator; its scans are views. `reasons` say why it is no SQL."""

    node: Node
    reasons: tuple[str, ...]


def only_picks(node: Node) -> bool:
    while isinstance(node, Project) and picks(node):
        node = node.input
    return isinstance(node, Scan)


def picks(node: Project) -> bool:
    return all(isinstance(part, Column) for part in node.expressions)


def named_fields(node: Node) -> tuple[Field, ...]:
    """The fields of a step, those of a group by what they are."""
    if isinstance(node, Group | Stagger):
        return group_fields((*node.keys, *node.aggregates))
    if isinstance(node, Slide):
        return (*node.input.fields, *group_fields(node.analytics))
    return node.fields


def over(node: Node, leaves: Sequence[Node]) -> Node:
    """The node with other inputs."""
    match node:
        case Union():
            return replace(node, inputs=tuple(leaves))
        case Join() | WindowJoin():
            return replace(node, left=leaves[0], right=leaves[1])
        case Scan():
            return node
        case _:
            return replace(node, input=leaves[0])


def put(node: Node, name: str, made: Node) -> Node:
    """The node with something else in the place of its scan of a view."""
    if isinstance(node, Scan):
        return made if node.stream.name == name else node
    return over(node, [put(child, name, made) for child in inputs(node)])


def walk(node: Node) -> list[Node]:
    return [node, *(part for child in inputs(node) for part in walk(child))]


def leaves_of(node: Node) -> list[str]:
    return [part.stream.name for part in walk(node) if isinstance(part, Scan)]


def kind_of(node: Node) -> str:
    """What the topmost step that is more than a filter or a projection is called."""
    parts = [part for part in walk(node) if not isinstance(part, Scan)]
    main = next((part for part in parts if not isinstance(part, Filter | Project)), parts[0])
    name = type(main).__name__
    return _KINDS.get(name, name.lower())


def numbered_forests(plan: Plan) -> dict[int, int]:
    """Each forest's number, in the order in which the engine seeds them; by identity: two may be equal."""
    forests = [part for pump in plan.pumps for part in walk(pump.query) if isinstance(part, Forest)]
    return {id(forest): number for number, forest in enumerate(forests)}
