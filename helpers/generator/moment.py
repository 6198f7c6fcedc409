"""Dates as moment.js formats them, because the Kinesis Data Generator's templates are written for it.

Source: https://momentjs.com/docs/#/displaying/format/ (English locale, where a week starts on Sunday
and the first one holds 1 January). Not there: eras (N, y), which the generator's moment did not have either.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

ISO = "YYYY-MM-DDTHH:mm:ssZ"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
LONG = {
    "LTS": "h:mm:ss A",
    "LT": "h:mm A",
    "LLLL": "dddd, MMMM D, YYYY h:mm A",
    "LLL": "MMMM D, YYYY h:mm A",
    "LL": "MMMM D, YYYY",
    "L": "MM/DD/YYYY",
    "llll": "ddd, MMM D, YYYY h:mm A",
    "lll": "MMM D, YYYY h:mm A",
    "ll": "MMM D, YYYY",
    "l": "M/D/YYYY",
}
TOKENS = re.compile(
    r"\[[^\[]*?\]|LTS|LT|L{1,4}|l{1,4}|Mo|M{1,4}|Do|DDDo|D{1,4}|d{2,4}|do?|[wW][owW]?|Qo?|YYYY|YY|Y|gggg|gg"
    r"|GGGG|GG|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?"
)


def ordinal(number: int) -> str:
    """`number` as English counts: 1st, 2nd, 3rd, 11th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"


def _weekday(t: datetime) -> int:
    return t.isoweekday() % 7  # Sunday is 0


def _saturday(t: datetime) -> datetime:
    return t + timedelta(days=6 - _weekday(t))  # the week belongs to the year its Saturday lies in


def _week(t: datetime) -> int:
    return (_saturday(t).timetuple().tm_yday + 6) // 7


def _zone(t: datetime, colon: str) -> str:
    offset = t.utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


def _zone_name(t: datetime) -> str:
    return "UTC" if not t.utcoffset() else ""  # moment knows names of zones only with moment-timezone


FIELDS: dict[str, Callable[[datetime], str]] = {
    "M": lambda t: str(t.month),
    "Mo": lambda t: ordinal(t.month),
    "MM": lambda t: f"{t.month:02d}",
    "MMM": lambda t: MONTHS[t.month - 1][:3],
    "MMMM": lambda t: MONTHS[t.month - 1],
    "Q": lambda t: str((t.month + 2) // 3),
    "Qo": lambda t: ordinal((t.month + 2) // 3),
    "D": lambda t: str(t.day),
    "Do": lambda t: ordinal(t.day),
    "DD": lambda t: f"{t.day:02d}",
    "DDD": lambda t: str(t.timetuple().tm_yday),
    "DDDo": lambda t: ordinal(t.timetuple().tm_yday),
    "DDDD": lambda t: f"{t.timetuple().tm_yday:03d}",
    "d": lambda t: str(_weekday(t)),
    "do": lambda t: ordinal(_weekday(t)),
    "dd": lambda t: DAYS[_weekday(t)][:2],
    "ddd": lambda t: DAYS[_weekday(t)][:3],
    "dddd": lambda t: DAYS[_weekday(t)],
    "e": lambda t: str(_weekday(t)),
    "E": lambda t: str(t.isoweekday()),
    "w": lambda t: str(_week(t)),
    "wo": lambda t: ordinal(_week(t)),
    "ww": lambda t: f"{_week(t):02d}",
    "gg": lambda t: f"{_saturday(t).year % 100:02d}",
    "gggg": lambda t: f"{_saturday(t).year:04d}",
    "W": lambda t: str(t.isocalendar().week),
    "Wo": lambda t: ordinal(t.isocalendar().week),
    "WW": lambda t: f"{t.isocalendar().week:02d}",
    "YY": lambda t: f"{t.year % 100:02d}",
    "YYYY": lambda t: f"{t.year:04d}",
    "Y": lambda t: str(t.year),
    "GG": lambda t: f"{t.isocalendar().year % 100:02d}",
    "GGGG": lambda t: f"{t.isocalendar().year:04d}",
    "A": lambda t: "AM" if t.hour < 12 else "PM",
    "a": lambda t: "am" if t.hour < 12 else "pm",
    "H": lambda t: str(t.hour),
    "HH": lambda t: f"{t.hour:02d}",
    "h": lambda t: str(t.hour % 12 or 12),
    "hh": lambda t: f"{t.hour % 12 or 12:02d}",
    "k": lambda t: str(t.hour or 24),
    "kk": lambda t: f"{t.hour or 24:02d}",
    "m": lambda t: str(t.minute),
    "mm": lambda t: f"{t.minute:02d}",
    "s": lambda t: str(t.second),
    "ss": lambda t: f"{t.second:02d}",
    "Z": lambda t: _zone(t, ":"),
    "ZZ": lambda t: _zone(t, ""),
    "z": _zone_name,
    "zz": _zone_name,
    "X": lambda t: str(int(t.timestamp())),
    "x": lambda t: str(round(t.timestamp() * 1000)),
}


def moment(when: datetime, pattern: str = ISO) -> str:
    """Format `when` (with a time zone) by a moment.js pattern; text in square brackets stands as it is.

    >>> from datetime import UTC
    >>> moment(datetime(2010, 2, 14, 15, 25, 50, tzinfo=UTC), "dddd, MMMM Do YYYY, h:mm:ss a")
    'Sunday, February 14th 2010, 3:25:50 pm'
    """

    def field(match: re.Match[str]) -> str:
        token = match.group()
        if token.startswith("["):
            return token[1:-1]
        if token in LONG:
            return moment(when, LONG[token])
        if token.startswith("S"):
            return f"{when.microsecond:06d}000"[: len(token)]
        return FIELDS[token](when)

    return TOKENS.sub(field, pattern)
