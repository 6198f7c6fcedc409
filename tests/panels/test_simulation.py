"""The control panel without a browser, over a simulation that only remembers what it was told."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import ipywidgets as widgets
import pytest
from matplotlib.figure import Figure

from helpers.generator.errors import GeneratorError
from helpers.generator.observe import Observation, window
from helpers.generator.sender import Account
from helpers.generator.simulation import EXTRA, PRODUCERS, Status
from helpers.panels import live
from helpers.panels.simulation import SimulationPanel, newest
from tests.panels.fakes import Remembering

RATES = {name: rate for name, _, rate in PRODUCERS}
IDLE = Status(False, 0.0, RATES, 0.0, 0.0, Account(), "")
WINDOWS = [window(10, 9, 10, 90.0), window(20, 40, 10, 400.0)]
ANOMALY = {"minute": "0:20", "offset": 20, "ctr": 400.0, "score": 3.25}
MAIL = {"id": 1, "protocol": "email", "subject": "Anomaly <1>", "body": "CTR 400 %"}


class FakeSimulation(Remembering):
    def __init__(self) -> None:
        super().__init__(IDLE)
        self.seen = Observation("RUNNING")
        self.unobservable: Exception | None = None

    def add_producer(self, name: str, text: str, rate: float = 0.0) -> None:
        self.note("add_producer", name, text, rate)
        self.current = replace(self.current, rates={**self.current.rates, name: rate})

    def remove_producer(self, name: str) -> None:
        self.note("remove_producer", name)
        self.current = replace(self.current, rates={n: r for n, r in self.current.rates.items() if n != name})

    def set_rate(self, producer: str, rate: float) -> None:
        self.note("set_rate", producer, rate)
        self.current = replace(self.current, rates={**self.current.rates, producer: rate})

    def burst(self, seconds: float = 25, rate: float = 1.0, producers: Iterable[str] = EXTRA) -> None:
        self.note("burst", seconds, *producers)
        self.current = replace(self.current, burst_left=seconds)

    def fast_forward(self, seconds: int = 60) -> None:
        self.note("fast_forward", seconds)

    def observe(self) -> Observation:
        if self.unobservable is not None:
            raise self.unobservable
        return self.seen


@pytest.fixture
def simulation() -> FakeSimulation:
    return FakeSimulation()


@pytest.fixture
def figures() -> list[tuple[Any, ...]]:
    return []


@pytest.fixture
def panel(simulation: FakeSimulation, figures: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> Any:
    def chart(*arguments: Any) -> Figure:
        figures.append(arguments)
        return Figure(figsize=(1, 1))

    monkeypatch.setattr("helpers.panels.charts.ctr_chart", chart)
    panel = SimulationPanel(simulation)
    yield panel
    simulation.refuse = None
    panel.stop()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60  # generous: only a failing test waits so long
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def everything(widget: Any) -> list[Any]:
    """A widget and all that is in it."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in everything(child))]


def test_start_and_stop(panel: Any, simulation: FakeSimulation) -> None:
    def usable() -> list[bool]:
        return [not button.disabled for button in (panel.start_button, panel.stop_button, panel.burst_button)]

    assert usable() == [True, False, False]
    panel.start_button.click()
    assert simulation.calls == [("start",)]
    assert usable() == [False, True, True]
    assert "on for 0:00" in panel.readouts.value
    panel.stop_button.click()
    assert simulation.calls == [("start",), ("stop",)]
    assert usable() == [True, False, False]
    assert "stopped" in panel.readouts.value
    assert not [thread for thread in threading.enumerate() if thread.name == "panel"]


def test_a_burst_is_asked_for_once_and_counted_down(panel: Any, simulation: FakeSimulation) -> None:
    panel.start_button.click()
    panel.burst_button.click()
    assert simulation.calls[-1] == ("burst", 25, *EXTRA)
    assert panel.burst_button.disabled
    assert panel.burst_button.description == "Burst: 25 s left"
    simulation.current = replace(simulation.current, burst_left=0.0)
    panel.refresh()
    assert (panel.burst_button.description, panel.burst_button.disabled) == ("Burst", False)
    panel.burst_seconds.value = 10
    panel.burst_button.click()
    assert simulation.calls[-1] == ("burst", 10, *EXTRA)


def test_a_burst_comes_from_the_tabs_that_are_open(panel: Any, simulation: FakeSimulation) -> None:
    panel.start_button.click()
    panel.tabs.rows[EXTRA[0]].close_button.click()
    panel.burst_button.click()
    assert simulation.calls[-1] == ("burst", 25, *EXTRA[1:])
    simulation.current = replace(simulation.current, burst_left=0.0)
    panel.refresh()
    for name in EXTRA[1:]:
        panel.tabs.rows[name].close_button.click()
    panel.burst_button.click()
    assert simulation.calls[-1] == ("remove_producer", EXTRA[-1])
    assert "without one of them there is no burst" in panel.error_line.value


def test_fast_forward_by_what_is_chosen(panel: Any, simulation: FakeSimulation) -> None:
    panel.forward_button.click()
    panel.forward_seconds.label = "5 min"
    panel.forward_button.click()
    assert simulation.calls == [("fast_forward", 60), ("fast_forward", 300)]
    assert not panel.forward_button.disabled


def test_errors_of_controls_are_shown_and_go_with_the_next_success(panel: Any, simulation: FakeSimulation) -> None:
    simulation.refuse = GeneratorError("the rate <b>must</b> be lower")
    for act in (
        panel.start_button.click,
        panel.forward_button.click,
        panel.tabs.open_button.click,
        panel.tabs.rows["clicks"].close_button.click,
        lambda: setattr(panel.tabs.rows["clicks"].slider, "value", 3),
    ):
        panel.error_line.value = ""
        act()
        assert "the rate &lt;b&gt;must&lt;/b&gt; be lower" in panel.error_line.value
        assert 'role="alert"' in panel.error_line.value
        panel.refresh()  # as it happens every second
        assert "the rate &lt;b&gt;must&lt;/b&gt; be lower" in panel.error_line.value
    assert not panel.forward_button.disabled
    simulation.refuse = None
    panel.tabs.rows["clicks"].slider.value = 4
    assert panel.error_line.value == ""


def test_an_error_of_the_traffic_is_shown(panel: Any, simulation: FakeSimulation) -> None:
    simulation.current = replace(IDLE, error="3 records were not taken", account=Account(5, 2, 0, 3, "x"))
    panel.refresh()
    assert "3 records were not taken" in panel.error_line.value
    assert "3 failed" in panel.readouts.value


def test_what_cannot_be_observed_is_said_and_the_rest_still_shown(panel: Any, simulation: FakeSimulation) -> None:
    simulation.current = replace(IDLE, account=Account(5, 5))
    simulation.unobservable = ConnectionError("The local AWS does not run.")
    panel.refresh()
    assert "The local AWS does not run." in panel.error_line.value
    assert "of 5 sent" in panel.readouts.value
    assert "cannot be seen now" in panel.why.value


def test_chart_caption_inbox_and_pipeline_follow(panel: Any, simulation: FakeSimulation, figures: list[Any]) -> None:
    assert (panel.chart.value, panel.chart.layout.display) == (b"", "none")
    assert "appears when the first window" in panel.caption.value
    simulation.current = replace(IDLE, account=Account(4321, 4321))
    simulation.seen = Observation("RUNNING", None, None, WINDOWS, [ANOMALY], (12.0, 37.0), [MAIL])
    panel.refresh()
    assert bytes(panel.chart.value).startswith(b"\x89PNG")
    assert panel.chart.layout.display is None
    assert figures == [(WINDOWS, [ANOMALY], 2.0, (12.0, 37.0))]
    assert "0:20, has a CTR of 400 %. 1 above 2, the newest 3.25 at 0:20." in panel.caption.value
    assert "Anomaly &lt;1&gt;" in panel.inbox.value
    assert ">4,321</text>" in panel.pipeline.value
    assert 'font-weight="bold">4,321' in panel.pipeline.value
    panel.refresh()
    assert len(figures) == 1  # nothing new, nothing drawn
    assert 'font-weight="normal">4,321' in panel.pipeline.value


def test_while_traffic_runs_the_panel_looks_by_itself(
    panel: Any, simulation: FakeSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "INTERVAL", 0.01)
    panel.start_button.click()
    simulation.seen = Observation("RUNNING", windows=WINDOWS)
    until(lambda: bool(panel.chart.value))
    simulation.current = replace(IDLE, error="the stream is gone")
    until(lambda: not panel._beat.alive)
    assert "the stream is gone" in panel.error_line.value


def test_an_editor_stands_beside_the_producers(simulation: FakeSimulation) -> None:
    editor = widgets.IntSlider()
    panel = SimulationPanel(simulation, editor)
    assert panel.children[3].children[:2] == (panel.tabs, editor)
    assert len(SimulationPanel(simulation).children[3].children) == 2


def test_the_chart_shows_the_last_quarter_of_an_hour() -> None:
    rows = [window(offset, 1, 1, 100.0) for offset in range(10, 2000, 10)]
    assert newest(rows)[0]["offset"] == 1100
    assert newest([{"offset": 1000}, {"offset": 1500}], rows) == [{"offset": 1500}]
    assert newest([]) == []


def test_every_control_can_be_reached_by_keyboard_and_says_what_it_does(panel: Any) -> None:
    kinds = (widgets.Button, widgets.FloatSlider, widgets.BoundedIntText, widgets.Dropdown)
    controls = [widget for widget in everything(panel) if isinstance(widget, kinds)]
    assert len(controls) == 5 * 2 + 2 + 6
    assert all(control.tooltip for control in controls)
    assert not any(control.tabbable is False for control in controls)
