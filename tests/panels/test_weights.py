"""Weights as sliders, without a browser."""

from helpers.panels.weights import WeightsPanel

PRESETS = {"even": {"a": 0.5, "b": 0.5}, "one <b>": {"a": 1.0, "b": 0.0}}


def panel(heard: list) -> WeightsPanel:
    return WeightsPanel(PRESETS, heard.append)


def shares(made: WeightsPanel) -> list[str]:
    return [label.value for label in made.shares.values()]


def test_it_starts_with_the_first_preset_and_tells_nobody():
    heard: list = []
    made = panel(heard)
    assert made.weights == PRESETS["even"]
    assert shares(made) == ["50.0%", "50.0%"]
    assert heard == []


def test_shares_are_normalised_as_a_slider_moves():
    heard: list = []
    made = panel(heard)
    made.sliders["a"].value = 0.25
    assert shares(made) == ["33.3%", "66.7%"]
    assert heard == [{"a": 0.25, "b": 0.5}]


def test_a_preset_is_one_change():
    heard: list = []
    made = panel(heard)
    made.preset.value = "one <b>"
    assert heard == [PRESETS["one <b>"]]
    assert shares(made) == ["100.0%", "0.0%"]


def test_no_weight_at_all_is_an_error_shown_and_mended():
    heard: list = []
    made = panel(heard)
    made.set({"a": 0.0, "b": 0.0})
    assert 'role="alert"' in made.error_line.value and "all weights are 0" in made.error_line.value
    assert heard == []
    made.sliders["b"].value = 0.1
    assert made.error_line.value == ""
    assert shares(made) == ["0.0%", "100.0%"]


def test_what_the_caller_raises_is_shown_as_text():
    def refuse(weights):
        raise RuntimeError("no <stream>")

    made = WeightsPanel(PRESETS, refuse)
    made.sliders["a"].value = 0.1
    assert "no &lt;stream&gt;" in made.error_line.value
