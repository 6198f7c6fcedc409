"""Reading the head of a statement word by word: what sqlglot has no tree for.

The bodies (queries) are not read here; a statement hands their text to query.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpers.local_aws.athena.errors import MalformedQuery
from helpers.local_aws.athena.query import TableName, place, schema_of

LEXER = re.compile(
    r"""\s+|--[^\n]*|/\*.*?\*/
      |(?P<string>'(?:[^'\\]|\\.|'')*')
      |(?P<quoted>`[^`]*`|"(?:[^"]|"")*")
      |(?P<word>[A-Za-z_]\w*)
      |(?P<number>-?\d+(?:\.\d+)?)
      |(?P<mark>.)""",
    re.DOTALL | re.VERBOSE,
)
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([0-7]{3})|(.))|''", re.DOTALL)
CONTROL = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


@dataclass(frozen=True)
class Word:
    """A piece of a statement: its kind (a group of LEXER), its text, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


class Words:
    """A statement's words and a position among them; every method that finds something else raises MalformedQuery."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._words = [
            Word(m.lastgroup, m[0], m.start(), m.end()) for m in LEXER.finditer(sql) if m.lastgroup is not None
        ]
        while self._words and self._words[-1].text == ";":
            self._words.pop()
        self._at = 0

    def next(self) -> Word | None:
        """The word at the position, None at the end."""
        return self._words[self._at] if self._at < len(self._words) else None

    def accept(self, *expected: str) -> bool:
        """Step over these keywords or marks if they stand here."""
        found = self._words[self._at : self._at + len(expected)]
        if [w.text.upper() if w.kind in ("word", "mark") else None for w in found] != list(expected):
            return False
        self._at += len(expected)
        return True

    def expect(self, *expected: str) -> None:
        """Step over these keywords or marks, which must stand here."""
        for each in expected:
            if not self.accept(each):
                raise self.fail(each)

    def fail(self, expected: str = "") -> MalformedQuery:
        """The error that the word at the position does not belong here."""
        word = self.next()
        where, text = (len(self.sql.rstrip()), "<EOF>") if word is None else (word.start, word.text)
        more = f". Expecting: '{expected}'" if expected else ""
        return MalformedQuery(f"{place(self.sql, where)}: mismatched input '{text}'{more}")

    def done(self) -> None:
        """Nothing may follow."""
        if self.next() is not None:
            raise self.fail("<EOF>")

    def take(self, *kinds: str) -> Word:
        """The word here, which must be of one of these kinds."""
        word = self.next()
        if word is None or word.kind not in kinds:
            raise self.fail(kinds[0])
        self._at += 1
        return word

    def name(self) -> str:
        """An identifier, quoted or not, in lower case as Glue keeps it."""
        word = self.take("word", "quoted")
        return (word.text[1:-1].replace('""', '"') if word.kind == "quoted" else word.text).lower()

    def table(self, database: str | None) -> TableName:
        """``[[catalog.]database.]table``; also ```database.table```, as SHOW CREATE TABLE writes it."""
        word = self.next()
        where = place(self.sql, word.start) if word else "line 1:1"
        parts = [self.name()]
        if word and word.text.startswith("`"):
            parts = parts[0].split(".")
        while self.accept("."):
            parts.append(self.name())
        if len(parts) > 3:
            raise self.fail()
        *above, table = parts
        return TableName(schema_of(above, database, where), table)

    def string(self) -> str:
        """A string in single quotes, its escapes (``\\t``, ``\\001``, ``''``) resolved."""
        return unescaped(self.take("string").text)

    def names(self) -> list[str]:
        """``(a, b, …)``."""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return found

    def properties(self) -> dict[str, str | list[str]]:
        """``('a' = 'b', c = ARRAY['d'], …)``; keys in lower case only if they are words."""
        self.expect("(")
        found: dict[str, str | list[str]] = {}
        while True:
            key = self.take("string", "word")
            self.expect("=")
            found[unescaped(key.text) if key.kind == "string" else key.text.lower()] = self._value()
            if not self.accept(","):
                break
        self.expect(")")
        return found

    def _value(self) -> str | list[str]:
        if not self.accept("ARRAY", "["):
            word = self.take("string", "number", "word")
            return unescaped(word.text) if word.kind == "string" else word.text
        found = [self.string()]
        while self.accept(","):
            found.append(self.string())
        self.expect("]")
        return found

    def texts(self) -> dict[str, str]:
        """Properties that are all plain text."""
        return {key: value for key, value in self.properties().items() if isinstance(value, str)}

    def column_type(self) -> str:
        """A Hive type up to the next comma or bracket, without spaces, in lower case."""
        text, depth = "", 0
        while (word := self.next()) is not None:
            if depth == 0 and (word.text in (",", ")") or word.kind == "string" or word.text.upper() == "COMMENT"):
                break
            if depth == 0 and text and word.kind == "word":
                break
            depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(word.text, 0)
            text += word.text.strip("`")
            self._at += 1
        if not text:
            raise self.fail("type")
        return text.lower()

    def inside(self) -> tuple[int, int]:
        """Where the text inside the brackets that open here begins and ends; steps over them."""
        self.expect("(")
        begin, depth = self._words[self._at - 1].end, 1
        while (word := self.next()) is not None:
            self._at += 1
            depth += {"(": 1, ")": -1}.get(word.text, 0) if word.kind == "mark" else 0
            if depth == 0:
                return begin, word.start
        raise self.fail(")")

    def rest(self) -> int:
        """Where the word at the position begins, or the statement's end."""
        word = self.next()
        return len(self.sql) if word is None else word.start

    def only(self, begin: int, end: int | None = None) -> str:
        """The statement with spaces for all that is not between two offsets: places in it stay true."""
        stop = len(self.sql) if end is None else end
        blank = re.sub(r"[^\n]", " ", self.sql[:begin])
        return blank + self.sql[begin:stop]


def unescaped(text: str) -> str:
    """The value of a string literal with its quotes."""

    def one(match: re.Match[str]) -> str:
        if match[1] or match[2]:
            return chr(int(match[1], 16) if match[1] else int(match[2], 8))
        return CONTROL.get(match[3], match[3]) if match[3] else "'"

    return ESCAPE.sub(one, text[1:-1])
