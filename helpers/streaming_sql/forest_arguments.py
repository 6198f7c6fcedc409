"""The arguments of RANDOM_CUT_FOREST in a script: arity, ranges, and the columns it can score.

Source: Amazon Kinesis Data Analytics SQL Reference, "RANDOM_CUT_FOREST".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from .errors import SqlError
from .plan import Forest, Node
from .syntax import Span, TableFunction, error_at, span

MAX_COLUMNS: Final = 30


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    default: int
    least: int
    most: int


PARAMETERS: Final = (
    Parameter("numberOfTrees", 100, 1, 1000),
    Parameter("subSampleSize", 256, 10, 1000),
    Parameter("timeDecay", 100_000, 1, 2**31 - 1),
    Parameter("shingleSize", 1, 1, 30),
)


def forest(script: str, function: TableFunction, rows: Node, warnings: list[str]) -> Forest:
    """The forest a script asks for; what is odd but ran in the service is added to `warnings`."""
    if len(function.arguments) > len(PARAMETERS):
        names = ", ".join(parameter.name for parameter in PARAMETERS)
        raise error_at(
            script,
            span(function.arguments[len(PARAMETERS)]),
            f"RANDOM_CUT_FOREST takes at most {len(PARAMETERS)} numbers, not {len(function.arguments)}",
            f"RANDOM_CUT_FOREST(CURSOR(…), {names}).",
        )
    given = [_value(script, *pair) for pair in zip(PARAMETERS, function.arguments, strict=False)]
    trees, size, decay, shingle = (*given, *(parameter.default for parameter in PARAMETERS[len(given) :]))
    if size >= decay:
        line = error_at(script, function.span, "").line
        warnings.append(
            f"line {line}: subSampleSize {size} should be smaller than timeDecay {decay}; the forest forgets "
            "what it has learnt within one sample"
        )
    node = Forest(rows, trees, size, decay, shingle)
    _check_columns(script, function, node)
    return node


def _value(script: str, parameter: Parameter, node: exp.Expr) -> int:
    if not isinstance(node, exp.Literal) or not node.is_int:
        raise error_at(script, span(node), f"{parameter.name} must be a whole number, written out")
    value = int(node.name)
    if not parameter.least <= value <= parameter.most:
        raise _out_of_range(script, span(node), parameter)
    return value


def _out_of_range(script: str, where: Span, parameter: Parameter) -> SqlError:
    return error_at(
        script,
        where,
        f"{parameter.name} must be from {parameter.least} to {parameter.most}",
        f"The default is {parameter.default}.",
    )


def _check_columns(script: str, function: TableFunction, node: Forest) -> None:
    where = function.cursor.span
    if any(field.name == "ANOMALY_SCORE" for field in node.input.fields):
        raise error_at(script, where, "the cursor has a column ANOMALY_SCORE already", "Give it another alias.")
    for field in node.input.fields:
        if field.type.family == "decimal":
            raise error_at(
                script,
                where,
                f"{field.name} is DECIMAL, which the forest does not take",
                "CAST it to DOUBLE.",
            )
    if not 1 <= len(node.numeric) <= MAX_COLUMNS:
        raise error_at(
            script,
            where,
            f"the forest needs from 1 to {MAX_COLUMNS} numeric columns, not {len(node.numeric)}",
        )
