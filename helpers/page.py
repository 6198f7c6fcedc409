"""`make panel`: a notebook's panel as a page of its own, for an instructor's screen; served by Voila on loopback."""

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import click

from helpers import lab
from helpers.local_process import ROOT
from helpers.workshop import Workshop

PANEL = "notebooks/panel.ipynb"
TEMPLATES = Path(__file__).with_name("panels") / "page"  # Jupyter data: Voila's template "workshop"


def command(root: Path, notebook: str, port: int) -> list[str]:
    """The command line of a Voila that shows one notebook, on loopback; its token comes by the environment."""
    words = [sys.executable, "-m", "voila", str(root / notebook), f"--port={port}", "--no-browser", "--token"]
    # Restarted every time the file changes would end live traffic; themes come by ?theme=dark in the address.
    words += ["--Voila.ip=127.0.0.1", "--Voila.port_retries=0", "--Voila.autoreload=False"]
    return [*words, "--template=workshop"]


def environment(token: str) -> dict[str, str]:
    """The environment of that Voila."""
    paths = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    # The token goes by the environment: a command line can be read by every user of the machine.
    return {**os.environ, "JUPYTER_PATH": os.pathsep.join(paths), "JUPYTER_TOKEN": token}


def open_page(notebook: str = PANEL, browser: bool = True, dark: bool = False) -> int:
    """Serve a notebook's panel, print its address, and stay until Ctrl-C; return Voila's exit code.

    Raises WorkshopError when Voila does not come up.
    """
    Workshop.connect()  # starts the local AWS, or says what is missing for a real one
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that Voila is ended too, below
    port, token = lab.free_port(8866), secrets.token_urlsafe(24)
    voila = subprocess.Popen(command(ROOT, notebook, port), env=environment(token))  # noqa: S603
    address = f"http://127.0.0.1:{port}/?token={token}" + ("&theme=dark" if dark else "")
    try:
        lab.wait_for(voila, f"http://127.0.0.1:{port}/static/", "Voila")
        click.secho(f"\n  The panel is open at\n\n    {address}\n\n  Ctrl-C ends it.\n", bold=True)
        if browser:
            click.launch(address)
        return lab.stay(voila)
    finally:
        if voila.poll() is None:
            voila.terminate()
            voila.wait(timeout=30)
        click.echo("The local AWS keeps running: `.venv/bin/workshop local-aws stop` ends it.")
