"""The start notebook and the panel of chapter 05 in a real JupyterLab and a real Chromium.

Screenshots are kept in build/screenshots.
"""

import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import lab as jupyter

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENSHOTS = ROOT / "build" / "screenshots"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Chromium's own services are of no use to a test and are refused on a closed network.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab over a copy of the notebooks, with a local AWS of its own on real time."""
    import socket

    home = tmp_path_factory.mktemp("lab")
    for folder in ("notebooks", "data", "sql"):
        shutil.copytree(ROOT / folder, home / folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_urlsafe(16)
    settings = {
        "WORKSHOP_HOME": str(home / "state"),
        "WORKSHOP_PORT": "0",
        "WORKSHOP_CLOCK": "real",
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    environment = {**jupyter.environment(home / "state", token), **settings}
    with (home / "lab.log").open("w") as log:
        server = subprocess.Popen(
            jupyter.command(home, port, browser=False), env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail((home / "lab.log").read_text()[-2000:])
        yield f"http://127.0.0.1:{port}/lab/tree/{{path}}?token={token}"
    finally:
        server.terminate()
        server.wait(30)
        subprocess.run(
            [sys.executable, "-m", "helpers.cli", "local-aws", "stop"],
            env=environment,
            check=False,
            timeout=30,
        )


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(60_000)
        yield page
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")
        browser.close()


def run_all(page, address: str) -> None:
    """Open a notebook alone and run it."""
    page.goto(address + "&reset")
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent);
            return prompts.length && !prompts.some(p => p.includes('*')) && prompts.some(p => /\\d/.test(p));
        }""",
        timeout=120_000,
    )


def button(page, name: str):
    return page.locator("button.widget-button").filter(has_text=re.compile(rf"^\s*{re.escape(name)}\s*$"))


def errors(page) -> list[str]:
    return page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts()


def test_start_notebook(lab: str, page) -> None:
    run_all(page, lab.format(path="notebooks/00_start_here.ipynb"))
    assert page.get_by_text("local target, region").first.is_visible()
    assert not errors(page)


def test_panel_of_chapter_05(lab: str, page) -> None:
    run_all(page, lab.format(path="notebooks/clickstream/05_anomaly_simulation.ipynb"))
    assert not errors(page)
    slider = page.get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    readout = page.locator(".widget-readout").first
    before = readout.inner_text()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.widget-readout').innerText !== before", arg=before)
    button(page, "Start").click()
    panel = page.locator(".widget-html", has_text="delivered")
    panel.first.wait_for()
    button(page, "Fast-forward 1 min").click()
    chart = page.locator(".widget-image")
    page.wait_for_function("() => document.querySelector('img.widget-image').naturalWidth > 100")
    chart.scroll_into_view_if_needed()
    button(page, "Stop").click()
    page.locator("button.widget-button:disabled", has_text="Stop").wait_for()
    assert not errors(page)
