"""The start notebook and the panel of chapter 05 in a real JupyterLab."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, shot
from tests.browser.driving import Driver

IDLE = "Python 3 (ipykernel) | Idle"


def run_all(page: Page) -> None:
    """Run all cells of the notebook that is open, and wait until they have ended."""
    page.get_by_text(IDLE).wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for()
    menu(page, "Run", "Run All Cells")
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent);
            return prompts.length && !prompts.some(p => p.includes('*')) && prompts.some(p => /\\d/.test(p));
        }""",
    )
    assert not page.locator("[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts()


def menu(page: Page, *names: str) -> None:
    """Choose from JupyterLab's menus."""
    for name in names:
        page.get_by_role("menuitem", name=name, exact=True).click()


def opened(page: Page, address: str) -> None:
    """Open a notebook alone."""
    page.goto(address + "&reset")
    page.locator(".jp-Notebook").wait_for()


def test_start_notebook(lab: str, page: Page) -> None:
    opened(page, lab.format(path="notebooks/00_start_here.ipynb"))
    run_all(page)
    expect(page.get_by_text("local target, region").first).to_be_visible()


def test_panel_of_chapter_05(lab: str, page: Page) -> None:
    opened(page, lab.format(path="notebooks/clickstream/05_anomaly_simulation.ipynb"))
    run_all(page)
    panel = Driver(page)
    panel.text.scroll_into_view_if_needed()
    panel.shows("Why is there no output yet.*press Start")

    panel.press("Start")
    panel.rate_follows(2)
    panel.fast_forward("5 min")
    panel.burst_is_noticed()
    panel.chart_is_drawn()
    shot(panel.text, "jupyterlab-light")
    page.evaluate("() => {window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})}")
    page.locator("body[data-jp-theme-name='JupyterLab Dark']").wait_for(state="attached")  # a body has no size
    shot(panel.text, "jupyterlab-dark")

    panel.drag("Impressions", 0.4)
    panel.rate_follows(6)
    panel.row("Clicks").get_by_role("slider").press("ArrowRight")
    expect(panel.row("Clicks").locator(".widget-readout")).to_have_text("1.5")
    panel.press("Stop")
    panel.shows(r"traffic\s*stopped")
    expect(panel.button("Start")).to_be_enabled()

    panel.press("Start")  # a restart must not need a stop
    panel.rate_follows(6)
    menu(page, "Kernel")
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()  # its shortcut is part of its name
    page.locator(".jp-Dialog").get_by_role("button", name="Confirm Kernel Restart").click()
    page.locator(".jp-Dialog").wait_for(state="detached")
    run_all(page)
    again = Driver(page)
    expect(again.button("Start")).to_be_enabled(timeout=PATIENCE)
    again.shows(r"traffic\s*stopped")
    again.press("Start")
    again.rate_follows(2)
    again.press("Stop")
    again.shows(r"traffic\s*stopped")


def test_panel_of_the_toll_road(lab: str, page: Page) -> None:
    opened(page, lab.format(path="notebooks/toll/04_simulating_anomalies.ipynb"))
    run_all(page)
    panel = Driver(page)
    panel.text.scroll_into_view_if_needed()
    panel.press("Start")
    panel.rate_follows(100)
    messages = r"Inbox, ([\d,]+) message"
    before = panel.number(messages)
    threshold = page.locator(".widget-slider").filter(has_text="Threshold")
    for _ in range(15):  # the forest has seen such a diversion in the chapter: its scores are lower by now
        threshold.get_by_role("slider").press("ArrowLeft")
    expect(threshold.locator(".widget-readout")).to_have_text("2.00")
    panel.choose("all to one exit")
    expect(panel.text.get_by_text("100.0%")).to_be_visible()
    panel.button("Fast-forward 1 min").click()
    panel.grows(messages, before)
    panel.shows(r"SMS\s*Anomalous data detected at station .* above your threshold of 2")
    shot(panel.text, "jupyterlab-toll")
    panel.press("Stop")
    panel.shows(r"traffic\s*stopped")
