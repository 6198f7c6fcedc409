"""A real JupyterLab, a real Voila and a real Chromium, each with a local AWS of its own on real time.

Screenshots are kept in tests/browser/artifacts. Tests wait for states, with limits for a machine that is slow.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest

from helpers import lab as jupyter
from helpers import local_process
from helpers import page as voila

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = Path(__file__).with_name("artifacts")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Chromium's own services are of no use to a test and are refused on a closed network.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PATIENCE = 180_000  # milliseconds for a state to come; only a failing test, or a very slow machine, takes so long


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser there is nothing to test; CI has to have one."""
    for item in items:
        if item.path.parent != Path(__file__).parent:
            continue
        item.add_marker(pytest.mark.timeout(1200))
        if CHROMIUM is None and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: install the package chromium"))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab over a copy of the notebooks; put the path of one into it."""
    home = tmp_path_factory.mktemp("lab")
    for folder in ("notebooks", "data", "sql"):
        shutil.copytree(ROOT / folder, home / folder)
    port, token = jupyter.free_port(18888), secrets.token_urlsafe(16)
    settings = {
        **jupyter.environment(home / "state", token),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    command = [*jupyter.command(home, port, browser=False), "--LabApp.expose_app_in_browser=True"]
    with served(command, settings, home, port, "/api"):
        yield f"http://127.0.0.1:{port}/lab/tree/{{path}}?token={token}"


@pytest.fixture(scope="session")
def panel_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the panel as a page of its own."""
    home = tmp_path_factory.mktemp("voila")
    port, token = jupyter.free_port(18866), secrets.token_urlsafe(16)
    with served(voila.command(ROOT, voila.PANEL, port), voila.environment(token), home, port, "/static/"):
        yield f"http://127.0.0.1:{port}/?token={token}"


@contextmanager
def served(command: list[str], settings: dict[str, str], home: Path, port: int, path: str) -> Iterator[None]:
    """A server that runs, with a local AWS of its own; both are stopped in the end."""
    own = {"WORKSHOP_HOME": str(home / "state"), "WORKSHOP_PORT": "0", "WORKSHOP_CLOCK": "real"}
    (home / "state").mkdir(mode=0o700, exist_ok=True)
    with patch.object(local_process, "START_TIMEOUT", PATIENCE / 1000):
        local_process.start(home / "state", own)
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(command, env={**settings, **own}, stdout=log, stderr=subprocess.STDOUT)
    try:
        jupyter.wait_for(server, f"http://127.0.0.1:{port}{path}", f"The server of {home}/server.log", PATIENCE / 1000)
        yield
    finally:
        server.terminate()
        server.wait(120)
        local_process.stop(home / "state")


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[object]:
    """A page of a browser. Fails on errors in its console, and on requests to any other host."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1500})
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: local(asked.url) or complaints.append(f"asked for {asked.url}"))
        try:
            yield page
        finally:
            shot(page, f"{request.node.name}-end")
            browser.close()
    assert not complaints, complaints


def local(url: str) -> bool:
    """Whether an address is on this machine, or in the page itself."""
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob") or parts.hostname == "127.0.0.1"


def shot(part: object, name: str) -> None:
    """Keep a screenshot of a page, or of a part of one."""
    ARTIFACTS.mkdir(exist_ok=True)
    part.screenshot(path=ARTIFACTS / f"{name}.png")  # type: ignore[attr-defined]
