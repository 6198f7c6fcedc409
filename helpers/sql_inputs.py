"""What `workshop sql` reads: lines of records in blocks, the schemas they have or seem to have, tables."""

from __future__ import annotations

import csv
import gzip
import io
import json
import queue
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, TypeVar, cast

from helpers.errors import WorkshopError
from helpers.streaming_sql import SchemaInferenceError, infer_schema
from helpers.streaming_sql.lines import MAX_LINE

SAMPLE: Final = 1_000  # lines a schema is inferred from
BLOCK: Final = 4_194_304  # bytes of whole lines

PIECE: Final = 1 << 20  # bytes read at a time
WAITING: Final = 32  # pieces read from a pipe, and not yet asked for
PAUSE: Final = 0.25  # seconds without input after which windows of a live pipe are looked at
ONE_A_LINE: Final = "Records are JSON objects, one a line; jq -c . FILE makes them so, jq -c '.[]' FILE from an array."
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")  # how such a file begins

Line = tuple[int, bytes]
T = TypeVar("T")


def opened(path: str) -> IO[bytes]:
    """A file of records, unpacked if need be; - is standard input."""
    if path == "-":
        # unbuffered: a buffer cannot be closed while a thread waits for it to be filled
        return cast(IO[bytes], open(sys.stdin.fileno(), "rb", buffering=0, closefd=False))
    with Path(path).open("rb") as file:
        beginning = file.read(2)
    if beginning in UTF_16:
        raise WorkshopError(f"{path} is UTF-16 text. Make it UTF-8: iconv -f UTF-16 -t UTF-8 {path}")
    return cast(IO[bytes], gzip.open(path, "rb")) if beginning == b"\x1f\x8b" else Path(path).open("rb")


def text_file(path: str) -> str:
    """A file as UTF-8 text, its lines' ends as they should be."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise WorkshopError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        hint = f" Make it UTF-8: iconv -f UTF-16 -t UTF-8 {path}" if data[:2] in UTF_16 else ""
        raise WorkshopError(f"{path} is not UTF-8 text: {error}.{hint}") from error


def pieces(file: IO[bytes], pipe: bool) -> Iterator[bytes | None]:
    """What can be read, as it comes; of a pipe an empty piece where there is no more yet, None after a PAUSE."""
    try:
        yield from _read_pipe(file) if pipe else iter(lambda: file.read1(PIECE), b"")  # type: ignore[attr-defined]
    except (OSError, EOFError, zlib.error) as error:
        raise WorkshopError(f"The records cannot be read to their end: {error}.") from error


def _read_pipe(file: IO[bytes]) -> Iterator[bytes | None]:
    """Reads in a thread, so that time goes on for those who wait for it."""

    ready: queue.Queue[bytes | Exception] = queue.Queue(maxsize=WAITING)

    def read() -> None:
        try:
            while piece := file.read(PIECE):
                ready.put(piece)
            ready.put(b"")
        except Exception as error:  # told where pieces are taken
            ready.put(error)

    threading.Thread(target=read, daemon=True).start()
    while True:
        if ready.empty():
            yield b""
        try:
            piece = ready.get(timeout=PAUSE)
        except queue.Empty:
            yield None
            continue
        if isinstance(piece, Exception):
            raise piece
        if not piece:
            return
        yield piece


def blocks(found: Iterable[bytes | None], size: int = BLOCK) -> Iterator[bytes]:
    r"""Whole lines, about `size` bytes of them at a time, from pieces of a file.

    An empty piece means that there is no more at the moment: the lines so far come at once. None means
    that time passes without any: an empty block comes, too. A line longer than MAX_LINE bytes comes as
    its beginning, cut: no JSON document any more.

    >>> list(blocks([b'a\nb', None, b'c\n', b'd\ne']))
    [b'a\n', b'', b'bc\nd\ne\n']
    """
    held: list[bytes] = []
    count, rest = 0, b""
    for piece in found:
        if piece:
            cut = piece.rfind(b"\n") + 1
            if cut:
                held += [rest, piece[:cut]]
                count, rest = count + len(rest) + cut, piece[cut:]
            elif len(rest) <= MAX_LINE:  # else within a line that is too long: all that matters is where it ends
                rest += piece
        if held and (not piece or count >= size):
            yield b"".join(held)
            held, count = [], 0
        if piece is None:
            yield b""
    if rest.strip():
        held += [rest, b"\n"]
    if held:
        yield b"".join(held)


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The items, the next of which is made, in a thread, while one is used."""
    ready: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=1)

    def make() -> None:
        try:
            for item in items:
                ready.put(("item", item))
            ready.put(("end", None))
        except BaseException as error:  # raised where items are taken
            ready.put(("error", error))

    threading.Thread(target=make, daemon=True).start()
    while (found := ready.get())[0] != "end":
        if found[0] == "error":
            raise found[1]
        yield found[1]


def split_lines(block: bytes, before: int = 0) -> list[Line]:
    r"""The lines of a block, numbered from `before` + 1 on, blank ones left out.

    >>> split_lines(b"a\n\nb\n", 10)
    [(11, b'a'), (13, b'b')]
    """
    return [(number, line) for number, line in enumerate(block.split(b"\n"), before + 1) if line.strip()]


def sample(chunks: Iterator[bytes], live: bool, now: Callable[[], int]) -> list[tuple[int, bytes]]:
    """The first blocks, with the moments they came: SAMPLE lines, or, of a live pipe, up to its first pause."""
    taken: list[tuple[int, bytes]] = []
    count = 0
    for block in chunks:
        if block:
            taken.append((now(), block))
        count += block.count(b"\n")
        if count >= SAMPLE or (live and count and not block):
            break
    return taken


def load_schema(path: str) -> dict[str, Any]:
    """An input schema from a file: InputSchema, the answer of DiscoverInputSchema, or {"column": "TYPE", …}."""
    try:
        document = json.loads(text_file(path))
    except ValueError as error:
        raise WorkshopError(f"{path} is not JSON: {error}") from error
    if isinstance(document, dict) and isinstance(document.get("InputSchema"), dict):
        document = document["InputSchema"]
    if isinstance(document, dict) and "RecordColumns" in document:
        return document
    if isinstance(document, dict) and document and all(isinstance(value, str) for value in document.values()):
        return {"RecordColumns": [{"Name": name, "SqlType": sqltype} for name, sqltype in document.items()]}
    raise WorkshopError(
        f'{path} is no schema: give an InputSchema with RecordColumns, or an object such as {{"page": "VARCHAR(64)"}}.'
    )


def inferred_file(path: str) -> dict[str, Any]:
    """The schema of a file's first lines."""
    with opened(path) as file:
        first = sample(blocks(pieces(file, pipe=False)), live=False, now=lambda: 0)
    return inferred(block for _, block in first)


def inferred(blocks: Iterable[bytes]) -> dict[str, Any]:
    """The schema of the first SAMPLE lines, with room for what later ones may hold.

    Discovery gives the narrowest types; what comes later would be cut (texts) or refused (numbers).
    So texts get at least 4096 characters, and whole numbers are BIGINT.
    """
    lines = list(islice((line for block in blocks for line in io.BytesIO(block) if line.strip()), SAMPLE))
    objects = [line for line in lines if _is_object(line)]
    if not objects:
        raise WorkshopError(
            f"No schema: none of the first {len(lines)} lines is a JSON object. {ONE_A_LINE} "
            "For CSV, give a schema with --schema."
        )
    try:
        schema = infer_schema(objects)
    except SchemaInferenceError as error:
        raise WorkshopError(f"No schema: {error}. Give one with --schema.") from error
    for column in schema["RecordColumns"]:
        column["SqlType"] = _roomy(column["SqlType"])
    return schema


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _roomy(sqltype: str) -> str:
    if sqltype in ("TINYINT", "SMALLINT", "INTEGER"):
        return "BIGINT"
    if sqltype.startswith("VARCHAR("):
        return f"VARCHAR({max(int(sqltype[8:-1]), 4096)})"
    return sqltype


def reference_tables(references: Iterable[str], schemas: Iterable[str]) -> dict[str, tuple[Mapping[str, Any], bytes]]:
    """Tables given as NAME=FILE: the schema and the content of each, as `Application` takes them.

    `schemas` are files with schemas, too. Without one a table's columns are those of its JSON lines, or
    are named by its CSV's first line.
    """
    files, columns = _named("--reference", references), _named("--reference-schema", schemas)
    if unknown := sorted(columns.keys() - files.keys()):
        raise WorkshopError(f"--reference-schema {unknown[0]}: there is no --reference {unknown[0]}=FILE.")
    return {name: _reference(name, path, columns.get(name)) for name, path in files.items()}


def _named(option: str, given: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise WorkshopError(f"{option} {text}: write NAME=FILE.")
        found[name] = path
    return found


def _reference(name: str, path: str, columns: str | None) -> tuple[Mapping[str, Any], bytes]:
    try:
        content = Path(path).read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise WorkshopError(f"--reference {name}: {path} cannot be read: {error.strerror}.") from error
    documents = content.lstrip()[:1] == b"{"
    if columns is not None:
        schema = load_schema(columns)
        return (schema if documents else {"RecordFormat": {"RecordFormatType": "CSV"}, **schema}), content
    if documents:
        return inferred([content]), content
    heading, _, rows = content.partition(b"\n")
    return _headed(heading, rows, path), rows


def _headed(heading: bytes, rows: bytes, path: str) -> dict[str, Any]:
    try:
        schema = infer_schema(rows.splitlines())
        names = next(csv.reader([heading.decode()], delimiter=_delimiter(schema), skipinitialspace=True))
    except (SchemaInferenceError, UnicodeDecodeError, csv.Error) as error:
        raise WorkshopError(f"{path}: no columns to be found: {error}. Give them with --reference-schema.") from error
    names = [name.strip() for name in names]
    if len(names) != len(schema["RecordColumns"]) or not all(names):
        raise WorkshopError(
            f"{path}: the first line must name the {len(schema['RecordColumns'])} columns, and is: "
            f"{heading[:80].decode(errors='replace').strip()}. Or give them with --reference-schema."
        )
    for name, column in zip(names, schema["RecordColumns"], strict=True):
        column["Name"], column["SqlType"] = name, _roomy(column["SqlType"])
    return schema


def _delimiter(schema: Mapping[str, Any]) -> str:
    found: str = schema["RecordFormat"]["MappingParameters"]["CSVMappingParameters"]["RecordColumnDelimiter"]
    return found
