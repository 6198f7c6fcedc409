"""Functions on texts."""

from __future__ import annotations

from typing import Any, Final

from ..datatypes import INTEGER, SqlType, varchar
from ..errors import RowError
from ..expressions import Call, Expression, Literal
from .base import Evaluator, Function, TypeFault, need, strict


def _text(arguments: tuple[Expression, ...]) -> SqlType:
    for argument in arguments:
        need(argument, "character")
    return varchar(max(argument.type.length or 1 for argument in arguments))


def _joined(arguments: tuple[Expression, ...]) -> SqlType:
    _text(arguments)
    return varchar(sum(argument.type.length or 1 for argument in arguments))


def _length(arguments: tuple[Expression, ...]) -> SqlType:
    _text(arguments)
    return INTEGER


_STRIP: Final = {"BOTH": str.strip, "LEADING": str.lstrip, "TRAILING": str.rstrip}


def _trimmed(arguments: tuple[Expression, ...]) -> SqlType:
    character = arguments[1]
    if isinstance(character, Literal) and isinstance(character.value, str) and len(character.value) != 1:
        raise TypeFault(f"TRIM removes one character, not '{character.value}'", "Use REGEX_REPLACE for more.")
    return _text(arguments[1:])


def _build_trim(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    side: Any = call.arguments[0]
    strip = _STRIP[side.value]

    def trim(character: str, text: str) -> str:
        if len(character) != 1:
            raise RowError("Invalid argument", f"TRIM removes one character, not '{character}'")
        return strip(text, character)

    return strict(trim)(call, arguments[1:])


TEXT: Final[dict[str, Function]] = {
    "||": Function(2, 2, _joined, strict(lambda x, y: x + y)),
    "UPPER": Function(1, 1, _text, strict(str.upper)),
    "LOWER": Function(1, 1, _text, strict(str.lower)),
    "CHAR_LENGTH": Function(1, 1, _length, strict(len)),
    "POSITION": Function(2, 2, _length, strict(lambda needle, text: text.find(needle) + 1)),
    "TRIM": Function(3, 3, _trimmed, _build_trim),
}
