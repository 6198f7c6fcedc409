"""Reading statements: which one it is, and what it says.

Not done, and refused: buckets (CLUSTERED BY), Iceberg tables, ALTER TABLE other than ADD and DROP
PARTITION, ADD COLUMNS, SET LOCATION and SET TBLPROPERTIES, MERGE, UPDATE, DELETE, EXPLAIN, ANALYZE.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from helpers.local_aws.athena import utility
from helpers.local_aws.athena.catalog import Column
from helpers.local_aws.athena.errors import MalformedQuery, QueryError
from helpers.local_aws.athena.query import QUERIES, first_word, parse
from helpers.local_aws.athena.statements import (
    AddPartitions,
    AlterTable,
    CreateDatabase,
    CreateTable,
    CreateView,
    Ctas,
    Drop,
    DropDatabase,
    DropPartitions,
    Insert,
    Partition,
    Prepare,
    Repair,
    Select,
    Statement,
    Unload,
    Utility,
)
from helpers.local_aws.athena.types import duckdb_type
from helpers.local_aws.athena.words import Words

EXPECTED = (
    "'SELECT', 'WITH', 'VALUES', 'SHOW', 'DESCRIBE', 'CREATE', 'DROP', 'ALTER', 'MSCK', 'INSERT', 'UNLOAD', "
    "'PREPARE', 'EXECUTE', 'DEALLOCATE'"
)
Prepared = Callable[[str], str]  # the text of a prepared statement of the work group


def read(sql: str, database: str | None, parameters: Sequence[str], prepared: Prepared) -> Statement:
    """Read a statement; MalformedQuery if it is none, QueryError if it names what cannot be."""
    word = first_word(sql).partition(" ")[0]  # sqlglot has some words of two
    if word in QUERIES:
        return Select(parse(sql, database, parameters))
    if utility.is_utility(sql):
        return Utility(sql)
    words = Words(sql)
    if word == "EXECUTE":
        words.take("word")
        return _execute(words, database, parameters, prepared)
    if (reader := READERS.get(word)) is None:
        raise MalformedQuery(
            f"line 1:1: mismatched input '{word or '<EOF>'}'. Expecting: {EXPECTED} "
            "(the local Athena runs no other statements)"
        )
    words.take("word")
    return reader(words, database, parameters)


# --- CREATE ---


def _create(words: Words, database: str | None, parameters: Sequence[str]) -> Statement:
    if words.accept("DATABASE") or words.accept("SCHEMA"):
        return _create_database(words)
    if words.accept("EXTERNAL", "TABLE"):
        return _create_table(words, database)
    replace = words.accept("OR", "REPLACE")
    if words.accept("VIEW"):
        name = words.table(database)
        words.expect("AS")
        begin = words.rest()
        query = parse(words.only(begin), database)
        return CreateView(name, replace, words.sql[begin:].strip().rstrip(";").rstrip(), query)
    words.expect("TABLE")
    return _create_table_as(words, database, parameters)


def _create_database(words: Words) -> CreateDatabase:
    if_not_exists, name = words.accept("IF", "NOT", "EXISTS"), words.name()
    comment = words.string() if words.accept("COMMENT") else ""
    location = words.string() if words.accept("LOCATION") else ""
    properties = words.texts() if words.accept("WITH", "DBPROPERTIES") else {}
    words.done()
    return CreateDatabase(name, if_not_exists, comment, location, properties)


def _create_table(words: Words, database: str | None) -> CreateTable:
    if_not_exists, name = words.accept("IF", "NOT", "EXISTS"), words.table(database)
    found: dict[str, object] = {"columns": _columns(words)}
    while words.next() is not None:
        found |= _clause(words)
    return CreateTable(name, if_not_exists, **found)  # type: ignore[arg-type]  # each clause gives its own field


def _clause(words: Words) -> dict[str, object]:
    if words.accept("COMMENT"):
        return {"comment": words.string()}
    if words.accept("PARTITIONED", "BY"):
        return {"partitions": _columns(words)}
    if words.accept("ROW", "FORMAT", "SERDE"):
        serde = words.string()
        return {"serde": serde, "serde_properties": words.texts() if words.accept("WITH", "SERDEPROPERTIES") else {}}
    if words.accept("ROW", "FORMAT", "DELIMITED"):
        return {"serde_properties": _delimited(words)}
    if words.accept("WITH", "SERDEPROPERTIES"):
        return {"serde_properties": words.texts()}
    if words.accept("STORED", "AS", "INPUTFORMAT"):
        source = words.string()
        words.expect("OUTPUTFORMAT")
        return {"stored": (source, words.string())}
    if words.accept("STORED", "AS"):
        return {"stored": (words.take("word").text.upper(),)}
    if words.accept("LOCATION"):
        return {"location": words.string()}
    if words.accept("TBLPROPERTIES"):
        return {"properties": words.texts()}
    raise words.fail()


def _delimited(words: Words) -> dict[str, str]:
    found = {}
    for clause, key in DELIMITERS.items():
        if words.accept(*clause.split()):
            found[key] = words.string()
    if "field.delim" in found:
        found["serialization.format"] = found["field.delim"]
    return found


DELIMITERS = {
    "FIELDS TERMINATED BY": "field.delim",
    "ESCAPED BY": "escape.delim",
    "COLLECTION ITEMS TERMINATED BY": "colelction.delim",  # Hive's own spelling
    "MAP KEYS TERMINATED BY": "mapkey.delim",
    "LINES TERMINATED BY": "line.delim",
    "NULL DEFINED AS": "serialization.null.format",
}


def _columns(words: Words) -> list[Column]:
    words.expect("(")
    found = []
    while True:
        name, kind = words.name(), words.column_type()
        duckdb_type(kind)  # says if it is none
        found.append(Column(name, kind, words.string() if words.accept("COMMENT") else ""))
        if not words.accept(","):
            break
    words.expect(")")
    return found


def _create_table_as(words: Words, database: str | None, parameters: Sequence[str]) -> Ctas:
    if_not_exists, name = words.accept("IF", "NOT", "EXISTS"), words.table(database)
    properties = words.properties() if words.accept("WITH") else {}
    words.expect("AS")
    text, with_data = words.only(words.rest()).rstrip().rstrip(";"), True
    for ending, flag in (("WITH NO DATA", False), ("WITH DATA", True)):
        if " ".join(text.upper().split()).endswith(" " + ending):
            text, with_data = text[: text.upper().rindex("WITH")], flag
            break
    return Ctas(name, if_not_exists, properties, parse(text, database, parameters), with_data)


# --- the others ---


def _drop(words: Words, database: str | None, parameters: Sequence[str]) -> Statement:
    if words.accept("DATABASE") or words.accept("SCHEMA"):
        if_exists, name = words.accept("IF", "EXISTS"), words.name()
        cascade = words.accept("CASCADE") or (words.accept("RESTRICT") and False)
        words.done()
        return DropDatabase(name, if_exists, cascade)
    view = words.accept("VIEW")
    if not view:
        words.expect("TABLE")
    if_exists, table = words.accept("IF", "EXISTS"), words.table(database)
    words.done()
    return Drop(table, if_exists, view)


def _alter(words: Words, database: str | None, parameters: Sequence[str]) -> Statement:
    words.expect("TABLE")
    name = words.table(database)
    if words.accept("ADD", "COLUMNS"):
        statement: Statement = AlterTable(name, columns=_columns(words))
    elif words.accept("SET", "LOCATION"):
        statement = AlterTable(name, location=words.string())
    elif words.accept("SET", "TBLPROPERTIES"):
        statement = AlterTable(name, properties=words.texts())
    elif words.accept("ADD"):
        statement = AddPartitions(name, words.accept("IF", "NOT", "EXISTS"), _partitions(words))
    else:
        words.expect("DROP")
        statement = DropPartitions(name, words.accept("IF", "EXISTS"), _partitions(words))
    words.done()
    return statement


def _partitions(words: Words) -> list[Partition]:
    found = []
    words.expect("PARTITION")
    while True:
        values = {key.lower(): value for key, value in words.texts().items()}
        found.append(Partition(values, words.string() if words.accept("LOCATION") else ""))
        if not (words.accept(",", "PARTITION") or words.accept("PARTITION")):
            return found


def _repair(words: Words, database: str | None, parameters: Sequence[str]) -> Repair:
    words.expect("REPAIR", "TABLE")
    name = words.table(database)
    words.done()
    return Repair(name)


def _insert(words: Words, database: str | None, parameters: Sequence[str]) -> Insert:
    words.expect("INTO")
    name = words.table(database)
    word, columns = words.next(), []
    if word is not None and word.text == "(" and first_word(words.sql[word.end :]) not in QUERIES:
        columns = words.names()
    return Insert(name, columns, parse(words.only(words.rest()), database, parameters))


def _unload(words: Words, database: str | None, parameters: Sequence[str]) -> Unload:
    begin, end = words.inside()
    words.expect("TO")
    location = words.string()
    words.expect("WITH")
    properties = words.properties()
    words.done()
    return Unload(parse(words.only(begin, end), database, parameters), location, properties)


def _prepare(words: Words, database: str | None, parameters: Sequence[str]) -> Prepare:
    name = words.name()
    words.expect("FROM")
    return Prepare(name, words.sql[words.rest() :].strip().rstrip(";").rstrip())


def _deallocate(words: Words, database: str | None, parameters: Sequence[str]) -> Prepare:
    words.expect("PREPARE")
    name = words.name()
    words.done()
    return Prepare(name, "")


def _execute(words: Words, database: str | None, parameters: Sequence[str], prepared: Prepared) -> Statement:
    name = words.name()
    if words.accept("USING"):
        if parameters:
            raise QueryError("INVALID_PARAMETER_USAGE", "EXECUTE takes USING or ExecutionParameters, not both")
        parameters = _arguments(words)
    words.done()
    text = prepared(name)
    if first_word(text) == "EXECUTE":
        raise QueryError("NOT_SUPPORTED", f"the prepared statement {name} is itself an EXECUTE")
    return read(text, database, parameters, prepared)


def _arguments(words: Words) -> list[str]:
    found = [""]
    while (word := words.next()) is not None:
        words.take("string", "quoted", "word", "number", "mark")
        if word.text == "," and word.kind == "mark":
            found.append("")
        else:
            found[-1] += f"{word.text} "
    return [text.strip() for text in found]


READERS: dict[str, Callable[[Words, str | None, Sequence[str]], Statement]] = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "MSCK": _repair,
    "INSERT": _insert,
    "UNLOAD": _unload,
    "PREPARE": _prepare,
    "DEALLOCATE": _deallocate,
}
