"""Profiles: hours and weekdays, smoothing, what is drawn, what is refused."""

import random
import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from helpers.generator.errors import ScenarioError
from helpers.generator.producer import Producer
from helpers.generator.profile import Profile, load, parse
from helpers.generator.template import Template

SHOP = """
name: shop
mean: 2
deviation: 0.5
periods:
  - {days: weekdays, hours: 9-17, mean: 50, deviation: 5}
  - {days: [sat, Sunday], hours: 22-2, mean: 9}
  - {days: fri, hours: 23, mean: 30}
"""


def at(day: int, hour: int, minute: int = 0) -> float:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC).timestamp()  # the 22nd is a Sunday


@pytest.fixture
def shop(tmp_path: Path) -> Profile:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    return load(file)


def test_each_hour_of_each_weekday_has_its_figures(shop: Profile) -> None:
    assert shop.at(at(23, 9)) == shop.at(at(27, 16, 59)) == (50, 5)
    assert shop.at(at(23, 8, 59)) == shop.at(at(23, 17)) == shop.at(at(22, 12)) == (2, 0.5)
    assert shop.at(at(21, 22)) == shop.at(at(22, 1)) == (9, 0.5)
    assert shop.at(at(27, 23)) == (30, 0.5)


def test_a_smooth_profile_glides_to_the_next_hour_of_the_right_day() -> None:
    smooth = parse({"mean": 10, "smooth": True, "periods": [{"days": "mon", "hours": "0", "mean": 70}]}, "x")
    assert smooth.at(at(22, 23, 30)) == (40, 0)  # Sunday night to Monday
    assert smooth.at(at(23, 0, 15)) == (55, 0)
    assert smooth.at(at(22, 22, 30)) == (10, 0)  # where the KDG is a day and an hour ahead already


def test_rates_are_drawn_from_a_normal_distribution_and_never_below_nothing() -> None:
    draw = random.Random(3).random  # noqa: S311 - test data
    rates = [Profile.constant(100, 10).draw(0, draw) for _ in range(20_000)]
    assert statistics.mean(rates) == pytest.approx(100, abs=0.3)
    assert statistics.stdev(rates) == pytest.approx(10, abs=0.3)
    assert min(Profile.constant(1, 5).draw(0, draw) for _ in range(1000)) == 0
    assert Profile.constant(3).draw(0, draw) == 3


def test_a_producer_follows_its_profile_by_the_hour_of_its_origin(shop: Profile) -> None:
    def counts(seed: int) -> list[int]:
        producer = Producer("visits", Template.parse("x"), shop, seed=seed)
        producer.origin = at(23, 8, 58)
        return [len(producer.due(float(second))) for second in range(1, 241)]

    first = counts(7)
    assert statistics.mean(first[:119]) == pytest.approx(2, abs=0.3)
    assert statistics.mean(first[121:]) == pytest.approx(50, abs=2)
    assert first == counts(7)
    assert first != counts(8)


def test_arrivals_of_a_profile_do_not_depend_on_how_often_one_asks() -> None:
    at_once, often = (Producer("visits", Template.parse("x"), Profile.constant(10, 4), 0.5) for _ in range(2))
    assert at_once.due(30) == pytest.approx([t for step in range(1, 301) for t in often.due(step / 10)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "expected"),
        ({"median": 3}, "median unknown"),
        ({"mean": -1}, "mean must be a number from 0"),
        ({"mean": "many"}, "mean must be a number"),
        ({"smooth": "yes"}, "true or false"),
        ({"periods": {}}, "must be a list"),
        ({"periods": [{"days": "someday"}]}, "period 1: no day 'someday'"),
        ({"periods": [{"hours": "9 to 5"}]}, "from and to such as 9-17"),
        ({"periods": [{"hours": "9-9"}]}, "between 0 and 24"),
        ({"periods": [{"hours": 25}]}, "between 0 and 24"),
    ],
)
def test_malformed_profiles_are_refused(content: Any, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        parse(content, "shop.yaml")


def test_a_profile_that_is_not_there_or_no_yaml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("mean: [")
    with pytest.raises(ScenarioError, match=r"broken\.yaml is not valid YAML"):
        load(tmp_path / "broken.yaml")
