"""`make workshop`: the local AWS and a JupyterLab on the start notebook, both on loopback."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click

from helpers.errors import WorkshopError
from helpers.local_process import ROOT, home_directory
from helpers.workshop import Workshop

START = "notebooks/00_start_here.ipynb"
# A class without Wi-Fi gets no dialogs about news and updates that cannot be fetched.
SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
START_TIMEOUT = 60  # seconds; a cold JupyterLab takes about five


def free_port(first: int = 8888, tries: int = 50) -> int:
    """The first free port on loopback from `first` on.

    Raises WorkshopError when `tries` ports in a row are taken.
    """
    for port in range(first, first + tries):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise WorkshopError(f"Ports {first} to {first + tries - 1} are all taken: close another JupyterLab and try again.")


def command(root: Path, port: int, browser: bool = True) -> list[str]:
    """The command line of a JupyterLab over `root`, on loopback, that asks nothing of the network."""
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", "--ServerApp.ip=127.0.0.1"]
    words += [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--LabApp.default_url=/lab/tree/{START}",
    ]
    if not browser:
        words.append("--no-browser")
    if os.name == "posix" and os.geteuid() == 0:
        words.append("--allow-root")  # class-room containers run as root; the server listens on loopback only
    return words


def environment(home: Path, token: str) -> dict[str, str]:
    """The environment of that JupyterLab: its token, and settings kept under `home`, before the user's own."""
    overrides = home / "jupyter" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True, exist_ok=True)
    overrides.write_text(json.dumps(SETTINGS), encoding="utf-8")
    paths = [str(home / "jupyter"), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    # The token goes by the environment: a command line can be read by every user of the machine.
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths), "JUPYTER_TOKEN": token}


def open_lab(browser: bool = True) -> int:
    """Start JupyterLab, print its address, and stay until it is stopped with Ctrl-C; return its exit code."""
    Workshop.connect()  # starts the local AWS, or says what is missing for a real one
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that JupyterLab is ended too, below
    port, token = free_port(), secrets.token_urlsafe(24)
    lab = subprocess.Popen(command(ROOT, port, browser), env=environment(home_directory(), token))  # noqa: S603
    address = f"http://127.0.0.1:{port}/lab/tree/{START}?token={token}"
    try:
        wait_for(lab, f"http://127.0.0.1:{port}/api")
        click.secho(f"\n  The workshop is open at\n\n    {address}\n\n  Ctrl-C twice ends JupyterLab.\n", bold=True)
        return stay(lab)
    finally:
        if lab.poll() is None:
            lab.terminate()
            lab.wait(timeout=30)
        click.echo("The local AWS keeps running: `.venv/bin/workshop local-aws stop` ends it.")


def stay(server: subprocess.Popen[bytes]) -> int:
    """Wait until a server ends. The terminal's Ctrl-C reaches it too: JupyterLab asks back, and may go on."""
    interrupted = False
    while True:
        try:
            code = server.wait()
        except KeyboardInterrupt:
            interrupted = True
        else:
            return 0 if interrupted else code


def wait_for(
    server: subprocess.Popen[bytes], url: str, name: str = "JupyterLab", timeout: float = START_TIMEOUT
) -> None:
    """Wait until a server answers at `url`, with an error too; WorkshopError when it ends or stays silent (seconds)."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise WorkshopError(f"{name} ended with exit code {server.returncode}; its own message is above.")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise WorkshopError(f"{name} did not answer within {timeout:.0f} s; its own message is above.")
