"""`workshop sql translate`: a script of Kinesis Analytics SQL as a job for Apache Flink."""

from __future__ import annotations

import json
from pathlib import Path

import click

from helpers.cli_sql import References, known_schema, planned, script_options
from helpers.errors import WorkshopError


@click.command("translate")
@script_options
@click.option("--to", type=click.Choice(["flink"]), default="flink", show_default=True, help="What to translate to.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A directory for flink.sql and job.json; without it the SQL is written to standard output.",
)
def translate(
    script: str,
    schema: str | None,
    records: str | None,
    source: str,
    references: References,
    to: str,
    out: Path | None,
) -> None:
    """Translate SCRIPT: its statements as Flink SQL, each under the one it came from, and the job in job.json.

    What Flink SQL cannot mean the same by is an operator of the embedded engine, which the Flink
    application runs as it is; a note says what, and why. A script that cannot run here is refused.
    """
    from helpers.sql_inputs import text_file
    from helpers.streaming_sql.flink.job import SqlStep
    from helpers.streaming_sql.flink.translation import flink_sql
    from helpers.streaming_sql.flink.translation import translate as translated

    text = text_file(script)
    plan = planned(text, script, known_schema(schema, records), source, references)
    job = translated(text, plan).job
    written = flink_sql(job, Path(script).name)
    if out is None:
        click.echo(written, nl=False)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "flink.sql").write_text(written, encoding="utf-8")
        (out / "job.json").write_text(json.dumps(job.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise WorkshopError(f"--out {out}: {error.filename} cannot be written: {error.strerror}.") from error
    statements = sum(isinstance(step, SqlStep) for step in job.steps)
    click.echo(f"{out}/flink.sql, {out}/job.json: {statements} statements, {len(job.steps) - statements} operators")
