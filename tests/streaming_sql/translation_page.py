# ruff: noqa: E501 - SQL and tables read better unbroken; streaming scripts, not database queries
"""What becomes of each program on Flink, as a page written from the translations themselves.

python -m tests.streaming_sql.translation_page > docs/flink-translation.md
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from helpers.streaming_sql import SqlError
from helpers.streaming_sql.flink.job import Job, OperatorStep
from helpers.streaming_sql.flink.translation import translate

from .test_cases import CASES, Case, read_case

HEAD = """# What becomes of Kinesis Analytics SQL on Apache Flink

Written by `python -m tests.streaming_sql.translation_page` from the translations of the programs under
`tests/streaming_sql/cases`; a test says whether it is current. `workshop sql translate SCRIPT --out DIR` does the same for
a script of yours: `flink.sql` to read, `job.json` to run.

- **SQL**: a view in Flink SQL, where Flink means the same by it. Filters, projections, tumbling windows and joins are SQL.
- **Operator**: the embedded engine's own operator, run by the Flink application with its state under checkpoints, in
  parallelism 1. A note in `flink.sql` says why each one is no SQL.
- **Refused**: a script that the embedded engine refuses, too, with line and column. Nothing that runs there is refused here.

How differences are handled:

| the service | Flink | here |
|---|---|---|
| a window's rows have its end as ROWTIME | its event time is one millisecond less | ROWTIME is the end; windows over windows are shifted by that millisecond (`EVENT_TIME`) |
| a window ends when a later row or the clock passes it | when the watermark passes it | the source's watermark is the service's rowtime bound |
| overflow, division by zero, text that is no number: a row of `error_stream` | another number, Infinity, or the end of the job | a condition (`#left`) keeps such rows out of the SQL, the engine's operator (`#engine`) computes or reports them |
| the rows of one ROWTIME stay in their order | groups and joins give them in any order | what feeds a step that looks at the order (a forest, ROWS windows) is an operator |
| a sliding window sees the rows of its own ROWTIME that came before | OVER sees all of them, or none | an operator |
| texts are cut to the column's length, silently | CAST cuts, too | CAST |
| whole numbers divide to whole numbers, AVG cuts | the same | SQL |
| REAL is not rounded; CHAR is filled up, and compared without blanks | REAL is; CHAR is compared as it is | columns are DOUBLE and VARCHAR; what compares a CHAR is an operator |
| a sum of BIGINT that overflows is reported | it runs over | an operator; sums of smaller whole numbers are SQL |
| a sum of DOUBLE beyond 1.8e308 is reported | Infinity | **differs**: Infinity, as the statement's note says |
| late rows go to `error_stream` | windows drop them silently | the source sends them to `error_stream` before any view |
"""


def page() -> str:
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    lines = ["| program | SQL | operators | which |", "|---|---|---|---|"]
    for path in CASES:
        case, name = read_case(path.read_text(encoding="utf-8")), path.relative_to(CASES_FOLDER).with_suffix("")
        job = translated(case)
        if job is None:
            counts["refused"] += 1
            lines.append(f"| {name} | | | refused: {_cell(case.error.split(':', 2)[2].strip())} |")
            continue
        operators = [step for step in job.steps if isinstance(step, OperatorStep)]
        sql = len(job.steps) - len(operators)
        counts.update(programs=1, sql=sql, operators=len(operators), pure=not operators)
        reasons.update(reason for step in operators for reason in why(step))
        lines.append(f"| {name} | {sql} | {len(operators)} | {', '.join(sorted({step.kind for step in operators}))} |")
    total = (
        f"{counts['programs']} programs become {counts['sql']} SQL statements and {counts['operators']} operators; "
        f"{counts['pure']} are SQL altogether, {counts['refused']} are refused.\n"
    )
    listed = [
        f"| {_cell(reason)} | {count} |"
        for reason, count in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    why_not = ["## Why an operator and not SQL", "", "| reason | operators |", "|---|---|", *listed]
    return "\n".join([HEAD, "## Programs", "", total, *lines, "", *why_not, ""])


def translated(case: Case) -> Job | None:
    """The job of a case, None where it is refused."""
    try:
        return translate(case.script, case.application().plan).job
    except SqlError:
        return None


def why(step: OperatorStep) -> list[str]:
    return step.note.split("parallelism 1: ", 1)[1].removesuffix(".").split("; ")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


CASES_FOLDER = Path(__file__).parent / "cases"

if __name__ == "__main__":
    sys.stdout.write(page())
