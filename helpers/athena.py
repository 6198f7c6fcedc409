"""Chapter 06: asking Athena about what was delivered, and whether all of it was."""

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
    "TABLE_NOT_FOUND": "The stack's tables are raw_events, processed_events and anomalies.",
    "SCHEMA_NOT_FOUND": "The database is the stack's output GlueDatabaseName: deploy it in chapter 01.",
    "COLUMN_NOT_FOUND": "DESCRIBE <table> lists the columns; text stands in single quotes, 'Click'.",
}


def load_query(name: str) -> str:
    """The text of ``sql/athena/<name>.sql``; WorkshopError naming the queries there are if it is none."""
    path = QUERIES / f"{name}.sql"
    known = sorted(item.stem for item in QUERIES.glob("*.sql"))
    if name not in known:
        raise WorkshopError(f"There is no query {name!r} in {QUERIES}: there are {', '.join(known)}.")
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
            database=outputs["GlueDatabaseName"],
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


def reconcile(ws: Workshop) -> pd.DataFrame:
    """Records acknowledged, raw rows and processed rows: columns ``stage``, ``records``, ``agree``.

    ``agree`` says whether a stage has as many records as were acknowledged when sent. Raises
    WorkshopError when nothing has been sent yet.
    """
    import pandas as pd

    ledger = ws.notes.get("ledger")
    if not ledger:
        raise WorkshopError("Nothing has been sent yet: run chapter 05 first, then come back.")
    stored = query(ws, load_query("raw_vs_processed"))
    counts = dict(zip(stored["stage"], stored["records"], strict=True))
    sent = int(ledger["acknowledged"])
    rows = [("sent", sent), *((stage, int(counts[stage])) for stage in ("raw", "processed"))]
    frame = pd.DataFrame(rows, columns=["stage", "records"])
    frame["agree"] = frame["records"] == sent
    return frame


def _refused(sql: str, reason: str) -> WorkshopError:
    hint = next((text for code, text in HINTS.items() if code in reason), "")
    lines = ["Athena could not run the query.", reason, hint, sql.strip()]
    return WorkshopError("\n".join(line for line in lines if line))
