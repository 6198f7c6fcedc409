# ruff: noqa: S311 - repeatable draws, not secrets
"""After kill -9: applications go on as they were, with the rows they would have had, and nothing is sent twice
but what had no answer in the journal."""

from __future__ import annotations

import base64
import json
import random
import threading
from collections import Counter
from typing import Any

import pytest

from helpers.local_aws.kinesisanalytics import runner as runner_module
from helpers.local_aws.protocol import AwsError

EACH = """
CREATE OR REPLACE STREAM "EACH" ("n" INTEGER, "sum" INTEGER);
CREATE OR REPLACE PUMP "P1" AS INSERT INTO "EACH"
SELECT STREAM "n", SUM("n") OVER (ROWS 3 PRECEDING) FROM "SOURCE_SQL_STREAM_001";
CREATE OR REPLACE STREAM "WINDOWS" ("rows" INTEGER);
CREATE OR REPLACE PUMP "P2" AS INSERT INTO "WINDOWS"
SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001"
GROUP BY STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);
CREATE OR REPLACE STREAM "SCORES" ("n" INTEGER, "score" DOUBLE);
CREATE OR REPLACE PUMP "P3" AS INSERT INTO "SCORES"
SELECT STREAM "n", ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(
    CURSOR(SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001"), 5, 10, 1000));
"""
STREAMS = ("EACH", "WINDOWS", "SCORES", "error_stream")
COLUMNS = [{"Name": "n", "SqlType": "INTEGER", "Mapping": "$.n"}]


@pytest.fixture
def small_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state every few records, so that a short test sees many."""
    monkeypatch.setattr(runner_module, "MOST_RECORDS", 7)
    monkeypatch.setattr(runner_module, "MOST_BYTES", 0)


def start(world: Any, **more: Any) -> None:
    source = world.input() | {"InputSchema": world.schema | {"RecordColumns": COLUMNS}}
    world.run(EACH, **({"Inputs": [source], "Outputs": [world.output("EACH"), world.output("WINDOWS")]} | more))


def put(world: Any, *numbers: int) -> None:
    world.put(*[json.dumps({"n": number}).encode() if number % 11 else b"broken" for number in numbers])


def everything(world: Any) -> dict[str, list[Any]]:
    return {name: world.analytics.stream_rows("app", name, 0, 10_000)["rows"] for name in STREAMS}


def drive(world: Any, rng: random.Random, kill: float) -> None:
    """Sixty puts over some minutes; a kill after one in so many steps."""
    numbers = iter(range(1, 10_000))
    for _ in range(60):
        put(world, *[next(numbers) for _ in range(rng.randrange(1, 5))])
        world.clock.step(rng.choice([0, 0.3, 1, 2.5, 12]))
        if rng.random() < kill:
            world.kill()
    world.clock.step(30)


def undisturbed(world: Any, seed: int) -> dict[str, list[Any]]:
    fresh = type(world)()
    start(fresh)
    drive(fresh, random.Random(seed), -1)
    rows = everything(fresh)
    fresh.clock.close()
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_random_points_the_rows_are_the_same_and_each_is_delivered_once(
    world: Any, small_states: None, seed: int
) -> None:
    start(world)
    drive(world, random.Random(seed), 0.4)
    assert everything(world) == undisturbed(world, seed)
    rows = everything(world)
    received = Counter(json.dumps(row, sort_keys=True) for row in world.received())
    expected = [row for name in ("EACH", "WINDOWS") for row in rows[name]]
    assert received == Counter(
        json.dumps({key: value for key, value in row.items() if key != "ROWTIME"}, sort_keys=True) for row in expected
    )
    status = world.analytics.status("app")
    assert status["input"]["errors"] == len(rows["error_stream"]) > 0
    assert [output["delivered"] for output in status["outputs"]] == [len(rows["EACH"]), len(rows["WINDOWS"])]
    assert [output["pending"] for output in status["outputs"]] == [0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_a_refusing_function_and_kills_cost_no_row(world: Any, small_states: None, seed: int) -> None:
    rng, choice = random.Random(seed), random.Random(seed + 100)
    taken: Counter[str] = Counter()

    def function(event: dict[str, Any]) -> Any:
        if choice.random() < 0.3:
            return ValueError("down")
        results = []
        for each in event["records"]:
            good = choice.random() < 0.8
            taken[each["recordId"]] += good
            results.append({"recordId": each["recordId"], "result": "Ok" if good else "DeliveryFailed"})
        return {"records": results}

    world.function = function
    start(world)
    drive(world, rng, 0.4)
    world.function = lambda event: function(event) if choice.random() < 0 else ok(event, taken)
    world.clock.step(300)
    rows = everything(world)
    assert set(taken.values()) <= {0, 1}  # what was answered is in the journal: never again
    assert sum(taken.values()) == len(rows["EACH"]) + len(rows["WINDOWS"])


def ok(event: dict[str, Any], taken: Counter[str]) -> dict[str, Any]:
    taken.update(each["recordId"] for each in event["records"])
    return {"records": [{"recordId": each["recordId"], "result": "Ok"} for each in event["records"]]}


class Killed(BaseException):
    """The process ends here."""


class Cut:
    """Ends the process at one of the next writes to the journal; nothing is written after that."""

    def __init__(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.left: int | None = None
        self.dead = False
        for name in ("save", "append", "remove", "forget", "forget_until"):
            monkeypatch.setattr(world.journal, name, self._dying(getattr(world.journal, name)))
        monkeypatch.setattr("threading.excepthook", lambda _: None)

    def _dying(self, write: Any) -> Any:
        def dying(*args: Any) -> Any:
            if self.left is not None and not self.dead:
                self.left -= 1
                self.dead = self.left <= 0
            if self.dead:
                raise Killed
            return write(*args)

        return dying

    def put(self, numbers: list[int]) -> None:
        """As a producer does it: again, until it is acknowledged."""
        while True:
            try:
                put(self.world, *numbers)
            except Killed:
                self.restart()
            else:
                return

    def step(self, seconds: float) -> None:
        """Let time pass, or as much of it as the process lives to see."""
        until = self.world.clock.now() + seconds
        while (rest := until - self.world.clock.now()) > 0 or self.dead:
            clock = self.world.clock
            stepping = threading.Thread(target=clock.step, args=(max(rest, 0),), daemon=True)
            stepping.start()
            while stepping.is_alive():
                stepping.join(0.01)
                if not clock._thread.is_alive():
                    clock.close()
            if self.dead or not clock._thread.is_alive():
                self.restart()

    def restart(self) -> None:
        self.dead, self.left = False, None
        self.world.kill()


@pytest.mark.parametrize("seed", range(8))
def test_killed_at_any_write_every_record_is_counted_once_and_every_row_delivered(
    world: Any, small_states: None, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng, cut = random.Random(seed), Cut(world, monkeypatch)
    start(world)
    number = kills = 0
    for _ in range(40):
        numbers = list(range(number + 1, number + rng.randrange(2, 6)))
        number = numbers[-1]
        if rng.random() < 0.5:
            cut.left = rng.randrange(1, 12)
            kills += 1
        cut.put(numbers)
        cut.step(rng.choice([0.3, 1, 2.5, 12]))
    cut.left = None
    cut.step(60)
    rows = everything(world)
    sent = [n for n in range(1, number + 1) if n % 11]
    assert len(rows["error_stream"]) == number - len(sent)
    assert [row["n"] for row in rows["EACH"]] == sent
    assert [row["sum"] for row in rows["EACH"]] == [sum(sent[max(0, n - 3) : n + 1]) for n in range(len(sent))]
    assert sum(row["rows"] for row in rows["WINDOWS"]) == len(sent)
    received = world.received()
    assert list(dict.fromkeys(row["n"] for row in received if "n" in row)) == sent
    ids = Counter(each["recordId"] for event in world.events for each in event["records"])
    assert len(ids) == len(rows["EACH"]) + len(rows["WINDOWS"])
    again = [event for event in world.events if any(ids[each["recordId"]] > 1 for each in event["records"])]
    assert len(again) <= 2 * kills  # the batch that was being noted, and the same once more
    for output, name in zip(world.analytics.status("app")["outputs"], ("EACH", "WINDOWS"), strict=True):
        assert (output["delivered"], output["lost"], output["pending"]) == (len(rows[name]), 0, 0)


def test_only_what_had_no_answer_in_the_journal_is_sent_again(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start(world, Outputs=[world.output("EACH")])
    put(world, 1, 2)
    world.clock.step(1)
    save = world.journal.save
    broken = {"yes": True}

    def dies(kind: str, name: str, data: bytes) -> None:
        if kind == "analytics-progress" and broken["yes"]:
            raise SystemExit  # the process ends between the function's answer and the note of it
        save(kind, name, data)

    monkeypatch.setattr(world.journal, "save", dies)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    put(world, 3)
    world.clock._thread.join(10)
    broken["yes"] = False
    world.kill()
    world.clock.step(1)
    assert [row["n"] for row in world.received()] == [1, 2, 3, 3]
    third, again = (event["records"][0] for event in world.events[-2:])
    assert third["recordId"] == again["recordId"]  # so that a function can know it


def test_what_was_put_and_not_worked_off_is_worked_off_after_the_restart(world: Any) -> None:
    start(world)
    world.clock._held = True  # no timer runs any more
    put(world, 1, 2, 3)
    world.kill()
    world.clock.step(1)
    assert [row["n"] for row in world.received()] == [1, 2, 3]


def test_the_input_log_stays_short(world: Any, small_states: None) -> None:
    start(world)
    for number in range(1, 300):
        put(world, number)
        world.clock.step(1)
        log = sum(len(entry) for _, entry in world.journal.entries("analytics app"))
        assert log < len(world.journal.load("analytics-state")["app"]) / 2


def test_configuration_tags_and_versions_are_there_again(world: Any) -> None:
    detail = world.create()
    arn = detail["ApplicationARN"]
    world.call("TagResource", ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}])
    world.call("AddApplicationOutput", ApplicationName="app", CurrentApplicationVersionId=1, Output=world.output("X"))
    before = world.describe()
    world.kill()
    assert world.describe() == before
    assert before["ApplicationVersionId"] == 2
    assert world.call("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    with pytest.raises(AwsError, match="already exists"):
        world.create()


def test_a_stopped_application_shows_its_rows_and_stays_stopped(world: Any) -> None:
    start(world)
    put(world, 1, 2)
    world.clock.step(11)
    world.call("StopApplication", ApplicationName="app")
    rows = everything(world)
    world.kill()
    assert world.describe()["ApplicationStatus"] == "READY"
    assert everything(world) == rows
    put(world, 3)
    world.clock.step(20)
    assert everything(world) == rows
    world.call("StartApplication", ApplicationName="app")
    put(world, 4)
    world.clock.step(1)
    assert world.analytics.stream_rows("app", "EACH", 2, 10)["rows"][0]["n"] == 4


def test_rows_that_a_closed_output_still_has_are_delivered_after_the_restart(world: Any) -> None:
    world.function = lambda event: ValueError("down")
    start(world, Outputs=[world.output("EACH")])
    put(world, 1, 2)
    world.clock.step(1)
    world.call("StopApplication", ApplicationName="app")
    world.kill()
    world.events.clear()
    world.function = lambda event: ok(event, Counter())
    world.clock.step(10)
    assert [row["n"] for row in world.received()] == [1, 2]


def test_rows_of_an_output_that_was_taken_off_are_delivered_after_the_restart(world: Any) -> None:
    world.function = lambda event: ValueError("down")
    start(world, Outputs=[world.output("EACH")])
    put(world, 1, 2)
    world.clock.step(1)
    world.call("DeleteApplicationOutput", ApplicationName="app", CurrentApplicationVersionId=1, OutputId="1.2")
    world.kill()
    world.events.clear()
    world.function = lambda event: ok(event, Counter())
    put(world, 3)
    world.clock.step(10)
    assert [row["n"] for row in world.received()] == [1, 2]


def test_a_deleted_application_leaves_nothing_behind(world: Any) -> None:
    world.function = lambda event: ValueError("down")
    start(world)
    put(world, 1, 2)
    world.clock.step(1)
    world.call("DeleteApplication", ApplicationName="app", CreateTimestamp=world.start)
    world.clock.step(100)
    kinds = ("analytics", "analytics-state", "analytics-progress", "analytics-positions")
    assert [world.journal.load(kind) for kind in kinds] == [{}] * 4
    assert list(world.journal.entries("analytics app")) == []
    world.kill()
    assert world.call("ListApplications")["ApplicationSummaries"] == []


def test_a_changed_script_takes_over_without_a_gap_even_when_killed(world: Any, small_states: None) -> None:
    start(world, Outputs=[world.output("EACH")])
    world.clock._held = True  # the change comes before these are worked off
    put(world, 1, 2)
    code = EACH.replace('"n", SUM("n")', '"n" * 100, SUM("n")')
    update = {"ApplicationCodeConfigurationUpdate": {"CodeContentUpdate": {"TextContentUpdate": code}}}
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ApplicationConfigurationUpdate=update,
    )
    world.clock.release()
    put(world, 3)
    world.kill()
    put(world, 4)
    world.clock.step(1)
    assert [row["n"] for row in world.received()] == [1, 2, 300, 400]
    assert [row["n"] for row in world.analytics.stream_rows("app", "EACH", 2, 9)["rows"]] == [300, 400]


def test_another_seed_does_not_change_a_running_forest(world: Any) -> None:
    start(world)
    put(world, *range(1, 9))
    world.clock.step(1)
    rows = everything(world)["SCORES"]
    world.kill(seed=8)
    assert everything(world)["SCORES"] == rows
    assert world.runner().engine.seed == 7


def test_a_state_that_cannot_be_read_costs_one_application_its_run_and_says_so(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    start(world)
    state = world.journal.load("analytics-state")["app"]
    world.journal.save("analytics-state", "app", state[:-1] + bytes([state[-1] ^ 1]))
    world.create(name="other")
    world.kill()
    assert [world.describe(name)["ApplicationStatus"] for name in ("app", "other")] == ["READY", "READY"]
    assert "cannot go on where it was" in caplog.text


def test_a_kinesis_stream_is_read_on_from_where_it_was(world: Any, small_states: None) -> None:
    source = world.input_of_kinesis(InputSchema=world.schema | {"RecordColumns": COLUMNS})
    world.create(EACH, Inputs=[source], Outputs=[world.output("EACH")])
    world.kinesis.add(0, b'{"n": 1}')  # before the start
    world.call("StartApplication", ApplicationName="app")
    sent = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12]
    for number in sent:
        world.kinesis.add(number % 2, json.dumps({"n": number}).encode())
        world.clock.step(number % 3)
        world.kill()
    world.clock.step(10)
    assert sorted(row["n"] for row in world.received()) == sent


def test_records_on_their_way_through_the_function_are_not_lost(world: Any) -> None:
    source = world.input() | {"InputSchema": world.schema | {"RecordColumns": COLUMNS}} | world.processed()
    good = world.prepare
    world.prepare = lambda event: ValueError("down")
    start(world, Inputs=[source])
    put(world, 1, 2)
    world.clock.step(3)
    world.kill()
    world.prepare = good
    world.clock.step(10)
    assert [row["n"] for row in world.received() if "n" in row] == [1, 2]
    sent = [base64.b64decode(each["data"]) for each in world.prepared[-1]["records"]]
    assert sent == [b'{"n": 1}', b'{"n": 2}']
