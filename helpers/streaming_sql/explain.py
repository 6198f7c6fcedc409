"""A plan in words, and as a Mermaid flowchart of its streams and pumps.

Words come from the plan, not from the script: what is told is what will run. A step this module has
no words for is told by its own docstring and arguments, so a new operator never breaks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any, Final

from .conversion import as_text
from .datatypes import SqlType
from .expressions import Aggregate, Analytic, Call, Case, Column, Expression, Frame, Literal
from .plan import (
    Distinct,
    Filter,
    Group,
    Join,
    Lookup,
    Node,
    Plan,
    Project,
    Pump,
    Reference,
    Scan,
    Slide,
    Sort,
    Stagger,
    Stream,
    Union,
    WindowJoin,
    inputs,
    scans,
)
from .table_steps import DistinctItems, Forest, GroupRank, HotspotScan, TopItems
from .windows import Calendar, Steps, window_of

_INFIX: Final = {"=", "<>", "<", "<=", ">", ">=", "AND", "OR", "+", "-", "*", "/", "||", "IS", "LIKE", "IN"}
_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms"))


def explain(plan: Plan) -> str:
    """The streams, then each pump with the steps a row takes through it."""
    lines = ["Streams"]
    lines += [f"  {_titled(stream, plan)}: {_columns(stream)}" for stream in plan.streams]
    lines += [f"  {table.name} (a reference table): {_columns(table)}" for table in plan.references]
    lines += ["", "Pumps" if plan.pumps else "No pumps: rows stay in the source stream."]
    for pump in plan.pumps:
        read = ", ".join(dict.fromkeys(scan.stream.name for scan in scans(pump.query)))
        lines.append(f"  {pump.name}: {read} → {pump.target.name}")
        lines += [f"    {number}. {step}" for number, step in enumerate(_pump_steps(pump), 1)]
    lines += ["", "Warnings", *(f"  {warning}" for warning in plan.warnings)] if plan.warnings else []
    return "\n".join(lines)


def mermaid(plan: Plan) -> str:
    """A flowchart: streams as cylinders, pumps as rounded boxes between them.

    >>> from helpers.streaming_sql import Application
    >>> print(mermaid(Application("CREATE STREAM S (n INTEGER)", [("page", "VARCHAR(16)")]).plan))
    flowchart LR
      s0[("SOURCE_SQL_STREAM_001<br/>page VARCHAR(16)")]
      s1[("S<br/>N INTEGER")]
    """
    numbers = {stream.name: f"s{number}" for number, stream in enumerate(plan.streams)}
    lines = ["flowchart LR"]
    for stream in plan.streams:
        label = "<br/>".join(_escaped(text) for text in (stream.name, *map(_column, stream.columns)))
        lines.append(f'  {numbers[stream.name]}[("{label}")]')
    for number, pump in enumerate(plan.pumps):
        lines.append(f'  p{number}(["{_escaped(pump.name)}"])')
        for name in dict.fromkeys(scan.stream.name for scan in scans(pump.query)):
            lines.append(f"  {numbers[name]} --> p{number}" if name in numbers else f"  {_escaped(name)} --> p{number}")
        lines.append(f"  p{number} --> {numbers[pump.target.name]}")
    return "\n".join(lines)


def columns_in_words(stream: Stream) -> str:
    """The columns of a stream as a script would declare them."""
    return _columns(stream)


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def _column(column: Any) -> str:
    return f"{column.name} {column.type}"


def _columns(stream: Stream | Reference) -> str:
    return ", ".join(map(_column, stream.columns))


def _titled(stream: Stream, plan: Plan) -> str:
    return f"{stream.name} (the source)" if stream is plan.source else stream.name


def steps_in_words(node: Node) -> list[str]:
    """What each step of a query does to a row, the first one first."""
    return list(_steps(node))


def _pump_steps(pump: Pump) -> list[str]:
    """The steps of a pump; a last one that only fits values to the target's types says just that."""
    steps = list(_steps(pump.query))
    if not isinstance(pump.query, Project) or not _fits(pump.query):
        return [*steps, f"insert into {pump.target.name}"]
    return [*steps[:-1], f"insert into {pump.target.name}: {steps[-1].removeprefix('compute ')}"]


def _fits(query: Project) -> bool:
    return isinstance(query.input, Project)


def _steps(node: Node) -> Iterator[str]:
    for child in inputs(node):
        yield from _steps(child)
    yield _STEPS.get(type(node), _unknown)(node)


def _scan(node: Scan) -> str:
    return f"each row of {node.stream.name}"


def _join(node: Join) -> str:
    return f"pair the rows of {_side(node.left)} and {_side(node.right)} that have the same ROWTIME"


def _side(node: Node) -> str:
    return node.stream.name if isinstance(node, Scan) else "the steps before"


def _lookup(node: Lookup) -> str:
    on = "" if node.condition is None else f" if {_text(node.condition, _labels(node))}"
    rest = "; a row without any goes on alone" if node.outer else ""
    return f"add the rows of the reference table {node.reference.name}{on}{rest}"


def _union(node: Union) -> str:
    return "all of these rows, in order of ROWTIME"


def _window_join(node: WindowJoin) -> str:
    sides = ((node.left, node.left_frame), (node.right, node.right_frame))
    left, right = (f"{_side(side)} ({_frame(frame, [])})" for side, frame in sides)
    on = "" if node.condition is None else f" if {_text(node.condition, _labels(node))}"
    alone = {"LEFT": "left", "RIGHT": "right", "FULL": "either"}.get(node.kind)
    rest = f"; a row of the {alone} side that had no partner goes on alone when it leaves its window" if alone else ""
    rest = rest.replace("the either side", "either side")
    return f"pair the rows of {left} and {right}{on}{rest}"


def _filter(node: Filter) -> str:
    return f"keep it if {_text(node.condition, _labels(node.input))}"


def _project(node: Project) -> str:
    labels = _labels(node.input)
    parts = []
    for name, expression in zip(node.names, node.expressions, strict=True):
        text = _text(expression, labels)
        parts.append(name if text == name else f"{name} = {text}")
    return "compute " + ", ".join(parts)


def _group(node: Group) -> str:
    labels = _labels(node.input)
    computed = ", ".join(_text(part, labels) for part in node.aggregates) or "the keys"
    keys = ", ".join(_text(key, labels) for key in node.keys if not window_of(key))
    ends = " or ".join(map(_window, node.windows)) or "unchanged " + ", ".join(
        _text(node.keys[place], labels) for place in node.declared
    )
    each = f", for each {keys}" if keys else ""
    return f"in windows of {ends}{each}: {computed}; one row when the window ends, with the end as its ROWTIME"


def _forest(node: Forest) -> str:
    more = " and ANOMALY_EXPLANATION" if node.explained else ""
    return (
        f"score {_numeric(node)} with a random cut forest into ANOMALY_SCORE{more} ({node.number_of_trees} trees, "
        f"samples of {node.sub_sample_size}, time decay {node.time_decay}, shingles of {node.shingle_size})"
    )


def _numeric(node: Forest | HotspotScan) -> str:
    return ", ".join(node.input.fields[index - 1].name for index in node.numeric)


def _group_rank(node: GroupRank) -> str:
    by, order = node.input.fields[node.column - 1].name, "highest" if node.descending else "lowest"
    first = "last" if node.worst_first else "first"
    most = f", {node.limit} rows at most" if node.limit else ""
    return f"rank the rows of one ROWTIME by {by}, the {order} first, as {node.name}; rank 1 comes {first}{most}"


def _hotspots(node: HotspotScan) -> str:
    return (
        f"find the dense regions of {_numeric(node)} among the last {node.window_size} rows into HOTSPOTS_RESULT "
        f"(at least {node.minimum} rows within {node.scan_radius})"
    )


def _top_items(node: TopItems) -> str:
    name = node.input.fields[node.column - 1].name
    return f"in windows of {node.seconds} s: the {node.k} most frequent values of {name} as ITEM, with ITEM_COUNT"


def _distinct_items(node: DistinctItems) -> str:
    name = node.input.fields[node.column - 1].name
    return f"in windows of {node.seconds} s: how many different values {name} has, as NUMBER_OF_DISTINCT_ITEMS"


def _slide(node: Slide) -> str:
    labels = _labels(node.input)
    return "for each row compute " + ", ".join(_text(part, labels) for part in node.analytics)


def _stagger(node: Stagger) -> str:
    labels = _labels(node.input)
    computed = ", ".join(_text(part, labels) for part in node.aggregates) or "the keys"
    keys = ", ".join(_text(key, labels) for key in node.keys)
    return f"for each {keys}, in windows of {duration(node.length)} from the key's first row on: {computed}"


def _sort(node: Sort) -> str:
    labels = _labels(node.input)
    pairs = zip(node.keys, node.descending, strict=True)
    keys = ", ".join(_text(key, labels) + (" DESC" if falls else "") for key, falls in pairs)
    within = "one ROWTIME" if node.window is None else f"windows of {_window(node.window)}"
    return f"sort the rows of {within} by {keys}" if keys else f"keep the rows of {within} together"


def _distinct(node: Distinct) -> str:
    return f"keep the first of equal rows in windows of {' or '.join(map(_window, node.windows)) or 'one ROWTIME'}"


def _unknown(node: Any) -> str:
    """Any step: the first sentence of its docstring and what it was given."""
    told = (type(node).__doc__ or type(node).__name__).strip().split("\n")[0].rstrip(".")
    given = _arguments(node)
    return f"{type(node).__name__}: {told}" + (f" ({given})" if given else "")


def _arguments(node: Any) -> str:
    skipped = {"input", "left", "right"}
    labels = _labels(inputs(node)[0]) if inputs(node) else []
    parts = [(field.name, getattr(node, field.name)) for field in fields(node) if field.name not in skipped]
    return ", ".join(f"{name} {_argument(value, labels)}" for name, value in parts if value not in (None, (), ""))


def _argument(value: Any, labels: Sequence[str]) -> str:
    if isinstance(value, Expression):
        return _text(value, labels)
    if isinstance(value, tuple):
        return "(" + ", ".join(_argument(part, labels) for part in value) + ")"
    if isinstance(value, Stream):
        return value.name
    return _window(value) if isinstance(value, Steps | Calendar) else str(value)


_STEPS: Final[dict[type, Callable[[Any], str]]] = {
    Scan: _scan,
    Join: _join,
    Filter: _filter,
    Project: _project,
    WindowJoin: _window_join,
    Lookup: _lookup,
    Union: _union,
    Group: _group,
    Stagger: _stagger,
    Slide: _slide,
    Sort: _sort,
    Distinct: _distinct,
    Forest: _forest,
    HotspotScan: _hotspots,
    GroupRank: _group_rank,
    TopItems: _top_items,
    DistinctItems: _distinct_items,
}


def _window(window: Steps | Calendar) -> str:
    if isinstance(window, Calendar):
        return f"a calendar {window.unit}"
    return duration(window.length)


def duration(milliseconds: int) -> str:
    """A length of time in its largest whole unit.

    >>> duration(90_000), duration(60_000)
    ('90 s', '1 min')
    """
    size, unit = next((size, unit) for size, unit in _UNITS if milliseconds % size == 0)
    return f"{milliseconds // size} {unit}"


def _frame(frame: Frame, labels: Sequence[str]) -> str:
    keys = ", ".join(_text(key, labels) for key in frame.partition)
    by = f"for each {keys}, " if keys else ""
    if frame.unit == "RANGE":
        return by + (f"the last {duration(frame.extent)}" if frame.extent else "rows of the same ROWTIME")
    return by + (f"the last {frame.extent + 1} rows" if frame.extent else "the row alone")


# expressions


def _labels(node: Node) -> list[str]:
    """What the columns of a step's rows are called (its ROWTIME, at 0, is not among them)."""
    match node:
        case Filter() | Sort() | Distinct():
            return _labels(node.input)
        case Group() | Stagger():
            below = _labels(node.input)
            return [_text(part, below) for part in (*node.keys, *node.aggregates)]
        case Slide():
            below = _labels(node.input)
            return [*below, *(_text(part, below) for part in node.analytics)]
        case Join() | WindowJoin():
            return [label for side in inputs(node) for label in _side_labels(side)]
        case Lookup():
            return [*_labels(node.input), *(f"{node.reference.name}.{name}" for name in _names(node.reference))]
        case _:
            return _names(node)


def _side_labels(node: Node) -> list[str]:
    if isinstance(node, Scan):
        return [f"{node.stream.name}.{name}" for name in ("ROWTIME", *_names(node))]
    return ["ROWTIME", *_labels(node)]


def _names(node: Node | Reference) -> list[str]:
    return [field.name for field in node.fields]


def _text(expression: Expression, labels: Sequence[str]) -> str:
    match expression:
        case Column(index=0):
            return "ROWTIME"
        case Column(index=index):
            return labels[index - 1] if index <= len(labels) else expression.name
        case Literal():
            return _literal(expression.value, expression.type)
        case Aggregate():
            argument = expression.argument
            return f"{expression.function}({'*' if argument is None else _text(argument, labels)})"
        case Analytic(argument=argument):
            inner = "*" if argument is None else _text(argument, labels)
            if expression.options:
                inner = _looking_back(expression, labels)
            return f"{expression.function}({inner}) OVER ({_frame(expression.frame, labels)})"
        case Case():
            branches = [f"WHEN {_text(w, labels)} THEN {_text(t, labels)}" for w, t in expression.branches]
            return f"CASE {' '.join(branches)} ELSE {_text(expression.default, labels)} END"
    return _call(expression.function, [_text(part, labels) for part in expression.arguments], expression.type)


def _looking_back(analytic: Analytic, labels: Sequence[str]) -> str:
    """The arguments of LAG, NTH_VALUE and EXP_AVG as a script has them."""
    told, number = analytic.argument, analytic.options[0]
    pair = told.arguments if isinstance(told, Call) and told.function == "(,)" else (told, told)
    first, second = (_text(part, labels) for part in pair if part is not None)
    if analytic.function == "EXP_AVG":
        return f"{second}, {duration(number)}"
    if analytic.function.startswith("NTH_VALUE"):
        return f"{first}, {number + 1}" if number >= 0 else f"{first}, {-number} from the last"
    return f"{first}, {number}" if second == "NULL" else f"{first}, {number}, {second}"


def _call(name: str, parts: list[str], sqltype: SqlType) -> str:
    if name == "CAST":
        return f"CAST({parts[0]} AS {sqltype})"
    if name == "IN":
        return f"{parts[0]} IN ({', '.join(parts[1:])})"
    if name in _INFIX and len(parts) == 2:
        return f"({parts[0]} {name} {parts[1]})"
    if name in ("FLOOR TO", "CEIL TO"):
        return f"{name.split()[0]}({parts[0]} TO {parts[1].strip(chr(39))})"
    if name == "STEP":
        return f"STEP({parts[0]} BY {parts[1]})"
    if name == "INTERVAL DIFFERENCE":
        return f"{parts[0]} {parts[1].strip(chr(39))}"
    return f"-{parts[0]}" if name == "-x" else f"{name}({', '.join(parts)})"


def _literal(value: Any, sqltype: SqlType) -> str:
    if value is None:
        return "NULL"
    if sqltype.family == "interval":
        return duration(value)
    if sqltype.family in ("integer", "decimal", "approximate", "boolean"):
        return as_text(value, sqltype)
    prefix = f"{sqltype.name} " if sqltype.family in ("timestamp", "date", "time") else ""
    return f"{prefix}'{as_text(value, sqltype)}'"
