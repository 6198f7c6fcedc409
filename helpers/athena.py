"""Asking Athena about what was delivered, and whether all of it was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.errors import WorkshopError

if TYPE_CHECKING:
    import pandas as pd

    from helpers.workshop import Workshop

QUERIES = Path(__file__).resolve().parents[1] / "sql" / "athena"
POLLING = 0.25  # seconds between two looks at a running query
HINTS = {
    "TABLE_NOT_FOUND": "The clickstream's tables are raw_events, processed_events and anomalies; the toll road's is "
    "lab_toll_data_stream.",
    "SCHEMA_NOT_FOUND": "The database is the stack's output GlueDatabaseName, the toll road's is toll: run chapter 01.",
    "COLUMN_NOT_FOUND": "DESCRIBE <table> lists the columns; text stands in single quotes, 'Click'.",
}


def load_query(name: str, folder: Path = QUERIES) -> str:
    """The text of ``sql/athena/<name>.sql``; WorkshopError naming the queries there are if it is none."""
    path = folder / f"{name}.sql"
    known = sorted(item.stem for item in folder.glob("*.sql"))
    if name not in known:
        raise WorkshopError(f"There is no query {name!r} in {folder}: there are {', '.join(known)}.")
    return path.read_text(encoding="utf-8").strip()


def query(ws: Workshop, sql: str, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The result of an Athena query in the stack's database and work group.

    ``params`` fills ``:name`` in the query, quoting text. Raises WorkshopError with Athena's reason
    when the query is wrong, or when the stack is not deployed.
    """
    outputs = ws.outputs  # first: its own error says what to do when there is no stack
    import awswrangler as wr
    from botocore.exceptions import ClientError

    try:
        frame: pd.DataFrame = wr.athena.read_sql_query(
            sql,
            database=outputs.get("GlueDatabaseName") or ws.track.databases[0],
            workgroup=outputs["AthenaWorkGroupName"],
            ctas_approach=False,
            params=None if params is None else dict(params),
            athena_query_wait_polling_delay=POLLING,
        )
    except (wr.exceptions.QueryFailed, wr.exceptions.QueryCancelled) as error:
        raise _refused(sql, str(error)) from error
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRequestException":
            raise
        raise _refused(sql, error.response["Error"]["Message"]) from error
    return frame


def execute(ws: Workshop, sql: str, database: str | None) -> str:
    """Run a statement that gives no rows, such as CREATE, and wait; what it was. A thing that exists already stays.

    Raises WorkshopError with Athena's reason when it is refused.
    """
    import awswrangler as wr

    try:
        wr.athena.start_query_execution(
            sql,
            database=database,
            workgroup=ws.outputs["AthenaWorkGroupName"],
            wait=True,
            athena_query_wait_polling_delay=POLLING,
        )
    except (wr.exceptions.QueryFailed, wr.exceptions.QueryCancelled) as error:
        if "already exists" in str(error).lower() or "AlreadyExists" in str(error):
            return "there already"
        raise _refused(sql, str(error)) from error
    return "done"


def reconcile(ws: Workshop) -> pd.DataFrame:
    """Records acknowledged and stored (raw and processed rows): columns ``stage``, ``records``, ``agree``.

    ``agree`` says whether a stage has as many records as were acknowledged when sent. Raises
    WorkshopError when nothing has been sent yet.
    """
    import pandas as pd

    ledger = ws.notes.get("ledger")
    if not ledger:
        raise WorkshopError(
            f"Nothing has been sent yet: run chapter {ws.track.sending_chapter:02d} first, then come back."
        )
    stored = query(ws, (ws.root / ws.track.stages).read_text(encoding="utf-8"))
    sent = int(ledger["acknowledged"])
    rows = [("sent", sent), *zip(stored["stage"], stored["records"].astype(int), strict=True)]
    frame = pd.DataFrame(rows, columns=["stage", "records"])
    frame["agree"] = frame["records"] == sent
    return frame


def _refused(sql: str, reason: str) -> WorkshopError:
    hint = next((text for code, text in HINTS.items() if code in reason), "")
    lines = ["Athena could not run the query.", reason, hint, sql.strip()]
    return WorkshopError("\n".join(line for line in lines if line))
