"""Figures of the toll road: counts and scores of its stations, and what a forest's parameters are good for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers.panels.charts import BURST, INK, LIMIT, RATE, SCORE, Rows, canvas, frame_of, nothing

# Okabe and Ito's colours, black and greys; forms differ too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444", "#777777", "#999999", "#000000")
MARKS = "os^Dv<>pPX"
FAINT_ORANGE: dict[str, Any] = {"color": BURST, "alpha": 0.3, "linewidth": 0}


def scores_chart(rows: Rows, threshold: float, diverted: Sequence[float] | None = None) -> Figure:
    """Vehicles of each station above, anomaly scores with their threshold below.

    `rows`: `offset` (seconds), `station`, `vehicles`, `score`. `diverted`: first and last second of other traffic.
    """
    frame = frame_of(rows)
    figure, (above, below) = canvas(rows=2, height=5.2)
    if frame.empty:
        return nothing(figure, "no windows yet")
    _lines(above, frame.assign(at=frame["offset"] / 60), "station", "vehicles")
    above.set_ylabel("vehicles in 10 s")
    high, calm = frame[frame["score"] > threshold], frame[frame["score"] <= threshold]
    below.plot(calm["offset"] / 60, calm["score"], ".", color=RATE, markersize=4, label="score")
    below.plot(high["offset"] / 60, high["score"], "D", color=SCORE, markersize=5, label="above the threshold")
    below.axhline(threshold, color=LIMIT, linestyle="--", linewidth=1.2, label=f"threshold {threshold:g}")
    below.set_ylabel("anomaly score")
    below.set_ylim(0, max(threshold * 1.3, frame["score"].max() * 1.1))
    below.set_xlabel("minutes since the start")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(below, 3)
    words = f"Vehicles of {frame['station'].nunique()} stations in {frame['offset'].nunique()} windows; below them "
    words += f"{len(high)} of {len(frame)} anomaly scores above the threshold {threshold:g}"
    if diverted is not None:
        for axes in (above, below):
            axes.axvspan(diverted[0] / 60, diverted[1] / 60, **FAINT_ORANGE)
        words += f"; traffic is diverted from minute {diverted[0] / 60:.1f} to {diverted[1] / 60:.1f}"
    figure.set_label(f"{words}.")
    return figure


def minutes_chart(rows: Rows) -> Figure:
    """Vehicles of each station a minute, from rows of `minute` (timestamps), `toll`, `records`."""
    frame = frame_of(rows)
    figure, (axes,) = canvas(rows=1, height=3.4)
    if frame.empty:
        return nothing(figure, "no records yet")
    when = pd.to_datetime(frame["minute"], utc=True)
    frame = frame.assign(at=(when - when.min()).dt.total_seconds() / 60)
    _lines(axes, frame.sort_values(["toll", "at"]), "toll", "records")
    axes.set_ylabel("vehicles a minute")
    axes.set_xlabel("minutes since the first record")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.set_label(f"Line chart of the vehicles that {frame['toll'].nunique()} stations report a minute.")
    return figure


def detection_chart(study: pd.DataFrame) -> Figure:
    """Share of runs in which diverted traffic is noticed over false alarms an hour, one line a setting.

    `study` as `helpers.detection.study` gives it; thresholds stand beside the points. The good corner is top left.
    """
    figure, (axes,) = canvas(rows=1, height=4.4)
    for number, (setting, part) in enumerate(study.groupby("setting", sort=False)):
        form: dict[str, Any] = {"color": COLOURS[number % 10], "marker": MARKS[number % 10], "linewidth": 1}
        axes.plot(part["false_alarms"], part["detected"], label=str(setting), **form)
        for false_alarms, detected, threshold in part[["false_alarms", "detected", "threshold"]].to_numpy():
            place = (false_alarms, detected)
            axes.annotate(f"{threshold:g}", place, (3, 4), textcoords="offset points", fontsize=7, color=INK)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(-0.1, None)
    axes.set_ylim(-0.05, 1.1)
    axes.set_xlabel("false alarms an hour in usual traffic")
    axes.set_ylabel("share of runs noticed")
    _legend(axes, 2)
    words = f"Share of runs noticed over false alarms an hour, for {study['setting'].nunique()} settings"
    quiet = study[study["false_alarms"] == 0]
    if len(quiet):
        setting, threshold, detected, _ = quiet.sort_values("detected").iloc[-1].tolist()
        words += f"; without any false alarm {detected:.0%} at best: {setting}, threshold {threshold:g}"
    figure.set_label(f"{words}.")
    return figure


def _lines(axes: Any, frame: pd.DataFrame, name: str, number: str) -> None:
    """One line with marks for each name, over `at`."""
    for place, (label, part) in enumerate(frame.groupby(name, sort=False)):
        form = {"color": COLOURS[place % 10], "marker": MARKS[place % 10], "markersize": 3, "linewidth": 1}
        axes.plot(part["at"], part[number], label=str(label), **form)
    axes.set_ylim(0, None)
    _legend(axes, 5)


def _legend(axes: Any, columns: int) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, fontsize=8, frameon=False, labelcolor=INK)
