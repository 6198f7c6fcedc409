"""From sqlglot's expression nodes to typed expressions; every complaint names its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sqlglot import exp

from .aggregates import AGGREGATES
from .analytic import ANALYTIC
from .casting import castable, caster
from .datatypes import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    INTEGER_RANGES,
    MAX_PRECISION,
    NULL,
    SqlType,
    decimal,
    interval,
    parse_type,
    varchar,
)
from .errors import RowError, SqlError
from .expressions import Aggregate, Analytic, Call, Case, Expression, Frame, Literal
from .frames import extent
from .functions import CALLABLE, FUNCTIONS, SYNONYMS, TypeFault, instead_of
from .functions.base import need
from .functions.choice import common_type
from .functions.interval import interval_milliseconds
from .functions.logs import field_of
from .functions.now import NOW, now
from .operands import DIFFERENCE
from .predicate_syntax import DISTINCT
from .scope import Scope
from .syntax import Name, Span, WindowSpec, error_at, span

MAX_DEPTH: Final = 200  # well within what Python's own stack carries

_BINARY: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.And: "AND",
    exp.Or: "OR",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "MOD",
    exp.DPipe: "||",
    exp.Is: "IS",
}
_UNARY: Final[dict[type[exp.Expr], str]] = {exp.Not: "NOT", exp.Neg: "-x"}


def cast(expression: Expression, target: SqlType, where: Span | None = None) -> Expression:
    """CAST, done at once for a constant; raises TypeFault for types that have no conversion."""
    where = where or expression.span
    if expression.type == target:
        return expression
    if not castable(expression.type, target):
        raise TypeFault(f"{expression.type} cannot be converted to {target}")
    # a TIME gets its day from the row
    if not isinstance(expression, Literal) or (expression.type.family, target.family) == ("time", "timestamp"):
        return Call("CAST", (expression,), target, where)
    if expression.value is None:
        return Literal(None, target, where)
    try:
        return Literal(caster(expression.type, target)(expression.value), target, where)
    except RowError as error:
        raise TypeFault(error.message) from error


class Binder:
    """Binds the expressions of one query against the columns of its FROM clause."""

    def __init__(self, script: str, scope: Scope) -> None:
        self.script, self.scope = script, scope
        self.frames: dict[str, Frame] = {}
        self._aggregates_allowed = False

    def scalar(self, node: exp.Expr) -> Expression:
        """An expression over single rows."""
        self._check_depth(node)
        return self._bind(node)

    def aggregated(self, node: exp.Expr) -> Expression:
        """An expression that may hold aggregates (a select list, HAVING)."""
        self._check_depth(node)
        self._aggregates_allowed = True
        try:
            return self._bind(node)
        finally:
            self._aggregates_allowed = False

    def condition(self, node: exp.Expr, clause: str, aggregated: bool = False) -> Expression:
        bound = self.aggregated(node) if aggregated else self.scalar(node)
        if bound.type not in (BOOLEAN, NULL):
            raise self.error(node, f"{clause} needs a condition, this is {bound.type}", "Compare it with something.")
        return bound

    def frame(self, spec: WindowSpec) -> Frame:
        """The rows a window looks back on."""
        allowed, self._aggregates_allowed = self._aggregates_allowed, False  # none inside PARTITION BY
        try:
            partition = tuple(self.scalar(node) for node in spec.partition)
            return Frame(spec.unit, extent(self.script, spec, self), partition)
        finally:
            self._aggregates_allowed = allowed

    def error(self, node: exp.Expr, message: str, hint: str = "") -> SqlError:
        return error_at(self.script, span(node), message, hint)

    def _check_depth(self, node: exp.Expr) -> None:
        level, depth = [node], 0
        while level:
            level, depth = [child for parent in level for child in parent.iter_expressions()], depth + 1
        if depth > MAX_DEPTH:
            raise self.error(node, "expressions are nested too deeply", "Split it up over several streams.")

    def _bind(self, node: exp.Expr) -> Expression:
        handler = _HANDLERS.get(type(node))
        try:
            if handler:
                return handler(self, node)
            if type(node) in _BINARY:
                return self._call(node, _BINARY[type(node)], (self._bind(node.this), self._bind(node.expression)))
            if type(node) in _UNARY:
                return self._call(node, _UNARY[type(node)], (self._bind(node.this),))
        except TypeFault as fault:
            raise self.error(node, fault.message, fault.hint) from fault
        raise self.error(node, f"{node.key.upper()} is not supported")

    def _call(self, node: exp.Expr, name: str, arguments: tuple[Expression, ...]) -> Expression:
        function = FUNCTIONS[name]
        if not function.least <= len(arguments) <= function.most:
            wanted = function.least if function.least == function.most else f"{function.least} to {function.most}"
            raise TypeFault(f"{name} takes {wanted} arguments, not {len(arguments)}")
        return Call(name, arguments, function.result(arguments), span(node))

    # one method a kind of node

    def _paren(self, node: exp.Expr) -> Expression:
        return self._bind(node.this)

    def _column(self, node: exp.Expr) -> Expression:
        table, owner, where = node.text("db") or None, node.text("table") or None, span(node)
        if table or (owner and not self.scope.names(owner) and self._is_record(owner)):
            return field_of(self.scope.column(table, owner or ""), node.name, where)
        if owner is None and node.name in NOW and not self._is_column(node.name):
            return now(node.name, where)
        return replace(self.scope.column(owner, node.name), span=where)

    def _is_column(self, name: str) -> bool:
        return bool(self.scope.called(name))

    def _is_record(self, name: str) -> bool:
        return any(column.type.family == "record" for column in self.scope.called(name))

    def _literal(self, node: exp.Expr) -> Expression:
        if node.is_string:
            return Literal(node.name, varchar(len(node.name)), span(node))
        return _number(node.name, span(node))

    def _null(self, node: exp.Expr) -> Expression:
        return Literal(None, NULL, span(node))

    def _boolean(self, node: exp.Expr) -> Expression:
        return Literal(bool(node.this), BOOLEAN, span(node))

    def _between(self, node: exp.Expr) -> Expression:
        value = self._bind(node.this)
        low = self._call(node, ">=", (value, self._bind(node.args["low"])))
        high = self._call(node, "<=", (value, self._bind(node.args["high"])))
        return self._call(node, "AND", (low, high))

    def _in(self, node: exp.Expr) -> Expression:
        return self._call(node, "IN", (self._bind(node.this), *map(self._bind, node.expressions)))

    def _like(self, node: exp.Expr, *escape: Expression) -> Expression:
        name = "SIMILAR TO" if isinstance(node, exp.SimilarTo) else "LIKE"
        bound = self._call(node, name, (self._bind(node.this), self._bind(node.expression), *escape))
        return self._call(node, "NOT", (bound,)) if node.args.get("negate") else bound

    def _escape(self, node: exp.Expr) -> Expression:
        escape = self._literal(node.expression)
        if not isinstance(node.this, exp.Like | exp.SimilarTo) or len(node.expression.name) != 1:
            raise TypeFault("ESCAPE takes one character, behind a LIKE or SIMILAR TO")
        return self._like(node.this, escape)

    def _case(self, node: exp.Expr) -> Expression:
        operand = self._bind(node.this) if node.this else None
        conditions, values = [], []
        for branch in node.args["ifs"]:
            condition = self._bind(branch.this)
            if operand is not None:
                condition = self._call(branch, "=", (operand, condition))
            need(condition, "boolean")
            conditions.append(condition)
            values.append(self._bind(branch.args["true"]))
        default = node.args.get("default")
        values.append(self._bind(default) if default else Literal(None, NULL, span(node)))
        sqltype = common_type(tuple(values))
        *chosen, otherwise = (cast(value, sqltype) if value.type != NULL else value for value in values)
        return Case(tuple(zip(conditions, chosen, strict=True)), otherwise, sqltype, span(node))

    def _function(self, node: exp.Expr) -> Expression:
        name = SYNONYMS.get(node.this, node.this)
        special = _SPECIAL.get(name)
        if special:
            return special(self, node)
        if name in AGGREGATES:
            return self._aggregate(node, name)
        if name in ANALYTIC:
            raise TypeFault(f"{name} needs a window", f"Write {name}(…) OVER (RANGE INTERVAL '1' MINUTE PRECEDING).")
        parts = node.expressions
        if name == "SUBSTRING" and parts and isinstance(parts[-1], exp.Var):
            return self._call(node, f"SUBSTRING {parts[-1].name}", tuple(map(self._bind, parts[:-1])))
        if name == DISTINCT:
            return self._call(node, DISTINCT, tuple(map(self._bind, parts)))
        if name == "STEP":
            node, name, parts = _calendar_step(node)
        arguments = tuple(self._argument(part) for part in parts)
        if name not in CALLABLE:
            raise TypeFault(f"unsupported function {name}", instead_of(name))
        if name in ("FLOOR", "CEIL") and len(arguments) == 2:
            name = f"{name} TO"
        if name == "COALESCE":
            sqltype = common_type(arguments)
            arguments = tuple(cast(part, sqltype) if part.type != NULL else part for part in arguments)
        return self._call(node, name, arguments)

    def _argument(self, node: exp.Expr) -> Expression:
        if isinstance(node, exp.Var):  # a unit of time or a side of TRIM
            return Literal(node.name, varchar(len(node.name)))
        if isinstance(node, exp.Star):
            raise TypeFault("* is an argument of COUNT only")
        return self._bind(node)

    def _aggregate(self, node: exp.Expr, name: str) -> Expression:
        if not self._aggregates_allowed:
            raise TypeFault(f"{name} is not allowed here", "Aggregates belong into the select list or HAVING.")
        if len(node.expressions) != 1:
            raise TypeFault(f"{name} takes one argument")
        self._aggregates_allowed = False  # none inside another
        try:
            star = isinstance(node.expressions[0], exp.Star)
            argument = None if star else self._bind(node.expressions[0])
        finally:
            self._aggregates_allowed = True
        sqltype = AGGREGATES[name].result(argument.type if argument else None)
        return Aggregate(name, argument, sqltype, span(node))

    def _analytic(self, node: exp.Expr) -> Expression:
        if not self._aggregates_allowed:
            raise TypeFault("OVER is not allowed here", "Sliding windows belong into the select list.")
        bound = self._looking_back(node.this) if node.this.this in ANALYTIC else self._bind(node.this)
        if not isinstance(bound, Aggregate):
            known = ", ".join(sorted((*AGGREGATES, *ANALYTIC)))
            raise TypeFault(f"{node.this.name} is no aggregate", f"OVER goes with {known}.")
        over = node.meta["over"]
        if isinstance(over, Name) and over.text not in self.frames:
            raise error_at(self.script, over.span, f"unknown window {over.text}", f"Add WINDOW {over.text} AS (…).")
        frame = self.frames[over.text] if isinstance(over, Name) else self.frame(over)
        return Analytic(bound.function, bound.argument, frame, bound.type, span(node), bound.options)

    def _looking_back(self, node: exp.Expr) -> Expression:
        self._aggregates_allowed = False  # none inside
        try:
            arguments = tuple(map(self._argument, node.expressions))
        finally:
            self._aggregates_allowed = True
        argument, sqltype, options = ANALYTIC[node.this](arguments)
        return Aggregate(node.this, argument, sqltype, span(node), options)

    def _cast(self, node: exp.Expr) -> Expression:
        value, target = node.expressions
        if target.name.startswith("INTERVAL "):
            units = target.name.removeprefix("INTERVAL ").split(" TO ")
            return cast(self._bind(value), interval(units[0], units[-1]), span(node))
        return cast(self._bind(value), parse_type(target.name), span(node))

    def _difference(self, node: exp.Expr) -> Expression:
        return self._call(node, DIFFERENCE, tuple(map(self._argument, node.expressions)))

    def _interval(self, node: exp.Expr) -> Expression:
        value, first, last = (part.name for part in node.expressions)
        try:
            return Literal(interval_milliseconds(value, first, last), interval(first, last), span(node))
        except ValueError as error:
            raise TypeFault(str(error), "For example INTERVAL '10' SECOND.") from error


_HANDLERS: Final[dict[type[exp.Expr], Callable[[Binder, Any], Expression]]] = {
    exp.Paren: Binder._paren,
    exp.Column: Binder._column,
    exp.Literal: Binder._literal,
    exp.Null: Binder._null,
    exp.Boolean: Binder._boolean,
    exp.Between: Binder._between,
    exp.In: Binder._in,
    exp.Like: Binder._like,
    exp.SimilarTo: Binder._like,
    exp.Escape: Binder._escape,
    exp.Case: Binder._case,
    exp.Anonymous: Binder._function,
    exp.Window: Binder._analytic,
}
_SPECIAL: Final[dict[str, Callable[[Binder, Any], Expression]]] = {
    "CAST": Binder._cast,
    "INTERVAL": Binder._interval,
    DIFFERENCE: Binder._difference,
}


def _number(text: str, where: Span) -> Literal:
    """12 is a whole number, 12.5 a DECIMAL, 1.25e1 a DOUBLE."""
    if "e" in text.lower():
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise TypeFault(f"{text} does not fit into DOUBLE")
        return Literal(value, DOUBLE, where)
    number = Decimal(text)
    if "." not in text:
        whole = int(number)
        if whole <= INTEGER_RANGES["INTEGER"][1]:
            return Literal(whole, INTEGER, where)
        if whole <= INTEGER_RANGES["BIGINT"][1]:
            return Literal(whole, BIGINT, where)
        raise TypeFault(f"{text} does not fit into BIGINT")
    scale = len(text.split(".")[1])
    precision = max(len(number.as_tuple().digits), scale, 1)
    if precision > MAX_PRECISION:
        raise TypeFault(f"{text} has more than {MAX_PRECISION} digits", "Write it as a DOUBLE: 1.5e0.")
    return Literal(number, decimal(precision, scale), where)


def _calendar_step(node: exp.Expr) -> tuple[exp.Expr, str, list[exp.Expr]]:
    """STEP(x BY INTERVAL '1' YEAR) as FLOOR(x TO YEAR); months and years are no intervals elsewhere."""
    parts = node.expressions
    step = parts[1] if len(parts) == 2 else None
    if isinstance(step, exp.Anonymous) and step.this == "INTERVAL":
        count, first, last = (part.name for part in step.expressions)
        if first == last in ("MONTH", "YEAR") and count.strip() == "1":
            return node, "FLOOR", [parts[0], exp.var(first)]
    return node, "STEP", parts
