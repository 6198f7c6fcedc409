"""Expressions as Flink SQL, where it means the same; NotSql where it does not.

Flink's arithmetic does not refuse what the service's does: a whole number runs over and becomes
another one, a division of approximate numbers by zero is Infinity, one of whole numbers ends the job.
So each expression comes with guards: conditions, never NULL, that hold for the rows for which Flink's
answer is the engine's own. The other rows are left to the engine's operator, which knows the answer or
reports the error; guards may therefore be stricter than need be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from ...conversion import as_text
from ...datatypes import INTEGER_RANGES, SqlType, widest
from ...expressions import Aggregate, Analytic, Call, Case, Column, Expression, Literal
from .types import NotSql, between, double_constant, flink_type, text_constant, text_literal, widened

MAX_DOUBLE: Final = "1.7976931348623157E308"
MAX_REAL: Final = "3.4028235677973366E38"
EXACT: Final = 2**53  # whole numbers up to here are DOUBLEs without rounding
_ASCII: Final = r"'\A\p{ASCII}*\z'"
_PLAIN: Final = ("integer", "approximate", "decimal", "boolean", "character", "timestamp", "date")


class Scalars:
    """Writes the expressions of one query; `columns` are the SQL of the places of its rows."""

    def __init__(self, columns: Sequence[str | NotSql]) -> None:
        self.columns = columns
        self.guards: dict[str, None] = {}

    def write(self, expression: Expression) -> str:
        match expression:
            case Column(index=index):
                text = self.columns[index]
                if isinstance(text, NotSql):
                    raise text
                return text
            case Literal(value=value, type=sqltype):
                return self._literal(value, sqltype)
            case Case():
                return self._case(expression)
            case Call(function="CAST", arguments=(value,), type=sqltype):
                return self._cast(value, sqltype)
            case Call():
                return self._call(expression)
            case Aggregate() | Analytic():
                raise ValueError(f"{expression.function} is written by a group or a window")

    def guard(self, condition: str) -> None:
        self.guards[f"({condition}) IS NOT FALSE"] = None

    # constants

    def _literal(self, value: Any, sqltype: SqlType) -> str:
        if value is None:
            if sqltype.family not in _PLAIN:
                raise NotSql("a NULL without a type")
            return f"CAST(NULL AS {flink_type(sqltype)})"
        if sqltype.family == "character":
            return f"CAST({text_constant(value, sqltype)} AS {flink_type(sqltype)})"
        if sqltype.family == "approximate":
            return double_constant(value)
        if sqltype.family in ("timestamp", "date"):
            return f"{sqltype.name} {text_literal(as_text(value, sqltype))}"
        if sqltype.family == "boolean":
            return "TRUE" if value else "FALSE"
        if sqltype.family in ("integer", "decimal"):
            text = as_text(value, sqltype) if sqltype.family == "decimal" else str(value)
            return f"({text})" if text.startswith("-") else text
        raise NotSql(f"Flink has no constant of type {sqltype}")

    def _plain(self, expression: Expression) -> str:
        """As an operand of a comparison: a text stands there without a type."""
        if isinstance(expression, Literal) and isinstance(expression.value, str):
            return text_constant(expression.value, expression.type)
        text = self.write(expression)
        return f"({text})" if isinstance(expression, Call) and expression.type.family == "boolean" else text

    def _double_of(self, expression: Expression) -> str:
        """As the engine makes a float of a number."""
        if isinstance(expression, Literal) and expression.value is not None:
            return double_constant(float(expression.value))
        if expression.type.family == "decimal":
            raise NotSql("Flink rounds a DECIMAL to a DOUBLE by another rule")
        text = self.write(expression)
        return text if expression.type.family == "approximate" else f"CAST({text} AS DOUBLE)"

    # forms

    def _case(self, case: Case) -> str:
        branches = [f"WHEN {self.write(when)} THEN {self.write(then)}" for when, then in case.branches]
        default = case.default
        if isinstance(default, Literal) and default.value is None:
            return f"CASE {' '.join(branches)} END"
        return f"CASE {' '.join(branches)} ELSE {self.write(default)} END"

    def _call(self, call: Call) -> str:
        if call.function in _COMPARED:
            return self._compared(call.function, *call.arguments)
        writer = _WRITERS.get(call.function)
        if writer is None:
            raise NotSql(f"Flink has no {_name(call.function)} that is sure to give the same")
        return writer(self, call)

    def _compared(self, symbol: str, left: Expression, right: Expression) -> str:
        sides: tuple[Expression, Expression] = (left, right)
        types = {side.type.name for side in sides}
        families = {side.type.family for side in sides}
        if "CHAR" in types:
            raise NotSql("a CHAR is compared without the blanks it is filled up with")
        if "null" in families:
            known = left if right.type.family == "null" else right
            left, right = (Literal(None, known.type) if side.type.family == "null" else side for side in sides)
            sides = (left, right)
            families.discard("null")
        if families - set(_PLAIN) or len(families - {"integer", "approximate", "decimal"}) > 1:
            raise NotSql(f"{left.type} {symbol} {right.type} is another comparison in Flink")
        if "approximate" in families and families != {"approximate"}:
            texts = [self._near(side, other) for side, other in (sides, sides[::-1])]
        else:
            texts = [self._plain(side) for side in sides]
        return f"{texts[0]} {symbol} {texts[1]}"

    def _near(self, side: Expression, other: Expression) -> str:
        """An operand beside an approximate one, which the engine compares exactly."""
        if side.type.family == "approximate":
            return self.write(side)
        text = self._double_of(side)
        if isinstance(side, Literal) and side.value is not None:
            if Decimal(float(side.value)) != Decimal(side.value):
                self.guard(f"{self.write(other)} <> {text}")
        elif side.type.name == "BIGINT":
            self.guard(between(self.write(side), -EXACT, EXACT))
        return text

    def _cast(self, value: Expression, target: SqlType) -> str:
        source = value.type
        writer = _CASTS.get((source.family, target.family))
        if writer is None or target.name == "CHAR":
            raise NotSql(f"CAST({source} AS {target}) writes, rounds or fails otherwise in Flink")
        return writer(self, value, target)

    # arithmetic

    def arithmetic(self, call: Call) -> str:
        if call.type.family == "approximate":
            return self._approximate(call)
        if call.type.family != "integer" or any(part.type.family != "integer" for part in call.arguments):
            raise NotSql(f"{_name(call.function)} on {call.arguments[0].type} follows other rules in Flink")
        return self._whole(call)

    def _approximate(self, call: Call) -> str:
        left, right = map(self._double_of, call.arguments)
        result = f"({left} {call.function} {right})"
        self.guard(f"ABS{result} <= {MAX_DOUBLE}")  # NaN and Infinity are not
        return result

    def _whole(self, call: Call) -> str:
        left, right = call.arguments
        symbol, kind = call.function, flink_type(call.type)
        texts = [widened(self.write(side), side.type, call.type) for side in (left, right)]
        high = INTEGER_RANGES[call.type.name][1]
        if symbol in ("/", "MOD"):
            if not isinstance(right, Literal):
                self.guard(f"{texts[1]} > 0")
            elif not right.value or right.value < 0:
                raise NotSql("a division by a constant that is not above zero")
            divisor = texts[1] if isinstance(right, Literal) else f"NULLIF({texts[1]}, 0)"
            # Flink calls the remainder by its divisor's type, the quotient by its wider side's
            made = f"MOD({texts[0]}, {divisor})" if symbol == "MOD" else f"({texts[0]} / {divisor})"
            return f"CAST({made} AS {kind})"
        limit = int((high + 1) ** 0.5) - 1 if symbol == "*" else (high + 1) // 2 - 1
        for side, text in zip((left, right), texts, strict=True):
            if isinstance(side, Literal) and side.value is not None and -limit <= side.value <= limit:
                continue
            self.guard(between(text, -limit, limit))
        return f"CAST({texts[0]} {symbol} {texts[1]} AS {kind})"

    def negative(self, call: Call) -> str:
        return self._above_least(call, "-{}")

    def absolute(self, call: Call) -> str:
        return self._above_least(call, "ABS({})")

    def _above_least(self, call: Call, form: str) -> str:
        argument = call.arguments[0]
        if argument.type.family not in ("integer", "approximate"):
            raise NotSql(f"{_name(call.function)} on {argument.type} follows other rules in Flink")
        text = self.write(argument)
        if argument.type.family == "integer":
            self.guard(f"{text} > {INTEGER_RANGES[argument.type.name][0] + 1}")
        return f"({form.format(text)})" if form.startswith("-") else form.format(text)

    # texts

    def text(self, expression: Expression) -> str:
        if expression.type.family != "character" or expression.type.name == "CHAR":
            raise NotSql(f"a text function on {expression.type}")
        return self.write(expression)

    def in_case(self, call: Call) -> str:
        text = self.text(call.arguments[0])
        self.guard(f"REGEXP({text}, {_ASCII})")  # letters beyond ASCII change by other tables
        return f"{call.function}({text})"

    def joined(self, call: Call) -> str:
        return f"({' || '.join(map(self.text, call.arguments))})"

    def length(self, call: Call) -> str:
        return f"CHAR_LENGTH({self.text(call.arguments[0])})"

    def position(self, call: Call) -> str:
        needle, text = call.arguments
        if not isinstance(needle, Literal) or not needle.value:
            raise NotSql("POSITION of a text that may be empty")
        return f"POSITION({text_constant(needle.value, needle.type)} IN {self.text(text)})"

    def substring(self, call: Call) -> str:
        text = self.text(call.arguments[0])
        numbers = [part.value if isinstance(part, Literal) else None for part in call.arguments[1:]]
        if any(not isinstance(number, int) or number < 1 for number in numbers):
            raise NotSql("SUBSTRING counts from places before the text otherwise in Flink")
        cut = f"SUBSTRING({text} FROM {numbers[0]}" + (f" FOR {numbers[1]})" if len(numbers) > 1 else ")")
        if call.function == "SUBSTRING FROM":
            return cut
        return f"CASE WHEN CHAR_LENGTH({text}) >= {numbers[0]} THEN {cut} END"

    def like(self, call: Call) -> str:
        text, *pattern = call.arguments
        written = pattern[0].value if isinstance(pattern[0], Literal) else None
        if len(pattern) > 1 or not isinstance(written, str) or "_" in written or "\\" in written:
            raise NotSql("LIKE with an escape, with _, or with a pattern that is no constant")
        return f"{self.text(text)} LIKE {text_constant(written, pattern[0].type)}"

    # choices, logic, time

    def junction(self, call: Call) -> str:
        return f"({f' {call.function} '.join(map(self.write, call.arguments))})"

    def negation(self, call: Call) -> str:
        return f"NOT ({self.write(call.arguments[0])})"

    def is_(self, call: Call) -> str:
        value, wanted = call.arguments
        if not isinstance(wanted, Literal) or wanted.value not in (None, True, False):
            raise NotSql("IS with something that is no constant")
        if value.type.family not in _PLAIN:
            raise NotSql(f"IS on {value.type}")
        return f"{self._plain(value)} IS {'NULL' if wanted.value is None else str(wanted.value).upper()}"

    def is_in(self, call: Call) -> str:
        value, *options = call.arguments
        return "(" + " OR ".join(self._compared("=", value, option) for option in options) + ")"

    def coalesce(self, call: Call) -> str:
        return f"COALESCE({', '.join(map(self.write, call.arguments))})"

    def null_if(self, call: Call) -> str:
        value, other = call.arguments
        return f"CASE WHEN {self._compared('=', value, other)} THEN NULL ELSE {self.write(value)} END"

    def floor_to(self, call: Call) -> str:
        moment, unit = call.arguments
        if moment.type.family != "timestamp" or not isinstance(unit, Literal):
            raise NotSql(f"FLOOR of {moment.type}")
        text = self.write(moment)
        if unit.value in ("MONTH", "YEAR"):  # which Flink counts wrongly before
            self.guard(f"{text} >= TIMESTAMP '1970-01-01 00:00:00'")
        return f"FLOOR({text} TO {unit.value})"

    # casts

    def to_whole(self, value: Expression, target: SqlType) -> str:
        text = self.write(value)
        if widest(value.type, target) != target:
            self.guard(between(text, *INTEGER_RANGES[target.name]))
        return f"CAST({text} AS {flink_type(target)})"

    def to_double(self, value: Expression, target: SqlType) -> str:
        return self._double_of(value)

    def to_approximate(self, value: Expression, target: SqlType) -> str:
        text = self.write(value)
        if target.name == "REAL" and value.type.name != "REAL":
            self.guard(f"ABS({text}) <= {MAX_REAL}")
        return text

    def to_text(self, value: Expression, target: SqlType) -> str:
        if value.type.family == "integer" and (target.length or 1) < 20:
            raise NotSql("a number that may not fit into the text")
        return f"CAST({self._plain(value)} AS {flink_type(target)})"

    def read_number(self, value: Expression, target: SqlType) -> str:
        text = self.text(value)
        digits = {"INTEGER": 9, "BIGINT": 18, "DOUBLE": 15, "REAL": 15, "SMALLINT": 4, "TINYINT": 2}[target.name]
        fraction = r"(\.[0-9]{1,15})?" if target.family == "approximate" else ""
        self.guard(f"REGEXP({text}, '\\A-?[0-9]{{1,{digits}}}{fraction}\\z')")
        return f"TRY_CAST({text} AS {flink_type(target)})"

    def to_moment(self, value: Expression, target: SqlType) -> str:
        return f"CAST({self.write(value)} AS {flink_type(target)})"


def _name(function: str) -> str:
    return function.replace("INTERVAL DIFFERENCE", "difference of two moments")


_COMPARED: Final = frozenset(("=", "<>", "<", "<=", ">", ">="))
_WRITERS: Final[dict[str, Callable[[Scalars, Call], str]]] = {
    **dict.fromkeys(("+", "-", "*", "/", "MOD"), Scalars.arithmetic),
    "-x": Scalars.negative,
    "ABS": Scalars.absolute,
    "UPPER": Scalars.in_case,
    "LOWER": Scalars.in_case,
    "||": Scalars.joined,
    "CHAR_LENGTH": Scalars.length,
    "POSITION": Scalars.position,
    "SUBSTRING": Scalars.substring,
    "SUBSTRING FROM": Scalars.substring,
    "LIKE": Scalars.like,
    "AND": Scalars.junction,
    "OR": Scalars.junction,
    "NOT": Scalars.negation,
    "IS": Scalars.is_,
    "IN": Scalars.is_in,
    "COALESCE": Scalars.coalesce,
    "NULLIF": Scalars.null_if,
    "FLOOR TO": Scalars.floor_to,
}
_CASTS: Final[dict[tuple[str, str], Callable[[Scalars, Expression, SqlType], str]]] = {
    ("integer", "integer"): Scalars.to_whole,
    ("integer", "approximate"): Scalars.to_double,
    ("integer", "character"): Scalars.to_text,
    ("approximate", "approximate"): Scalars.to_approximate,
    ("character", "character"): Scalars.to_text,
    ("character", "integer"): Scalars.read_number,
    ("character", "approximate"): Scalars.read_number,
    ("timestamp", "date"): Scalars.to_moment,
    ("date", "timestamp"): Scalars.to_moment,
}
