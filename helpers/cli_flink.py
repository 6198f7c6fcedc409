"""`workshop flink`: what Apache Flink needs of a script."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from helpers.cli_sql import (
    SCHEMA,
    SCRIPT,
    SOURCE,
    References,
    planned,
    reference_options,
    tell,
    tell_schema,
)
from helpers.errors import WorkshopError


@click.group("flink")
def flink() -> None:
    """Run scripts of Kinesis Analytics SQL on Apache Flink."""


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Raise what is missing for Flink as a WorkshopError."""
    from helpers.streaming_sql.flink.environment import FlinkSetupError

    try:
        yield
    except FlinkSetupError as error:
        raise WorkshopError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


@flink.command("package")
@SCRIPT
@SCHEMA
@SOURCE
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The zip to write.")
@click.option("--python", default="3.12", show_default=True, help="The Python it will run on; FLINK-2_3 has 3.12.")
@reference_options
def package(
    script: str,
    schema: str | None,
    source: str,
    out: Path,
    python: str,
    references: References,
) -> None:
    """Put SCRIPT into the zip that Amazon Managed Service for Apache Flink runs.

    What the application's run options must say is written to standard output. The same script gives
    the same bytes.
    """
    from helpers.sql_inputs import load_schema, text_file
    from helpers.streaming_sql.flink import package as packages
    from helpers.streaming_sql.flink.translation import translate

    if schema is None:
        raise WorkshopError("Give the schema of the source's records with --schema: nobody is there to guess it later.")
    text, columns = text_file(script), load_schema(schema)
    translate(text, planned(text, script, columns, source, references))
    with _told(), tempfile.TemporaryDirectory() as wheels:
        packages.install_wheels(Path(wheels), python)
        digest = packages.build(out, text, columns, Path(wheels), references)
    click.echo(json.dumps(packages.RUN_OPTIONS, indent=1))
    click.echo(f"{out}: {out.stat().st_size / 1e6:.0f} MB, SHA-256 {digest}", err=True)


@flink.command("compare")
@SCRIPT
@click.option(
    "--records",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON lines, one document a line, or what --schema says; gzip too. A file: it is read twice.",
)
@click.option("--rowtime", required=True, metavar="COLUMN", help="The column of each row's time, as `sql run` has it.")
@SCHEMA
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the random cut forests.")
@reference_options
@SOURCE
def compare(
    script: str,
    records: Path,
    rowtime: str,
    schema: str | None,
    seed: int,
    references: References,
    source: str,
) -> None:
    """Run SCRIPT on recorded data twice, here and on Apache Flink, and compare the rows of its streams.

    Streams that a pump reads are not compared; error_stream is. Exit code 1 where any row differs,
    or where no pump made any. Flink is that of `make flink`.
    """
    from helpers.sql_comparison import Given
    from helpers.sql_comparison import compare as compared
    from helpers.sql_inputs import inferred_file, load_schema, text_file
    from helpers.sql_runner import rowtime_column
    from helpers.streaming_sql.flink import environment
    from helpers.streaming_sql.flink.translation import translate

    text = text_file(script)
    columns = inferred_file(str(records)) if schema is None else load_schema(schema)
    if schema is None:
        tell_schema(columns)
    plan = planned(text, script, columns, source, references)
    streams = [sink.stream for sink in translate(text, plan).job.sinks]
    given = Given(text, columns, records, rowtime_column(columns, rowtime), streams, seed, source, references)
    venv = environment.venv()
    if venv is None:
        folder = os.environ.get("WORKSHOP_FLINK")
        looked = f"in {folder}, as WORKSHOP_FLINK says" if folder else "here"
        raise WorkshopError(f"Apache Flink is not set up {looked}: make flink, in the workshop's folder.")
    with _told():
        environment.java()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))  # so that Flink and its files go, too
    with tempfile.TemporaryDirectory() as place:
        found = compared(given, venv, Path(place), tell)
    for stream in found:
        click.echo("\n".join(stream.lines()))
    if not all(stream.equal for stream in found):
        raise WorkshopError("The engines differ. Where that is known, `workshop sql translate` says why.")
    made = {pump.target.name for pump in plan.pumps}
    if not any(stream.here for stream in found if stream.stream in made):
        raise WorkshopError("No pump has made a row that goes anywhere: this shows nothing. Give other records.")
