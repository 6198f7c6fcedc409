"""The state directory: what lies in it, the journal that one process at a time holds, the clock as it was left."""

from __future__ import annotations

import json
import time
from importlib.metadata import version
from pathlib import Path

from helpers.local_aws.clock import Clock, Mode
from helpers.local_aws.journal import Journal, JournalError
from helpers.local_aws.settings import STEPPED_START, Settings

JOURNAL = "journal.sqlite"
WHAT_TO_DO = (
    "Nothing was changed. `workshop local-aws reset` removes what is kept and starts empty; "
    "WORKSHOP_HOME=another/directory starts beside it."
)


class HomeError(Exception):
    """What is kept in the state directory cannot be used; the text says why and what to do."""


def open_journal(home: Path) -> Journal:
    """The journal of a state directory, for this process alone; HomeError if it cannot be used."""
    try:
        journal = Journal(home / JOURNAL, alone=True)
    except JournalError as error:
        raise HomeError(f"The state in {home} cannot be used: {error}. {WHAT_TO_DO}") from error
    written_by = journal.load("journal").get("ministack")
    current = version("ministack").encode()
    if written_by not in (None, current):
        journal.close()
        raise HomeError(
            f"The state in {home} was written with ministack {written_by.decode()}, this is {current.decode()}. "
            f"{WHAT_TO_DO}"
        )
    journal.save("journal", "ministack", current)
    return journal


def restored_clock(settings: Settings, journal: Journal) -> Clock:
    """The clock as it was, or a new one; held, so that nothing happens before everything is there again.

    A stepped clock stands where it stood, a real one has gone on meanwhile; neither goes back. A mode that the
    settings name goes before the one it had.
    """
    kept = journal.load("clock").get("clock")
    if kept is None:
        mode: Mode = settings.clock or "real"
        clock = Clock(mode, STEPPED_START if mode == "stepped" else None, held=True)
    else:
        was = json.loads(kept)
        mode = settings.clock or was["mode"]
        passed = max(0.0, time.time() - was["wall"]) if was["mode"] == "real" else 0.0
        clock = Clock(mode, was["now"] + passed, held=True)

    def keep(mode: Mode, now: float) -> None:
        document = {"mode": mode, "now": now, "wall": time.time()}
        journal.save("clock", "clock", json.dumps(document).encode())

    clock.on_move = keep
    keep(mode, clock.now())
    return clock
