"""The arguments of RANDOM_CUT_FOREST in a script: arity, ranges, and the columns it can score.

RANDOM_CUT_FOREST_WITH_EXPLANATION takes one more, withDirectionality (false unless given).

Source: Amazon Kinesis Data Analytics SQL Reference, "RANDOM_CUT_FOREST" and
"RANDOM_CUT_FOREST_WITH_EXPLANATION".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlglot import exp

from .errors import SqlError
from .forest import MOST_BYTES, forest_bytes, too_large
from .plan import Node
from .syntax import Span, TableFunction, error_at, span
from .table_steps import Forest, numeric

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
            f"{function.name.text} takes at most {len(PARAMETERS)} numbers, not {len(function.arguments)}",
            f"{function.name.text}(CURSOR(…), {names}).",
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


def forest_with_explanation(script: str, function: TableFunction, rows: Node, warnings: list[str]) -> Forest:
    """The forest of RANDOM_CUT_FOREST_WITH_EXPLANATION."""
    numbers, directions = function.arguments, False
    if len(numbers) > len(PARAMETERS) + 1:
        names = ", ".join(parameter.name for parameter in PARAMETERS)
        raise error_at(
            script,
            span(numbers[len(PARAMETERS) + 1]),
            f"{function.name.text} takes at most {len(PARAMETERS) + 1} arguments, not {len(numbers)}",
            f"{function.name.text}(CURSOR(…), {names}, withDirectionality).",
        )
    if len(numbers) > len(PARAMETERS):
        *_, last = numbers
        if not isinstance(last, exp.Boolean):
            raise error_at(script, span(last), "withDirectionality must be TRUE or FALSE")
        numbers, directions = numbers[:-1], bool(last.this)
    node = forest(script, replace(function, arguments=numbers), rows, warnings)
    refuse_column(script, function, rows, "ANOMALY_EXPLANATION")
    return replace(node, explained=True, directions=directions)


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
    refuse_column(script, function, node.input, "ANOMALY_SCORE")
    check_numeric(script, function, node.input, "the forest")
    dimensions = len(numeric(node.input)) * node.shingle_size
    needed = forest_bytes(node.number_of_trees, node.sub_sample_size, dimensions)
    if needed > MOST_BYTES:
        raise error_at(script, function.span, too_large(needed))


def refuse_column(script: str, function: TableFunction, rows: Node, name: str) -> None:
    """Raise SqlError where the cursor has a column of the name that the function adds."""
    if any(field.name == name for field in rows.fields):
        hint = "Give it another alias."
        raise error_at(script, function.cursor.span, f"the cursor has a column {name} already", hint)


def check_numeric(script: str, function: TableFunction, rows: Node, who: str) -> None:
    """Raise SqlError unless the cursor's numeric columns are as many, and of types, as `who` takes."""
    where = function.cursor.span
    for field in rows.fields:
        if field.type.family == "decimal":
            raise error_at(script, where, f"{field.name} is DECIMAL, which {who} does not take", "CAST it to DOUBLE.")
    count = len(numeric(rows))
    if not 1 <= count <= MAX_COLUMNS:
        raise error_at(script, where, f"{who} needs from 1 to {MAX_COLUMNS} numeric columns, not {count}")
