"""The steps of a plan that table functions make, each over the rows of its cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .datatypes import BIGINT, DOUBLE, INTEGER, MAX_LENGTH, Field, varchar

if TYPE_CHECKING:
    from .plan import Node


@dataclass(frozen=True, slots=True)
class Forest:
    """RANDOM_CUT_FOREST: each row with an ANOMALY_SCORE behind its columns.

    RANDOM_CUT_FOREST_WITH_EXPLANATION (`explained`) adds ANOMALY_EXPLANATION, `directions` is its
    withDirectionality.
    """

    input: Node
    number_of_trees: int
    sub_sample_size: int
    time_decay: int
    shingle_size: int
    explained: bool = False
    directions: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        explanation = (Field("ANOMALY_EXPLANATION", varchar(MAX_LENGTH)),) if self.explained else ()
        return (*self.input.fields, Field("ANOMALY_SCORE", DOUBLE), *explanation)

    @property
    def numeric(self) -> tuple[int, ...]:
        """Where in the row the columns stand that the forest looks at."""
        return numeric(self.input)


@dataclass(frozen=True, slots=True)
class TopItems:
    """TOP_K_ITEMS_TUMBLING: (item, count) of the `k` most frequent values of a column, by window."""

    input: Node
    column: int
    k: int
    seconds: int

    @property
    def fields(self) -> tuple[Field, ...]:
        return (Field("ITEM", varchar(1024)), Field("ITEM_COUNT", BIGINT))


@dataclass(frozen=True, slots=True)
class DistinctItems:
    """COUNT_DISTINCT_ITEMS_TUMBLING: how many different values of a column, by window."""

    input: Node
    column: int
    seconds: int

    @property
    def fields(self) -> tuple[Field, ...]:
        return (Field("NUMBER_OF_DISTINCT_ITEMS", BIGINT),)


@dataclass(frozen=True, slots=True)
class GroupRank:
    """GROUP_RANK: each row with its rank among those of its ROWTIME behind its columns.

    `limit` 0 is none; `worst_first` tells in which order of ranks the rows come.
    """

    input: Node
    column: int
    name: str
    descending: bool
    worst_first: bool
    limit: int

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*self.input.fields, Field(self.name, INTEGER))


@dataclass(frozen=True, slots=True)
class HotspotScan:
    """HOTSPOTS: each row with the dense regions of the last rows behind its columns."""

    input: Node
    window_size: int
    scan_radius: float
    minimum: int

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*self.input.fields, Field("HOTSPOTS_RESULT", varchar(MAX_LENGTH)))

    @property
    def numeric(self) -> tuple[int, ...]:
        """Where in the row the columns stand that are a point's coordinates."""
        return numeric(self.input)


def numeric(node: Node) -> tuple[int, ...]:
    """Where in a step's rows the numeric columns stand."""
    return tuple(index for index, field in enumerate(node.fields, 1) if field.type.is_numeric)


Table = Forest | TopItems | DistinctItems | HotspotScan | GroupRank
