"""The journal: what was written is there after kill -9, in whole transactions only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from helpers.local_aws.journal import Journal


def test_documents_are_replaced_and_removed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.save("stream", "b", b"1")
    journal.save("stream", "a", b"2")
    journal.save("topic", "a", b"3")
    journal.save("stream", "b", b"4")
    assert journal.load("stream") == {"a": b"2", "b": b"4"}
    journal.remove("stream", "b")
    journal.remove("stream", "never")
    assert journal.load("stream") == {"a": b"2"}
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600


def test_a_log_keeps_its_order_and_its_numbers(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    numbers = [journal.append("clicks", b"%d" % n) for n in range(250)]
    journal.append("other", b"x")
    assert list(journal.entries("clicks")) == [(number, b"%d" % n) for n, number in enumerate(numbers)]
    journal.forget("clicks", numbers[:100])
    journal.forget_until("clicks", numbers[199])
    assert [data for _, data in journal.entries("clicks")] == [b"%d" % n for n in range(200, 250)]
    assert [data for _, data in journal.entries("clicks", after=numbers[248])] == [b"249"]
    journal.forget("clicks", numbers)
    assert journal.append("clicks", b"") > numbers[-1], "a number must never mean two entries"
    assert len(list(journal.entries("other"))) == 1


def test_a_transaction_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    with pytest.raises(RuntimeError), journal.transaction():
        journal.save("stream", "a", b"1")
        with journal.transaction():
            journal.append("clicks", b"1")
        raise RuntimeError
    assert not journal.load("stream") and not list(journal.entries("clicks"))
    with journal.transaction():
        journal.save("stream", "a", b"2")
    assert journal.load("stream") == {"a": b"2"}


def test_threads_do_not_mix_their_transactions(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")

    def put(name: bytes) -> None:
        for _ in range(50):
            with journal.transaction():
                journal.append("log", name)
                journal.append("log", name)

    threads = [threading.Thread(target=put, args=(b"%d" % n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = [data for _, data in journal.entries("log")]
    assert len(written) == 400 and written[::2] == written[1::2]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on Windows")
def test_what_was_written_is_there_after_kill_9(tmp_path: Path) -> None:
    script = """
import os, sys, signal
from pathlib import Path
from helpers.local_aws.journal import Journal
journal = Journal(Path(sys.argv[1]))
for n in range(100):
    with journal.transaction():
        journal.append("log", b"%d" % n)
        journal.save("count", "n", b"%d" % n)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "journal")], env=dict(os.environ), check=False)
    assert done.returncode == -signal.SIGKILL
    journal = Journal(tmp_path / "journal")
    assert [data for _, data in journal.entries("log")] == [b"%d" % n for n in range(100)]
    assert journal.load("count") == {"n": b"99"}


def test_room_that_is_not_needed_any_more_is_given_back_at_the_next_start(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    numbers = [journal.append("log", b"x" * 10_000) for _ in range(300)]
    journal.forget("log", numbers)
    journal.close()
    assert (tmp_path / "journal").stat().st_size > 3_000_000
    Journal(tmp_path / "journal").close()
    assert (tmp_path / "journal").stat().st_size < 100_000
