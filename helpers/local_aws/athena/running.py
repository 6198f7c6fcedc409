"""Carrying a statement out: which module does it, and what is to be stored of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from helpers.local_aws.athena import statements as st
from helpers.local_aws.athena import utility
from helpers.local_aws.athena.ddl import Ddl
from helpers.local_aws.athena.engine import Engine, Result, Session
from helpers.local_aws.athena.errors import QueryError
from helpers.local_aws.athena.models import Execution, Limits
from helpers.local_aws.athena.results import ROWS, csv_line
from helpers.local_aws.athena.types import ResultColumn
from helpers.local_aws.athena.writing import Writer


@dataclass(frozen=True)
class Outcome:
    """The file to be stored as the result, its columns and rows; rows written and the manifest that lists them."""

    file: Path
    columns: list[ResultColumn]
    rows: int = 0
    updated: int = 0
    manifest: str | None = None


@dataclass(frozen=True)
class Run:
    """One run of a statement; ``athena`` is a boto3 client for the control plane, ``now`` epoch seconds."""

    execution: Execution
    limits: Limits
    engine: Engine
    athena: Any
    now: float
    session: Session

    def carry_out(self, database: str | None, place: Path) -> Outcome:
        """Do what the statement says, with files in an empty folder; QueryError, QueryCancelled if it fails."""
        statement, folder, file = self.execution.statement, place / "tables", place / "result"
        catalog = self.engine.catalog
        match statement:
            case st.Utility():
                listing = utility.run(statement.text, database, catalog)
                return Outcome(file, listing.columns, _write_lines(listing.lines, file))
            case st.Select():
                result = self.engine.run(statement.query, folder, self.session)
                return Outcome(file, result.columns, _write(result, file))
            case st.Ctas() | st.Insert() | st.Unload():
                return self._change(statement, folder, file)
            case st.Prepare():
                self._prepare(statement)
                return Outcome(file, [], _write_lines([], file))
        ddl = Ddl(catalog.glue, self.engine.s3, catalog, self.engine)
        return Outcome(file, [], _write_lines(ddl.run(statement, folder, self.session), file))

    def _prepare(self, statement: st.Prepare) -> None:
        which = {"StatementName": statement.name, "WorkGroup": self.execution.work_group}
        try:
            if statement.text:
                self.athena.create_prepared_statement(QueryStatement=statement.text, **which)
            else:
                self.athena.delete_prepared_statement(**which)
        except ClientError as error:
            raise QueryError("GENERIC_USER_ERROR", error.response["Error"]["Message"]) from error

    def _change(self, statement: st.Writing, folder: Path, file: Path) -> Outcome:
        """Write a table's objects, and the manifest that lists them."""
        output, catalog, s3 = self.execution.output, self.engine.catalog, self.engine.s3
        writer = Writer(
            catalog.glue, s3, catalog, self.engine, output, self.limits.enforced, self.now, self.execution.id
        )
        written = writer.run(statement, folder, self.session)
        manifest = f"{output}-manifest.csv"
        bucket, _, key = manifest.removeprefix("s3://").partition("/")
        s3.put_object(Bucket=bucket, Key=key, Body="".join(f"{uri}\n" for uri in written.uris).encode())
        return Outcome(file, [ROWS], 0, written.rows, manifest)


def _write_lines(lines: Sequence[str], file: Path) -> int:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return len(lines)


def _write(result: Result, file: Path) -> int:
    """Write a result as CSV, header first; returns the number of rows."""
    rows = 0
    with file.open("w", encoding="utf-8", newline="") as target:
        target.write(csv_line([column.name for column in result.columns]))
        for row in result.rows:
            target.write(csv_line(row))
            rows += 1
    return rows
