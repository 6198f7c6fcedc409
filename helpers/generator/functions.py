"""The functions that the KDG added to faker.js or that every template uses: `date.now`, `random.number` and so on.

Their names lead to builders, which check an argument once, when a template is parsed, and make the expression that
runs for each record. The rest of faker.js is in `faker_people` and `faker_things`, loaded when a template asks.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from helpers.generator import language
from helpers.generator.language import NOTHING, Builder, Context, Expression, Refused, is_number, splice
from helpers.generator.moment import DAYS, ISO, MONTHS, formatter

YEAR = 365 * 24 * 3600.0  # seconds, as faker.js counts
DAY = 24 * 3600.0
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def date(which: str) -> Builder:
    """`date.now`, `date.utc` or `date.simTime`: a time, formatted by a moment.js pattern."""

    def build(argument: Any) -> Expression:
        form = ISO if argument is NOTHING else argument
        if not isinstance(form, str):
            raise Refused(f'takes a moment.js pattern such as ("YYYY-MM-DD"), not {splice(form)}')
        if which == "utc" and argument is NOTHING:
            form = ISO.replace("Z", "[Z]")
        show = formatter(form)
        if which == "utc":
            return lambda context: show(context.now, UTC)
        if which == "sim":
            return lambda context: show(context.sim, context.zone)
        return lambda context: show(context.now, context.zone)

    return build


def near(unit: float, sign: int) -> Builder:
    """`date.past`, `future`, `recent`: a moment up to so many years or days away, as JavaScript's Date shows it."""

    def build(argument: Any) -> Expression:
        reach = (language.count_argument(argument, 1) or 1) * unit

        def expression(context: Context) -> str:
            away = 1 + context.random() * (reach - 1)
            return language.date_text(datetime.fromtimestamp(context.now + sign * away, context.zone))

        return expression

    return build


def between(argument: Any) -> Expression:
    """`date.between`: faker.js wants two dates, the language passes one argument; so a list of two it is."""
    try:
        first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() for text in argument)
    except (TypeError, ValueError):
        raise Refused('takes a list of two dates, such as (["2026-01-01", "2026-12-31"])') from None
    return lambda context: language.date_text(
        datetime.fromtimestamp(first + context.random() * (last - first), context.zone)
    )


def name_of(names: tuple[str, ...]) -> Builder:
    """`date.month`, `date.weekday`; {"abbr": true} for three letters."""

    def build(argument: Any) -> Expression:
        short = language.options_argument(argument, '{"abbr": true}').get("abbr")
        return language.pick([name[:3] for name in names] if short else names)

    return build


def number(argument: Any) -> Expression:
    """`random.number`: from min (0) to max (99999), both included, in steps of precision (1)."""
    options = {"max": argument} if is_number(argument) else argument
    if options is not NOTHING and not isinstance(options, Mapping):
        raise Refused('takes a number or an object such as {"min": 1, "max": 10, "precision": 0.1}')
    options = {} if options is NOTHING else options
    if unknown := sorted(set(options) - {"min", "max", "precision"}):
        raise Refused(f"knows min, max and precision, not {', '.join(unknown)}")
    low, high, step = options.get("min", 0), options.get("max", 99999), options.get("precision", 1)
    if not all(is_number(value) for value in (low, high, step)):
        raise Refused("min, max and precision must be numbers")
    if step <= 0:
        raise Refused(f"precision must be greater than 0, not {step}")
    # Decimals, because 3 * 0.1 is 0.30000000000000004
    unit = Decimal(str(step))
    first, last = math.ceil(Decimal(str(low)) / unit), math.floor(Decimal(str(high)) / unit)
    if first > last:
        raise Refused(f"no number between min {low} and max {high} at precision {step}")
    count = last - first + 1
    if unit == unit.to_integral_value():
        whole = int(unit)
        return lambda context: str((first + int(context.random() * count)) * whole)
    return lambda context: splice(float((first + int(context.random() * count)) * unit))


def texts(values: Any, what: str) -> list[str]:
    """The elements of a list as the texts they are spliced in as; Refused when there are none."""
    if not isinstance(values, list) or not values:
        raise Refused(f"{what} must be a list with at least one element")
    return [splice(value) for value in values]


def array_element(argument: Any) -> Expression:
    """`random.arrayElement`: one of a list, all alike. Of a text, as in JavaScript, one of its letters."""
    if isinstance(argument, str):
        argument = list(argument)
    return language.pick(texts(["a", "b", "c"] if argument is NOTHING else argument, "the argument"))


def weighted_array_element(argument: Any) -> Expression:
    """`random.weightedArrayElement`: one of `data`, by `weights`, which need not sum to 1."""
    if argument is NOTHING:
        argument = {"weights": [0.5, 0.5], "data": ["dog", "cat"]}
    if not isinstance(argument, Mapping) or set(argument) != {"weights", "data"}:
        raise Refused('takes an object such as {"weights": [0.2, 0.8], "data": ["a", "b"]}')
    elements, weights = texts(argument["data"], "data"), argument["weights"]
    if not isinstance(weights, list) or not all(is_number(weight) and 0 <= weight < math.inf for weight in weights):
        raise Refused("weights must be a list of numbers, none below 0")
    if len(weights) != len(elements):
        raise Refused(f"{len(weights)} weights for {len(elements)} data: give each element its weight")
    sums = list(itertools.accumulate(weights))
    if sums[-1] <= 0:
        raise Refused("at least one weight must be greater than 0")
    total = sums[-1]
    last = max(index for index, weight in enumerate(weights) if weight)  # rounding must not reach beyond it

    def expression(context: Context) -> str:
        return elements[min(bisect.bisect_right(sums, context.random() * total), last)]

    return expression


def object_element(argument: Any) -> Expression:
    """`random.objectElement`: the value of one of an object's keys."""
    values = {"foo": "bar", "too": "car"} if argument is NOTHING else argument
    if not isinstance(values, Mapping) or not values:
        raise Refused('takes an object with at least one key, such as {"a": 1, "b": 2}')
    return language.pick([splice(value) for value in values.values()])


def random_uuid(context: Context) -> str:
    """A UUID of version 4."""
    draw = context.random
    bits = f"{int(draw() * 2**52):013x}{int(draw() * 2**52):013x}{int(draw() * 2**16):04x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[12:15]}-{'89ab'[int(draw() * 4)]}{bits[15:18]}-{bits[18:]}"


FUNCTIONS: dict[str, Builder] = {
    "date.now": date("now"),
    "date.utc": date("utc"),
    "date.simTime": date("sim"),
    "current.timestamp": date("now"),  # what templates of the first KDG said
    "date.past": near(YEAR, -1),
    "date.future": near(YEAR, 1),
    "date.recent": near(DAY, -1),
    "date.between": between,
    "date.month": name_of(MONTHS),
    "date.weekday": name_of(DAYS),
    "random.number": number,
    "random.arrayElement": array_element,
    "random.weightedArrayElement": weighted_array_element,
    "random.objectElement": object_element,
    "random.uuid": language.plain(random_uuid),
    "random.boolean": language.plain(language.pick(("true", "false"))),
    "random.alphaNumeric": language.plain(language.pick(LETTERS)),
    "helpers.randomize": array_element,
}


def find(name: str) -> Builder | None:
    """The builder of a function such as "name.firstName"; None when there is no such function."""
    return FUNCTIONS.get(name) or everything().get(name)


def everything() -> Mapping[str, Builder]:
    """All functions, faker.js's included. Loads the tables of the Faker library: a tenth of a second, once."""
    from helpers.generator import faker_people, faker_things

    return {**faker_people.FUNCTIONS, **faker_things.FUNCTIONS, **FUNCTIONS}
