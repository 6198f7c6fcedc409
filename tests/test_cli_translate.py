"""`workshop sql translate`: Flink SQL to read, a job to run, and what cannot be translated told with its place."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from helpers.cli import main
from helpers.streaming_sql.flink.job import Job, OperatorStep, SqlStep

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / "sql/clickstream/anomaly_detection.sql"
LOOKED_UP = """CREATE STREAM "OUT" ("ticker" VARCHAR(4), "company" VARCHAR(16));
CREATE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM s."ticker", c."Company"
FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "CompanyName" AS c ON s."ticker" = c."Ticker";
"""


def translate(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["sql", "translate", *map(str, arguments)], input=stdin)


def test_the_lab_becomes_sql_to_read_and_a_job_to_run(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"browseraction": "VARCHAR(16)", "site": "VARCHAR(32)"}')
    result = translate(LAB, "--schema", schema, "--to", "flink", "--out", tmp_path / "new/job")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("6 statements, 2 operators\n")
    written = (tmp_path / "new/job/flink.sql").read_text(encoding="utf-8")
    assert written == (ROOT / "tests/streaming_sql/translated/clickstream.sql").read_text(encoding="utf-8")
    job = Job.from_json(json.loads((tmp_path / "new/job/job.json").read_text(encoding="utf-8")))
    assert sum(isinstance(step, SqlStep) for step in job.steps) == 6
    assert [step.kind for step in job.steps if isinstance(step, OperatorStep)] == ["project", "forest"]
    for step in job.steps:
        assert not isinstance(step, SqlStep) or f"{step.sql};" in written


def test_without_out_it_is_written_to_standard_output() -> None:
    script = 'CREATE STREAM "S" ("n" BIGINT); CREATE PUMP "P" AS INSERT INTO "S" SELECT STREAM COUNT(*) FROM "SRC" GROUP BY FLOOR(ROWTIME TO MINUTE);'  # noqa: E501
    result = translate("-", "--source", "SRC", stdin=script)
    assert result.exit_code == 0, result.output
    assert "TABLE(TUMBLE(TABLE `SRC`, DESCRIPTOR(`ROWTIME`), INTERVAL '1' MINUTE))" in result.stdout


def test_a_reference_table_goes_to_the_operator_that_looks_it_up(tmp_path: Path) -> None:
    script, table = tmp_path / "join.sql", tmp_path / "companies.csv"
    script.write_text(LOOKED_UP)
    table.write_text("Ticker,Company\nAMZN,Amazon\nSMTH,SomeCompany\n")
    result = translate(script, "--reference", f"CompanyName={table}", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    step = Job.from_json(json.loads((tmp_path / "job.json").read_text(encoding="utf-8"))).steps[0]
    assert isinstance(step, OperatorStep)
    assert (step.kind, step.references) == ("lookup", ("CompanyName",))


def test_what_cannot_run_is_refused_with_its_place(tmp_path: Path) -> None:
    script = tmp_path / "wrong.sql"
    script.write_text('CREATE STREAM "S" ("n" COUNTER);')
    result = translate(script, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert f"{script}:1:24: 'COUNTER' is not a data type" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = translate(LAB, "--out", tmp_path / "file/out")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
