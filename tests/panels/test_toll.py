"""The toll road's panel over a simulation that only remembers, and its charts."""

import threading
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from helpers.generator.errors import GeneratorError
from helpers.generator.sender import Account
from helpers.generator.simulation import Status
from helpers.generator.stations import PRESETS
from helpers.panels import charts, toll_charts
from helpers.panels.errors import ErrorLine
from helpers.panels.toll import TollPanel
from tests.panels.fakes import Remembering

ROWS = [
    {"offset": 10, "station": "183A", "vehicles": 100, "score": 0.5},
    {"offset": 10, "station": "35South", "vehicles": 9, "score": 2.75},
    {"offset": 20, "station": "183A", "vehicles": 104, "score": 0.25},
]


class FakeSimulation(Remembering):
    def __init__(self) -> None:
        super().__init__(Status(False, 0.0, {}, 0.0, 0.0, Account(), ""))
        self.rows: list[dict[str, Any]] = []
        self.looked = threading.Event()

    def set_weights(self, weights: dict[str, float]) -> None:
        self.note("weights", weights)

    def fast_forward(self, seconds: int = 60) -> None:
        self.note("forward", seconds)

    def scores(self) -> list[dict[str, Any]]:
        if self.running:
            self.looked.set()
        return self.rows

    def messages(self) -> list[dict[str, Any]]:
        return [{"protocol": "sms", "subject": "", "body": "Anomalous <data>"}]

    def threshold(self) -> float:
        return 3.5

    def set_threshold(self, value: float) -> None:
        self.note("threshold", value)


@pytest.fixture
def simulation() -> FakeSimulation:
    return FakeSimulation()


def test_controls_call_the_simulation(simulation: FakeSimulation) -> None:
    panel = TollPanel(simulation)
    assert panel.threshold.value == 3.5
    panel.start_button.click()
    assert simulation.looked.wait(60)
    assert (panel.start_button.disabled, panel.stop_button.disabled) == (True, False)
    panel.weights.preset.value = "all to one exit"
    panel.threshold.value = 2.0
    panel.forward_button.click()
    panel.stop_button.click()
    assert (panel.start_button.disabled, panel.stop_button.disabled) == (False, True)
    weights = ("weights", PRESETS["all to one exit"])
    assert simulation.calls == [("start",), weights, ("threshold", 2.0), ("forward", 60), ("stop",)]


def test_errors_stay_until_the_next_action_whatever_control_met_them(simulation: FakeSimulation) -> None:
    panel = TollPanel(simulation)
    assert len([widget for widget in _all(panel) if isinstance(widget, ErrorLine)]) == 1
    for number, act in enumerate(
        (
            panel.start_button.click,
            panel.forward_button.click,
            lambda: setattr(panel.threshold, "value", 1.0),
            lambda: setattr(panel.weights.sliders["183A"], "value", 0.9),
            lambda: setattr(panel.weights.preset, "value", "all to one exit"),
        )
    ):
        simulation.refuse = GeneratorError(f"no <stream> {number}")
        act()
        assert f"no &lt;stream&gt; {number}" in panel.error_line.value
        panel.refresh()  # as it happens every second
        assert f"no &lt;stream&gt; {number}" in panel.error_line.value
    simulation.refuse = None
    panel.threshold.value = 2.0
    assert panel.error_line.value == ""


def _all(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _all(child)


def test_the_chart_appears_with_the_first_window_and_the_inbox_is_text(simulation: FakeSimulation) -> None:
    panel = TollPanel(simulation)
    assert "appears when" in panel.caption.value
    assert "Anomalous &lt;data&gt;" in panel.inbox.value
    simulation.rows = ROWS
    panel.refresh()
    assert panel.chart.value[:4] == b"\x89PNG"
    assert "0 of 3 anomaly scores above the threshold 3.5" in panel.caption.value


def test_the_scores_chart_tells_the_same_in_words() -> None:
    figure = toll_charts.scores_chart(ROWS, 2.5, (10, 20))
    above, below = figure.axes
    assert [line.get_label() for line in above.lines] == ["183A", "35South"]
    high = next(line for line in below.lines if line.get_label() == "above the threshold")
    assert high.get_ydata().tolist() == [2.75]
    assert "2 stations in 2 windows; below them 1 of 3" in charts.alt_text(figure)
    assert charts.png(figure) == charts.png(toll_charts.scores_chart(ROWS, 2.5, (10, 20)))
    assert charts.alt_text(toll_charts.scores_chart([], 2.5)) == "Empty chart: no windows yet."


def test_the_minutes_chart_has_a_line_a_station() -> None:
    rows = [
        {"minute": pd.Timestamp("2026-11-22T10:00Z") + pd.Timedelta(minutes=n), "toll": name, "records": n}
        for n in range(3)
        for name in ("b", "a")
    ]
    [axes] = toll_charts.minutes_chart(rows).axes
    assert [line.get_label() for line in axes.lines] == ["a", "b"]
    assert axes.lines[0].get_xdata().tolist() == [0, 1, 2]


def test_the_detection_chart_names_the_best_without_false_alarms() -> None:
    study = pd.DataFrame(
        [("x", 2.0, 1.0, 9.0), ("x", 3.0, 0.5, 0.0), ("y", 3.0, 0.9, 0.0)],
        columns=["setting", "threshold", "detected", "false_alarms"],
    )
    figure = toll_charts.detection_chart(study)
    assert "without any false alarm 90% at best: y, threshold 3." in charts.alt_text(figure)
