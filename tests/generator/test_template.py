"""The template language: what the KDG understands, what is refused, and where."""

import json
from collections import Counter
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from helpers.generator.errors import TemplateError
from helpers.generator.template import Template

TEMPLATES = Path(__file__).resolve().parents[2] / "data" / "templates"
NOW = 1266161150.0  # 2010-02-14T15:25:50Z


def render(text: str, seed: int = 7) -> str:
    return Template.parse(text, seed).render(NOW)


def draws(text: str, n: int = 2000) -> list[str]:
    template = Template.parse(text)
    return [template.render(NOW) for _ in range(n)]


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("schema_discovery", '{"browseraction":"DiscoveryKinesisTest", "site": "yourwebsiteurl.domain.com"}'),
        ("click", '{"browseraction":"Click", "site": "yourwebsiteurl.domain.com"}'),
        ("impression", '{"browseraction":"Impression", "site": "yourwebsiteurl.domain.com"}'),
    ],
)
def test_the_labs_payloads_are_sent_as_the_lab_prints_them(name: str, payload: str) -> None:
    assert render((TEMPLATES / f"{name}.json").read_text()) == payload


def test_newlines_are_removed_also_within_expressions() -> None:
    assert render('{\n"a": {{random.number(\n{"min": 3,\r\n"max": 3}\n)}}\n}\n') == '{"a": 3}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{date.now}}", "2010-02-14T15:25:50+00:00"),
        ("{{date.utc}}", "2010-02-14T15:25:50Z"),
        ("{{current.timestamp}}", "2010-02-14T15:25:50+00:00"),
        ('{{date.now("DD/MMM/YYYY")}}', "14/Feb/2010"),
        ("{{date.utc(YYYY-MM-DD)}}", "2010-02-14"),
        ('{{date.now("h (a)")}}', "3 (pm)"),
        ('{"at":"{{ date.utc("X") }}"}', '{"at":"1266161150"}'),
        ('{"n":{"m":{{random.number(0)}}}}', '{"n":{"m":0}}'),
        ('{"n":{"m":1}}', '{"n":{"m":1}}'),
        ('{"n":{"m":1}},{{random.number(0)}}', '{"n":{"m":1}},0'),
        ("{{random.number()}}", render("{{random.number}}")),
        ('{{random.arrayElement([{"a":{"b":1}}])}}', '{"a": {"b": 1}}'),
        ("{{random.arrayElement([true])}} {{random.arrayElement([null])}}", "true null"),
        ('{{random.arrayElement(["$&"])}}', "$&"),
    ],
)
def test_expressions(text: str, expected: str) -> None:
    assert render(text) == expected


def test_date_now_shows_the_zone_it_is_given_and_utc_does_not() -> None:
    sydney = timezone(timedelta(hours=11))
    template = Template.parse('{{date.now("HH Z")}} {{date.utc("HH Z")}}', zone=sydney)
    assert template.render(NOW) == "02 +11:00 15 +00:00"


def test_numbers_include_their_maximum_and_start_at_zero() -> None:
    assert set(draws("{{random.number(3)}}")) == {"0", "1", "2", "3"}
    assert set(draws('{{random.number({"min": -2, "max": -1})}}')) == {"-2", "-1"}
    assert all(0 <= int(n) <= 99999 for n in draws("{{random.number}}"))


def test_precision_gives_clean_decimals() -> None:
    numbers = set(draws('{{random.number({"min": 0, "max": 0.3, "precision": 0.1})}}'))
    assert numbers == {"0", "0.1", "0.2", "0.3"}  # not 0.30000000000000004
    assert set(draws('{{random.number({"min": 10, "max": 30, "precision": 10})}}')) == {"10", "20", "30"}


def test_weights_need_not_sum_to_one_and_small_ones_do_not_vanish() -> None:
    text = '{{random.weightedArrayElement({"weights": [30, 10, 0], "data": ["a", "b", "c"]})}}'
    counts = Counter(draws(text, 8000))
    assert set(counts) == {"a", "b"}
    assert 0.73 < counts["a"] / 8000 < 0.77
    text = '{{random.weightedArrayElement({"weights": [0.004, 0.996], "data": ["rare", "usual"]})}}'
    assert 10 < Counter(draws(text, 8000))["rare"] < 60  # the KDG rounds 0.004 to nothing


def test_results_are_scanned_again() -> None:
    inner = json.dumps(["{{date.utc}}"]).replace("{", "\\u007b").replace("}", "\\u007d")
    assert render("{{random.arrayElement(" + inner + ")}}") == "2010-02-14T15:25:50Z"
    assert render('{{random.arrayElement(["{{random.number(0)}}"])}}') == "0"
    assert render('{{random.arrayElement(["{{random"])}}.number(0)}}') == "0"


def test_a_result_that_cannot_be_scanned_is_refused_when_it_appears() -> None:
    template = Template.parse('{{random.arrayElement(["{"])}}{no.such}}')
    with pytest.raises(TemplateError, match=r"unknown function no\.such"):
        template.render(NOW)


def test_the_same_seed_gives_the_same_records() -> None:
    text = '{{random.number}} {{random.arrayElement(["a","b","c"])}}'
    first, second, other = (Template.parse(text, seed) for seed in (1, 1, 2))
    records = [first.render(NOW) for _ in range(20)]
    assert records == [second.render(NOW) for _ in range(20)]
    assert records != [other.render(NOW) for _ in range(20)]


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ('{"a":\n "{{random.nunber(3)}}"}', 2, 5, "unknown function random.nunber"),
        ("abc {{date.now", 1, 5, "never closed"),
        ("{{random.number(3}}", 1, 16, "( is never closed"),
        ("{{random.number(3) + 1}}", 1, 20, "}} is expected"),
        ("{{}}", 1, 1, "a function is expected"),
        ("{{{random.number}}}", 1, 1, "a function is expected"),
        ('{{random.number({"min": 1)}}', 1, 17, "not valid JSON"),
        ('{{random.number({"min": 5, "max": 1})}}', 1, 3, "no number between"),
        ('{{random.number({"maximum": 1})}}', 1, 3, "not maximum"),
        ('{{random.number({"precision": 0})}}', 1, 3, "precision must be greater"),
        ('{{random.number("many")}}', 1, 3, "takes a number"),
        ('{{random.number({"max": "9"})}}', 1, 3, "must be numbers"),
        ("{{random.arrayElement([])}}", 1, 3, "at least one element"),
        ('{{random.arrayElement(["{{no.such}}"])}}', 1, 3, "unknown function no.such"),
        ("{{random.weightedArrayElement([1])}}", 1, 3, "takes an object"),
        ('{{random.weightedArrayElement({"weights":[1],"data":["a","b"]})}}', 1, 3, "1 weights for 2 data"),
        ('{{random.weightedArrayElement({"weights":[-1],"data":["a"]})}}', 1, 3, "none below 0"),
        ('{{random.weightedArrayElement({"weights":[0],"data":["a"]})}}', 1, 3, "greater than 0"),
        ("{{date.now(5)}}", 1, 3, "moment.js pattern"),
        (" \n ", 1, 1, "empty"),
    ],
)
def test_what_is_malformed_is_refused_with_its_place(text: str, line: int, column: int, reason: str) -> None:
    with pytest.raises(TemplateError) as refused:
        Template.parse(text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert reason in str(refused.value)
    assert f"line {line}, column {column}" in str(refused.value)
