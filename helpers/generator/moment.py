"""Dates as moment.js formats them, because the Kinesis Data Generator's templates are written for it.

Source: https://momentjs.com/docs/#/displaying/format/ (English locale, where a week starts on Sunday
and the first one holds 1 January). Not there: eras (N, y), which the generator's moment did not have either.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

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
    r"\[[^\[]*\]|\\?(?:LTS|LT|L{1,4}|l{1,4}|Mo|M{1,4}|Do|DDDo|D{1,4}|d{2,4}|do?|[wW][owW]?|Qo?|Y{4,6}|YY|Y|g{4,5}|gg"
    r"|G{4,5}|GG|e|E|a|A|[hH]mm(?:ss)?|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|.)",
    re.DOTALL,
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


Field = Callable[[datetime], str]
FIELDS: dict[str, Field] = {
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
    "ggggg": lambda t: f"{_saturday(t).year:05d}",
    "W": lambda t: str(t.isocalendar().week),
    "Wo": lambda t: ordinal(t.isocalendar().week),
    "WW": lambda t: f"{t.isocalendar().week:02d}",
    "YY": lambda t: f"{t.year % 100:02d}",
    "YYYY": lambda t: f"{t.year:04d}",
    "YYYYY": lambda t: f"{t.year:05d}",
    "YYYYYY": lambda t: f"+{t.year:06d}",
    "Y": lambda t: str(t.year),
    "GG": lambda t: f"{t.isocalendar().year % 100:02d}",
    "GGGG": lambda t: f"{t.isocalendar().year:04d}",
    "GGGGG": lambda t: f"{t.isocalendar().year:05d}",
    "A": lambda t: "AM" if t.hour < 12 else "PM",
    "a": lambda t: "am" if t.hour < 12 else "pm",
    "H": lambda t: str(t.hour),
    "HH": lambda t: f"{t.hour:02d}",
    "h": lambda t: str(t.hour % 12 or 12),
    "hh": lambda t: f"{t.hour % 12 or 12:02d}",
    "hmm": lambda t: f"{t.hour % 12 or 12}{t.minute:02d}",
    "hmmss": lambda t: f"{t.hour % 12 or 12}{t.minute:02d}{t.second:02d}",
    "Hmm": lambda t: f"{t.hour}{t.minute:02d}",
    "Hmmss": lambda t: f"{t.hour}{t.minute:02d}{t.second:02d}",
    "k": lambda t: str(t.hour or 24),
    "kk": lambda t: f"{t.hour or 24:02d}",
    "m": lambda t: str(t.minute),
    "mm": lambda t: f"{t.minute:02d}",
    "s": lambda t: str(t.second),
    "ss": lambda t: f"{t.second:02d}",
    "Z": lambda t: _zone(t, ":"),
    "ZZ": lambda t: _zone(t, ""),
    "z": _zone_name,
    "zz": lambda t: _zone_name(t).replace("UTC", "Coordinated Universal Time"),
    "X": lambda t: str(int(t.timestamp())),
}


def moment(when: datetime, pattern: str = ISO) -> str:
    """Format `when` (with a time zone) by a moment.js pattern; text in square brackets stands as it is.

    >>> from datetime import UTC
    >>> moment(datetime(2010, 2, 14, 15, 25, 50, tzinfo=UTC), "dddd, MMMM Do YYYY, h:mm:ss a")
    'Sunday, February 14th 2010, 3:25:50 pm'
    """
    return "".join([part if isinstance(part, str) else part(when) for part in _parts(pattern)])


def formatter(pattern: str) -> Callable[[float, tzinfo], str]:
    """`moment` for one pattern and many times (epoch seconds, zone): within a second it is worked out once."""
    parts = _parts(pattern)
    fractions = [(index, part) for index, part in enumerate(parts) if isinstance(part, _Fraction)]
    last: tuple[object, list[str]] = (None, [])  # replaced as a whole: threads may share it

    def show(seconds: float, zone: tzinfo) -> str:
        nonlocal last
        whole, microsecond = divmod(round(seconds * 1e6), 1_000_000)
        known, texts = last
        if known != (whole, zone):
            when = datetime.fromtimestamp(whole, zone)
            texts = [part if isinstance(part, str) else part(when) for part in parts]
            last = ((whole, zone), texts)
        if fractions:
            texts = list(texts)
            for index, fraction in fractions:
                texts[index] = fraction.text(whole, microsecond)
        return "".join(texts)

    return show


@dataclass(frozen=True)
class _Fraction:
    """S to SSSSSSSSS (so many digits), and x (none): what changes within a second."""

    digits: int

    def __call__(self, when: datetime, /) -> str:
        return self.text(math.floor(when.timestamp()), when.microsecond)

    def text(self, second: int, microsecond: int) -> str:
        if not self.digits:
            return f"{second}{microsecond // 1000:03d}"
        return f"{microsecond:06d}000"[: self.digits]


def _parts(pattern: str) -> list[str | Field]:
    parts: list[str | Field] = []
    for piece in TOKENS.findall(pattern):
        if piece.startswith("[") and len(piece) > 1:
            parts.append(piece[1:-1])
        elif piece.startswith("\\"):
            parts.append(piece[1:])
        elif piece in LONG:
            parts += _parts(LONG[piece])
        elif piece == "x" or piece.startswith("S"):
            parts.append(_Fraction(0 if piece == "x" else len(piece)))
        else:
            parts.append(FIELDS.get(piece, piece))
    return parts
