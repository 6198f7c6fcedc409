"""The local AWS as a process: start, look, stop, reset. It outlives the notebook kernel that started it.

The process announces itself in the state file (`local-aws.json`, readable by its owner only) and writes what
it has to say into `local-aws.log`, both in the state directory. What is in it is kept there too, whatever way it
ends, until `reset`. A lock makes two kernels that connect at once start one process only.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import WorkshopError
from helpers.locking import exclusive

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 4566
START_TIMEOUT = 90.0  # seconds; it takes about one on an idle machine, and a class has busy ones
STOP_TIMEOUT = 10.0
SHOWN_LINES = 15
PORT_TAKEN, WRONG_HOME = 3, 4  # exit codes of `python -m helpers.local_aws`
# What a reset removes of the state directory, and what it is to a reader.
KEPT = {
    "journal.sqlite": "stacks, streams, applications, messages",
    "journal.sqlite-wal": "",
    "journal.sqlite-shm": "",
    "s3": "the objects in its buckets",
    "s3-before": "",
    "tmp": "",
    "ministack": "the code of its functions",
    "notes.json": "what the chapters noted",
    "local-aws.log": "its log",
}
NOT_RUNNING = (
    "The local AWS is not running (stopped, killed, or the machine was restarted); what was in it is kept. "
    "Start it again with Workshop.connect(), then go on."
)


@dataclass(frozen=True)
class State:
    """What a running local AWS says about itself."""

    pid: int
    port: int
    url: str
    access_key_id: str
    key: str
    account_id: str
    region: str
    seed: int
    clock: str

    def __repr__(self) -> str:
        return f"State(pid={self.pid}, url={self.url!r})"  # never the key


def home_directory() -> Path:
    """The state directory: WORKSHOP_HOME, or .workshop beside the notebooks; made (0700) if missing.

    WorkshopError if it cannot be made, or if somebody else could put into it what we believe later.
    """
    home = Path(os.environ.get("WORKSHOP_HOME") or ROOT / ".workshop").absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WorkshopError(
            f"The state directory {home} cannot be made ({error.strerror}): set WORKSHOP_HOME."
        ) from error
    found = home.stat()
    if os.name == "posix" and (found.st_uid != os.geteuid() or found.st_mode & 0o022):
        raise WorkshopError(
            f"Others may write to the state directory {home}: make it yours alone (chmod 700), or set WORKSHOP_HOME."
        )
    return home


def running(home: Path) -> State | None:
    """The local AWS of this state directory, or None; a state file whose process is gone is removed.

    Raises WorkshopError when the process is there and does not answer within ten seconds.
    """
    state = _announced(home)
    if state is None or _answers(state):
        return state
    if not _ours(state.pid):
        (home / "local-aws.json").unlink(missing_ok=True)
        return None
    if _answers(state, timeout=10):
        return state
    raise WorkshopError(
        f"The local AWS (process {state.pid}) is there but does not answer: it may be very busy, try again. "
        "If it stays so, `workshop local-aws stop` ends it; what is in it is kept."
    )


def start(home: Path, settings: Mapping[str, str] | None = None) -> tuple[State, bool]:
    """Start the local AWS unless it runs; its state, and whether it was started now.

    `settings` are environment variables (WORKSHOP_PORT, WORKSHOP_CLOCK, WORKSHOP_SEED) that go before the
    environment's own. Raises WorkshopError when the port is taken or the start fails (the log's end with it).
    """
    with exclusive(home / "local-aws.lock"):
        if state := running(home):
            return state, False
        return _launch(home, dict(settings or {})), True


def ignored_settings(state: State) -> str:
    """What the environment asks for and a local AWS that runs already does not do; '' when there is nothing."""
    asked = (("WORKSHOP_SEED", "seed", str(state.seed)), ("WORKSHOP_CLOCK", "clock", state.clock))
    ignored = [
        f"{name}={wanted} has no effect: the local AWS runs with {what} {is_} already."
        for name, what, is_ in asked
        if (wanted := os.environ.get(name)) and wanted != is_
    ]
    return " ".join(ignored)


def stop(home: Path) -> bool:
    """Stop it, gently first; False when it was not running."""
    with exclusive(home / "local-aws.lock"):
        return _stop(home)


def reset(home: Path, settings: Mapping[str, str] | None = None) -> tuple[State, list[str]]:
    """Stop it, forget everything it and the chapters kept, and start afresh; the new state and what was removed."""
    with exclusive(home / "local-aws.lock"):
        _stop(home)
        removed = []
        for name, meaning in KEPT.items():
            path = home / name
            if path.exists():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed.append(meaning)
        return _launch(home, dict(settings or {})), [meaning for meaning in removed if meaning]


def keeps(home: Path) -> bool:
    """Whether something of a local AWS is kept in the state directory, so that a start goes on with it."""
    return (home / "journal.sqlite").exists()


def request(state: State, method: str, path: str, body: Any = None, timeout: float = 600) -> Any:
    """One request of the control API; WorkshopError when it is refused or nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=timeout)
    try:
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, {"X-Workshop-Key": state.key})
        response = connection.getresponse()
        answer = json.loads(response.read())
    except TimeoutError as error:
        raise WorkshopError(
            f"The local AWS did not answer {path} within {timeout:.0f} s: `workshop local-aws status` and "
            "its log say what it is doing, `workshop local-aws stop` ends it; what is in it is kept."
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WorkshopError(NOT_RUNNING) from error
    finally:
        connection.close()
    if response.status == 403:
        raise WorkshopError(
            "The local AWS was started again meanwhile and has a new key: run Workshop.connect() again."
        )
    if response.status >= 400:
        raise WorkshopError(f"{answer.get('message', answer)} ({answer.get('__type', response.status)})")
    return answer


def _launch(home: Path, settings: dict[str, str]) -> State:
    log_path = home / "local-aws.log"
    if not keeps(home):
        (home / "notes.json").unlink(missing_ok=True)  # about resources that are gone
    environment = os.environ | settings | {"WORKSHOP_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    log_path.touch(mode=0o600)
    said_before = log_path.stat().st_size
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "helpers.local_aws"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal and the kernel's end are not meant for it
        )
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if (code := process.poll()) is not None:
            raise _failure(code, environment, log_path, said_before)
        if (state := _announced(home)) and state.pid == process.pid and _answers(state):
            process.returncode = 0  # it is on its own now: no ResourceWarning when this object is collected
            return state
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise WorkshopError(f"The local AWS did not answer within {START_TIMEOUT:.0f} s.\n{_tail(log_path, said_before)}")


def _failure(code: int, environment: Mapping[str, str], log_path: Path, said_before: int) -> WorkshopError:
    if code == PORT_TAKEN:
        port = environment.get("WORKSHOP_PORT", str(DEFAULT_PORT))
        return WorkshopError(
            f"Port {port} is taken by another program. Choose another one in the environment, before the "
            "kernel starts: WORKSHOP_PORT=4567 (0: any free one), or `workshop local-aws start --port 4567`."
        )
    if code == WRONG_HOME:
        return WorkshopError(log_path.read_text(encoding="utf-8", errors="replace").rstrip().rpartition("\n")[2])
    return WorkshopError(f"The local AWS did not start (exit code {code}).\n{_tail(log_path, said_before)}")


def _tail(log_path: Path, said_before: int) -> str:
    said = log_path.read_bytes()[said_before:].decode("utf-8", errors="replace")
    lines = said.splitlines()[-SHOWN_LINES:]
    return f"The last lines of {log_path}:\n" + "\n".join(lines)


def _announced(home: Path) -> State | None:
    """What the state file says, whether or not it is still true; one that says nothing is removed."""
    path = home / "local-aws.json"
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        path.unlink(missing_ok=True)  # half a file, or one of another version: nobody we could speak to
        return None


def _stop(home: Path) -> bool:
    state = _announced(home)
    there = state is not None and (_answers(state) or _ours(state.pid))
    if state is not None and there:
        os.kill(state.pid, signal.SIGTERM)
        if not _gone(state.pid, STOP_TIMEOUT):
            os.kill(state.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            _gone(state.pid, STOP_TIMEOUT)
    (home / "local-aws.json").unlink(missing_ok=True)
    return there


def _gone(pid: int, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while _alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _alive(pid: int) -> bool:
    """Whether there is such a process; a child of ours that has ended is collected on the way."""
    if sys.platform == "win32":
        return False  # terminated at once there, and signal 0 would be Ctrl-C; the answer on the port decides
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


def _ours(pid: int) -> bool:
    """Whether the process is a local AWS, and not another program that got its number later."""
    import psutil

    try:
        return _alive(pid) and "helpers.local_aws" in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _answers(state: State, timeout: float = 2) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=timeout)
    try:
        connection.request("GET", "/_workshop/health")
        return bool(json.loads(connection.getresponse().read())["pid"] == state.pid)
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return False  # nobody there, or somebody else: either way not ours
    finally:
        connection.close()
