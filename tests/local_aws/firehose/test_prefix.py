"""Prefix expressions, Java date patterns, object names."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from helpers.local_aws.firehose.javatime import PatternError, render
from helpers.local_aws.firehose.prefix import Prefixes, object_name
from helpers.local_aws.protocol import AwsError

WHEN = datetime(2018, 8, 27, 9, 5, 7, 123456, tzinfo=UTC)
ARRIVAL = WHEN.timestamp()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy/MM/dd/HH/", "2018/08/27/09/"),
        ("yy-M-d H:m:s", "18-8-27 9:5:7"),
        ("'year='yyyy'/month='MM", "year=2018/month=08"),
        ("DDD", "239"),
        ("hh a K k", "09 AM 9 9"),
        ("EEE EEEE MMM MMMM", "Mon Monday Aug August"),
        ("SSS", "123"),
        ("HH 'o''clock' ''", "09 o'clock '"),
    ],
)
def test_java_date_patterns(pattern: str, expected: str) -> None:
    assert render(pattern, WHEN) == expected


@pytest.mark.parametrize("pattern", ["Q", "yyyy'", "VV"])
def test_date_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        render(pattern, WHEN)


# The examples of "Custom prefixes for Amazon S3 objects" in the developer guide.
@pytest.mark.parametrize(
    ("prefixes", "objects", "errors"),
    [
        (Prefixes("", "bad/!{firehose:error-output-type}/"), "2018/08/27/09/", "bad/processing-failed/"),
        (Prefixes("my/"), "my/2018/08/27/09/", "my/processing-failed/2018/08/27/09/"),
        (Prefixes("my/", "errors/"), "my/2018/08/27/09/", "errors/processing-failed/2018/08/27/09/"),
        (
            Prefixes(
                "day=!{timestamp:yyyy-MM-dd}/",
                "bad/!{timestamp:yyyy}/anyMonth/!{firehose:error-output-type}/!{timestamp:dd}",
            ),
            "day=2018-08-27/",
            "bad/2018/anyMonth/processing-failed/27",
        ),
        (Prefixes("x/!{timestamp:HH}/", "e/!{firehose:error-output-type}", "Asia/Tokyo"), "x/18/", None),
    ],
)  # fmt: skip
def test_evaluated_prefixes(prefixes: Prefixes, objects: str, errors: str | None) -> None:
    prefixes.check()
    assert prefixes.object_prefix(ARRIVAL) == objects
    if errors:
        assert prefixes.error_prefix(ARRIVAL, "processing-failed") == errors


def test_random_string_gets_the_default_time_too() -> None:
    prefixes = Prefixes("!{firehose:random-string}/", "e/!{firehose:error-output-type}/")
    values = {prefixes.object_prefix(ARRIVAL) for _ in range(20)}
    assert len(values) == 20
    assert all(re.fullmatch(r"[0-9a-f]{11}/2018/08/27/09/", value) for value in values)


@pytest.mark.parametrize(
    ("prefixes", "message"),
    [
        (Prefixes("!{timestamp:yyyy}/"), "ErrorOutputPrefix is mandatory"),
        (Prefixes("!{timestamp:yyyy}/", "errors/!{timestamp:yyyy}/"), "must then contain"),
        (Prefixes("!{firehose:error-output-type}/", "x"), "cannot contain"),
        (Prefixes("!{timestamp:Q}", "x"), "letter 'Q'"),
        (Prefixes("!{firehose:year}", "x"), "unknown expression"),
        (Prefixes("!{partitionKeyFromQuery:a}", "x"), "not offered"),
        (Prefixes("a!{b", "x"), "may only begin"),
        (Prefixes("", None, "Mars/Olympus"), "time zone"),
    ],
)
def test_prefixes_that_are_refused(prefixes: Prefixes, message: str) -> None:
    with pytest.raises(AwsError, match=message) as caught:
        prefixes.check()
    assert caught.value.code == "InvalidArgumentException"


def test_object_name() -> None:
    name = object_name("clicks", "3", WHEN, ".gz")
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    assert re.fullmatch(rf"clicks-3-2018-08-27-09-05-07-{uuid}\.gz", name)
