"""Texts searched and changed by position and by regular expression.

Source: Amazon Kinesis Data Analytics SQL Reference, "SUBSTRING", "OVERLAY", "INITCAP",
"REGEX_REPLACE", "SIMILAR TO".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ..datatypes import BOOLEAN, MAX_LENGTH, SqlType, varchar
from ..errors import RowError
from ..expressions import Call, Expression, Literal
from .base import NUMERIC, Evaluator, Function, need, strict
from .patterns import Match, check, extract_similar, java_pattern, on_row, similar_pattern

Arguments = tuple[Expression, ...]


def initcap(text: str) -> str:
    """
    >>> initcap("Each FIRST lEtTeR is cAPITALIZED")
    'Each First Letter Is Capitalized'
    """
    return " ".join(word[:1].upper() + word[1:].lower() for word in text.split(" "))


def overlay(text: str, new: str, start: int, length: int | None = None) -> str:
    """Replace `length` characters from `start` (from 1) on, as many as `new` has unless given.

    >>> [overlay("12345", "foo", start) for start in (1, 0, -2, 4, 17)]
    ['foo45', 'foo345', 'foo12345', '123foo', '12345foo']
    """
    length = len(new) if length is None else length
    if length < 0:
        raise RowError("Invalid argument", f"OVERLAY: a length of {length}")
    return text[: max(start - 1, 0)] + new + text[max(start - 1 + length, 0) :]


def regex_replace(text: str, regex: str, new: str, start: int, occurrence: int) -> str:
    """Replace the given occurrence (0: all) of a Java regular expression from `start` (from 1) on.

    >>> regex_replace("Infinity", "[iI]n", "**", 1, 2)
    'Inf**ity'
    """
    if start < 1 or occurrence < 0:
        raise RowError("Invalid argument", f"REGEX_REPLACE: start {start}, occurrence {occurrence}")
    if start > len(text):
        return text
    pattern, pieces, position = on_row(lambda: java_pattern(regex)), [], 0
    for number, match in enumerate(pattern.findall(text, start - 1), 1):
        if occurrence in (0, number):
            pieces += [text[position : match.start()], _expanded(new, match)]
            position = match.end()
    return "".join([*pieces, text[position:]])


def _expanded(new: str, match: Match) -> str:
    """Java's replacement: $1 is a group, a backslash takes the next character as it is."""

    def piece(found: Match) -> str:
        if found[1] is None:
            return found[2] or ""
        if int(found[1]) > match.re.groups:
            raise RowError("Invalid argument", f"REGEX_REPLACE: there is no group {found[1]}")
        return match[int(found[1])] or ""

    return re.sub(r"\$(\d)|\\(.)", piece, new, flags=re.DOTALL)


def _initcap_type(arguments: Arguments) -> SqlType:
    need(arguments[0], "character")
    return varchar(arguments[0].type.length or 1)


def _overlay_type(arguments: Arguments) -> SqlType:
    for text in arguments[:2]:
        need(text, "character")
    for number in arguments[2:]:
        need(number, "integer")
    return varchar(sum(text.type.length or 1 for text in arguments[:2]))


def _replace_type(arguments: Arguments) -> SqlType:
    for text in arguments[:3]:
        need(text, "character")
    for number in arguments[3:]:
        need(number, "integer")
    regex = arguments[1]
    if isinstance(regex, Literal) and regex.value is not None:
        check(lambda: java_pattern(regex.value))
    return varchar(MAX_LENGTH)


def _part_type(arguments: Arguments) -> SqlType:
    need(arguments[0], "character", "binary")
    if arguments[0].type.family == "binary":
        need(arguments[1], *NUMERIC)
        return SqlType("VARBINARY", arguments[0].type.length)
    if arguments[1].type.family == "character" and len(arguments) == 2:
        regex = arguments[1]
        if isinstance(regex, Literal):
            check(lambda: java_pattern(regex.value))
        return varchar(arguments[0].type.length or 1)
    for number in arguments[1:]:
        need(number, *NUMERIC)
    return varchar(arguments[0].type.length or 1)


def substring(text: str, start: int, length: int | None = None) -> str:
    """Characters from `start` (from 1) on; what lies before the text counts against the length."""
    end = len(text) + 1 if length is None else start + max(length, 0)
    return text[max(int(start), 1) - 1 : max(int(end), 1) - 1]


def part(text: str, start: int, length: int | None = None) -> str | None:
    """SUBSTRING(text, start, length): as with FROM and FOR, but nothing from behind the text is NULL.

    >>> part("123456789", 10, 4) is None, substring("123456789", 10, 4)
    (True, '')
    """
    return substring(text, start, length) if start <= len(text) else None


def matching(text: str, regex: str) -> str | None:
    """The first part of the text that matches a Java regular expression.

    >>> matching("TECHNOLOGY", "L[A-Z]*")
    'LOGY'
    """
    found = on_row(lambda: java_pattern(regex)).search(text)
    return found[0] if found else None


def _build_part(function: Callable[..., str | None]) -> Callable[[Call, tuple[Evaluator, ...]], Evaluator]:
    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        by_regex = call.arguments[1].type.family == "character"
        return strict(matching if by_regex else function)(call, arguments)

    return build


def _similar_type(arguments: Arguments) -> SqlType:
    for text in arguments:
        need(text, "character")
    pattern = [part.value for part in arguments[1:] if isinstance(part, Literal)]
    if len(pattern) == len(arguments) - 1 and None not in pattern:
        check(lambda: similar_pattern(*pattern))
    return BOOLEAN


def _similar(text: str, pattern: str, escape: str | None = None) -> bool:
    return on_row(lambda: similar_pattern(pattern, escape)).fullmatch(text) is not None


def _extracted_type(arguments: Arguments) -> SqlType:
    for text in arguments:
        need(text, "character")
    pattern = [part.value for part in arguments[1:] if isinstance(part, Literal)]
    if len(pattern) == 2 and None not in pattern:
        check(lambda: extract_similar("", *pattern))
    return varchar(arguments[0].type.length or 1)


def _extracted(text: str, pattern: str, escape: str) -> str | None:
    try:
        return extract_similar(text, pattern, escape)
    except ValueError as error:
        raise RowError("Invalid argument", str(error)) from None


SEARCH: Final[dict[str, Function]] = {
    "INITCAP": Function(1, 1, _initcap_type, strict(initcap)),
    "OVERLAY": Function(3, 4, _overlay_type, strict(overlay)),
    "REGEX_REPLACE": Function(5, 5, _replace_type, strict(regex_replace)),
    "SUBSTRING": Function(2, 3, _part_type, _build_part(part)),
    "SUBSTRING FROM": Function(2, 3, _part_type, _build_part(substring)),
    "SUBSTRING SIMILAR": Function(3, 3, _extracted_type, strict(_extracted)),
    "SIMILAR TO": Function(2, 3, _similar_type, strict(_similar)),
}
