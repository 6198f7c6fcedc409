"""What statements say, without running them: places in the text, names, types, strings, parameters."""

import pytest

from helpers.local_aws.athena import statements as st
from helpers.local_aws.athena.catalog import Column, Table
from helpers.local_aws.athena.errors import MalformedQuery, QueryError
from helpers.local_aws.athena.projection import project
from helpers.local_aws.athena.query import TableName
from helpers.local_aws.athena.reading import read

NOW = 1795341600.0  # 2026-11-22 10:00:00 UTC


def reading(sql: str, *parameters: str) -> st.Statement:
    return read(sql, "db", parameters, lambda name: {"p": "SELECT ?, ?", "loop": "EXECUTE loop"}[name])


def test_a_table_as_it_is_written() -> None:
    found = reading(
        """CREATE EXTERNAL TABLE IF NOT EXISTS `Other`.`T` ( -- a comment
            `A b` STRUCT<x: INT, `y`:ARRAY<string>> COMMENT 'it''s', c decimal(10, 2))
        PARTITIONED BY (d date)
        ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\001' ESCAPED BY '\\\\' NULL DEFINED AS ''
        STORED AS INPUTFORMAT 'in' OUTPUTFORMAT 'out' LOCATION 's3://b/k/' TBLPROPERTIES ('X.y' = 'z');"""
    )
    assert found == st.CreateTable(
        TableName("other", "t"),
        True,
        [Column("a b", "struct<x:int,y:array<string>>", "it's"), Column("c", "decimal(10,2)")],
        [Column("d", "date")],
        serde_properties={
            "field.delim": "\x01", "serialization.format": "\x01", "escape.delim": "\\",
            "serialization.null.format": "",
        },
        stored=("in", "out"),
        location="s3://b/k/",
        properties={"X.y": "z"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DROP TABLE IF EXISTS a.b", st.Drop(TableName("a", "b"), True, False)),
        ("drop view \"awsdatacatalog\".a.b", st.Drop(TableName("a", "b"), False, True)),
        ("DROP DATABASE x CASCADE", st.DropDatabase("x", False, True)),
        ("DROP SCHEMA IF EXISTS x RESTRICT", st.DropDatabase("x", True, False)),
        ("MSCK REPAIR TABLE `t`;", st.Repair(TableName("db", "t"))),
        (
            "ALTER TABLE t ADD PARTITION (P = 'a', q = 1) LOCATION 's3://x/' PARTITION (p='b', q=-2)",
            st.AddPartitions(
                TableName("db", "t"), False,
                [st.Partition({"p": "a", "q": "1"}, "s3://x/"), st.Partition({"p": "b", "q": "-2"})],
            ),
        ),
        ("ALTER TABLE t SET LOCATION 's3://y/'", st.AlterTable(TableName("db", "t"), location="s3://y/")),
        ("DEALLOCATE PREPARE x", st.Prepare("x", "")),
    ],
)  # fmt: skip
def test_short_statements(sql: str, expected: st.Statement) -> None:
    assert reading(sql) == expected


def test_a_querys_places_are_those_in_the_whole_statement() -> None:
    found = reading("CREATE TABLE x WITH (format='JSON')\n AS SELECT nope FROM t")
    assert isinstance(found, st.Ctas)
    column = next(node for node in found.query.tree.walk() if node.name == "nope")
    assert found.query.where(column) == "line 2:12"
    with pytest.raises(MalformedQuery, match="line 2:1: mismatched input 'FROM'"):
        reading("UNLOAD (SELECT (a\nFROM t)) TO 's3://x/' WITH (format='JSON')")


def test_create_table_with_no_data() -> None:
    found = reading("CREATE TABLE x AS SELECT 1 AS a WITH\nNO DATA;")
    assert isinstance(found, st.Ctas)
    assert not found.with_data


def test_an_inserts_columns_are_not_its_query() -> None:
    named, query = reading("INSERT INTO t (a, b) SELECT 1, 2"), reading("INSERT INTO t (SELECT 1, 2)")
    assert isinstance(named, st.Insert)
    assert isinstance(query, st.Insert)
    assert (named.columns, query.columns) == (["a", "b"], [])


def test_a_prepared_statement_takes_literals_only() -> None:
    found = reading("EXECUTE p USING 'it''s', -1")
    assert isinstance(found, st.Select)
    assert found.query.text == "SELECT 'it''s', -1"
    with pytest.raises(QueryError, match="not a literal"):
        reading("EXECUTE p USING a, 1")
    with pytest.raises(QueryError, match="not both"):
        reading("EXECUTE p USING 1, 2", "3")
    with pytest.raises(QueryError, match="is itself an EXECUTE"):
        reading("EXECUTE loop")


def projected(kind: str, **settings: str) -> list[str | None]:
    parameters = {f"projection.p.{key.replace('_', '.')}": v for key, v in {"type": kind, **settings}.items()}
    table = Table(TableName("db", "t"), (), (Column("p", "string"),), "s3://b/t", "", parameters)
    return [split.values[0] for split in project(table, NOW, {"p": ["x"]})]


@pytest.mark.parametrize(
    ("kind", "settings", "values"),
    [
        ("enum", {"values": "a, b"}, ["a", "b"]),
        ("integer", {"range": "8,10", "digits": "2"}, ["08", "09", "10"]),
        ("integer", {"range": "-1,3", "interval": "2"}, ["-1", "1", "3"]),
        ("date", {"range": "2026-11-21,NOW", "format": "yyyy-MM-dd"}, ["2026-11-21", "2026-11-22"]),
        ("date", {"range": "NOW-1MONTHS,NOW", "format": "yyyy/MM"}, ["2026/10", "2026/11"]),
        (
            "date",
            {"range": "NOW-2HOURS,NOW", "format": "'y='yyyy'/h='HH MM dd", "interval": "1", "interval_unit": "HOURS"},
            ["y=2026/h=08 11 22", "y=2026/h=09 11 22", "y=2026/h=10 11 22"],
        ),
        ("date", {"range": "2026-12,2027-01", "format": "yyyy-MM"}, ["2026-12", "2027-01"]),
        ("injected", {}, ["x"]),
    ],
)
def test_projected_values(kind: str, settings: dict[str, str], values: list[str]) -> None:
    assert projected(kind, **settings) == values


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("enum", {}, "projection.p.values is missing"),
        ("integer", {"range": "1"}, "must be two values"),
        ("integer", {"range": "a,b"}, "invalid literal"),
        ("date", {"range": "2026,NOW", "format": "yyyy QQ"}, "does not know 'QQ'"),
        ("date", {"range": "2026112200,NOW", "format": "yyyyMMddHH"}, "interval.unit is missing"),
        ("integer", {"range": "0,2000000"}, "describes 2000001 partitions"),
        ("other", {"range": "0,1"}, "is none of enum, integer, date, injected"),
    ],
)
def test_projections_that_cannot_be(kind: str, settings: dict[str, str], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        projected(kind, **settings)
