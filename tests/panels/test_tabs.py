"""A row for each producer: sliders set rates, buttons open and close."""

from typing import Any

import pytest

from helpers.generator.scenario import template_text
from helpers.generator.sender import Account
from helpers.generator.simulation import Status
from helpers.panels.tabs import Tabs
from tests.panels.test_simulation import RATES, FakeSimulation


def status(rates: dict[str, float], **records: int) -> Status:
    return Status(True, 1.0, rates, 0.0, 0.0, Account(), "", records)


@pytest.fixture
def simulation() -> FakeSimulation:
    return FakeSimulation()


@pytest.fixture
def tabs(simulation: FakeSimulation) -> Any:
    def attempt(action: Any) -> bool:
        action()
        return True

    return Tabs(simulation, attempt)


def test_sliders_stand_at_the_rates_of_the_simulation_and_set_them(tabs: Any, simulation: FakeSimulation) -> None:
    assert {name: row.slider.value for name, row in tabs.rows.items()} == RATES
    tabs.rows["impressions"].slider.value = 5
    tabs.rows["clicks"].slider.value = 2.5
    tabs.rows["extra clicks 2"].slider.value = 1
    assert simulation.calls == [
        ("set_rate", "impressions", 5),
        ("set_rate", "clicks", 2.5),
        ("set_rate", "extra clicks 2", 1),
    ]


def test_one_more_tab_and_one_less(tabs: Any, simulation: FakeSimulation) -> None:
    tabs.rows["clicks"].slider.value = 4
    slider = tabs.rows["clicks"].slider
    tabs.template.value = "impression"
    tabs.open_button.click()
    assert simulation.calls[-1] == ("add_producer", "impression (tab 6)", template_text("impression"), 1.0)
    assert list(tabs.rows) == [*RATES, "impression (tab 6)"]
    assert tabs.rows["clicks"].slider is slider  # the others stay as they are
    tabs.rows["impression (tab 6)"].close_button.click()
    tabs.rows["extra clicks 1"].close_button.click()
    assert simulation.calls[-2:] == [("remove_producer", n) for n in ("impression (tab 6)", "extra clicks 1")]
    tabs.open_button.click()
    assert simulation.calls[-1][1] == "impression (tab 7)"  # numbers are never used twice
    tabs.rows["impression (tab 7)"].close_button.click()
    assert list(tabs.rows) == [name for name in RATES if name != "extra clicks 1"]
    assert len(tabs.children) == len(tabs.rows) + 1


def test_a_producer_opened_elsewhere_appears(tabs: Any) -> None:
    tabs.show(status(RATES | {"click (tab 9)": 55.0}))
    assert tabs.rows["click (tab 9)"].slider.value == 55


def test_each_row_tells_what_was_sent_and_a_rate_that_is_not_the_sliders(tabs: Any) -> None:
    tabs.show(status(RATES | {"clicks": 3.0}, impressions=1234, clicks=7))
    assert tabs.rows["impressions"].sent.value == "<span>1,234 sent</span>"
    assert tabs.rows["clicks"].sent.value == "<span>7 sent, now 3/s</span>"
