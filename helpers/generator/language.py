"""What the template language's functions share: the time and chance they draw on, arguments, JavaScript's texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from helpers.generator.moment import moment

NOTHING: Any = object()  # the argument of {{name.firstName}}: there is none
DIGITS = 4  # of a pattern, drawn at once from a list


class Context(NamedTuple):
    """What an expression may use: the time and the simulated time (epoch seconds), the zone to show them in, and
    random numbers from 0 up to, not including, 1."""

    now: float
    sim: float
    zone: tzinfo
    random: Callable[[], float]


Expression = Callable[[Context], str]
Builder = Callable[[Any], Expression]  # from the argument to the expression


class Refused(Exception):
    """An expression's argument will not do; the parser adds the position."""


def splice(value: Any) -> str:
    """A result as text, as JavaScript shows it: 2 for 2.0, true for True, null, a list with commas.

    Objects are JSON, where JavaScript would say [object Object].
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else splice(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


def number_text(number: float) -> str:
    """A number as JavaScript writes it: 2, 0.000001, 1e-7, 1e+21."""
    if number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    text = repr(number)
    if "e" not in text:
        return text
    if 1e-6 <= abs(number) < 1e21:
        return f"{Decimal(text):f}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def date_text(when: datetime) -> str:
    """A moment as JavaScript's Date shows it: Sun Feb 14 2010 15:25:50 GMT+0000 (Coordinated Universal Time)."""
    name = "Coordinated Universal Time" if when.tzinfo is UTC else when.tzname()
    return moment(when, "ddd MMM DD YYYY HH:mm:ss [GMT]ZZ") + f" ({name})"


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# What an expression is put together from, texts and lists to pick from: so that what holds it need not call it.
Part = str | Sequence[str]
_PARTS: WeakKeyDictionary[Expression, tuple[Part, ...]] = WeakKeyDictionary()


def constant(text: str) -> Expression:
    """Always the same text."""
    return _compose((text,))


def pick(values: Sequence[str]) -> Expression:
    """One of the values, all alike."""
    return _compose((tuple(values),))


def pattern(text: str) -> Expression:
    """`text` with a digit for each #."""
    runs = re.findall(rf"[^#]+|#{{1,{DIGITS}}}", text)
    return _compose(tuple([_numbers(len(run)) if run[0] == "#" else run for run in runs]))


@cache
def _numbers(digits: int) -> tuple[str, ...]:
    return tuple([f"{number:0{digits}d}" for number in range(10**digits)])


def _compose(parts: tuple[Part, ...]) -> Expression:
    """One of each list, in between the texts."""
    form = "".join([part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts])
    lists = [(part, len(part)) for part in parts if not isinstance(part, str)]

    def expression(context: Context) -> str:
        draw = context.random
        return form % tuple([values[int(draw() * count)] for values, count in lists])

    def single(context: Context) -> str:
        return values[int(context.random() * count)]

    def always(context: Context) -> str:
        return text

    made: Expression = expression
    if not lists:
        text, made = form % (), always
    elif len(parts) == 1:
        (values, count), made = lists[0], single
    _PARTS[made] = parts
    return made


def one_of(expressions: Sequence[Expression]) -> Expression:
    """What one of the expressions says, all alike."""
    count = len(expressions)
    return lambda context: expressions[int(context.random() * count)](context)


def words(*expressions: Expression, between: str = " ") -> Expression:
    """What the expressions say, one after the other."""
    known = [_PARTS.get(expression) for expression in expressions]
    if any(parts is None for parts in known):
        return lambda context: between.join([expression(context) for expression in expressions])
    joined: list[Part] = []
    for parts in known:
        joined += [between, *(parts or ())] if joined and between else parts or ()
    return _compose(tuple(joined))


def picks(values: Sequence[str], context: Context, number: int) -> str:
    """So many of the values, with blanks between."""
    count, draw = len(values), context.random
    return " ".join([values[int(draw() * count)] for _ in range(number)])


def integer(context: Context, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + int(context.random() * (high - low + 1))


# -- builders -------------------------------------------------------------------------------------------------


def plain(expression: Expression) -> Builder:
    """A function that takes no argument. faker.js ignores one that is given: so does this."""
    return lambda argument: expression


def count_argument(argument: Any, default: int | None, most: int = 1000) -> int | None:
    """A count from an argument: a number, or its digits; `default` when there is none."""
    if argument is NOTHING:
        return default
    try:
        count = int(float(argument))
    except (TypeError, ValueError):
        raise Refused(f"takes a number, not {splice(argument)}") from None
    if not 0 <= count <= most:
        raise Refused(f"takes a number from 0 to {most}, not {splice(argument)}")
    return count


def text_argument(argument: Any, default: str) -> str:
    """A text from an argument; `default` when there is none."""
    return default if argument is NOTHING else splice(argument)


def options_argument(argument: Any, example: str) -> Mapping[str, Any]:
    """An object from an argument, empty when there is none."""
    if argument is NOTHING:
        return {}
    if not isinstance(argument, Mapping):
        raise Refused(f"takes an object such as {example}, not {splice(argument)}")
    return argument
