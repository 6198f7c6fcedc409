"""Log functions: one text in, a record of columns out, addressed as `t.r.COLUMN1`.

What they give has a type of its own (RECORD with named, typed fields), known before the first row,
so their patterns and column lists must be constants. A text that does not match gives a NULL
record, all fields of which are NULL.

Our reading where the documentation is silent: all columns of W3C_LOG_PARSE are VARCHAR, as the
developer guide's example stores them, and hold what Apache writes for the specifier (so %t has its
brackets); missing fields are NULL, surplus ones are left out; an empty field of a number is NULL.

SYS_LOG_PARSE is in `syslog`. Not here: the IIS format, and format strings for dates in column lists.

Source: Amazon Kinesis Data Analytics SQL Reference, "Log Parsing Functions" and its subpages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from ..datatypes import SqlType, parse_type, record, varchar
from ..expressions import Call, Column, Expression, Literal
from ..syntax import Span
from .base import Evaluator, Function, TypeFault, need, strict
from .patterns import Pattern, check, constant, java_pattern

TEXT: Final = varchar(1024)
Arguments = tuple[Expression, ...]
Row = tuple[Any, ...]

W3C_FORMATS: Final = {
    "COMMON": '%h %l %u %t "%r" %>s %b',
    "COMMON WITH VHOST": '%v %h %l %u %t "%r" %>s %b',
    "NCSA EXTENDED": '%h %l %u %t "%r" %>s %b "%[Referer]i" "%[User-agent]i"',
    "REFERER": "%[Referer]i ---> %U",
    "AGENT": "%[User-agent]i",
}


def field_of(column: Column, name: str, where: Span) -> Call:
    """`column.name`, where the column is a record; raises TypeFault otherwise."""
    for index, (field, sqltype) in enumerate(column.type.fields):
        if field == name:
            return Call("FIELD OF", (column, Literal(index, SqlType("INTEGER"))), sqltype, where)
    if not column.type.fields:
        raise TypeFault(f"{column.name} is {column.type}, which has no columns of its own")
    known = ", ".join(f'"{field}"' for field, _ in column.type.fields)
    raise TypeFault(f"{column.name} has no column {name}", f"It has {known}.")


def _numbered(count: int) -> SqlType:
    return record((f"COLUMN{number}", TEXT) for number in range(1, count + 1))


_COLUMN: Final = re.compile(
    r'\s*(?:"([^"]+)"|(\w+))\s+(?:TYPE\s+)?(.+?)(?:\s+NOT\s+NULL)?(?:\s+START\s+(\d+)(?:\s+FOR\s+(\d+))?)?\s*\Z',
    re.IGNORECASE | re.DOTALL,
)
_COMMA: Final = re.compile(r",(?![^(]*\))")  # not the one of DECIMAL(5,2)


def described(text: str, placed: bool = False) -> list[tuple[str, SqlType, int | None, int | None]]:
    """Read 'NAME TYPE type, …', with START n [FOR m] behind each if `placed`; raises TypeFault.

    >>> [(name, str(sqltype)) for name, sqltype, *_ in described("A TYPE VARCHAR(4), b TYPE INTEGER NOT NULL")]
    [('A', 'VARCHAR(4)'), ('B', 'INTEGER')]
    """
    columns: list[tuple[str, SqlType, int | None, int | None]] = []
    for part in _COMMA.split(text):
        match = _COLUMN.match(part)
        if not match:
            raise TypeFault(f"'{part.strip()}' does not describe a column", "Write 'NAME TYPE VARCHAR(16), …'.")
        quoted, plain, sqltype, start, length = match.groups()
        if placed and start is None:
            raise TypeFault("each column needs START", "For example 'NAME TYPE VARCHAR(4) START 0 FOR 4'.")
        if start is not None and not placed:
            raise TypeFault("START belongs to FIXED_COLUMN_LOG_PARSE only", "Leave it out.")
        if any((quoted or plain.upper()) == name for name, *_ in columns):
            raise TypeFault(f"column {quoted or plain.upper()} appears twice")
        try:
            found = parse_type(sqltype)
        except ValueError as error:
            raise TypeFault(str(error)) from error
        first, count = (None if number is None else int(number) for number in (start, length))
        columns.append((quoted or plain.upper(), found, first, count))
    return columns


def _converters(sqltype: SqlType) -> list[Callable[[str | None], Any]]:
    from ..casting import caster  # it uses the date functions of this package

    def reading(target: SqlType) -> Callable[[str | None], Any]:
        convert, character = caster(TEXT, target), target.family == "character"
        return lambda text: None if text is None or (not text and not character) else convert(text)

    return [reading(target) for _, target in sqltype.fields]


# by regular expression


def _pattern_type(pattern: Callable[[Arguments], Pattern]) -> Callable[[Arguments], SqlType]:
    def result(arguments: Arguments) -> SqlType:
        need(arguments[0], "character")
        check(lambda: pattern(arguments))
        groups = pattern(arguments).groups
        if not groups:
            raise TypeFault("the pattern has no group in parentheses, so it gives no column")
        if len(arguments) < 3:
            return _numbered(groups)
        columns = described(constant(arguments[2], "the column list"))
        if len(columns) != groups:
            raise TypeFault(f"the pattern has {groups} groups, the column list {len(columns)} columns")
        return record((name, sqltype) for name, sqltype, *_ in columns)

    return result


def _pattern_build(pattern: Callable[[Arguments], Pattern]) -> Callable[[Call, tuple[Evaluator, ...]], Evaluator]:
    def build(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
        compiled, converters = pattern(call.arguments), _converters(call.type)

        def parse(text: str) -> Row | None:
            match = compiled.fullmatch(text)
            if match is None:
                return None
            return tuple(convert(group) for convert, group in zip(converters, match.groups(), strict=True))

        return strict(parse)(call, arguments[:1])

    return build


def _regex(arguments: Arguments) -> Pattern:
    return java_pattern(constant(arguments[1], "the regular expression"))


_PIECE: Final = re.compile(r"\\.|\[\^?\]?[^\]]*\]|\(\?|(?:\{\d[^}]*\}|[*+?])[?+]?|.", re.DOTALL)
_QUANTIFIER: Final = re.compile(r"(\{\d[^}]*\}|[*+?])[?+]?")


def lazily(pattern: str) -> str:
    """The same regular expression with every quantifier lazy: it takes as little as it can.

    >>> lazily("(.*)_(a+)[*+]")
    '(.*?)_(a+?)[*+]'
    """
    pieces = []
    for piece in _PIECE.findall(pattern):
        quantifier = _QUANTIFIER.fullmatch(piece)
        pieces.append(quantifier[1] + "?" if quantifier else piece)
    return "".join(pieces)


def _fast_regex(arguments: Arguments) -> Pattern:
    return java_pattern(lazily(constant(arguments[1], "the regular expression")))


_SPECIFIER: Final = re.compile(r"%%|%[<>!,\d]*(?:[\[{]([^\]}]*)[\]}])?([a-zA-Z])")


def w3c_pattern(text: str) -> Pattern:
    """The regular expression of a W3C log format: a group for each specifier.

    >>> w3c_pattern("COMMON").groups
    7
    """
    layout = W3C_FORMATS.get(text.strip().upper(), text)
    if text.strip().upper() == "IIS" or "%" not in layout:
        known = ", ".join(W3C_FORMATS)
        raise ValueError(f"'{text}' is no log format that is supported; {known}, or Apache's specifiers")
    parts, position = [], 0
    for match in _SPECIFIER.finditer(layout):
        parts.append(re.escape(layout[position : match.start()]))
        quoted = layout[match.start() - 1 : match.start()] == '"' == layout[match.end() : match.end() + 1]
        parts.append(_specified(match, quoted, match.end() == len(layout)))
        position = match.end()
    return Pattern("".join([*parts, re.escape(layout[position:])]))


def _specified(match: re.Match[str], quoted: bool, last: bool) -> str:
    if match[0] == "%%":
        return "%"
    if quoted:
        return r'((?:[^"\\]|\\.)*)'
    if match[2] == "t":
        return r"(\[[^\]]*\])"
    if match[2] in "ir":  # headers and requests hold blanks
        return "(.*)" if last else "(.*?)"
    return r"(\S+)"


def _w3c(arguments: Arguments) -> Pattern:
    return w3c_pattern(constant(arguments[1], "the log format"))


# by delimiter and by position


def _variable_type(arguments: Arguments) -> SqlType:
    need(arguments[0], "character")
    for what, argument in zip(("delimiter", "escape", "quote"), arguments[2:], strict=False):
        if not constant(argument, f"the {what}") and what == "delimiter":
            raise TypeFault("the delimiter must not be empty")
    columns = arguments[1]
    if isinstance(columns, Literal) and isinstance(columns.value, int):
        if not 1 <= columns.value <= 1000:
            raise TypeFault("the number of columns must be from 1 to 1000")
        return _numbered(columns.value)
    return record((name, sqltype) for name, sqltype, *_ in described(constant(columns, "the column list")))


def split(text: str, delimiter: str, escape: str = "", quote: str = "") -> list[str]:
    r"""The fields of a line; `escape` hides the delimiter behind it, `quote` (begin, end) all between.

    >>> split(r"a\,b,'c,d',e", ",", "\\", "'")
    ['a,b', 'c,d', 'e']
    """
    fields, field, position, begin, end = [], "", 0, quote[:1], quote[-1:]
    closing = ""
    while position < len(text):
        if escape and text.startswith(escape, position):
            position += len(escape)
            field += text[position : position + 1]
            position += 1
        elif closing or (begin and text[position] == begin):
            character = text[position]
            if closing and character == closing:
                closing = ""
            elif closing:
                field += character
            else:
                closing = end
            position += 1
        elif text.startswith(delimiter, position):
            fields.append(field)
            field, position = "", position + len(delimiter)
        else:
            field += text[position]
            position += 1
    return [*fields, field]


def _build_variable(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    converters = _converters(call.type)
    how = [constant(argument, "") for argument in call.arguments[2:]]

    def parse(text: str) -> Row:
        fields: list[str | None] = [*(text.split(how[0]) if len(how) == 1 else split(text, *how))]
        fields += [None] * (len(converters) - len(fields))
        return tuple(convert(field) for convert, field in zip(converters, fields, strict=False))

    return strict(parse)(call, arguments[:1])


def _fixed_type(arguments: Arguments) -> SqlType:
    need(arguments[0], "character")
    columns = described(constant(arguments[1], "the column list"), placed=True)
    return record((name, sqltype) for name, sqltype, *_ in columns)


def _build_fixed(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    converters = _converters(call.type)
    columns = described(constant(call.arguments[1], ""), placed=True)
    places = [slice(start, None if length is None else (start or 0) + length) for _, _, start, length in columns]

    def parse(text: str) -> Row:
        parts = [text[place] for place in places]
        return tuple(
            convert(part if kind.family == "character" else part.strip())
            for convert, part, (_, kind) in zip(converters, parts, call.type.fields, strict=True)
        )

    return strict(parse)(call, arguments[:1])


def _field_type(arguments: Arguments) -> SqlType:
    raise TypeFault("a column of a record is read with a point: t.r.COLUMN1")


def _build_field(call: Call, arguments: tuple[Evaluator, ...]) -> Evaluator:
    index: Any = call.arguments[1]
    place: int = index.value
    return strict(lambda values: values[place])(call, arguments[:1])


LOGS: Final[dict[str, Function]] = {
    "REGEX_LOG_PARSE": Function(2, 3, _pattern_type(_regex), _pattern_build(_regex)),
    "FAST_REGEX_LOG_PARSE": Function(2, 2, _pattern_type(_fast_regex), _pattern_build(_fast_regex)),
    "W3C_LOG_PARSE": Function(2, 2, _pattern_type(_w3c), _pattern_build(_w3c)),
    "VARIABLE_COLUMN_LOG_PARSE": Function(3, 5, _variable_type, _build_variable),
    "FIXED_COLUMN_LOG_PARSE": Function(2, 2, _fixed_type, _build_fixed),
    "FIELD OF": Function(2, 2, _field_type, _build_field),
}
