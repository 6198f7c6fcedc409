"""`workshop sql`: check, explain and run a script of Kinesis Analytics SQL, without any AWS.

This module is what `workshop --help` loads, so the engine is imported only within the commands.
"""

from __future__ import annotations

import functools
import itertools
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from helpers.errors import WorkshopError

if TYPE_CHECKING:
    from helpers.sql_runner import Runner
    from helpers.streaming_sql import SqlError
    from helpers.streaming_sql.plan import Plan

T = TypeVar("T")
References = Mapping[str, tuple[Mapping[str, Any], bytes]]

SHOWN = 0.25  # seconds between two looks at the progress

SCRIPT = click.argument("script", type=click.Path(dir_okay=False, allow_dash=True))
SCHEMA = click.option(
    "--schema",
    type=click.Path(exists=True, dir_okay=False),
    help='The source\'s columns: a JSON file with an InputSchema, or {"column": "TYPE", …}.',
)
SOURCE = click.option(
    "--source", default="SOURCE_SQL_STREAM_001", show_default=True, help="What the script calls its source stream."
)


@click.group("sql")
def sql() -> None:
    """Check, explain and run Kinesis Analytics SQL on files and pipes."""


def reference_options(command: Callable[..., None]) -> Callable[..., None]:
    """--reference and --reference-schema; the command gets `references`, the tables as `Application` takes them."""
    reference = click.option(
        "--reference",
        "references",
        multiple=True,
        metavar="NAME=FILE",
        help="A reference table: JSON lines, or CSV whose first line names the columns; may be given again.",
    )
    schema = click.option(
        "--reference-schema",
        "reference_schemas",
        multiple=True,
        metavar="NAME=FILE",
        help="The columns of a reference table, as --schema has them; its CSV then begins with a row.",
    )

    @functools.wraps(command)
    def with_tables(references: tuple[str, ...], reference_schemas: tuple[str, ...], **others: Any) -> None:
        from helpers.sql_inputs import reference_tables

        command(references=reference_tables(references, reference_schemas), **others)

    return reference(schema(with_tables))


def script_options(command: Callable[..., None]) -> Callable[..., None]:
    """SCRIPT, --schema, --records, --source and reference tables: what a plan needs."""
    records = click.option(
        "--records",
        type=click.Path(exists=True, dir_okay=False),
        help="JSON lines (.gz too) to learn the source's columns from.",
    )
    return SCRIPT(SCHEMA(records(SOURCE(reference_options(command)))))


@sql.command("check")
@script_options
def check(
    script: str,
    schema: str | None,
    records: str | None,
    source: str,
    references: References,
) -> None:
    """Say whether SCRIPT can run: OK and its streams, or what is wrong, where, and what to do.

    Without --schema or --records the source's columns are guessed from how the script uses them.
    """
    from helpers.sql_inputs import text_file
    from helpers.streaming_sql.explain import columns_in_words

    plan = planned(text_file(script), script, known_schema(schema, records), source, references)
    click.echo(f"OK: {len(plan.streams)} streams, {len(plan.pumps)} pumps")
    for stream in plan.streams:
        click.echo(f"  {stream.name}: {columns_in_words(stream)}")


@sql.command("explain")
@script_options
@click.option("--mermaid", "as_graph", is_flag=True, help="A Mermaid flowchart of streams and pumps instead of words.")
def explain(
    script: str,
    schema: str | None,
    records: str | None,
    source: str,
    references: References,
    as_graph: bool,
) -> None:
    """Tell the plan of SCRIPT: its streams, and step by step what each pump does to a row."""
    from helpers.sql_inputs import text_file
    from helpers.streaming_sql import explain as plans

    plan = planned(text_file(script), script, known_schema(schema, records), source, references)
    click.echo(plans.mermaid(plan) if as_graph else plans.explain(plan))


@sql.command("run")
@SCRIPT
@click.option(
    "--records",
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="JSON lines, one document a line; .gz is unpacked, - is standard input.",
)
@SCHEMA
@click.option("--stream", "streams", multiple=True, help="A stream to write; may be given again.")
@click.option(
    "--rowtime",
    metavar="COLUMN",
    help="The column of each row's time: ISO 8601 (UTC), epoch seconds or milliseconds.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the random cut forests.")
@reference_options
@SOURCE
def run(
    script: str,
    records: str,
    schema: str | None,
    streams: tuple[str, ...],
    rowtime: str | None,
    seed: int,
    references: References,
    source: str,
) -> None:
    """Run SCRIPT on a file or a pipe of records, and write the rows of its streams as JSON lines.

    Rows are written as windows close; by default those of the streams that no pump reads, and
    error_stream. ROWTIME comes from the column --rowtime names: the run is then repeatable, and
    as fast as it can be. Without it a record's ROWTIME is the moment it is read, as in the service,
    which is what a live pipe wants. At the end of the input the open windows end with the rows they
    have.

    Lines that cannot be read, and rows whose time lies before one already reached, go to error_stream;
    they are told by line number and counted, and the exit code is then 1. Ctrl-C ends the run with
    what is complete (exit code 130).
    """
    from helpers.sql_inputs import ahead, blocks, inferred, opened, pieces, sample, text_file
    from helpers.sql_runner import Runner
    from helpers.streaming_sql import SqlError

    text = text_file(script)
    given = known_schema(schema)
    with opened(records) as file:
        chunks = blocks(pieces(file, pipe=records == "-"))
        first: list[tuple[int, bytes]] = []
        if given is None:
            first = sample(chunks, live=rowtime is None, now=_milliseconds)
            if not first:
                raise WorkshopError("There are no records, and so no columns. Give them with --schema.")
            given = inferred(block for _, block in first)
            tell_schema(given)
        try:
            runner = Runner(
                text,
                given,
                rowtime=rowtime,
                streams=streams,
                seed=seed,
                source=source,
                references=references,
                write=_write,
                tell=tell,
            )
        except SqlError as error:
            raise click.ClickException(_shown(error, text, script)) from error
        for warning in runner.application.warnings:
            tell(f"warning: {warning}")
        try:
            arriving = itertools.chain(first, ((_milliseconds(), block) for block in chunks))
            read = ahead((moment, block, runner.read(block)) for moment, block in arriving)
            _drive(runner, _undisturbed(read), live=rowtime is None)
            stopped = False
        except KeyboardInterrupt:
            stopped = True
        account = runner.finish(stopped)
    sys.stdout.flush()
    if stopped or account.left_out:
        raise SystemExit(130 if stopped else 1)


def _drive(runner: Runner, read: Iterator[tuple[int, bytes, Any]], live: bool) -> None:
    progress = _progress()
    before = 0
    for moment, block, columns in read:
        before = max(before, moment)
        if block:
            runner.feed(block, before, columns)
        elif live:
            runner.advance(before)
        sys.stdout.flush()
        progress(runner)
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)


def _undisturbed(items: Iterator[T]) -> Iterator[T]:
    """The items; Ctrl-C is heard while one waits for the next, so that what is done with one is done whole."""
    if threading.current_thread() is not threading.main_thread():
        yield from items
        return
    pressed = waiting = False

    def hear(signal_number: int, frame: Any) -> None:
        nonlocal pressed
        pressed = True
        if waiting:
            raise KeyboardInterrupt

    usual = signal.signal(signal.SIGINT, hear)
    try:
        while True:
            waiting = True
            if pressed:
                raise KeyboardInterrupt
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                waiting = False
            yield item
    finally:
        signal.signal(signal.SIGINT, usual)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def _write(line: str) -> None:
    # a lone surrogate cannot be written as UTF-8; its escape is the same in JSON
    sys.stdout.write(line if line.isascii() else line.encode("utf-8", "backslashreplace").decode())


def tell(message: str) -> None:
    clear = "\r\033[K" if sys.stderr.isatty() else ""
    click.echo(clear + message, err=True)


def tell_schema(schema: dict[str, Any]) -> None:
    columns = ", ".join(f"{column['Name']} {column['SqlType']}" for column in schema["RecordColumns"])
    tell(f"Columns inferred from the first records: {columns}")


def _progress() -> Callable[[Runner], None]:
    """Records, records a second and the time reached, on a terminal's last line, at intervals; nothing elsewhere."""
    started = time.monotonic()
    shown = started - SHOWN  # at once, then at intervals

    def show(runner: Runner) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown < SHOWN:
            return
        shown = now
        records = runner.account.records
        rate = records / max(now - started, 0.001)
        click.echo(f"\r\033[K{records:,} records, {rate:,.0f} records/s, at {runner.reached}", err=True, nl=False)

    return show if sys.stderr.isatty() else lambda runner: None


# what the commands read


def known_schema(schema: str | None, records: str | None = None) -> dict[str, Any] | None:
    """The source's columns by the file of --schema, else by the records; None without either."""
    from helpers.sql_inputs import inferred_file, load_schema

    if schema is not None:
        return load_schema(schema)
    return None if records is None else inferred_file(records)


def planned(
    text: str, script: str, given: Mapping[str, Any] | None, source: str, references: References | None = None
) -> Plan:
    """The plan of a script's text; `script` is its file's name. What is wrong with it, or odd, is told.

    Without a schema, `given`, the source's columns are guessed from how the script uses them.
    """
    from helpers.streaming_sql import Application, SchemaError, SqlError
    from helpers.streaming_sql.guess import guess_schema

    note = ""
    try:
        if given is None:
            given = guess_schema(text, source)
            columns = ", ".join(f"{column['Name']} {column['SqlType']}" for column in given["RecordColumns"])
            note = f"Columns of {source} guessed from the script: {columns}. Give --schema or --records to be sure."
        application = Application(text, given, source=source, references=references)
    except SqlError as error:
        shown = _shown(error, text, script)
        raise click.ClickException(f"{shown}\n{note}" if note else shown) from error
    except SchemaError as error:
        raise WorkshopError(f"The schema cannot be used: {error}.") from error
    for told in (note, *(f"warning: {warning}" for warning in application.warnings)):
        if told:
            tell(told)
    return application.plan


def _shown(error: SqlError, script: str, path: str) -> str:
    """file:line:column, what is wrong, the line with a caret under the place, and what to do."""
    lines = script.split("\n")
    line = lines[error.line - 1] if error.line <= len(lines) else ""
    padding = "".join("\t" if character == "\t" else " " for character in line[: error.column - 1])
    carets = "^" * max(1, min(len(error.text), len(line) - error.column + 1))
    shown = [f"{path}:{error.line}:{error.column}: {error.message}", f"  {line}", f"  {padding}{carets}"]
    hints = [error.hint] if error.hint else []
    if error.message.startswith("unknown stream"):
        hints.append("A reference table is given with --reference NAME=FILE.")
    return "\n".join([*shown, *(f"  {hint}" for hint in hints)])
