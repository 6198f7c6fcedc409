"""Tabs: producers added, removed and rewritten, before and while traffic runs; weights of a template."""

import threading
from typing import Any

import pytest

from helpers.generator.errors import GeneratorError, TemplateError
from helpers.generator.live import Live
from helpers.generator.simulation import Simulation
from helpers.generator.tabs import EXTRA, Tabs, producers
from helpers.generator.template import Choice, Template
from helpers.generator.traffic import Traffic

TOLL = """{
  "kind": "{{random.weightedArrayElement({"weights": [0.7, 0.3], "data": ["car", "truck"]})}}",
  "n": {{random.number(9)}}, "lane": {{random.weightedArrayElement(
     {"weights": [1, 1, 2], "data": [1, 2, 3]})}}
}"""
ODD = '{"browseraction":"Odd"}'


def test_weights_can_be_listed_and_changed() -> None:
    template = Template.parse(TOLL)
    assert template.choices() == [Choice(("car", "truck"), (0.7, 0.3)), Choice((1, 2, 3), (1, 1, 2))]
    text = template.reweighed(1, [0, 0, 5])
    changed = Template.parse(text)
    assert changed.choices() == [Choice(("car", "truck"), (0.7, 0.3)), Choice((1, 2, 3), (0, 0, 5))]
    assert changed.render(0).endswith('"lane": 3}')
    assert text.splitlines()[1] == TOLL.splitlines()[1]  # the rest stays as it was written


@pytest.mark.parametrize(
    ("number", "weights", "reason"),
    [
        (2, [1.0], "2 weighted choices, none of number 2"),
        (0, [1.0], "1 weights for 2 data"),
        (0, [0.0, 0.0], "greater"),
    ],
)
def test_weights_that_will_not_do_are_refused(number: int, weights: list[float], reason: str) -> None:
    with pytest.raises(GeneratorError, match=reason):
        Template.parse(TOLL).reweighed(number, weights)


def test_a_tab_more_and_a_tab_less() -> None:
    tabs = Tabs()
    tabs.add("odd", ODD, 2.5)
    assert tabs.rates["odd"] == 2.5
    tabs.remove("clicks")
    assert "clicks" not in tabs.rates
    with pytest.raises(GeneratorError, match="no producer 'clicks'"):
        tabs.require("clicks")
    for name in list(tabs.rates)[1:]:
        tabs.remove(name)
    with pytest.raises(GeneratorError, match="last producer"):
        tabs.remove(next(iter(tabs.rates)))


@pytest.mark.parametrize(
    ("name", "text", "rate", "reason"),
    [
        ("clicks", ODD, 1, "not in use"),
        (" ", ODD, 1, "not in use"),
        ("odd", "{{x", 1, "never closed"),
        ("odd", ODD, -1, "the rate must be"),
    ],
)
def test_tabs_that_cannot_be_are_refused(name: str, text: str, rate: float, reason: str) -> None:
    tabs = Tabs()
    before = dict(tabs.rates), dict(tabs.templates)
    with pytest.raises(GeneratorError, match=reason):
        tabs.add(name, text, rate)
    assert (tabs.rates, tabs.templates) == before


def test_producers_come_and_go_while_traffic_runs(ws: Any) -> None:
    tabs = Tabs()
    traffic = Traffic(ws, producers({"impressions": 5.0, "clicks": 5.0}, 7, "live", jitter=0.0), ws.now())
    traffic.advance(10)
    tabs.add("odd", ODD, 2)
    traffic.add(lambda now: tabs.producer("odd", 2, 7, "live", jitter=0.0, start=now))
    assert traffic.rates == {"impressions": 5, "clicks": 5, "odd": 2}
    with pytest.raises(GeneratorError, match="already"):
        traffic.add(lambda now: tabs.producer("odd", 2, 7, "live", start=now))
    traffic.advance(20)
    traffic.remove("impressions")
    traffic.set_template("clicks", Template.parse(ODD))
    traffic.advance(30)
    assert dict(traffic.records) == {"impressions": 100, "clicks": 150, "odd": 40}
    actions = [data.split(b'"')[3] for _, data in ws.records]
    assert {action: actions.count(action) for action in set(actions)} == {
        b"Impression": 100, b"Click": 100, b"Odd": 90,
    }  # fmt: skip
    with pytest.raises(GeneratorError, match="no producer"):
        traffic.remove("impressions")


def test_a_producer_that_goes_amid_its_burst_takes_its_changes_along(ws: Any) -> None:
    traffic = Traffic(ws, producers(dict.fromkeys(("clicks", *EXTRA), 1.0), 7, "live", jitter=0.0), ws.now())
    live = Live(traffic, lambda: 0.0)
    live.burst(EXTRA, 10, rate=3)
    traffic.advance(5)
    traffic.remove(EXTRA[0])
    traffic.advance(20)
    assert dict(traffic.records) == {"clicks": 20, EXTRA[0]: 15, EXTRA[1]: 40, EXTRA[2]: 40}


def test_a_simulation_takes_tabs_before_and_while_it_runs(ws: Any) -> None:
    simulation = Simulation(ws)
    simulation.add_producer("odd", ODD, 50)
    simulation.remove_producer("extra clicks 3")
    assert simulation.status().rates["odd"] == 50
    simulation.start()
    try:
        simulation.add_producer("odder", ODD, 0)
        assert simulation.status().rates.keys() == {
            "impressions", "clicks", "extra clicks 1", "extra clicks 2", "odd", "odder",
        }  # fmt: skip
        assert simulation.template("odder") == ODD
        simulation.set_template("odder", TOLL)
        assert simulation.template("odder") == TOLL
        with pytest.raises(TemplateError):
            simulation.set_template("odder", "{{")
        assert simulation.template("odder") == TOLL
        simulation.burst(5, 2, producers=["odder"])
        simulation.remove_producer("odd")
        assert "odd" not in simulation.status().rates
    finally:
        simulation.stop()
    assert "odder" in simulation.status().rates
    assert not [thread for thread in threading.enumerate() if thread.name == "live traffic"]
    with pytest.raises(GeneratorError, match="no producer 'odd'"):
        simulation.template("odd")
