"""The state directory: what cannot be used is refused with what to do, never begun afresh in silence."""

import json
import os
import signal
import sqlite3
import threading
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from helpers import local_process
from helpers.errors import WorkshopError
from helpers.local_aws import home as module
from helpers.local_aws.clock import Clock
from helpers.local_aws.home import HomeError, open_journal, restored_clock
from helpers.local_aws.journal import FORMAT, Journal
from helpers.local_aws.settings import STEPPED_START, Settings


def settings(clock: str | None = None) -> Settings:
    return Settings.from_environment({"WORKSHOP_CLOCK": clock} if clock else {})


def test_one_process_at_a_time_holds_it(tmp_path: Path) -> None:
    first = open_journal(tmp_path)
    with pytest.raises(HomeError, match="is held by another process"):
        open_journal(tmp_path)
    first.close()
    open_journal(tmp_path).close()


def test_a_file_that_is_no_journal_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database, but somebody's " * 100)
    with pytest.raises(HomeError, match=r"is damaged or no journal.* Nothing was changed.* local-aws reset"):
        open_journal(tmp_path)
    assert path.read_bytes() == b"not a database, but somebody's " * 100


def test_damaged_pages_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    for number in range(2000):
        journal.append("clicks", b"%d" % number * 100)
    journal.close()
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 20] = b"\xff" * (4096 * 17)
    path.write_bytes(data)
    with pytest.raises(HomeError, match="damaged"):
        open_journal(tmp_path)


def test_another_format_or_another_ministack_is_refused(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    path = tmp_path / "journal.sqlite"
    file = sqlite3.connect(path)
    file.execute("UPDATE documents SET data = ? WHERE kind = 'journal'", (b"0.0.1",))
    file.commit()
    file.close()
    with pytest.raises(HomeError, match=rf"written with ministack 0\.0\.1, this is {version('ministack')}.* reset"):
        open_journal(tmp_path)
    file = sqlite3.connect(path)
    file.execute(f"PRAGMA user_version = {FORMAT + 1}")
    file.commit()
    file.close()
    with pytest.raises(HomeError, match=f"is of format {FORMAT + 1}, this version reads format {FORMAT}"):
        open_journal(tmp_path)


def test_a_start_on_such_a_home_says_what_to_do_and_reset_does_it(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"x" * 4096)
    with pytest.raises(WorkshopError, match=r"^The state in .* cannot be used: .* `workshop local-aws reset`"):
        local_process.start(tmp_path)
    state, removed = local_process.reset(tmp_path)
    try:
        assert removed == ["stacks, streams, applications, messages", "its log"]
        # Another process on the same home, on a port of its own, is refused.
        (tmp_path / "local-aws.json").unlink()
        with pytest.raises(WorkshopError, match="held by another process"):
            local_process.start(tmp_path)
    finally:
        os.kill(state.pid, signal.SIGTERM)
        assert local_process._gone(state.pid, 30)


def test_a_stepped_clock_stands_where_it_stood_whatever_happened_meanwhile(tmp_path: Path) -> None:
    journal = Journal()
    clock = restored_clock(settings("stepped"), journal)
    clock.release()
    assert clock.now() == STEPPED_START
    seen: list[float] = []

    def killed() -> None:  # what a kill while a step is under way would leave behind
        seen.append(json.loads(journal.load("clock")["clock"])["now"])

    clock.call_in(10, killed)
    clock.step(25)
    clock.close()
    assert seen == [STEPPED_START + 10]
    again = restored_clock(settings("stepped"), journal)
    assert (again.mode, again.now()) == ("stepped", STEPPED_START + 25)
    again.close()
    as_it_was = restored_clock(settings(), journal)
    assert (as_it_was.mode, as_it_was.now()) == ("stepped", STEPPED_START + 25)
    as_it_was.close()


def test_a_real_clock_goes_on_while_nobody_runs_and_never_back(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = time.time()
    monkeypatch.setattr(module.time, "time", lambda: wall)  # the one clock of both modules
    journal = Journal()
    clock = restored_clock(settings(), journal)
    clock.release()
    clock.step(3600)
    assert clock.now() == wall + 3600
    clock.close()
    for passed, expected in ((60, 3660), (-500, 3660)):
        monkeypatch.setattr(module.time, "time", lambda passed=passed: wall + passed)
        again = restored_clock(settings(), journal)
        assert again.now() == pytest.approx(wall + expected, abs=0.01)
        again.close()
    stepped = restored_clock(settings("stepped"), journal)  # a mode that is asked for goes before
    assert (stepped.mode, stepped.now()) == ("stepped", pytest.approx(wall + 3660, abs=0.01))
    stepped.close()


def test_a_held_clock_runs_nothing_before_it_is_released() -> None:
    clock = Clock("stepped", 100, held=True)
    ran: list[float] = []
    clock.call_at(50, lambda: ran.append(clock.now()))
    assert ran == []
    clock.release()
    clock.drain()
    assert ran == [100]
    clock.close()


def test_a_move_is_heard_of_while_others_ask_the_time() -> None:
    """Somebody in a transaction of the journal asks the time, while the clock waits for the journal."""
    clock = Clock("stepped", 0)
    answers: list[float] = []

    def listen(mode: str, now: float) -> None:
        asking = threading.Thread(target=lambda: answers.append(clock.now()))
        asking.start()
        asking.join(timeout=10)

    clock.on_move = listen
    clock.call_in(5, lambda: answers.append(-clock.now()))
    clock.step(8)
    clock.set_mode("real")
    clock.close()
    assert answers[:3] == [0, -5, 5], "a time is seen once it has been heard of"
    assert len(answers) == 4


def test_a_clock_whose_moves_cannot_be_kept_shows_it_and_goes_on() -> None:
    clock = Clock("stepped", 0)

    def full(mode: str, now: float) -> None:
        raise OSError("disk full")

    clock.on_move = full
    clock.step(1)
    clock.close()
    assert clock.now() == 1
    assert "disk full" in clock.errors[0][2]
