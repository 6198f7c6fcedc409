"""The way of the records as a graph: who passes how many to whom, from the producers to the inbox.

`pipeline` makes the graph from what was seen, `drawing` an SVG of it. The drawing takes its colours from the
theme of the page it stands in (JupyterLab's variables, with colours for pages that have none).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from helpers.generator.observe import SOURCE, Observation, seconds
from helpers.generator.simulation import Status
from helpers.panels.waiting import clock

WIDTH, HEIGHT, ACROSS, DOWN = 122, 46, 52, 26  # of a box, and between boxes; the drawing's own units
EDGE, TOP = 10, 34  # margins; the application's frame has its title above the boxes
INK = "var(--jp-ui-font-color1, currentColor)"
FAINT = "var(--jp-ui-font-color2, #666)"
LINE = "var(--jp-border-color0, #999)"
FILL = "var(--jp-layout-color2, rgba(128,128,128,.12))"
LIVE = "var(--jp-brand-color1, #0072b2)"


@dataclass(frozen=True)
class Node:
    """A station: `name`, a `note` under it (""), and whether it is one of the application's streams."""

    name: str
    note: str = ""
    inside: bool = False


@dataclass(frozen=True)
class Edge:
    """What one station has passed to another: `count` records, rows or messages."""

    begin: str
    end: str
    count: int


@dataclass(frozen=True)
class Graph:
    """Stations in columns from left to right, and what was passed between them."""

    columns: tuple[tuple[Node, ...], ...] = ()
    edges: tuple[Edge, ...] = ()
    title: str = ""

    @property
    def counts(self) -> dict[tuple[str, str], int]:
        """The count of each edge."""
        return {(edge.begin, edge.end): edge.count for edge in self.edges}

    def words(self) -> str:
        """The graph for those who cannot see it."""
        passed = "; ".join(f"{edge.begin} to {edge.end} {edge.count:,}" for edge in self.edges)
        notes = "; ".join(f"{node.name}: {node.note}" for column in self.columns for node in column if node.note)
        return ". ".join(filter(None, [f"Pipeline: {passed}", notes, self.title])) + "."


def pipeline(status: Status, seen: Observation) -> Graph:
    """The stations from producers to inbox, with the application's streams as its pumps connect them.

    An edge into a stream counts the rows that its pumps have written there; one into a pump's only reader
    would count the same, so pumps are not drawn. Without an application there is Firehose, and no more.
    """
    producers, firehose = "Producers", "Firehose"
    edges = [Edge(producers, firehose, status.account.acknowledged)]
    streams = seen.state.get("streams", {})
    pumps = seen.state.get("pumps", [])
    rows = {name: stream["rows"] for name, stream in streams.items()}
    written = [pump["writes"] for pump in pumps]
    first = SOURCE if SOURCE in rows else next(iter(rows), "")
    if first:
        edges.append(Edge(firehose, first, seen.state["input"]["records"]))
    for pump in pumps:
        edges += [Edge(name, pump["writes"], rows.get(pump["writes"], 0)) for name in pump["reads"]]
    if errors := rows.get("error_stream", 0):
        edges.append(Edge(first, "error_stream", errors))
    for output in seen.state.get("outputs", []):
        edges.append(Edge(output["stream"], "Lambda function", output["delivered"]))
    if seen.state.get("outputs"):
        edges.append(Edge("Lambda function", "Inbox", sum(not m.get("confirm_url") for m in seen.messages)))
    inside = {first, *written, "error_stream"}
    notes = {producers: f"{sum(status.rates.values()):g} a second"} if status.running else {producers: "stopped"}
    for pump in pumps:
        if (until := seconds(pump["open_until"])) is not None:
            notes[pump["writes"]] = f"open until {clock(until)[:8]}"
    columns = [
        tuple(Node(name, notes.get(name, ""), name in inside) for name in column) for column in _columns(tuple(edges))
    ]
    told = f", counted up to {clock(seen.watermark)}" if seen.watermark is not None else ""
    title = f"analytics application: {seen.application}{told}" if streams else ""
    return Graph(tuple(columns), tuple(edges), title)


def drawing(graph: Graph, before: Mapping[tuple[str, str], int] | None = None) -> str:
    """The graph as an SVG with a description; edges whose count has grown since `before` are drawn strong."""
    tallest = max(map(len, graph.columns))
    height = TOP + tallest * (HEIGHT + DOWN) + EDGE
    width = 2 * EDGE + len(graph.columns) * (WIDTH + ACROSS) - ACROSS
    places = {}
    for column, nodes in enumerate(graph.columns):
        free = (tallest - len(nodes)) * (HEIGHT + DOWN) / 2
        for row, node in enumerate(nodes):
            places[node.name] = (EDGE + column * (WIDTH + ACROSS), TOP + DOWN / 2 + free + row * (HEIGHT + DOWN))
    parts = [_frame(graph, places, height)]
    for edge in graph.edges:
        grown = before is not None and edge.count > before.get((edge.begin, edge.end), 0)
        parts.append(_arrow(edge, places, height, grown))
    parts += [_box(node, *places[node.name]) for column in graph.columns for node in column]
    return (
        f'<svg role="img" aria-label="{escape(graph.words())}" viewBox="0 0 {width} {height:.0f}" '
        f'style="width:100%;min-width:{width * 0.7:.0f}px;max-width:{width * 1.15:.0f}px;display:block" '
        f'font-family="var(--jp-ui-font-family, sans-serif)">{"".join(parts)}</svg>'
    )


# --- parts ---


def _columns(edges: tuple[Edge, ...]) -> list[list[str]]:
    """Each station one column behind the last of those that pass to it."""
    place = dict.fromkeys((name for edge in edges for name in (edge.begin, edge.end)), 0)
    for _ in place:  # a way without a circle is at most as long as there are stations
        for edge in edges:
            place[edge.end] = min(max(place[edge.end], place[edge.begin] + 1), len(place) - 1)
    taken = sorted(set(place.values()))
    return [[name for name, column in place.items() if column == number] for number in taken]


def _frame(graph: Graph, places: Mapping[str, tuple[float, float]], height: float) -> str:
    inside = [places[node.name][0] for column in graph.columns for node in column if node.inside]
    if not inside:
        return ""
    left, right = min(inside) - 18, max(inside) + WIDTH + 18
    return (
        f'<rect x="{left}" y="22" width="{right - left}" height="{height - 24:.0f}" rx="8" fill="none" '
        f'stroke="{LINE}" stroke-dasharray="5 4"/>'
        f'<text x="{left + 4}" y="15" font-size="12" fill="{FAINT}">{escape(graph.title)}</text>'
    )


def _arrow(edge: Edge, places: Mapping[str, tuple[float, float]], height: float, grown: bool) -> str:
    (x1, y1), (x2, y2) = places[edge.begin], places[edge.end]
    x1, y1, y2 = x1 + WIDTH, y1 + HEIGHT / 2, y2 + HEIGHT / 2
    colour, thick = (LIVE, 2.5) if grown else (LINE, 1.3)
    middle, level = (x1 + x2) / 2, (y1 + y2) / 2
    slanted, below = abs(y2 - y1) > 1, level > (height - EDGE + TOP) / 2 + 1
    top = level + ((22 if below else -12) if slanted else -7)  # on the outer side, away from other edges
    return (
        f'<path d="M{x1} {y1:.0f} C{middle} {y1:.0f} {middle} {y2:.0f} {x2 - 6} {y2:.0f}" fill="none" '
        f'stroke="{colour}" stroke-width="{thick}"/>'
        f'<path d="M{x2 - 8} {y2 - 4:.0f} l8 4 l-8 4 z" fill="{colour}"/>'
        f'<text x="{middle}" y="{top:.0f}" text-anchor="middle" font-size="12" fill="{INK}" '
        f'font-weight="{"bold" if grown else "normal"}">{_short(edge.count)}</text>'
    )


def _box(node: Node, x: float, y: float) -> str:
    lines = [(line, INK, 11.5) for line in _lines(node.name)]
    if node.note:
        lines.append((node.note, FAINT, 10.0))
    top = y + HEIGHT / 2 + 4 - 6.5 * (len(lines) - 1)
    texts = "".join(
        f'<text x="{x + WIDTH / 2}" y="{top + 13 * number:.1f}" text-anchor="middle" font-size="{size}" '
        f'fill="{colour}">{escape(line)}</text>'
        for number, (line, colour, size) in enumerate(lines)
    )
    rounding = 4 if node.inside else 14
    return (
        f'<rect x="{x}" y="{y:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="{rounding}" fill="{FILL}" '
        f'stroke="{LINE}"/>{texts}'
    )


def _lines(name: str) -> list[str]:
    """A long name in two lines, parted behind the underscore nearest to its middle.

    >>> _lines("DESTINATION_SQL_STREAM"), _lines("Firehose")
    (['DESTINATION_', 'SQL_STREAM'], ['Firehose'])
    """
    cuts = [place + 1 for place, letter in enumerate(name) if letter in "_ "]
    if len(name) <= 16 or not cuts:
        return [name]
    cut = min(cuts, key=lambda place: abs(2 * place - len(name)))
    return [name[:cut].rstrip(), name[cut:]]


def _short(number: int) -> str:
    """A count in at most six characters.

    >>> _short(9_999), _short(123_456), _short(12_345_678)
    ('9,999', '123k', '12.3M')
    """
    if number < 100_000:
        return f"{number:,}"
    return f"{number // 1000}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"
