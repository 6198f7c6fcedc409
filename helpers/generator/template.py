"""Record templates in the language of the Amazon Kinesis Data Generator (KDG): text with `{{ … }}` in it.

As in the KDG: newlines are removed, `{{current.timestamp}}` means `{{date.now}}`, an expression takes one
argument in parentheses (JSON, else the raw text), its result is spliced in and the text scanned again.
Otherwise than in the KDG: what is malformed or unknown is refused when the template is parsed, blanks inside
the braces are allowed, an argument may hold parentheses, braces and expressions, weights need not sum to 1, and
time and randomness come from the caller.

Here: all of faker.js 3.1 as the KDG has it, `date.now`, `date.utc`, `date.simTime`, `random.weightedArrayElement`;
docs/generator.md lists every function.
Source: https://awslabs.github.io/amazon-kinesis-data-generator/web/help.html, and the KDG's web/js/faker.js
"""

from __future__ import annotations

import difflib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, NamedTuple

from helpers.generator.errors import GeneratorError, TemplateError
from helpers.generator.functions import everything, find
from helpers.generator.language import NOTHING, Context, Expression, Refused

# faker.js looks at the first two names only: {{date.now.format("X")}} is {{date.now("X")}}.
NAME = re.compile(r"\s*([A-Za-z_]\w*)\.([A-Za-z_]\w*)(?:\.\w*)*\s*")
BEHIND = r"\s*\)(?:\.\w*)*\s*"
PATTERNED = ("date.now", "date.utc", "date.simTime")  # ([at] HH:mm) is a pattern of moment.js
WEIGHTED = "random.weightedArrayElement"
Refuse = Callable[[str, int], TemplateError]


class Site(NamedTuple):
    """An expression in a template's text: what is called, with what, and where (offsets) that stands."""

    function: str
    argument: Any
    name_at: int
    argument_at: int
    argument_end: int


@dataclass(frozen=True)
class Choice:
    """A weighted choice of a template: `data` by `weights`; what `Template.choices` lists."""

    data: tuple[Any, ...]
    weights: tuple[float, ...]


class Template:
    """One record's template, parsed once, rendered for each record.

    >>> Template.parse('{"n": {{random.number({"min": 5, "max": 5})}}}').render(now=0)
    '{"n": 5}'
    """

    def __init__(self, parts: tuple[str | Expression, ...], seed: int | str, zone: tzinfo, text: str = "") -> None:
        self.text = text  # as it was written
        self._parts = parts
        self._expressions = tuple([part for part in parts if not isinstance(part, str)])
        self._format = "".join([part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts])
        self._zone = zone
        self._random = random.Random(seed).random  # noqa: S311 - test data, reproducible on purpose

    @classmethod
    def parse(cls, text: str, seed: int | str = 7, zone: tzinfo = UTC) -> Template:
        """Read a template; `zone` is what `date.now` shows (`date.utc` is always UTC).

        Raises TemplateError, with position, line and column, for anything that is not understood.
        """
        return cls(_compiled(text), seed, zone, text)

    def render(self, now: float, sim: float | None = None) -> str:
        """The next record at `now` (epoch seconds), without a newline; `sim` is what `date.simTime` shows.

        Raises TemplateError when a result that is scanned again is malformed.
        """
        context = Context(now, now if sim is None else sim, self._zone, self._random)
        record = self._format % tuple([expression(context) for expression in self._expressions])
        # Comes to an end: an argument is plain JSON, so each scan takes away one level of what it holds.
        while "{{" in record and _is_expression(record):
            parts = _compiled(record)
            record = "".join([part if isinstance(part, str) else part(context) for part in parts])
        return record

    def choices(self) -> list[Choice]:
        """Its weighted choices, in order: what a panel shows as weights."""
        return [Choice(tuple(site.argument["data"]), tuple(site.argument["weights"])) for site in self._weighted()]

    def reweighed(self, number: int, weights: list[float]) -> str:
        """The template's text with other weights in its choice of that number (from 0).

        Raises GeneratorError when there is no such choice, TemplateError when the weights will not do.
        """
        sites = list(self._weighted())
        if not 0 <= number < len(sites):
            raise GeneratorError(f"the template has {len(sites)} weighted choices, none of number {number}")
        site = sites[number]
        argument = json.dumps({"weights": weights, "data": site.argument["data"]}, ensure_ascii=False)
        text = self.text[: site.argument_at] + argument + self.text[site.argument_end :]
        _compiled(text)
        return text

    def _weighted(self) -> Iterator[Site]:
        for part in _Reader(self.text).parts():
            if isinstance(part, Site) and part.function == WEIGHTED and isinstance(part.argument, Mapping):
                yield part


def _compiled(text: str) -> tuple[str | Expression, ...]:
    """Literal text and expressions, in order."""
    reader = _Reader(text)
    parts = [part if isinstance(part, str) else _expression(part, reader.refuse) for part in reader.parts()]
    return tuple(parts)


def _expression(site: Site, refuse: Refuse) -> Expression:
    build = find(site.function)
    if build is None:
        raise refuse(f"unknown function {site.function}: {_suggestion(site.function)}", site.name_at)
    try:
        _check_inner(site.argument)
        return build(site.argument)
    except Refused as error:
        raise refuse(f"{site.function}: {error}", site.name_at) from None


def _check_inner(argument: Any) -> None:
    """Refuse an argument's text that will be scanned again and cannot be: now rather than amid sending."""
    if isinstance(argument, str) and _is_expression(argument):
        try:
            _compiled(argument)
        except TemplateError as error:
            raise Refused(f"in {argument!r}: {error.reason}") from None
    elif isinstance(argument, (list, Mapping)):
        for value in argument.values() if isinstance(argument, Mapping) else argument:
            _check_inner(value)


def _suggestion(function: str) -> str:
    known = sorted(everything())
    if close := difflib.get_close_matches(function, known, 1):
        return f"did you mean {close[0]}?"
    space = function.partition(".")[0]
    if own := [name for name in known if name.startswith(f"{space}.")]:
        return f"there are {', '.join(own)}"
    return f"its first half is one of {', '.join(dict.fromkeys(name.partition('.')[0] for name in known))}"


def _is_expression(text: str) -> bool:
    opening = text.find("{{")
    return opening >= 0 and text.find("}}", opening) >= 0


class _Reader:
    """Finds the expressions of a template; the offsets it gives are those of the text as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._kept = [index for index, char in enumerate(text) if char not in "\r\n"]
        self._clean = "".join([text[index] for index in self._kept])

    def parts(self) -> Iterator[str | Site]:
        """Literal text and expressions, in order; raises TemplateError."""
        clean = self._clean
        if not clean.strip():
            raise self.refuse("the template is empty: write what one record looks like", 0)
        start, end = len(clean) - len(clean.lstrip()), len(clean.rstrip())
        while (opening := clean.find("{{", start, end)) >= 0:
            if opening > start:
                yield clean[start:opening]
            site, start = self._site(opening)
            yield site
        if start < end:
            yield clean[start:end]

    def refuse(self, reason: str, position: int) -> TemplateError:
        """The error to raise, for an offset in the text as it was written."""
        line_start = self.text.rfind("\n", 0, position) + 1
        return TemplateError(reason, position, self.text.count("\n", 0, position) + 1, position - line_start + 1)

    def _refuse(self, reason: str, at: int) -> TemplateError:
        return self.refuse(reason, self._written(at))

    def _written(self, at: int) -> int:
        return self._kept[at] if at < len(self._kept) else len(self.text)

    def _site(self, opening: int) -> tuple[Site, int]:
        """The expression whose `{{` stands at `opening`, and where the text goes on behind its `}}`."""
        text = self._clean
        if text.find("}}", opening) < 0:
            raise self._refuse("{{ is never closed: write }} behind the expression", opening)
        name = NAME.match(text, opening + 2)
        if name is None:
            raise self._refuse("behind {{ a function is expected, for example {{random.number(100)}}", opening)
        function = f"{name[1]}.{name[2]}"
        argument, first, last, behind = self._argument(name.end(), function in PATTERNED)
        if not text.startswith("}}", behind):
            found = text[behind : behind + 10]
            raise self._refuse(f"}}}} is expected behind {function}, found {found!r}", behind)
        if argument is None or argument == "":
            argument = NOTHING  # what faker.js takes for none
        written = self._written
        return Site(function, argument, written(name.start(1)), written(first), written(last)), behind + 2

    def _argument(self, at: int, brackets: bool) -> tuple[Any, int, int, int]:
        """What stands in parentheses at `at`: JSON, else raw text; its begin and end; where the text goes on.

        Raw text that looks like JSON is a mistake, unless `brackets` may stand in it.
        """
        text = self._clean
        if not text.startswith("(", at):
            return NOTHING, at, at, at
        inside = at + 1 + len(text[at + 1 :]) - len(text[at + 1 :].lstrip())
        try:
            value, after = JSON.raw_decode(text, inside)
            closing = re.compile(BEHIND).match(text, after)
        except ValueError:
            closing = None
        if closing is not None:
            return value, inside, after, closing.end()
        raw = re.compile(rf"([^)]*){BEHIND}").match(text, inside)
        if raw is None:
            raise self._refuse("( is never closed: write ) behind the argument", at)
        content = raw[1].strip()
        if content[:1] in ("{", "[") and not brackets:
            raise self._refuse(f"the argument is not valid JSON: {content[:40]}", inside)
        return content, inside, raw.end(1), raw.end()


def _no_constant(name: str) -> float:
    raise ValueError(name)  # JavaScript's JSON knows neither NaN nor Infinity


JSON = json.JSONDecoder(parse_constant=_no_constant)
