"""Record templates in the language of the Amazon Kinesis Data Generator (KDG): text with `{{ … }}` in it.

As in the KDG: newlines are removed, `{{current.timestamp}}` means `{{date.now}}`, an expression takes one
argument in parentheses (JSON, else the raw text), its result is spliced in and the text scanned again.
Otherwise than in the KDG: what is malformed or unknown is refused when the template is parsed, blanks inside
the braces are allowed, weights need not sum to 1, and time and randomness come from the caller.

Here: `date.now`, `date.utc`, `random.number`, `random.arrayElement`, `random.weightedArrayElement`.
Source: https://awslabs.github.io/amazon-kinesis-data-generator/web/help.html
"""

from __future__ import annotations

import bisect
import itertools
import json
import math
import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from helpers.generator.errors import TemplateError
from helpers.generator.moment import ISO, moment

NAME = re.compile(r"\s*([A-Za-z_]\w*)\.([A-Za-z_]\w*)\s*")
NOTHING: Any = object()


class Context(NamedTuple):
    """What an expression may use: the time (epoch seconds), the zone of `date.now`, the random numbers."""

    now: float
    zone: tzinfo
    rng: random.Random


Expression = Callable[[Context], str]


class _Refused(Exception):
    """An expression's argument will not do; the parser adds the position."""


class Template:
    """One record's template, parsed once, rendered for each record.

    >>> Template.parse('{"n": {{random.number({"min": 5, "max": 5})}}}').render(now=0)
    '{"n": 5}'
    """

    def __init__(self, parts: tuple[str | Expression, ...], seed: int | str, zone: tzinfo) -> None:
        self._parts = parts
        self._zone = zone
        self._rng = random.Random(seed)  # noqa: S311 - test data, reproducible on purpose

    @classmethod
    def parse(cls, text: str, seed: int | str = 7, zone: tzinfo = UTC) -> Template:
        """Read a template; `zone` is what `date.now` shows (`date.utc` is always UTC).

        Raises TemplateError, with position, line and column, for anything that is not understood.
        """
        return cls(_parse(text), seed, zone)

    def render(self, now: float) -> str:
        """The next record at `now` (epoch seconds), without a newline.

        Raises TemplateError when a result that is scanned again is malformed.
        """
        context = Context(now, self._zone, self._rng)
        record = _render(self._parts, context)
        # Comes to an end: an argument is plain JSON, so each scan takes away one level of what it holds.
        while _is_expression(record):
            record = _render(_parse(record), context)
        return record


def _render(parts: tuple[str | Expression, ...], context: Context) -> str:
    return "".join(part if isinstance(part, str) else part(context) for part in parts)


def _is_expression(text: str) -> bool:
    opening = text.find("{{")
    return opening >= 0 and text.find("}}", opening) >= 0


def _parse(text: str) -> tuple[str | Expression, ...]:
    """Literal text and expressions, in order."""
    kept = [index for index, char in enumerate(text) if char not in "\r\n"]
    clean = "".join(text[index] for index in kept)

    def refuse(reason: str, at: int) -> TemplateError:
        position = kept[at] if at < len(kept) else len(text)
        line_start = text.rfind("\n", 0, position) + 1
        return TemplateError(reason, position, text.count("\n", 0, position) + 1, position - line_start + 1)

    if not clean.strip():
        raise refuse("the template is empty: write what one record looks like", 0)
    parts: list[str | Expression] = []
    start, end = len(clean) - len(clean.lstrip()), len(clean.rstrip())
    while (opening := clean.find("{{", start, end)) >= 0:
        if opening > start:
            parts.append(clean[start:opening])
        expression, start = _expression(clean, opening, refuse)
        parts.append(expression)
    if start < end:
        parts.append(clean[start:end])
    return tuple(parts)


def _expression(text: str, opening: int, refuse: Callable[[str, int], TemplateError]) -> tuple[Expression, int]:
    """The expression whose `{{` stands at `opening`, and where the text goes on behind its `}}`."""
    if text.find("}}", opening) < 0:
        raise refuse("{{ is never closed: write }} behind the expression", opening)
    name = NAME.match(text, opening + 2)
    if name is None:
        raise refuse("behind {{ a function is expected, for example {{random.number(100)}}", opening)
    function = f"{name[1]}.{name[2]}"
    build = FUNCTIONS.get(function)
    if build is None:
        raise refuse(f"unknown function {function}: there are {', '.join(sorted(FUNCTIONS))}", name.start(1))
    argument, behind = _argument(text, name.end(), refuse)
    if not text.startswith("}}", behind):
        raise refuse(f"}}}} is expected behind {function}, found {text[behind : behind + 10]!r}", behind)
    try:
        return build(argument), behind + 2
    except _Refused as error:
        raise refuse(f"{function}: {error}", name.start(1)) from None


def _argument(text: str, at: int, refuse: Callable[[str, int], TemplateError]) -> tuple[Any, int]:
    """What stands in parentheses at `at`: JSON, else raw text; NOTHING when there are none."""
    if not text.startswith("(", at):
        return NOTHING, at
    inside = at + 1 + len(text[at + 1 :]) - len(text[at + 1 :].lstrip())
    try:
        value, after = JSON.raw_decode(text, inside)
        closing = re.compile(r"\s*\)\s*").match(text, after)
    except ValueError:
        closing = None
    if closing is not None:
        return value, closing.end()
    raw = re.compile(r"([^)]*)\)\s*").match(text, inside)
    if raw is None:
        raise refuse("( is never closed: write ) behind the argument", at)
    content = raw[1].strip()
    if content[:1] in ("{", "["):
        raise refuse(f"the argument is not valid JSON: {content[:40]}", inside)
    return (content or NOTHING), raw.end()


def _no_constant(name: str) -> float:
    raise ValueError(name)  # JavaScript's JSON knows neither NaN nor Infinity


JSON = json.JSONDecoder(parse_constant=_no_constant)


def splice(value: Any) -> str:
    """A result as text, as JavaScript shows it: 2 for 2.0, true for True, null; lists and objects as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _date(utc: bool) -> Callable[[Any], Expression]:
    def build(argument: Any) -> Expression:
        pattern = ISO if argument is NOTHING else argument
        if not isinstance(pattern, str):
            raise _Refused(f'takes a moment.js pattern such as ("YYYY-MM-DD"), not {splice(pattern)}')

        def expression(context: Context) -> str:
            when = datetime.fromtimestamp(context.now, UTC if utc else context.zone)
            if utc and argument is NOTHING:
                return moment(when, ISO.replace("Z", "[Z]"))
            return moment(when, pattern)

        return expression

    return build


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(argument: Any) -> Expression:
    options = {} if argument is NOTHING else {"max": argument} if _is_number(argument) else argument
    if not isinstance(options, Mapping):
        raise _Refused('takes a number or an object such as {"min": 1, "max": 10, "precision": 0.1}')
    if unknown := sorted(set(options) - {"min", "max", "precision"}):
        raise _Refused(f"knows min, max and precision, not {', '.join(unknown)}")
    low, high, step = options.get("min", 0), options.get("max", 99999), options.get("precision", 1)
    if not all(_is_number(value) for value in (low, high, step)):
        raise _Refused("min, max and precision must be numbers")
    if step <= 0:
        raise _Refused(f"precision must be greater than 0, not {step}")
    # Decimals, because 3 * 0.1 is 0.30000000000000004
    unit = Decimal(str(step))
    first, last = math.ceil(Decimal(str(low)) / unit), math.floor(Decimal(str(high)) / unit)
    if first > last:
        raise _Refused(f"no number between min {low} and max {high} at precision {step}")
    count = last - first + 1
    whole = unit == unit.to_integral_value()

    def expression(context: Context) -> str:
        number = (first + int(context.rng.random() * count)) * unit
        return str(int(number)) if whole else splice(float(number))

    return expression


def _texts(values: Any, what: str) -> list[str]:
    if not isinstance(values, list) or not values:
        raise _Refused(f"{what} must be a list with at least one element")
    texts = [splice(value) for value in values]
    for text in texts:
        if _is_expression(text):
            try:
                _parse(text)  # it will be scanned again: better refused now than in the middle of sending
            except TemplateError as error:
                raise _Refused(f"in {text!r}: {error.reason}") from None
    return texts


def _array_element(argument: Any) -> Expression:
    texts = _texts(["a", "b", "c"] if argument is NOTHING else argument, "the argument")

    def expression(context: Context) -> str:
        return texts[int(context.rng.random() * len(texts))]

    return expression


def _weighted_array_element(argument: Any) -> Expression:
    if not isinstance(argument, Mapping) or set(argument) != {"weights", "data"}:
        raise _Refused('takes an object such as {"weights": [0.2, 0.8], "data": ["a", "b"]}')
    texts, weights = _texts(argument["data"], "data"), argument["weights"]
    if not isinstance(weights, list) or not all(_is_number(weight) and weight >= 0 for weight in weights):
        raise _Refused("weights must be a list of numbers, none below 0")
    if len(weights) != len(texts):
        raise _Refused(f"{len(weights)} weights for {len(texts)} data: give each element its weight")
    sums = list(itertools.accumulate(weights))
    if sums[-1] <= 0:
        raise _Refused("at least one weight must be greater than 0")
    last = max(index for index, weight in enumerate(weights) if weight)  # rounding must not reach beyond it

    def expression(context: Context) -> str:
        chosen = bisect.bisect_right(sums, context.rng.random() * sums[-1])
        return texts[min(chosen, last)]

    return expression


FUNCTIONS: dict[str, Callable[[Any], Expression]] = {
    "date.now": _date(utc=False),
    "date.utc": _date(utc=True),
    "current.timestamp": _date(utc=False),  # what templates of the first KDG said
    "random.number": _number,
    "random.arrayElement": _array_element,
    "random.weightedArrayElement": _weighted_array_element,
}
