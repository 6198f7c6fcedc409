"""Statements, read into what they say; reading.py reads them, ddl.py and writing.py carry them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from helpers.local_aws.athena.catalog import Column
from helpers.local_aws.athena.query import Query, TableName


@dataclass(frozen=True)
class Statement:
    """Any of the below; the class variables are what GetQueryExecution calls them."""

    kind: ClassVar[str] = "DDL"
    sub: ClassVar[str] = ""
    suffix: ClassVar[str] = ".txt"


@dataclass(frozen=True)
class Utility(Statement):
    """SHOW or DESCRIBE."""

    kind = "UTILITY"
    sub = "SHOW"
    text: str


@dataclass(frozen=True)
class Select(Statement):
    """A query."""

    kind = "DML"
    sub = "SELECT"
    suffix = ".csv"
    query: Query


@dataclass(frozen=True)
class CreateDatabase(Statement):
    """CREATE DATABASE."""

    sub = "CREATE_DATABASE"
    name: str
    if_not_exists: bool
    comment: str = ""
    location: str = ""
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DropDatabase(Statement):
    """DROP DATABASE."""

    sub = "DROP_DATABASE"
    name: str
    if_exists: bool
    cascade: bool


@dataclass(frozen=True)
class CreateTable(Statement):
    """CREATE EXTERNAL TABLE; ``stored`` is a format's name or its input and output format."""

    sub = "CREATE_TABLE"
    name: TableName
    if_not_exists: bool
    columns: list[Column]
    partitions: list[Column] = field(default_factory=list)
    comment: str = ""
    serde: str = ""
    serde_properties: dict[str, str] = field(default_factory=dict)
    stored: tuple[str, ...] = ("TEXTFILE",)
    location: str = ""
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drop(Statement):
    """DROP TABLE or DROP VIEW."""

    sub = "DROP_TABLE"
    name: TableName
    if_exists: bool
    view: bool


@dataclass(frozen=True)
class Partition:
    """``PARTITION (a = 'b', …) [LOCATION 's3://…']``."""

    values: dict[str, str]
    location: str = ""


@dataclass(frozen=True)
class AddPartitions(Statement):
    """ALTER TABLE … ADD PARTITION."""

    sub = "ALTER_TABLE_ADD_PARTITION"
    name: TableName
    if_not_exists: bool
    partitions: list[Partition]


@dataclass(frozen=True)
class DropPartitions(Statement):
    """ALTER TABLE … DROP PARTITION."""

    sub = "ALTER_TABLE_DROP_PARTITION"
    name: TableName
    if_exists: bool
    partitions: list[Partition]


@dataclass(frozen=True)
class AlterTable(Statement):
    """ALTER TABLE … ADD COLUMNS, SET LOCATION or SET TBLPROPERTIES."""

    sub = "ALTER_TABLE"
    name: TableName
    columns: list[Column] = field(default_factory=list)
    location: str = ""
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Repair(Statement):
    """MSCK REPAIR TABLE."""

    sub = "MSCK_REPAIR_TABLE"
    name: TableName


@dataclass(frozen=True)
class CreateView(Statement):
    """CREATE VIEW; ``text`` is the view's query as written."""

    sub = "CREATE_VIEW"
    name: TableName
    replace: bool
    text: str
    query: Query


@dataclass(frozen=True)
class Prepare(Statement):
    """PREPARE; DEALLOCATE PREPARE if there is no text."""

    sub = "PREPARE"
    name: str
    text: str


@dataclass(frozen=True)
class Ctas(Statement):
    """CREATE TABLE … AS."""

    sub = "CREATE_TABLE_AS_SELECT"
    suffix = ""
    name: TableName
    if_not_exists: bool
    properties: dict[str, str | list[str]]
    query: Query
    with_data: bool = True


@dataclass(frozen=True)
class Insert(Statement):
    """INSERT INTO; ``columns`` are those named, empty if none are."""

    kind = "DML"
    sub = "INSERT"
    suffix = ""
    name: TableName
    columns: list[str]
    query: Query


@dataclass(frozen=True)
class Unload(Statement):
    """UNLOAD."""

    kind = "DML"
    sub = "UNLOAD"
    suffix = ""
    query: Query
    location: str
    properties: dict[str, str | list[str]]


Writing = Ctas | Insert | Unload
