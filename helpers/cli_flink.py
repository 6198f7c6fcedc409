"""`workshop flink`: what Apache Flink needs of a script."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from helpers.cli_sql import REFERENCE, SCHEMA, SCRIPT, SOURCE, planned
from helpers.errors import WorkshopError


@click.group("flink")
def flink() -> None:
    """Run scripts of Kinesis Analytics SQL on Apache Flink."""


@flink.command("package")
@SCRIPT
@SCHEMA
@SOURCE
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The zip to write.")
@click.option("--python", default="3.12", show_default=True, help="The Python it will run on; FLINK-2_3 has 3.12.")
@REFERENCE
def package(
    script: str,
    schema: str | None,
    source: str,
    out: Path,
    python: str,
    references: tuple[str, ...],
) -> None:
    """Put SCRIPT into the zip that Amazon Managed Service for Apache Flink runs.

    What the application's run options must say is written to standard output. The same script gives
    the same bytes.
    """
    from helpers.sql_inputs import load_schema, reference, text_file
    from helpers.streaming_sql.flink import environment
    from helpers.streaming_sql.flink import package as packages
    from helpers.streaming_sql.flink.translation import translate

    if schema is None:
        raise WorkshopError("Give the schema of the source's records with --schema: nobody is there to guess it later.")
    text, columns = text_file(script), load_schema(schema)
    tables = dict(reference(given, {}) for given in references)
    translate(text, planned(text, script, schema, None, source, tables))
    try:
        with tempfile.TemporaryDirectory() as wheels:
            packages.install_wheels(Path(wheels), python)
            digest = packages.build(out, text, columns, Path(wheels), tables)
    except environment.FlinkSetupError as error:
        raise WorkshopError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    click.echo(json.dumps(packages.RUN_OPTIONS, indent=1))
    click.echo(f"{out}: {out.stat().st_size / 1e6:.0f} MB, SHA-256 {digest}", err=True)
