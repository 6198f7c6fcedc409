"""The panel as a page of its own, in a real Voila, from nothing to the mail."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, shot
from tests.browser.driving import Driver


def opened(page: Page, address: str) -> Driver:
    """Open the page and wait for its panel."""
    page.goto(address)
    panel = Driver(page)
    panel.text.wait_for()
    expect(panel.button("Start")).to_be_enabled(timeout=PATIENCE)
    return panel


def test_the_panel_as_a_page_of_its_own(panel_page: str, page: Page) -> None:
    panel = opened(page, panel_page)
    panel.shows("No records are being sent: press Start")
    panel.press("Start")
    panel.shows(r"The forest still learns, and scores nothing until then: \d+ of 12 windows seen")
    panel.fast_forward("5 min")
    panel.shows("has learnt, and scores")
    panel.burst_is_noticed()
    panel.chart_is_drawn()
    shot(panel.text, "voila-light")

    panel.button("Open").click()
    expect(panel.row("Click (tab 6)")).to_be_visible(timeout=PATIENCE)
    panel.drag("Click (tab 6)", 0.5)
    panel.rate_follows(8)
    panel.row("Click (tab 6)").get_by_role("button").click()
    expect(panel.row("Click (tab 6)")).to_have_count(0, timeout=PATIENCE)

    for producer in ("Extra clicks 1", "Extra clicks 2", "Extra clicks 3"):
        panel.row(producer).get_by_role("button").click()
        expect(panel.row(producer)).to_have_count(0, timeout=PATIENCE)
    panel.button("Burst").click()
    expect(page.get_by_role("alert")).to_contain_text("without one of them there is no burst", timeout=PATIENCE)
    panel.press("Stop")
    panel.shows(r"traffic\s*stopped")


def test_the_page_on_a_dark_theme(panel_page: str, page: Page) -> None:
    panel = opened(page, panel_page + "&theme=dark")
    panel.press("Start")
    panel.fast_forward("1 min")
    panel.chart_is_drawn()
    shot(panel.text, "voila-dark")
    panel.press("Stop")
    panel.shows(r"traffic\s*stopped")
