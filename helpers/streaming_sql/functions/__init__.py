"""Scalar functions and operators, as tables: name → arity, type of the result, evaluation.

A new function is a new entry in one of the tables; nothing else has to know it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from .arithmetic import ARITHMETIC
from .base import Evaluator, Function, TypeFault
from .choice import CHOICE
from .comparison import COMPARISON
from .dates import DATES
from .logs import LOGS
from .search import SEARCH
from .syslog import SYSLOG
from .text import TEXT
from .time import TIME

FUNCTIONS: Final[dict[str, Function]] = {
    **COMPARISON,
    **ARITHMETIC,
    **TEXT,
    **TIME,
    **CHOICE,
    **DATES,
    **SEARCH,
    **LOGS,
    **SYSLOG,
}
# What a script can call by name; the rest are operators and forms of their own.
CALLABLE: Final = frozenset(
    name
    for table in (ARITHMETIC, TEXT, TIME, CHOICE, DATES, SEARCH, LOGS, SYSLOG)
    for name in table
    if name.replace("_", "").isalnum()
)
_INSTEAD: Final = {
    "CONCAT": "a || b",
    "DATEDIFF": "TSDIFF(start, end), in milliseconds",
    "IF": "CASE WHEN … THEN … ELSE … END",
    "IIF": "CASE WHEN … THEN … ELSE … END",
    "IFNULL": "COALESCE(a, b)",
    "ISNULL": "COALESCE(a, b), or a IS NULL",
    "NVL": "COALESCE(a, b)",
    "LEN": "CHAR_LENGTH(text)",
    "LENGTH": "CHAR_LENGTH(text)",
    "NOW": "CURRENT_ROW_TIMESTAMP, or ROWTIME",
    "REPLACE": "REGEX_REPLACE(text, 'pattern', 'new', 1, 0)",
    "SUBSTR": "SUBSTRING(text, start, length)",
    "TUMBLE": "STEP(ROWTIME BY INTERVAL '1' MINUTE) in GROUP BY",
}
SYNONYMS: Final = {"CEILING": "CEIL", "CHARACTER_LENGTH": "CHAR_LENGTH"}


def instead_of(name: str) -> str:
    """What to write instead of a function that there is not.

    >>> instead_of("SUBSTR"), instead_of("UPER")
    ('Write SUBSTRING(text, start, length).', 'Did you mean UPPER?')
    """
    if name in _INSTEAD:
        return f"Write {_INSTEAD[name]}."
    near = get_close_matches(name, sorted(CALLABLE), 1)
    return f"Did you mean {near[0]}?" if near else "docs/streaming-sql.md lists the functions there are."


__all__ = ["CALLABLE", "FUNCTIONS", "SYNONYMS", "Evaluator", "Function", "TypeFault", "instead_of"]
