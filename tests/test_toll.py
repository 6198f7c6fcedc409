"""The toll road end to end, with little traffic, on a local AWS of this module's own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpers import account, athena, cleanup, dashboard, exercises, local_process, stack, toll
from helpers.cli import main
from helpers.detection import Setting
from helpers.errors import WorkshopError
from helpers.generator.stations import PRESETS, template_text
from helpers.generator.template import Template
from helpers.generator.toll import TollSimulation
from helpers.prepare import prepare
from helpers.tracks import TOLL
from helpers.workshop import ROOT, Workshop

# awswrangler's, on pandas 3
pytestmark = pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning")
QUICK = Setting(trees=20, samples=20, decay=1000, shingle=1)  # has learnt after two windows
SCENARIO = """
name: short
phases:
  - {name: usual, seconds: 40, rates: {vehicles: 100}}
  - {name: diverted, seconds: 20, burst: true, rates: {"vehicles, one exit": 100}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("toll")
    local_process.start(path, {"WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "stepped", "WORKSHOP_SEED": "7"})
    yield path
    local_process.stop(path)


@pytest.fixture
def ws(home: Path, own_state_directory: None, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setenv("WORKSHOP_HOME", str(home))
    return Workshop.connect(TOLL)


def test_chapter_02_cold_gets_stack_traffic_and_table(ws: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(2, "toll")
    assert "the stack made, as chapter 01 does; the traffic made, " in capsys.readouterr().out
    assert athena.reconcile(ws)["records"].tolist() == [18_000, 18_000]
    prepare(2, "toll")
    assert capsys.readouterr().out == "Chapter 02 on the local target: nothing had to be prepared.\n"


def test_a_check_tells_four_outcomes(ws: Workshop) -> None:
    exercise = exercises.Exercise(ws, "failing")
    assert exercise.outcome("").startswith("Not attempted")
    assert "COLUMN_NOT_FOUND" in exercise.outcome("SELECT station FROM lab_toll_data_stream")
    assert exercise.outcome("SELECT '35North'").startswith("Wrong: 35North has 1,")
    assert "is none of" in exercise.outcome("SELECT 'Exit1'")
    assert exercise.outcome("SELECT toll FROM lab_toll_data_stream WHERE false") == "Wrong: the query gives no row."
    assert exercise.outcome(exercises.solution("failing")) == "Right: 35South."


@pytest.mark.parametrize("name", exercises.QUESTIONS)
def test_every_solution_is_right(ws: Workshop, name: str) -> None:
    assert exercises.solved(ws, name)


def test_quicksight_is_connected_twice_and_disconnected_twice(ws: Workshop) -> None:
    assert dashboard.connect_quicksight(ws) == dashboard.connect_quicksight(ws)
    assert sorted(dashboard.left_in_quicksight(ws)) == ["data set", "data source"]
    assert len(dashboard.disconnect_quicksight(ws)) == 2
    assert dashboard.disconnect_quicksight(ws) == []


def test_diverted_traffic_is_texted_and_usual_traffic_is_not(ws: Workshop, tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match="run chapter 03"):
        toll.save_and_run(ws, "")
    stack.deploy(ws.of_stack(toll.LIVE), toll.parameters(ws, threshold=2.5, phone="+15555550177"))
    toll.save_and_run(ws, toll.script(ws, QUICK))
    toll.set_threshold(ws, 3.5)
    path = tmp_path / "short.yaml"
    path.write_text(SCENARIO)
    run = TollSimulation(ws).run(path)
    assert run.threshold == 3.5
    assert len(run.scores) == 42
    assert run.calm() == []
    assert len(run.alarms) == len(run.sms) >= 1
    assert {message["to"] for message in run.sms} == {"+15555550177"}
    assert "station 183A" in run.sms[0]["body"]
    assert toll.settling(run.scores).index.tolist() == [1]


def test_the_account_finds_no_problem_and_nothing_is_left(ws: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    report = account.TollReport()
    report.before_cleanup()
    prepare(5, "toll")
    assert "nothing had to be prepared" in capsys.readouterr().out
    with pytest.raises(WorkshopError, match="Not empty"):
        cleanup.delete_stack(ws)
    cleanup.drop_databases(ws)
    cleanup.delete_application(ws)
    cleanup.empty_buckets(ws)
    assert cleanup.delete_stack(ws)
    report.after_cleanup()
    assert report.problems() == []
    assert len(ws.notes) == 0
    assert cleanup.leftovers(ws) == []


def test_the_account_names_every_problem() -> None:
    report = account.TollReport()
    names = "records sent, rows stored, questions answered right, SMS, SMS of the last run, alarms while diverted"
    report.figures = dict(zip(names.split(", "), (3, 2, 2, 0, 0, 0), strict=True))
    report.figures |= {"false alarms in the five minutes before": 1, "resources left": 1}
    assert report.problems() == [
        "records sent and rows stored differ",
        "not all of the lab's questions were answered right",
        "no alarm for the diverted traffic",
        "false alarms in the last five minutes of usual traffic",
        "1 resources are left after cleanup",
    ]


@pytest.mark.parametrize("chapter", [3, 4])
def test_aws_is_told_honestly_what_it_cannot_do(chapter: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_TARGET", "aws")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    with pytest.raises(WorkshopError, match="switched off in January 2026"):
        prepare(chapter, "toll")


def test_the_command_line_runs_the_lab_s_script(tmp_path: Path) -> None:
    template = Template.parse(template_text(PRESETS["usual"]), seed=7)
    records = (template.render(1_790_000_000 + second).split(",") for second in range(60) for _ in range(20))
    rows = [json.dumps(dict(zip(("date", "station_id", "user"), record, strict=True))) for record in records]
    path = tmp_path / "toll.jsonl"
    path.write_text("\n".join(rows))
    command = ["sql", "run", str(ROOT / TOLL.script), "--records", str(path), "--rowtime", "date"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["stream"] for row in found} == {"ANOMALY_SCORE_SQL_STREAM"}
    assert sum(row["vehicle_count"] for row in found) == 60 * 20
    assert found[-1]["anomaly_score"] > 0
