"""A Flink cluster of processes: who can reach it, and what it says when something is wrong."""

from __future__ import annotations

import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from helpers.local_aws.kinesisanalytics.flink_cluster import Cluster, FlinkError
from helpers.streaming_sql.flink.environment import venv

VENV = venv()
pytestmark = [
    pytest.mark.skipif(VENV is None, reason="Apache Flink is not set up here: make flink"),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    assert VENV is not None
    made = Cluster(tmp_path_factory.mktemp("cluster"), VENV)
    made.start()
    yield made
    made.kill()


def test_a_cluster_takes_nobody_without_its_certificate(cluster: Cluster) -> None:
    assert cluster.ask("GET", "/overview")["slots-total"] == 1
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    for url in (f"https://127.0.0.1:{cluster.port}/overview", f"http://127.0.0.1:{cluster.port}/overview"):
        with pytest.raises(OSError):
            urllib.request.urlopen(url, timeout=10, context=anybody)
    for name in ("jobmanager", "taskmanager"):
        family = psutil.Process(cluster.pid(name)).children(recursive=True)
        listening = [
            connection.laddr.ip.removeprefix("::ffff:")
            for process in family
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening, f"the {name} listens nowhere: this would show nothing"
        assert set(listening) == {"127.0.0.1"}, name


def test_nobody_else_reads_its_files(cluster: Cluster) -> None:
    for path in (cluster.folder / "conf").iterdir():
        if path.name in ("config.yaml", "key.pem", "store.p12"):
            assert path.stat().st_mode & 0o077 == 0, path.name
    assert (cluster.folder / "conf").stat().st_mode & 0o077 == 0


def test_a_program_that_fails_says_so_in_its_own_words(cluster: Cluster, tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text("raise ValueError('there is no sense in this')\n", encoding="utf-8")
    with pytest.raises(FlinkError, match=r"^ValueError: there is no sense in this$"):
        cluster.submit(program, ["--python", str(program)])


STARTER = """
import sys, time
from pathlib import Path
from helpers.local_aws.kinesisanalytics.flink_cluster import Cluster
cluster = Cluster(Path(sys.argv[1]), Path(sys.argv[2]))
cluster.start()
print(cluster.pid("jobmanager"), cluster.pid("taskmanager"), flush=True)
time.sleep(600)
"""


def test_no_process_outlives_who_started_it(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, tmp_path, str(VENV)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    guards = [psutil.Process(int(number)) for number in starter.stdout.readline().split()]
    family = [*guards, *(child for guard in guards for child in guard.children(recursive=True))]
    assert len(family) >= 4, "a guard and a Java each: this would show nothing"
    starter.kill()
    starter.communicate()
    assert not psutil.wait_procs(family, timeout=30)[1]


def test_a_cluster_that_cannot_start_leaves_no_process(tmp_path: Path) -> None:
    assert VENV is not None
    made = Cluster(tmp_path, VENV)
    with pytest.raises(FlinkError, match="ended with"):
        made.start({"jobmanager.memory.process.size": "1m"})
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert not [line for line in lines if str(tmp_path) in line]
