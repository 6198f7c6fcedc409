"""Figures of the notebooks: from rows to a matplotlib Figure, with the words that say the same.

The figures bring their own solid background and colours (Okabe and Ito's, told apart by colour-blind
eyes; forms differ too), so they read the same on light and dark themes. Nothing here touches pyplot.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from helpers.generator.observe import THRESHOLD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER, INK, FAINT = "#fdfdfb", "#222222", "#d8d8d4"
RATE, SCORE, LIMIT, BURST = "#0072b2", "#d55e00", "#222222", "#e69f00"
WIDTH, DPI = 8.0, 100  # inches, dots per inch
NO_WINDOWS = "no windows yet"
# What a column may be called: as the streaming application says, as Athena's queries say.
TIMES = ("offset", "window_start", "detected_at", "ROWTIME")
RATES = ("ctr", "ctr_percent", "CTR", "CTRPERCENT")
SCORES = ("score", "anomaly_score", "ANOMALY_SCORE")

Rows: TypeAlias = pd.DataFrame | Iterable[Mapping[str, Any]]


def ctr_chart(
    windows: Rows, scores: Rows, threshold: float = THRESHOLD, burst: Sequence[float] | None = None
) -> Figure:
    """The click-through rate of each window above, the anomaly scores with their threshold below.

    ``windows``: a time column and a rate column (percent; NaN or None leaves a gap); ``scores``: a time
    column and a score column. Times are ``offset`` (seconds since the start), ``ROWTIME`` (epoch
    milliseconds) or timestamps (``window_start``, ``detected_at``); with the latter two the first window
    is the start. ``burst``: first and last second of the extra clicks. ValueError for a missing column.
    """
    rates, marks = frame_of(windows), frame_of(scores)
    figure, (above, below) = canvas(rows=2, height=4.8)
    if rates.empty:
        return nothing(figure, NO_WINDOWS)
    origin = _times(rates).min() if "offset" not in rates else 0.0
    x, y = (_times(rates) - origin) / 60, pd.to_numeric(rates[_column(rates, RATES)])
    above.plot(x, y, "o-", color=RATE, markersize=4, linewidth=1.5, label="CTR")
    above.set_ylabel("CTR (%)")
    above.set_ylim(0, max(1.0, y.max() * 1.15) if y.notna().any() else 1.0)
    below.axhline(threshold, color=LIMIT, linestyle="--", linewidth=1.2, label=f"threshold {threshold:g}")
    found = pd.Series(dtype=float)
    if not marks.empty:
        when, found = (_times(marks) - origin) / 60, pd.to_numeric(marks[_column(marks, SCORES)])
        below.vlines(when, 0, found, color=SCORE, linewidth=1.2)
        below.plot(when, found, "D", color=SCORE, markersize=5, label="score")
    else:
        below.text(0.5, 0.2, "no anomaly yet", ha="center", transform=below.transAxes, color=INK)
    below.set_ylabel("anomaly score")
    below.set_ylim(0, max(threshold * 1.5, found.max() * 1.15 if len(found) else 0.0))
    below.set_xlabel("minutes since the start")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    if x.max() - x.min() < 1:  # a minute at least, or a single window would stand amid its own decimals
        below.set_xlim(max(0.0, x.min() - 0.2), x.min() + 1)
    if burst is not None:
        for axes in (above, below):
            axes.axvspan(burst[0] / 60, burst[1] / 60, color=BURST, alpha=0.3, linewidth=0, label="burst")
    for axes in (above, below):
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8, frameon=False, labelcolor=INK)
    figure.set_label(_ctr_words(y, found, threshold, burst))
    return figure


def counts_chart(counts: Rows) -> Figure:
    """Counts as bars: the first column names them, ``records`` (or the last column) counts."""
    frame = frame_of(counts)
    figure, (axes,) = canvas(rows=1, height=1.2 + 0.45 * max(len(frame), 1))
    if frame.empty:
        return nothing(figure, "no records yet")
    names = frame.iloc[:, 0].astype(str).tolist()
    numbers = frame["records" if "records" in frame else frame.columns[-1]].astype("int64").tolist()
    bars = axes.barh(range(len(names)), numbers, color=RATE, height=0.6)
    axes.bar_label(bars, labels=[f"{number:,}" for number in numbers], padding=4, color=INK)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("records")
    axes.set_xlim(0, max(*numbers, 1) * 1.15)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.grid(False, axis="y")
    pairs = zip(names, numbers, strict=True)
    figure.set_label("Bar chart of records: " + ", ".join(f"{name} {n:,}" for name, n in pairs) + ".")
    return figure


def alt_text(figure: Figure) -> str:
    """What a figure of this module shows, in words."""
    return str(figure.get_label())


def png(figure: Figure) -> bytes:
    """The figure as PNG: the same figure gives the same bytes, whatever the hour."""
    data = io.BytesIO()
    FigureCanvasAgg(figure)  # makes itself the figure's canvas
    figure.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()


def image(figure: Figure, alt: str = "") -> str:
    """The figure as an HTML image with alt text, by default the figure's own."""
    source = base64.b64encode(png(figure)).decode("ascii")
    return (
        f'<img alt="{escape(alt or alt_text(figure))}" width="{round(figure.get_figwidth() * DPI)}" '
        f'src="data:image/png;base64,{source}">'
    )


def show(figure: Figure, alt: str = "") -> None:
    """Display the figure in a notebook as a PNG with alt text; returns nothing, so it may end a cell."""
    from IPython.display import HTML, display

    display(HTML(image(figure, alt)))  # type: ignore[no-untyped-call]


# --- parts ---


def canvas(rows: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure of `height` inches with its axes, one below the other, in the series' colours."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=PAPER, layout="constrained")
    grid = figure.subplots(rows, 1, sharex=True, squeeze=False)
    axes = [row[0] for row in grid]
    for each in axes:
        each.set_facecolor(PAPER)
        each.grid(True, color=FAINT, linewidth=0.6)
        each.set_axisbelow(True)
        each.tick_params(colors=INK)
        each.xaxis.label.set_color(INK)
        each.yaxis.label.set_color(INK)
        for name, spine in each.spines.items():
            spine.set_color(INK)
            spine.set_visible(name in ("left", "bottom"))
    return figure, axes


def nothing(figure: Figure, words: str) -> Figure:
    """The figure with words in the place of what there is not yet."""
    for axes in figure.axes:
        axes.set_visible(False)
    figure.text(0.5, 0.5, words, ha="center", va="center", color=INK, fontsize=14)
    figure.set_label(f"Empty chart: {words}.")
    return figure


def frame_of(rows: Rows) -> pd.DataFrame:
    """Rows as a DataFrame."""
    return rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))


def _column(frame: pd.DataFrame, names: Sequence[str]) -> str:
    for name in names:
        if name in frame:
            return name
    raise ValueError(f"one of the columns {', '.join(names)} is wanted; there are {', '.join(frame.columns)}")


def _times(frame: pd.DataFrame) -> pd.Series[float]:
    """The time column in seconds: since the start for ``offset``, since 1970 for the others."""
    name = _column(frame, TIMES)
    if name == "offset":
        return frame[name].astype(float)
    if name == "ROWTIME":
        return frame[name].astype(float) / 1000
    moments = pd.to_datetime(frame[name], utc=True)
    return (moments - pd.Timestamp(0, tz="UTC")).dt.total_seconds()


def _ctr_words(
    rates: pd.Series[float], scores: pd.Series[float], threshold: float, burst: Sequence[float] | None
) -> str:
    known = rates.dropna()
    words = [f"Line chart of the click-through rate in {len(known)} windows"]
    if len(known):
        words.append(f", from {known.min():.0f} to {known.max():.0f} percent")
    above = scores[scores > threshold]
    words.append(f"; below it {len(above)} anomaly scores above the threshold {threshold:g}")
    if len(above):
        words.append(f", the highest {above.max():.2f}")
    if burst is not None:
        words.append(f"; a burst of clicks is shaded from minute {burst[0] / 60:.1f} to {burst[1] / 60:.1f}")
    return "".join(words) + "."
