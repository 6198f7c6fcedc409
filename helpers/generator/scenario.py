"""Scenarios: phases of traffic with a rate for each producer, read from YAML files in data/scenarios.

A rate is records a second, `{mean: 20, deviation: 5}` to draw each second's anew, or `{profile: shop.yaml}` for one
by hour and weekday (see `profile`), a file beside the scenario. `templates` may name each producer's template: one of
data/templates or a file beside the scenario.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from helpers.generator import profile
from helpers.generator.errors import GeneratorError, ScenarioError
from helpers.generator.profile import Rate, checked_rate

DATA = Path(__file__).resolve().parents[2] / "data"
LONGEST = 7 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Phase:
    """`seconds` of traffic; `rates` in records a second by producer, absent means none."""

    name: str
    seconds: int
    rates: Mapping[str, Rate]
    burst: bool = False


@dataclass(frozen=True)
class Scenario:
    """Phases one after the other; `templates` has the template's text of each producer that names one."""

    name: str
    phases: tuple[Phase, ...]
    templates: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """How long all phases take."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def burst(self) -> tuple[int, int] | None:
        """Where the burst begins and ends, seconds from the start; None when there is none."""
        begin = 0
        for phase in self.phases:
            if phase.burst:
                return begin, begin + phase.seconds
            begin += phase.seconds
        return None

    @property
    def producers(self) -> tuple[str, ...]:
        """All producers named in any phase."""
        return tuple(dict.fromkeys(name for phase in self.phases for name in phase.rates))


def load(scenario: str | Path) -> Scenario:
    """Read a scenario: the name of a file in data/scenarios, or a path to a YAML file.

    Raises ScenarioError saying which file, which phase, and what is expected there.
    """
    path = Path(scenario)
    if path.suffix not in (".yaml", ".yml"):
        path = DATA / "scenarios" / f"{scenario}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in (DATA / "scenarios").glob("*.yaml")))
        raise ScenarioError(f"there is no scenario {str(scenario)!r} ({path}); there are: {known}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path.name} is not valid YAML: {error}") from error
    return parse(content, path.name, path.parent)


def template_text(name: str, folder: Path | None = None) -> str:
    """The text of a template: a name in data/templates, or a file, in `folder` unless its path says where.

    Raises GeneratorError when there is neither.
    """
    path = DATA / "templates" / f"{name}.json"
    if not path.is_file():
        path = (folder or Path()) / name
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        known = ", ".join(sorted(file.stem for file in (DATA / "templates").glob("*.json")))
        raise GeneratorError(f"there is no template {name!r}: there are {known}, or name a file") from None


def parse(content: Any, where: str, folder: Path | None = None) -> Scenario:
    """A scenario from what YAML yields; `where` names it in errors (ScenarioError), `folder` holds its files."""
    content = _mapping(content, where, {"name", "phases"}, {"name", "phases", "templates"})
    folder = folder or Path()
    phases = content["phases"]
    if not isinstance(phases, list) or not phases:
        raise ScenarioError(f"{where}: phases must be a list with at least one phase")
    parsed = tuple(_phase(phase, f"{where}, phase {number}", folder) for number, phase in enumerate(phases, start=1))
    if sum(phase.burst for phase in parsed) > 1:
        raise ScenarioError(f"{where}: only one phase can be the burst")
    scenario = Scenario(str(content["name"]), parsed, _templates(content.get("templates", {}), where, folder))
    if scenario.seconds > LONGEST:
        raise ScenarioError(f"{where}: {scenario.seconds:,} seconds are longer than a week")
    return scenario


def _mapping(value: Any, where: str, needed: set[str], known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: expected {', '.join(sorted(known))}, found {value!r}")
    if missing := needed - set(value):
        raise ScenarioError(f"{where}: {', '.join(sorted(missing))} missing")
    if unknown := {str(key) for key in value} - known:
        names = ", ".join(sorted(unknown))
        raise ScenarioError(f"{where}: {names} unknown; known: {', '.join(sorted(known))}")
    return value


def _templates(value: Any, where: str, folder: Path) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: templates must name a template for each producer, such as 'clicks: click'")
    try:
        return {str(name): template_text(str(template), folder) for name, template in value.items()}
    except GeneratorError as error:
        raise ScenarioError(f"{where}: {error}") from error


def _phase(value: Any, where: str, folder: Path) -> Phase:
    value = _mapping(value, where, {"name", "seconds", "rates"}, {"name", "seconds", "rates", "burst"})
    where = f"{where} ({value['name']})"
    seconds = value["seconds"]
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 1:
        raise ScenarioError(f"{where}: seconds must be a whole number of at least 1, not {seconds!r}")
    burst = value.get("burst", False)
    if not isinstance(burst, bool):
        raise ScenarioError(f"{where}: burst must be true or false, not {burst!r}")
    if not isinstance(value["rates"], Mapping):
        raise ScenarioError(f"{where}: rates must give records per second, such as 'clicks: 1'")
    rates = {str(name): _rate(str(name), rate, where, folder) for name, rate in value["rates"].items()}
    return Phase(str(value["name"]), seconds, rates, burst)


def _rate(name: str, rate: Any, where: str, folder: Path) -> Rate:
    if isinstance(rate, Mapping):
        here = f"{where}, rate of {name}"
        if "profile" in rate:
            _mapping(rate, here, {"profile"}, {"profile"})
            return profile.load(folder / str(rate["profile"]))
        return profile.parse(_mapping(rate, here, {"mean"}, {"mean", "deviation"}), here)
    if not isinstance(rate, (int, float)) or isinstance(rate, bool):
        raise ScenarioError(f"{where}: the rate of {name} must be a number, not {rate!r}")
    try:
        return checked_rate(name, float(rate))
    except GeneratorError as error:
        raise ScenarioError(f"{where}: {error}") from error
