"""Scalar functions and operators, as tables: name → arity, type of the result, evaluation.

A new function is a new entry in one of the tables; nothing else has to know it.
"""

from __future__ import annotations

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
SYNONYMS: Final = {"CEILING": "CEIL", "CHARACTER_LENGTH": "CHAR_LENGTH"}

__all__ = ["CALLABLE", "FUNCTIONS", "SYNONYMS", "Evaluator", "Function", "TypeFault"]
