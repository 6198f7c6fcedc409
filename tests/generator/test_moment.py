"""moment.js patterns, mostly the examples of its documentation and of the KDG's help page."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from helpers.generator.moment import moment, ordinal

WHEN = datetime(2010, 2, 14, 15, 25, 50, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("dddd, MMMM Do YYYY, h:mm:ss a", "Sunday, February 14th 2010, 3:25:50 pm"),
        ("ddd, hA", "Sun, 3PM"),
        ("DD/MMM/YYYY:HH:mm:ss Z", "14/Feb/2010:15:25:50 +00:00"),
        ("YYYY-MM-DDTHH:mm:ss.SSSZZ", "2010-02-14T15:25:50.123+0000"),
        ("[today] [MM] M", "today MM 2"),
        ("X x", "1266161150 1266161150123"),
        ("DDDD DDDo Qo d E", "045 45th 1st 0 7"),
        ("GGGG-[W]WW gggg ww w wo", "2010-W06 2010 08 8 8th"),
        ("LLLL | L | LT | ll", "Sunday, February 14, 2010 3:25 PM | 02/14/2010 | 3:25 PM | Feb 14, 2010"),
        ("kk k hh H", "15 15 03 15"),
        ("Hmm SSSSSSSSS", "1525 123456000"),
    ],
)
def test_patterns(pattern: str, expected: str) -> None:
    assert moment(WHEN, pattern) == expected


def test_midnight_is_twelve_or_twenty_four() -> None:
    midnight = datetime(2010, 1, 1, tzinfo=UTC)
    assert moment(midnight, "h hh k kk A") == "12 12 24 24 AM"


def test_the_last_days_of_a_year_may_lie_in_the_first_week_of_the_next() -> None:
    assert moment(datetime(2012, 12, 30, tzinfo=UTC), "gggg-ww GGGG-WW") == "2013-01 2012-52"


def test_offsets_west_of_greenwich() -> None:
    assert moment(WHEN.astimezone(timezone(-timedelta(hours=3, minutes=30)))) == "2010-02-14T11:55:50-03:30"


def test_ordinals() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "111th",
    ]  # fmt: skip
