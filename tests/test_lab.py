"""JupyterLab as `make workshop` starts it: on loopback, its token not on the command line."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import lab, local_process
from helpers.errors import WorkshopError


def test_the_command_listens_on_loopback_and_keeps_the_token_to_itself(tmp_path: Path) -> None:
    words = lab.command(tmp_path, 8888)
    assert "--ServerApp.ip=127.0.0.1" in words
    assert not any("token" in word.lower() for word in words)
    assert lab.environment(tmp_path, "secret")["JUPYTER_TOKEN"] == "secret"


def test_the_settings_ask_nothing_of_the_network(tmp_path: Path) -> None:
    paths = lab.environment(tmp_path, "secret")["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    written = json.loads((Path(paths[0]) / "labconfig" / "default_setting_overrides.json").read_text())
    assert written["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert lab.free_port(taken, tries=50) > taken
        with pytest.raises(WorkshopError, match="all taken"):
            lab.free_port(taken, tries=1)


def test_ctrl_c_leaves_the_decision_to_jupyterlab() -> None:
    answers: list[int | type[BaseException]] = [KeyboardInterrupt, KeyboardInterrupt, 1]

    def wait() -> int:
        answer = answers.pop(0)
        if isinstance(answer, int):
            return answer
        raise answer

    assert lab.stay(SimpleNamespace(wait=wait)) == 0  # type: ignore[arg-type]
    assert lab.stay(SimpleNamespace(wait=lambda: 1)) == 1  # type: ignore[arg-type]


@pytest.mark.skipif(os.name != "posix", reason="signals as a terminal sends them")
def test_open_prints_an_address_that_answers_and_ends_with_the_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "helpers.cli", "open", "--no-browser"]
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        address = None
        for _ in range(600):
            text = (tmp_path / "out").read_text()
            address = next((word for word in text.split() if word.startswith("http") and "/lab/tree/" in word), None)
            if "The workshop is open at" in text or process.poll() is not None:
                break
            time.sleep(0.1)
        assert address is not None, (tmp_path / "out").read_text()
        assert address.split("?")[0].endswith("/lab/tree/notebooks/00_start_here.ipynb")
        with urllib.request.urlopen(address, timeout=30) as page:
            assert page.status == 200
        process.terminate()  # alone, as a service manager does it: JupyterLab must not be left behind
        process.wait(30)
        with pytest.raises(OSError):
            urllib.request.urlopen(address, timeout=5).close()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)
        local_process.stop(local_process.home_directory())
