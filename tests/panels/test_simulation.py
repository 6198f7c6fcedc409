"""The control panel without a browser, over a simulation that only remembers what it was told."""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from matplotlib.figure import Figure

from helpers.generator.errors import GeneratorError
from helpers.generator.observe import Observation, window
from helpers.generator.sender import Account
from helpers.generator.simulation import PRODUCERS, Status
from helpers.panels import simulation as module
from helpers.panels.simulation import SimulationPanel, caption, describe, inbox_html, newest

RATES = {name: rate for name, _, rate in PRODUCERS}
IDLE = Status(False, 0.0, RATES, 0.0, 0.0, Account(), "")
WINDOWS = [window(10, 9, 10, 90.0), window(20, 40, 10, 400.0)]
ANOMALY = {"minute": "0:20", "offset": 20, "ctr": 400.0, "score": 3.25}
MAIL = {
    "id": 1,
    "protocol": "email",
    "subject": "Anomaly <1>",
    "body": "CTR 400 % & <script>alert(1)</script>",
}
SMS = {"id": 2, "protocol": "sms", "subject": None, "body": "CTR 400 %"}


class FakeSimulation:
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.current = IDLE
        self.seen = Observation("RUNNING")
        self.refuse: Exception | None = None
        self.unobservable: Exception | None = None

    @property
    def running(self) -> bool:
        return self.current.running

    def note(self, *call: Any) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.calls.append(call)

    def start(self) -> None:
        self.note("start")
        self.current = replace(self.current, running=True)

    def stop(self) -> None:
        self.note("stop")
        self.current = replace(self.current, running=False)

    def set_rate(self, producer: str, rate: float) -> None:
        self.note("set_rate", producer, rate)

    def burst(self, seconds: float = 25) -> None:
        self.note("burst", seconds)
        self.current = replace(self.current, burst_left=seconds)

    def fast_forward(self, seconds: int = 60) -> None:
        self.note("fast_forward", seconds)

    def status(self) -> Status:
        return self.current

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


def test_sliders_stand_at_the_rates_of_the_simulation_and_set_them(panel: Any, simulation: FakeSimulation) -> None:
    assert (panel.impression_rate.value, panel.click_rate.value) == (1, 1)
    assert [slider.value for slider in panel.extra_rates] == [0, 0, 0]
    panel.impression_rate.value = 5
    panel.click_rate.value = 2.5
    panel.extra_rates[1].value = 1
    assert simulation.calls == [
        ("set_rate", "impressions", 5),
        ("set_rate", "clicks", 2.5),
        ("set_rate", "extra clicks 2", 1),
    ]


def test_start_and_stop(panel: Any, simulation: FakeSimulation) -> None:
    assert (panel.start_button.disabled, panel.stop_button.disabled, panel.burst_button.disabled) == (
        False,
        True,
        True,
    )
    panel.start_button.click()
    assert simulation.calls == [("start",)]
    assert (panel.start_button.disabled, panel.stop_button.disabled, panel.burst_button.disabled) == (
        True,
        False,
        False,
    )
    assert "running for 0:00" in panel.status_line.value
    panel.stop_button.click()
    assert simulation.calls == [("start",), ("stop",)]
    assert "stopped" in panel.status_line.value
    assert not [thread for thread in threading.enumerate() if thread.name == "panel"]


def test_a_burst_is_asked_for_once(panel: Any, simulation: FakeSimulation) -> None:
    panel.start_button.click()
    panel.burst_button.click()
    assert simulation.calls[-1] == ("burst", 25)
    assert panel.burst_button.disabled
    assert "burst ends in 25 s" in panel.status_line.value


def test_fast_forward(panel: Any, simulation: FakeSimulation) -> None:
    panel.forward_button.click()
    assert simulation.calls == [("fast_forward", 60)]
    assert not panel.forward_button.disabled


def test_errors_of_controls_are_shown_and_go_with_the_next_success(panel: Any, simulation: FakeSimulation) -> None:
    simulation.refuse = GeneratorError("the rate <b>must</b> be lower")
    for act in (
        panel.start_button.click,
        panel.forward_button.click,
        lambda: setattr(panel.click_rate, "value", 3),
    ):
        panel.error_line.value = ""
        act()
        assert "the rate &lt;b&gt;must&lt;/b&gt; be lower" in panel.error_line.value
        assert 'role="alert"' in panel.error_line.value
    assert not panel.forward_button.disabled
    simulation.refuse = None
    panel.click_rate.value = 4
    assert panel.error_line.value == ""


def test_an_error_of_the_traffic_is_shown(panel: Any, simulation: FakeSimulation) -> None:
    simulation.current = replace(IDLE, error="3 records were not taken", account=Account(5, 2, 0, 3, "x"))
    panel.refresh()
    assert "3 records were not taken" in panel.error_line.value
    assert "3 failed" in panel.status_line.value


def test_what_cannot_be_observed_is_said_and_the_status_still_shown(panel: Any, simulation: FakeSimulation) -> None:
    simulation.current = replace(IDLE, account=Account(5, 5))
    simulation.unobservable = ConnectionError("The local AWS does not run.")
    panel.refresh()
    assert "The local AWS does not run." in panel.error_line.value
    assert "5 sent" in panel.status_line.value


def test_chart_caption_and_inbox_follow(panel: Any, simulation: FakeSimulation, figures: list[Any]) -> None:
    assert panel.chart.value == b""
    assert "appears when the first window" in panel.caption.value
    simulation.seen = Observation("RUNNING", None, None, WINDOWS, [ANOMALY], (12.0, 37.0), [MAIL])
    panel.refresh()
    assert bytes(panel.chart.value).startswith(b"\x89PNG")
    assert figures == [(WINDOWS, [ANOMALY], 2.0, (12.0, 37.0))]
    assert "0:20, has a CTR of 400 %. 1 above 2, the newest 3.25 at 0:20." in panel.caption.value
    assert "Anomaly &lt;1&gt;" in panel.inbox.value
    panel.refresh()
    assert len(figures) == 1  # nothing new, nothing drawn


def test_while_traffic_runs_the_panel_looks_by_itself(
    panel: Any, simulation: FakeSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INTERVAL", 0.01)
    panel.start_button.click()
    simulation.seen = Observation("RUNNING", windows=WINDOWS)
    deadline = time.monotonic() + 20  # generous: only a failing test waits so long
    while not panel.chart.value and time.monotonic() < deadline:
        time.sleep(0.005)
    assert panel.chart.value
    simulation.current = replace(IDLE, error="the stream is gone")
    while panel._beat.alive and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not panel._beat.alive
    assert "the stream is gone" in panel.error_line.value


def test_the_status_line_names_what_matters() -> None:
    status = Status(True, 83.4, RATES, 12.2, 4.96, Account(1200, 1190, 4, 6, "x"), "")
    line = describe(status, Observation("STARTING", watermark=1_792_324_880.0, learning=(5, 12)))
    assert line == (
        "running for 1:23 · 5.0 records/s delivered · 1,200 sent, 1,190 acknowledged · 4 retried · 6 failed"
        " · burst ends in 12 s · application: STARTING · counted up to 12:01:20 UTC"
        " · the forest still learns: 5 of 12 windows"
    )
    assert describe(IDLE, Observation("RUNNING")) == "stopped · 0 sent, 0 acknowledged"


def test_captions() -> None:
    assert caption([window(10, 0, 9, None)], []) == "The newest window, 0:10, has no CTR."


def test_messages_are_text_newest_first() -> None:
    page = inbox_html([MAIL, SMS])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.index("SMS") < page.index("E-mail")
    assert "2 messages" in page
    assert inbox_html([]) == "<b>Inbox</b><br>No messages yet."


def test_the_chart_shows_the_last_quarter_of_an_hour() -> None:
    rows = [window(offset, 1, 1, 100.0) for offset in range(10, 2000, 10)]
    assert newest(rows)[0]["offset"] == 1100
    assert newest([{"offset": 1000}, {"offset": 1500}], rows) == [{"offset": 1500}]
    assert newest([]) == []


def test_every_control_is_named_and_explained(panel: Any) -> None:
    for slider in (panel.impression_rate, panel.click_rate, *panel.extra_rates):
        assert slider.description
        assert slider.tooltip
    for button in (panel.start_button, panel.stop_button, panel.burst_button, panel.forward_button):
        assert button.description
        assert button.tooltip
