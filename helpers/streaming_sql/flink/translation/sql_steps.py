"""The steps of a plan that Flink SQL means the same by, as a SELECT over their inputs' SELECTs.

Each function takes what its inputs are already, with a view of their own where it needs one, and
raises NotSql with the reason where Flink would give other rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ...datatypes import BIGINT, Field
from ...expressions import Aggregate, Analytic, Call, Column, Expression
from ...plan import Filter, Group, Join, Node, Project, Union, WindowJoin
from ...table_steps import DistinctItems
from ...windows import Steps, Window, window_of
from .scalars import Scalars
from .select import Select, View, moment
from .types import EVENT_TIME, ROWTIME, NotSql, flink_type, interval, quoted, shifted, view_fields

WINDOW_NOTE: Final = (
    "Flink gives a window's rows the time window_end - 1 ms; ROWTIME is the window's end here, as in the service, and "
    "EVENT_TIME is what Flink goes by. A window ends when the watermark passes it, not when a clock does"
)
_KEYS: Final = ("integer", "character", "boolean", "date", "timestamp", "decimal")


def filtered(node: Filter, select: Select) -> Select:
    scalars = Scalars(select.values)
    conditions = [scalars.write(part) for part in _conjuncts(node.condition) if not _always(part, select)]
    texts = [f"({text})" if " OR " in text else text for text in conditions]
    if select.group_by:
        return _guarded(node, replace(select, having=(*select.having, *texts)), scalars)
    return _guarded(node, replace(select, where=(*select.where, *texts)), scalars)


def projected(node: Project, select: Select) -> Select:
    scalars = Scalars(select.values)
    columns = tuple(scalars.write(part) for part in node.expressions)
    return _guarded(node, replace(select, columns=(select.columns[0], *columns), fields=node.fields), scalars)


def _guarded(node: Filter | Project, select: Select, scalars: Scalars) -> Select:
    origin = None if select.origin is None else replace(node, input=select.origin)
    guards = tuple(dict.fromkeys((*select.guards, *scalars.guards)))
    return replace(select, origin=origin, guards=guards)


def _conjuncts(condition: Expression) -> list[Expression]:
    if isinstance(condition, Call) and condition.function == "AND":
        return [part for side in condition.arguments for part in _conjuncts(side)]
    return [condition]


def _always(condition: Expression, select: Select) -> bool:
    """l.ROWTIME = r.ROWTIME, where the join has made it true already."""
    match condition:
        case Call(function="=", arguments=(Column(index=x), Column(index=y))):
            return select.columns[x] == select.columns[y] == select.columns[0]
    return False


# windows


def grouped(node: Group, select: Select) -> Select:
    """GROUP BY over TUMBLE; `select` reads one view that has a time attribute."""
    if node.declared:
        raise NotSql("groups end when a MONOTONIC column changes, which no window of Flink does")
    window = _one_window(node.windows)
    scalars = Scalars(select.values)
    start = shifted("window_start", select.lag)
    columns: list[str | NotSql] = [shifted("window_end", select.lag)]
    keys: list[str] = []
    for key in node.keys:
        if window_of(key) is not None:
            columns.append(start if _is_start(key) else NotSql("the term of a window as a value of its own"))
            continue
        if key.type.family not in _KEYS or key.type.name == "CHAR":
            raise NotSql(f"keys of type {key.type} are equal by other rules in Flink")
        keys.append(scalars.write(key))
        columns.append(keys[-1])
    columns += [_aggregate(part, scalars) for part in node.aggregates]
    if scalars.guards:
        raise NotSql("a row whose key or value cannot be computed is left out of its group, and reported")
    note = WINDOW_NOTE
    if any(part.type.family == "approximate" and part.function in ("SUM", "AVG") for part in node.aggregates):
        note += ". A sum beyond 1.8e308 is Infinity in Flink; the service reported the row that made it so"
    fields = group_fields((*node.keys, *node.aggregates))
    return _windowed(select, window, tuple(columns), fields, tuple(keys), note)


def distinct_items(node: DistinctItems, select: Select) -> Select:
    text = Scalars(select.values).write(Column(node.column, "", node.input.fields[node.column - 1].type))
    if node.input.fields[node.column - 1].type.family not in _KEYS:
        raise NotSql("approximate numbers are equal by other rules in Flink")
    columns = (shifted("window_end", select.lag), f"COUNT(DISTINCT {text})")
    return _windowed(select, Steps(node.seconds * 1000), columns, node.fields, (), WINDOW_NOTE)


def _windowed(
    select: Select,
    window: Steps,
    columns: tuple[str | NotSql, ...],
    fields: tuple[Field, ...],
    keys: tuple[str, ...],
    note: str,
) -> Select:
    view = select.view
    assert view is not None and view.attribute is not None
    offset = (window.origin - view.lag) % window.length
    parts = [f"TABLE {view.text}", f"DESCRIPTOR({quoted(view.attribute)})", interval(window.length)]
    if offset:  # in the event time, which is behind ROWTIME
        parts.append(interval(offset - window.length if window.length - offset < 1000 else offset))
    return Select(
        f"TABLE(TUMBLE({', '.join(parts)}))",
        columns,
        fields,
        (view.name,),
        "window_time",
        view.lag + 1,
        where=select.where,
        group_by=("window_start", "window_end", "window_time", *keys),
        times=("window_time",),
        notes=(*select.notes, note),
    )


def _one_window(windows: Sequence[Window]) -> Steps:
    """The one stretch in which all terms stay the same."""
    steps = [window for window in windows if isinstance(window, Steps)]
    if len(steps) != len(windows):
        raise NotSql("months and years are no windows of one length, which TUMBLE needs")
    least = min(steps, key=lambda window: window.length)
    if any(other.length % least.length or (other.origin - least.origin) % least.length for other in steps):
        raise NotSql("its windows do not lie within each other")
    if least.length < 2:
        raise NotSql("a window of a single millisecond is none in Flink")
    return least


def _is_start(key: Expression) -> bool:
    """STEP(ROWTIME BY …), FLOOR(ROWTIME TO …): the window's start itself."""
    return (
        isinstance(key, Call)
        and key.function in ("STEP", "FLOOR TO")
        and (isinstance(key.arguments[0], Column) and key.arguments[0].index == 0)
    )


def group_fields(parts: Sequence[Expression]) -> tuple[Field, ...]:
    """Keys by their names, aggregates by what they are of."""
    return tuple(Field(_group_name(part), part.type) for part in parts)


def _group_name(part: Expression) -> str:
    if isinstance(part, Aggregate | Analytic):
        name = part.argument.name if isinstance(part.argument, Column) else ""
        return f"{part.function}_{name}".strip("_")
    return part.name if isinstance(part, Column) else "KEY"


def _aggregate(part: Aggregate, scalars: Scalars) -> str:
    argument = "*" if part.argument is None else scalars.write(part.argument)
    sqltype = None if part.argument is None else part.argument.type
    match part.function:
        case "COUNT":
            return f"COUNT({argument})"
        case "MIN" | "MAX" if sqltype and (sqltype.family in (*_KEYS, "approximate") and sqltype.name != "CHAR"):
            return f"{part.function}({argument})"
        case "SUM" | "AVG" if sqltype and sqltype.family == "approximate":
            return f"{part.function}({argument})"
        case "SUM" | "AVG" if sqltype and sqltype.family == "integer" and sqltype != BIGINT:
            made = f"{part.function}(CAST({argument} AS BIGINT))"
            return made if part.type == BIGINT else f"CAST({made} AS {flink_type(part.type)})"
    reason = "runs over silently in Flink" if sqltype == BIGINT else "is computed otherwise in Flink"
    raise NotSql(f"{part.function} of {sqltype} {reason}")


# several inputs


def joined(node: Join, left: View, right: View) -> Select:
    """Rows of the same ROWTIME."""
    columns, attribute, times = _pair(left, right)
    columns[2 + len(left.fields)] = columns[1]
    on = f"{_attribute('l', left)} = {shifted(_attribute('r', right), right.lag - left.lag)}"
    note = (
        "Rows of one ROWTIME meet; a row without a partner waits until the watermark has passed it, and gives nothing"
    )
    return Select(
        f"{left.text} AS l\nJOIN {right.text} AS r\n  ON {on}",
        (columns[1], *columns[1:]),
        node.fields,
        (left.name, right.name),
        attribute,
        left.lag,
        times=times,
        notes=(note,),
    )


def window_joined(node: WindowJoin, left: View, right: View) -> Select:
    """An interval join: a row meets those of the other side that were in their window when it came."""
    frames = (node.left_frame, node.right_frame)
    if any(frame.unit != "RANGE" for frame in frames):
        raise NotSql("a window of so many rows in a join is none of time, as Flink's are")
    columns, _, times = _pair(left, right)
    values = [moment(column) if column in times else column for column in columns[1:]]
    scalars = Scalars((NotSql("the ROWTIME of a pair as part of its condition"), *values))
    back, ahead = (frame.extent for frame in frames)
    mine, other = _attribute("l", left), _attribute("r", right)
    apart = right.lag - left.lag
    on = [f"{mine} BETWEEN {shifted(other, apart - back)} AND {shifted(other, apart + ahead)}"]
    if node.condition is not None:
        on += [scalars.write(part) for part in _conjuncts(node.condition)]
    if scalars.guards:
        raise NotSql("a pair for which ON cannot be computed is reported")
    lefts, rights = values[0], values[1 + len(left.fields)]
    later = f"CASE WHEN {lefts} > {rights} THEN {lefts} ELSE {rights} END"
    if node.kind in ("LEFT", "FULL"):
        later = later.replace("CASE ", f"CASE WHEN {rights} IS NULL THEN {shifted(lefts, back)} ", 1)
    if node.kind in ("RIGHT", "FULL"):
        later = later.replace("CASE ", f"CASE WHEN {lefts} IS NULL THEN {shifted(rights, ahead)} ", 1)
    note = "A pair has the later of its two ROWTIMEs, so Flink has no event time for it"
    if node.kind in ("LEFT", "RIGHT", "FULL"):
        note += "; a row without a partner goes on when its window is over, and has the window's end as its ROWTIME"
    keyword = "JOIN" if node.kind in ("INNER", "CROSS") else f"{node.kind} JOIN"
    return Select(
        f"{left.text} AS l\n{keyword} {right.text} AS r\n  ON " + "\n  AND ".join(on),
        (later, *columns[1:]),
        node.fields,
        (left.name, right.name),
        times=times,
        notes=(note,),
    )


def _pair(left: View, right: View) -> tuple[list[str], str, tuple[str, ...]]:
    """The columns of (ROWTIME, left ROWTIME, left…, right ROWTIME, right…), the time attribute, all of these."""
    sides = [
        [f"{side}.{quoted(name)}" for name in (ROWTIME, *(field.name for field in view.fields))]
        for side, view in (("l", left), ("r", right))
    ]
    times = (_attribute("l", left), _attribute("r", right))
    return ["", *sides[0], *sides[1]], times[0], times


def _attribute(side: str, view: View) -> str:
    assert view.attribute is not None
    return f"{side}.{quoted(view.attribute)}"


def united(node: Union, selects: Sequence[Select]) -> Select:
    """UNION ALL; an event time where all inputs have the same."""
    fields = view_fields(node.fields)
    kinds = {(select.attribute is not None, select.lag) for select in selects}
    attribute = None
    if len(kinds) == 1 and selects[0].attribute is not None:
        attribute = EVENT_TIME if selects[0].lag else ROWTIME
    texts = [select.text([field.name for field in fields], attribute is not None) for select in selects]
    inputs = tuple(dict.fromkeys(name for select in selects for name in select.inputs))
    between = "\nUNION ALL\n".join(texts).replace("\n", "\n  ")
    times = () if attribute is None else (quoted(attribute),)
    return Select(
        f"(\n  {between}\n)",
        (quoted(ROWTIME), *(quoted(field.name) for field in fields)),
        node.fields,
        inputs,
        None if attribute is None else quoted(attribute),
        selects[0].lag if attribute else 0,
        times=times,
        notes=tuple(dict.fromkeys(note for select in selects for note in select.notes)),
    )


REASONS: Final[dict[str, str]] = {
    "Forest": "Flink SQL has no random cut forest",
    "HotspotScan": "Flink SQL has no search for dense regions",
    "Stagger": "no window of Flink opens with the first row of its key and ends a fixed time later",
    "Sort": "Flink sorts a stream by its time only",
    "Distinct": "the first of equal rows goes on at once; Flink's deduplication of a window holds it back to the end",
    "Lookup": "a regular join keeps the stream's rows for ever, and takes back what it said of one without a match",
    "TopItems": "items of equal count come in the order they appeared in, which a ranking in Flink does not know",
    "GroupRank": "the rows of one ROWTIME are ranked when the next one comes, and equals keep their order",
    "Slide": "a row sees those of its own ROWTIME that came before it; Flink's OVER counts all of them, or none",
}


def reason(node: Node) -> NotSql:
    return NotSql(REASONS[type(node).__name__])
