"""The control panel as somebody uses it: by mouse and keyboard, reading what it shows."""

import re

from playwright.sync_api import Locator, Page, expect

DELIVERED = r"delivered\s*([\d.]+) records/s\s*of ([\d.]+) a second wanted"


class Driver:
    """Controls of the one panel on a page, by the names they have for everybody."""

    def __init__(self, page: Page) -> None:
        self.page = page
        told = page.get_by_text("traffic", exact=True)
        self.text = page.locator(".jupyter-widgets.widget-vbox").filter(has=told).first

    def button(self, name: str) -> Locator:
        """The button of that name, or (with digits, as in a countdown) of that pattern."""
        pattern = re.compile(rf"^\s*{name}\s*$")
        return self.page.locator("button.widget-button").filter(has_text=pattern)

    def row(self, producer: str) -> Locator:
        """The row of a producer."""
        named = self.page.locator(".widget-label", has_text=re.compile(rf"^{re.escape(producer)}$"))
        return self.page.locator(".widget-hbox").filter(has=self.page.locator(".widget-slider").filter(has=named)).last

    def shows(self, pattern: str) -> None:
        """Wait until the panel says it."""
        expect(self.text).to_contain_text(re.compile(pattern), timeout=self._patience)

    def number(self, pattern: str) -> int:
        """The number that the panel shows where the pattern has its group; 0 where it shows none."""
        found = re.search(pattern, self.text.inner_text())
        return int(found[1].replace(",", "")) if found else 0

    def grows(self, pattern: str, was: int) -> None:
        """Wait until the number that the panel shows where the pattern has its group is greater."""
        self.page.wait_for_function(
            "([text, pattern, was]) => +text.innerText.match(new RegExp(pattern))?.[1].replace(',', '') > was",
            arg=[self.text.element_handle(), pattern, was],
            timeout=self._patience,
        )

    def choose(self, option: str) -> None:
        """Choose from the list that has it."""
        self.text.locator("select").filter(has_text=option).select_option(option)

    def press(self, button: str) -> None:
        """Press a button by keyboard alone."""
        self.button(button).focus()
        self.page.keyboard.press("Enter")

    def fast_forward(self, how_much: str) -> None:
        """Let time pass, and wait until it has."""
        self.page.locator("select").filter(has_text="5 min").select_option(how_much)
        self.button("Fast-forward").click()
        expect(self.button("Fast-forward")).to_be_disabled(timeout=self._patience)
        expect(self.button("Fast-forward")).to_be_enabled(timeout=self._patience)

    def drag(self, producer: str, share: float) -> None:
        """Drag a producer's slider to a share of its way, by mouse."""
        way = self.row(producer).locator(".noUi-base").bounding_box()
        handle = self.row(producer).locator(".noUi-handle").bounding_box()
        assert way is not None
        assert handle is not None
        height = handle["y"] + handle["height"] / 2
        self.page.mouse.move(handle["x"] + handle["width"] / 2, height)
        self.page.mouse.down()
        self.page.mouse.move(way["x"] + way["width"] * share, height, steps=8)
        self.page.mouse.up()

    def rate_follows(self, least: float) -> None:
        """Wait until at least so much is wanted, and what is delivered comes near it (records a second)."""
        self.page.wait_for_function(
            """([text, pattern, least]) => {
                const found = text.innerText.match(new RegExp(pattern));
                return found && +found[2] >= least && +found[1] > 0.7 * found[2] && +found[1] < 1.5 * found[2];
            }""",
            arg=[self.text.element_handle(), DELIVERED, least],
            timeout=self._patience,
        )

    def burst_is_noticed(self) -> None:
        """Press Burst; see it count down and end by itself, the anomaly in it, and the mail."""
        scores, messages = r"([\d,]+) above 2, the newest", r"Inbox, ([\d,]+) message"
        before = [self.number(scores), self.number(messages)]
        self.press("Burst")
        expect(self.button(r"Burst: \d+ s left")).to_be_disabled(timeout=self._patience)
        self.fast_forward("1 min")
        expect(self.button("Burst")).to_be_enabled(timeout=self._patience)
        for pattern, was in zip((scores, messages), before, strict=True):
            self.grows(pattern, was)
        self.shows(r"SMS\s*ClickStrea> Unusual click-through rate")
        self.shows(r"E-mail Clickstream anomaly: CTR")

    def chart_is_drawn(self) -> None:
        """Wait until there is a picture, and it shows the window that ended last."""
        self.page.wait_for_function(
            """text => {
                const drawn = text.innerText.match(/newest window, ([\\d:]+),/);
                const last = text.innerText.match(/last window \\(([\\d:]+)\\)/);
                return drawn && last && drawn[1] === last[1]
                    && document.querySelector('img.widget-image')?.naturalWidth > 100;
            }""",
            arg=self.text.element_handle(),
            timeout=self._patience,
        )

    @property
    def _patience(self) -> float:
        from tests.browser.conftest import PATIENCE

        return PATIENCE
