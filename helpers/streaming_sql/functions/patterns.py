"""Regular expressions as scripts write them: Java's, and those of SIMILAR TO.

Java's are read as Python's `re` does. What the two spell differently but mean alike is translated;
what `re` does not know (`\\p{Alpha}`, sets within sets) is refused, rather than read as something else.

The package `regex` then does the matching, as it can give up: nested quantifiers such as `(a|aa)+$`
can take longer than anyone lives. What a machine does within the time allowed is the one thing here that
the input alone does not decide; it concerns only rows that would have brought the run to a stop.

Source: Amazon Kinesis Data Analytics SQL Reference, "REGEX_LOG_PARSE", "SIMILAR TO", "SUBSTRING".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import regex

from ..errors import RowError
from ..expressions import Expression, Literal
from .base import TypeFault

PATIENCE: Final = 0.5  # seconds of matching, after which a row goes to error_stream
_LITERAL_BRACE: Final = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\{(?![\d,])", re.DOTALL)
Match = re.Match[str]  # regex's are the same
T = TypeVar("T")


class Pattern:
    """A regular expression that looks at a text for PATIENCE seconds at most; RowError when they are over."""

    def __init__(self, expression: str) -> None:
        re.compile(expression, re.ASCII)  # what `re` refuses is refused
        # regex would read a{e} as "with errors allowed"
        expression = _LITERAL_BRACE.sub(lambda found: found[1] or r"\{", expression)
        self._compiled = regex.compile(expression, regex.ASCII | regex.VERSION0)
        self.groups: int = self._compiled.groups

    def fullmatch(self, text: str) -> Match | None:
        found: Match | None = self._within(self._compiled.fullmatch, text)
        return found

    def search(self, text: str) -> Match | None:
        found: Match | None = self._within(self._compiled.search, text)
        return found

    def findall(self, text: str, start: int) -> list[Match]:
        """The matches from a place (from 0) on."""

        def matches(timeout: float) -> list[Match]:
            return list(self._compiled.finditer(text, start, timeout=timeout))

        return self._within(matches)

    def _within(self, method: Callable[..., T], *arguments: Any) -> T:
        try:
            return method(*arguments, timeout=PATIENCE)
        except TimeoutError:
            raise RowError(
                "Invalid argument", f"the regular expression '{self._compiled.pattern}' finds no end on this text"
            ) from None


@lru_cache(maxsize=256)
def java_pattern(text: str) -> Pattern:
    """Compile a Java regular expression; raises ValueError where it cannot be read.

    >>> java_pattern("(?<year>[0-9]{4})-").search("2026-11").groupdict()
    {'year': '2026'}
    """
    translated = re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", text)
    if re.search(r"(?<!\\)(?:\\\\)*\[[^\]]*&&", translated):
        raise ValueError(f"'{text}': && within a set is not supported")
    return _compiled(translated, text)


def _compiled(expression: str, text: str) -> Pattern:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # "possible nested set": means something else in Java
            return Pattern(expression)
    except (re.error, regex.error, Warning, OverflowError, RecursionError) as error:
        raise ValueError(f"'{text}' is not a regular expression that is understood: {error}") from None


@lru_cache(maxsize=256)
def similar_pattern(text: str, escape: str | None = None) -> Pattern:
    """Compile a pattern of SIMILAR TO: % is any text, _ any character, | * + ? {} () [] as usual.

    >>> similar_pattern("(INFO|TECH)%").fullmatch("TECHNOLOGY") is not None
    True
    """
    return _compiled(_similar(text, escape), text)


_CLASSES: Final = {
    "[:ALPHA:]": "a-zA-Z",
    "[:UPPER:]": "A-Z",
    "[:LOWER:]": "a-z",
    "[:DIGIT:]": "0-9",
    "[:ALNUM:]": "a-zA-Z0-9",
    "[:SPACE:]": " ",
    "[:WHITESPACE:]": r"\s",
}


def _similar(text: str, escape: str | None) -> str:
    parts: list[str] = []
    position, within, opened, less = 0, False, 0, 0  # of a set: where it began, where what is taken from it
    while position < len(text):
        name = next((name for name in _CLASSES if text[position : position + 14].upper().startswith(name)), None)
        character = text[position]
        if escape and character == escape:
            position += 1
            parts.append(re.escape(text[position : position + 1]))
        elif within and name:
            parts.append(_CLASSES[name])
            position += len(name) - 1
        elif within and character == "^" and len(parts) > opened:
            less = len(parts)
        elif within:
            within = character != "]"
            parts.append("\\" + character if character in "\\[" else character)
            if less and not within:  # [a-e^c]: of a to e, not c
                parts[opened - 1 :] = ["(?:(?![", *parts[less:-1], "])[", *parts[opened:less], "])"]
                less = 0
        else:
            within, opened = character == "[", len(parts) + 1
            special = {"%": "(?s:.*)", "_": "(?s:.)"}.get(character)
            parts.append(special or (character if character in "|*+?{}()[]" else re.escape(character)))
        position += 1
    return "".join(parts)


def extract_similar(text: str, pattern: str, escape: str) -> str | None:
    """SUBSTRING(text SIMILAR pattern ESCAPE escape): the middle of the pattern's three parts.

    The parts are separated by the escape character and a double quote.

    >>> extract_similar("123456789", '23#"456#"78', "#")
    '456'
    """
    return _extract(text, _three_parts(pattern, escape))


@lru_cache(maxsize=256)
def _three_parts(pattern: str, escape: str) -> Pattern:
    parts = pattern.split(escape + '"')
    if len(escape) != 1 or len(parts) != 3:
        raise ValueError(f"'{pattern}' has not three parts, separated by {escape}\"")
    before, middle, after = (_similar(part, escape) for part in parts)
    return _compiled(f"(?:{before})({middle})(?:{after})", pattern)


def _extract(text: str, pattern: Pattern) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None


def check(read: Callable[[], object]) -> None:
    """Raise TypeFault where a constant pattern cannot be read, so that a script fails at once."""
    try:
        read()
    except ValueError as error:
        raise TypeFault(str(error)) from error


def on_row(read: Callable[[], Pattern]) -> Pattern:
    """Raise RowError where a pattern that a row brought cannot be read."""
    try:
        return read()
    except ValueError as error:
        raise RowError("Invalid argument", str(error)) from None


def constant(expression: Expression, what: str) -> str:
    """The text of a constant argument; TypeFault where it is not one."""
    if not isinstance(expression, Literal) or not isinstance(expression.value, str):
        raise TypeFault(f"{what} must be a text in single quotes, written out")
    return expression.value
