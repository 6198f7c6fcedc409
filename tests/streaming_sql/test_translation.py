# ruff: noqa: E501, S608 - SQL and tables read better unbroken; streaming scripts, not database queries
"""Every program becomes a job for Flink that hangs together: its views, their columns, its operators."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.streaming_sql import Application, SqlError
from helpers.streaming_sql.flink.job import Job, OperatorStep, SqlStep
from helpers.streaming_sql.flink.translation import Translation, flink_sql, translate
from helpers.streaming_sql.plan import Plan, scans

from . import translation_page
from .test_cases import CASES, read_case
from .test_mutations import EXPRESSIONS, WINDOWS
from .test_snapshots import EVERYTHING, SCHEMA
from .windowing import into

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/flink-translation.md"
MADE = [
    (EVERYTHING, SCHEMA, "IN"),
    *(
        (script, [("browseraction", "VARCHAR(16)"), ("n", "INTEGER")], "SOURCE_SQL_STREAM_001")
        for script in (EXPRESSIONS, WINDOWS)
    ),
]


def programs() -> Iterator[tuple[str, str, Plan]]:
    for path in CASES:
        case = read_case(path.read_text(encoding="utf-8"))
        if not case.error:
            yield path.stem, case.script, case.application().plan
    for number, (script, schema, source) in enumerate(MADE):
        yield f"made {number}", script, Application(script, schema, source=source).plan


PROGRAMS = {name: (script, plan) for name, script, plan in programs()}


def job_of(script: str, *columns: tuple[str, str]) -> Job:
    return of(script, *columns).job


def of(script: str, *columns: tuple[str, str]) -> Translation:
    return translate(
        script, Application(script, columns or [("n", "INTEGER"), ("x", "DOUBLE"), ("t", "VARCHAR(16)")]).plan
    )


@pytest.fixture(scope="module")
def translations() -> dict[str, Translation]:
    return {name: translate(script, plan) for name, (script, plan) in PROGRAMS.items()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_step_finds_what_it_reads_and_every_stream_is_made(
    name: str, translations: dict[str, Translation]
) -> None:
    plan, job = PROGRAMS[name][1], translations[name].job
    columns = {part.name: part.columns for part in job.sources}
    for step in job.steps:
        assert step.name not in columns, "each view has a name of its own"
        assert set(step.inputs) <= set(columns), f"{step.name} reads what is not there yet"
        columns[step.name] = step.columns
        if isinstance(step, SqlStep):
            assert step.sql.startswith(f"CREATE TEMPORARY VIEW `{step.name}` AS\nSELECT")
            read = set(re.findall(r"(?:FROM|JOIN|TABLE) `([^`]+)`", step.sql))
            assert read == set(step.inputs)
    for stream in plan.streams:
        assert [(c.name, c.type) for c in columns[stream.name]] == [(c.name, str(c.type)) for c in stream.columns]


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_operator_is_a_piece_of_the_plan_over_its_inputs(name: str, translations: dict[str, Translation]) -> None:
    job, nodes = translations[name].job, translations[name].nodes
    operators = {step.name: step for step in job.steps if isinstance(step, OperatorStep)}
    assert set(nodes) == set(operators)
    columns = {part.name: part.columns for part in (*job.sources, *job.steps)}
    for step_name, node in nodes.items():
        step = operators[step_name]
        assert tuple(dict.fromkeys(scan.stream.name for scan in scans(node))) == step.inputs
        assert [str(field.type) for field in node.fields] == [column.type for column in step.columns]
        for scan in scans(node):
            assert [(f.name, str(f.type)) for f in scan.fields] == [(c.name, c.type) for c in columns[scan.stream.name]]
        assert pickle.loads(pickle.dumps(node)) == node  # noqa: S301 - it travels so
        assert step.note
        assert step.arguments["does"]


def test_each_statement_of_a_script_stands_over_one_view(translations: dict[str, Translation]) -> None:
    for name, (script, plan) in PROGRAMS.items():
        texts = [step.kinesis_source_text for step in translations[name].job.steps]
        statements = [part.rstrip(";") for text in texts if text for part in text.split(";\n\n")]
        assert len(statements) == len(plan.streams) - len(plan.sources) + len(plan.pumps), name
        assert len(set(statements)) == len(statements)
        assert all(statement.upper().startswith("CREATE") and statement in script for statement in statements)


def test_a_job_is_written_to_json_and_read_again(translations: dict[str, Translation]) -> None:
    for translation in translations.values():
        job = translation.job
        assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_a_job_of_another_version_is_refused(translations: dict[str, Translation]) -> None:
    data = translations["like"].job.to_json()
    with pytest.raises(ValueError, match="translate the script again"):
        Job.from_json({**data, "version": 99})


def test_the_page_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == translation_page.page(), (
        "run python -m tests.streaming_sql.translation_page > docs/flink-translation.md"
    )


def test_what_is_refused_is_refused_by_the_planner_with_its_reason() -> None:
    refused = [path for path in CASES if read_case(path.read_text(encoding="utf-8")).error]
    assert len(refused) == DOCUMENT.read_text(encoding="utf-8").count("| refused: ")
    for path in refused:
        case = read_case(path.read_text(encoding="utf-8"))
        with pytest.raises(SqlError):
            case.application()


@pytest.mark.parametrize("name", ["clickstream", "toll"])
def test_the_labs_are_translated_as_they_are_known_to_be(name: str) -> None:
    """Readable, and a change to it is seen: `workshop sql translate` writes these files."""
    path = {
        "clickstream": ROOT / "sql/clickstream/anomaly_detection.sql",
        "toll": ROOT / "tests/streaming_sql/cases/lab_toll_vehicles.sql",
    }[name]
    case = read_case(path.read_text(encoding="utf-8"))
    columns = case.columns or [("browseraction", "VARCHAR(16)"), ("site", "VARCHAR(32)")]
    job = translate(case.script, Application(case.script, columns).plan).job
    expected = Path(__file__).parent / f"translated/{name}.sql"
    assert flink_sql(job, path.name) == expected.read_text(encoding="utf-8")


# what is told apart


def step_of(query: str, columns: str = "a INTEGER") -> SqlStep | OperatorStep:
    job = job_of(into(columns, query.replace("SRC", '"SOURCE_SQL_STREAM_001"')))
    return next(step for step in job.steps if step.name == "O")


def test_windows_over_windows_are_shifted_by_a_millisecond_each() -> None:
    script = """
    CREATE STREAM A (n BIGINT); CREATE STREAM B (n BIGINT); CREATE STREAM C (n BIGINT, since TIMESTAMP);
    CREATE PUMP P AS INSERT INTO A SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND);
    CREATE PUMP Q AS INSERT INTO B SELECT STREAM MAX(n) FROM A GROUP BY FLOOR(A.ROWTIME TO MINUTE);
    CREATE PUMP R AS INSERT INTO C SELECT STREAM MAX(n), FLOOR(B.ROWTIME TO HOUR) FROM B GROUP BY FLOOR(B.ROWTIME TO HOUR);
    """
    first, second, third = job_of(script).steps
    assert isinstance(first, SqlStep)
    assert isinstance(second, SqlStep)
    assert isinstance(third, SqlStep)
    assert [step.lag for step in (first, second, third)] == [1, 2, 3]
    assert "DESCRIPTOR(`ROWTIME`), INTERVAL '10' SECOND))" in first.sql
    assert "DESCRIPTOR(`EVENT_TIME`), INTERVAL '1' MINUTE, INTERVAL '-0.001' SECOND))" in second.sql
    assert "DESCRIPTOR(`EVENT_TIME`), INTERVAL '1' HOUR, INTERVAL '-0.002' SECOND))" in third.sql
    assert "window_end + INTERVAL '0.002' SECOND AS `ROWTIME`" in third.sql
    assert "window_start + INTERVAL '0.002' SECOND AS `SINCE`" in third.sql


def test_rows_that_flink_would_compute_otherwise_go_through_the_engine() -> None:
    job = job_of(into("a INTEGER", 'SELECT STREAM 10 / "n" FROM "SOURCE_SQL_STREAM_001"'))
    left, engine, union = job.steps
    assert [left.name, engine.name, union.name] == ["O#left", "O#engine", "O"]
    assert isinstance(left, SqlStep)
    assert isinstance(union, SqlStep)
    assert "WHERE NOT ((`n` > 0) IS NOT FALSE)" in left.sql
    assert "WHERE (`n` > 0) IS NOT FALSE\nUNION ALL" in union.sql
    assert union.time_attribute == "ROWTIME"


def test_a_window_over_what_lost_its_event_time_gets_it_back() -> None:
    script = """
    CREATE STREAM A (n BIGINT); CREATE STREAM B (n BIGINT); CREATE STREAM C (n BIGINT);
    CREATE PUMP P AS INSERT INTO A SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND);
    CREATE PUMP Q AS INSERT INTO B SELECT STREAM n * 3 FROM A;
    CREATE PUMP R AS INSERT INTO C SELECT STREAM COUNT(*) FROM B GROUP BY FLOOR(B.ROWTIME TO MINUTE);
    """
    translation = of(script)
    steps = {step.name: step for step in translation.job.steps}
    assert isinstance(steps["B"], SqlStep)
    assert steps["B"].time_attribute is None
    timed = steps["R#1"]
    assert isinstance(timed, OperatorStep)
    assert (timed.kind, timed.inputs) == ("rowtime", ("B",))
    assert "TABLE(TUMBLE(TABLE `R#1`, DESCRIPTOR(`ROWTIME`), INTERVAL '1' MINUTE))" in getattr(steps["C"], "sql", "")


def test_groups_keep_their_order_where_a_forest_sees_them_and_only_there() -> None:
    counts = 'SELECT STREAM "t", COUNT(*) FROM SRC GROUP BY "t", STEP(ROWTIME BY INTERVAL \'10\' SECOND)'
    assert isinstance(step_of(counts, "t VARCHAR(16), n BIGINT"), SqlStep)
    script = into("t VARCHAR(16), n BIGINT", counts.replace("SRC", '"SOURCE_SQL_STREAM_001"')) + (
        "CREATE STREAM F (n BIGINT, s DOUBLE); CREATE PUMP Q AS INSERT INTO F SELECT STREAM n, ANOMALY_SCORE "
        "FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM n FROM O)));"
    )
    group, forest = job_of(script).steps
    assert isinstance(group, OperatorStep)
    assert "looks at the order" in group.note
    assert isinstance(forest, OperatorStep)
    assert (forest.kind, forest.inputs, forest.arguments["forests"]) == ("forest", ("O",), [0])


def test_forests_are_numbered_as_the_engine_seeds_them() -> None:
    script = "CREATE STREAM A (s DOUBLE); CREATE STREAM B (s DOUBLE);" + "".join(
        f"CREATE PUMP P{name} AS INSERT INTO {name} SELECT STREAM ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(CURSOR("
        f'SELECT STREAM "x" FROM "SOURCE_SQL_STREAM_001" WHERE "x" > 1)));'
        for name in ("B", "A")
    )
    found = {
        step.name: step.arguments.get("forests") for step in job_of(script).steps if isinstance(step, OperatorStep)
    }
    assert found == {"B": [0], "A": [1]}


def test_joins_pair_rows_by_event_time() -> None:
    script = """
    CREATE STREAM A (n BIGINT); CREATE STREAM B (n BIGINT, x BIGINT);
    CREATE PUMP P AS INSERT INTO A SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND);
    CREATE PUMP Q AS INSERT INTO B SELECT STREAM A.n, CAST(s."n" AS BIGINT)
      FROM A LEFT JOIN "SOURCE_SQL_STREAM_001" OVER (RANGE INTERVAL '30' SECOND PRECEDING) AS s ON A.n = s."n";
    """
    joined = job_of(script).steps[-1]
    assert isinstance(joined, SqlStep)
    # A's event time is its ROWTIME less a millisecond
    assert (
        "l.`EVENT_TIME` BETWEEN r.`ROWTIME` - INTERVAL '0.001' SECOND AND r.`ROWTIME` + INTERVAL '29.999' SECOND"
        in joined.sql
    )
    assert "LEFT JOIN `SOURCE_SQL_STREAM_001` AS r" in joined.sql
    assert joined.time_attribute is None


@pytest.mark.parametrize(
    ("query", "columns", "reason"),
    [
        ('SELECT STREAM UPPER(TRIM("t")) FROM SRC', "a VARCHAR(16)", "TRIM"),
        ("SELECT STREAM COUNT(*) FROM SRC GROUP BY FLOOR(ROWTIME TO MONTH)", "a BIGINT", "months and years"),
        ('SELECT STREAM SUM(CAST("n" AS BIGINT)) FROM SRC GROUP BY FLOOR(ROWTIME TO MINUTE)', "a BIGINT", "runs over"),
        ('SELECT STREAM COUNT(*) FROM SRC GROUP BY "x", FLOOR(ROWTIME TO MINUTE)', "a BIGINT", "keys of type DOUBLE"),
        (
            'SELECT STREAM COUNT(*) FROM SRC GROUP BY 10 / "n", FLOOR(ROWTIME TO MINUTE)',
            "a BIGINT",
            "left out of its group",
        ),
        ("SELECT STREAM COUNT(*) OVER (ROWS 3 PRECEDING) FROM SRC", "a BIGINT", "of its own ROWTIME"),
        (
            'SELECT STREAM DISTINCT "n", FLOOR(ROWTIME TO MINUTE) FROM SRC',
            "a INTEGER, b TIMESTAMP",
            "first of equal rows",
        ),
        ('SELECT STREAM CAST("x" AS INTEGER) FROM SRC', "a INTEGER", "CAST(DOUBLE AS INTEGER)"),
        ("SELECT STREAM CAST(ROWTIME AS TIME) FROM SRC", "a TIME", "TIME"),
    ],
)
def test_what_flink_would_answer_otherwise_is_an_operator_with_the_reason(
    query: str, columns: str, reason: str
) -> None:
    step = step_of(query, columns)
    assert isinstance(step, OperatorStep)
    assert reason in step.note


def test_a_stream_that_nothing_fills_is_there_and_empty() -> None:
    script = into("a INTEGER", "SELECT STREAM b FROM N").replace(
        "CREATE PUMP", "CREATE STREAM N (b INTEGER); CREATE PUMP", 1
    )
    empty = job_of(script).steps[0]
    assert isinstance(empty, SqlStep)
    assert (empty.name, empty.time_attribute) == ("N", "ROWTIME")
    assert empty.sql.endswith("CAST(NULL AS INT) AS `B`\nFROM `SOURCE_SQL_STREAM_001`\nWHERE FALSE")


def test_a_stream_may_call_its_columns_and_itself_as_the_translation_does() -> None:
    script = """
    CREATE STREAM "P#1" ("EVENT_TIME" BIGINT); CREATE STREAM B (n BIGINT);
    CREATE PUMP P AS INSERT INTO "P#1" SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND);
    CREATE PUMP Q AS INSERT INTO B SELECT STREAM COUNT(*) FROM "P#1" GROUP BY FLOOR("P#1".ROWTIME TO MINUTE);
    """
    counted, timed, again = job_of(script).steps
    assert isinstance(counted, SqlStep)
    assert counted.sql.count("`EVENT_TIME`") == 1
    assert counted.time_attribute is None
    assert isinstance(timed, OperatorStep)
    assert (timed.kind, timed.inputs) == ("rowtime", ("P#1",))
    assert again.inputs == (timed.name,)


def test_columns_that_are_used_again_and_again_do_not_grow_without_end() -> None:
    nested = 'SELECT STREAM "t" || "t" AS "t" FROM "SOURCE_SQL_STREAM_001"'
    for _ in range(14):
        nested = f'SELECT STREAM "t" || "t" AS "t" FROM ({nested}) AS s'
    assert (
        max(len(step.sql) for step in job_of(into("t VARCHAR(16)", nested)).steps if isinstance(step, SqlStep)) < 20_000
    )
