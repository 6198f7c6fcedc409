"""Scenario files: the lab's burst, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from helpers.generator.errors import ScenarioError
from helpers.generator.profile import Profile
from helpers.generator.scenario import load, parse


def phase(**changes: Any) -> dict[str, Any]:
    return {"name": "calm", "seconds": 10, "rates": {"clicks": 1}} | changes


def scenario(*phases: Any) -> dict[str, Any]:
    return {"name": "test", "phases": list(phases)}


def test_the_labs_burst() -> None:
    burst = load("burst")
    assert [p.name for p in burst.phases] == ["warm-up", "burst", "cool-down"]
    assert burst.phases[0].seconds > 120  # twelve windows of ten seconds teach the forest
    assert burst.burst == (240, 270)
    assert burst.seconds == 330
    extra = {f"extra clicks {n}": 1.0 for n in (1, 2, 3)}
    assert dict(burst.phases[1].rates) == {"impressions": 1.0, "clicks": 1.0} | extra
    assert burst.producers == ("impressions", "clicks", *extra)


def test_the_steady_minute_of_chapter_04() -> None:
    steady = load("steady")
    assert (steady.seconds, steady.burst, steady.producers) == (60, None, ("impressions", "clicks"))


def test_a_path_will_do_as_well(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nphases:\n  - {name: calm, seconds: 5, rates: {clicks: 0.5}}\n")
    assert load(file).seconds == 5
    assert load(str(file)).burst is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "expected name, phases"),
        ({"name": "x"}, "phases missing"),
        (scenario(), "at least one phase"),
        (scenario() | {"speed": 2}, "speed unknown"),
        (scenario(phase(seconds=0)), r"phase 1 \(calm\): seconds must be a whole number"),
        (scenario(phase(seconds="10")), "seconds must be a whole number"),
        (scenario(phase(), phase(name="odd", rates={"clicks": -1})), r"phase 2 \(odd\): producer clicks"),
        (scenario(phase(rates={"clicks": "fast"})), "rate of clicks must be a number"),
        (scenario(phase(rates=["clicks"])), "records per second"),
        (scenario(phase(burst="yes")), "burst must be true or false"),
        (scenario(phase(burst=True), phase(burst=True)), "only one phase"),
        (scenario(phase(seconds=10**7)), "longer than a week"),
        (scenario("calm"), "phase 1: expected"),
        (scenario(phase(rates={"clicks": {"mean": -1}})), "rate of clicks: mean must be a number"),
        (scenario(phase(rates={"clicks": {"median": 1}})), "rate of clicks: mean missing"),
        (scenario(phase(rates={"clicks": {"profile": "none.yaml"}})), r"none\.yaml cannot be read"),
        (scenario(phase()) | {"templates": ["click"]}, "a template for each producer"),
        (scenario(phase()) | {"templates": {"clicks": "clack"}}, "no template 'clack': there are click, "),
    ],
)
def test_malformed_scenarios_are_refused(content: Any, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        parse(content, "test.yaml")


def test_unknown_scenarios_name_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match="there are: burst, steady"):
        load("bursts")


def test_invalid_yaml_says_where(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("name: [\n")
    with pytest.raises(ScenarioError, match=r"(?s)broken.yaml is not valid YAML.*line 2"):
        load(file)


def test_rates_by_mean_and_by_profile_and_templates_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("mean: 3\nperiods: [{hours: 9-17, mean: 30}]\n")
    (tmp_path / "visit.txt").write_text("visit {{random.number(9)}}")
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\ntemplates: {visits: visit.txt, clicks: click}\n"
        "phases:\n"
        "  - {name: all, seconds: 5, rates: {visits: {profile: shop.yaml}, clicks: {mean: 20, deviation: 5}}}\n"
    )
    mine = load(file)
    visits, clicks = mine.phases[0].rates["visits"], mine.phases[0].rates["clicks"]
    assert isinstance(visits, Profile)
    assert isinstance(clicks, Profile)
    assert (visits.at(10 * 3600), visits.at(0), clicks.at(0)) == ((30, 0), (3, 0), (20, 5))
    assert mine.templates["visits"] == "visit {{random.number(9)}}"
    assert '"Click"' in mine.templates["clicks"]
