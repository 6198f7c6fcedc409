"""The figures: what is drawn, what is said, the same bytes each time, and nothing left behind in pyplot."""

import base64
import re

import matplotlib.colors
import matplotlib.style
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from helpers.panels import charts

WINDOWS = [{"offset": 10 * n, "ctr": 40.0 + n % 3} for n in range(1, 31)]
SCORES = [{"offset": 130, "score": 2.25}, {"offset": 250, "score": 3.5}]
BURST = (240, 270)


def chart(**changes) -> Figure:
    return charts.ctr_chart(**{"windows": WINDOWS, "scores": SCORES, "burst": BURST, **changes})


def line(axes, label: str):
    [found] = [item for item in axes.lines if item.get_label() == label]
    return found


def test_each_window_and_score_is_a_point() -> None:
    above, below = chart().axes
    assert line(above, "CTR").get_xdata().tolist() == pytest.approx([n / 6 for n in range(1, 31)])
    assert line(above, "CTR").get_ydata().tolist() == [row["ctr"] for row in WINDOWS]
    assert line(below, "score").get_xdata().tolist() == pytest.approx([130 / 60, 250 / 60])
    assert line(below, "score").get_ydata().tolist() == [2.25, 3.5]


def test_axes_are_labelled_and_share_minutes() -> None:
    above, below = chart().axes
    assert (above.get_ylabel(), below.get_ylabel()) == ("CTR (%)", "anomaly score")
    assert below.get_xlabel() == "minutes since the start"
    assert above.get_xlim() == below.get_xlim()
    assert above.get_ylim()[0] == below.get_ylim()[0] == 0


@pytest.mark.parametrize("threshold", [2.0, 2.5])
def test_the_threshold_is_a_line(threshold: float) -> None:
    _, below = chart(threshold=threshold).axes
    assert set(line(below, f"threshold {threshold:g}").get_ydata()) == {threshold}
    assert below.get_ylim()[1] > threshold


def test_the_burst_is_shaded_in_both() -> None:
    for axes in chart().axes:
        [patch] = [item for item in axes.patches if item.get_label() == "burst"]
        assert patch.get_x() == pytest.approx(4.0)
        assert patch.get_width() == pytest.approx(0.5)
    assert not [item for axes in chart(burst=None).axes for item in axes.patches]


def test_windows_without_a_rate_leave_a_gap() -> None:
    above, _ = chart(windows=[{"offset": 10, "ctr": None}, {"offset": 20, "ctr": 50.0}]).axes
    assert np.isnan(line(above, "CTR").get_ydata()[0])
    assert "in 1 windows" in charts.alt_text(chart(windows=[{"offset": 10, "ctr": None}, WINDOWS[0]]))
    chart(windows=[{"offset": 10, "ctr": None}])


def test_rows_of_athena_and_of_the_application_are_understood() -> None:
    moments = pd.to_datetime(["2026-11-22 10:00:00", "2026-11-22 10:01:00"])
    windows = pd.DataFrame({"window_start": moments, "ctr_percent": [40.0, 50.0]})
    scores = pd.DataFrame({"detected_at": ["2026-11-22T10:00:30Z"], "anomaly_score": [2.5]})
    above, below = charts.ctr_chart(windows, scores).axes
    assert line(above, "CTR").get_xdata().tolist() == [0, 1]
    assert line(below, "score").get_xdata().tolist() == [0.5]
    start = 1_795_341_600_000
    rows = [{"ROWTIME": start, "CTR": 40.0}, {"ROWTIME": start + 30_000, "CTR": 50.0}]
    above, _ = charts.ctr_chart(rows, [{"ROWTIME": start + 30_000, "ANOMALY_SCORE": 2.5}]).axes
    assert line(above, "CTR").get_xdata().tolist() == [0, 0.5]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="ctr, ctr_percent, CTR, CTRPERCENT is wanted; there are offset"):
        charts.ctr_chart([{"offset": 1}], [])


@pytest.mark.parametrize("windows", [[], pd.DataFrame(), pd.DataFrame({"offset": [], "ctr": []})])
def test_nothing_to_draw_is_said(windows) -> None:
    figure = charts.ctr_chart(windows, [])
    assert [text.get_text() for text in figure.texts] == ["no windows yet"]
    assert charts.alt_text(figure) == "Empty chart: no windows yet."
    assert charts.png(figure).startswith(b"\x89PNG")


def test_no_anomaly_is_said_too() -> None:
    _, below = chart(scores=[]).axes
    assert [text.get_text() for text in below.texts] == ["no anomaly yet"]


def test_the_words_say_what_the_picture_shows() -> None:
    words = charts.alt_text(chart())
    assert words == (
        "Line chart of the click-through rate in 30 windows, from 40 to 42 percent; below it 2 anomaly "
        "scores above the threshold 2, the highest 3.50; a burst of clicks is shaded from minute 4.0 to 4.5."
    )


def test_counts_are_bars() -> None:
    rows = [{"stage": "sent", "records": 1200, "agree": True}, {"stage": "raw", "records": 0, "agree": False}]
    figure = charts.counts_chart(rows)
    [axes] = figure.axes
    assert [patch.get_width() for patch in axes.patches] == [1200, 0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sent", "raw"]
    assert [text.get_text() for text in axes.texts] == ["1,200", "0"]
    assert axes.get_xlabel() == "records"
    assert charts.alt_text(figure) == "Bar chart of records: sent 1,200, raw 0."
    frame = pd.DataFrame({"browseraction": ["Click"], "records": pd.array([3], dtype="Int64")})
    assert charts.alt_text(charts.counts_chart(frame)) == "Bar chart of records: Click 3."
    assert "no records yet" in charts.alt_text(charts.counts_chart([]))


def test_the_bytes_are_the_same_and_tell_no_time() -> None:
    first = charts.png(chart())
    assert first == charts.png(chart())
    assert b"Software" not in first
    assert b"tIME" not in first
    assert b"tEXt" not in first


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_the_background_is_solid_and_the_words_dark(style: str) -> None:
    with matplotlib.style.context(style):
        figure = chart()
        assert figure.get_facecolor() == matplotlib.colors.to_rgba(charts.PAPER)
        for axes in figure.axes:
            assert axes.get_facecolor() == matplotlib.colors.to_rgba(charts.PAPER)
            words = [*axes.get_legend().get_texts(), axes.yaxis.label, axes.yaxis.get_ticklabels()[0]]
            assert {matplotlib.colors.to_hex(text.get_color()) for text in words} == {charts.INK}


def test_pyplot_knows_nothing_of_it() -> None:
    from matplotlib import pyplot

    charts.png(chart())
    assert pyplot.get_fignums() == []


def test_the_image_carries_its_words() -> None:
    figure = chart()
    found = re.fullmatch(r'<img alt="(.*)" width="800" src="data:image/png;base64,(.*)">', charts.image(figure))
    assert found
    assert found[1] == charts.alt_text(figure)
    assert base64.b64decode(found[2]) == charts.png(figure)
    assert 'alt="a &quot;b&quot; &lt;c&gt;"' in charts.image(figure, 'a "b" <c>')


def test_show_displays_and_returns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    assert charts.show(chart(), "words") is None
    [html] = shown
    assert html.data == charts.image(chart(), "words")


def test_a_single_window_stands_in_a_minute_of_its_own() -> None:
    axes = charts.ctr_chart([{"offset": 20, "ctr": 90.0}], []).axes[1]
    left, right = axes.get_xlim()
    assert (left, right) == (pytest.approx(20 / 60 - 0.2), pytest.approx(20 / 60 + 1))
    assert charts.ctr_chart([{"offset": o, "ctr": 90.0} for o in (10, 20, 300)], []).axes[1].get_xlim()[1] > 5
