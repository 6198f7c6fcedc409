"""The lab's browser tabs: one producer each, with a template and a rate; tabs can be added, removed, rewritten."""

from __future__ import annotations

from collections.abc import Mapping

from helpers.generator.errors import GeneratorError
from helpers.generator.producer import Producer
from helpers.generator.profile import Rate, checked_rate
from helpers.generator.scenario import template_text
from helpers.generator.template import Template

Cast = tuple[tuple[str, str, float], ...]  # producer, template, rate at the start (records a second)
# The lab's tabs.
PRODUCERS: Cast = (
    ("impressions", "impression", 1.0),
    ("clicks", "click", 1.0),
    ("extra clicks 1", "click", 0.0),
    ("extra clicks 2", "click", 0.0),
    ("extra clicks 3", "click", 0.0),
)
EXTRA = tuple(name for name, _, rate in PRODUCERS if not rate)
# How uneven traffic is. With none, CTR stands at 100 % and any change at all scores the maximum; with 0.5
# the burst was found by all of 50 seeds, with few false alarms (tests/generator/test_scenario.py).
JITTER = 0.5


class Tabs:
    """Producers by name, those of a lab to begin with: `rates` (records a second) and `templates` (their text)."""

    def __init__(self, templates: Mapping[str, str] | None = None, cast: Cast = PRODUCERS) -> None:
        self.rates = {name: rate for name, _, rate in cast}
        self.templates = {name: template_text(template) for name, template, _ in cast}
        for name, text in (templates or {}).items():
            self.rates.setdefault(name, 0.0)
            self.templates[name] = text

    def require(self, name: str) -> None:
        """Raise GeneratorError unless there is such a producer."""
        if name not in self.rates:
            raise GeneratorError(f"there is no producer {name!r}: there are {', '.join(self.rates)}")

    def add(self, name: str, text: str, rate: float) -> None:
        """One more; GeneratorError when the name is taken or empty, TemplateError when the template is malformed."""
        if name in self.rates or not name.strip():
            raise GeneratorError(f"a producer cannot be called {name!r}: choose a name that is not in use")
        Template.parse(text)
        self.rates[name] = checked_rate(name, rate)
        self.templates[name] = text

    def remove(self, name: str) -> None:
        """One less; GeneratorError when there is none of that name, or no other."""
        self.require(name)
        if len(self.rates) == 1:
            raise GeneratorError(f"{name} is the last producer: set its rate to 0 instead")
        del self.rates[name], self.templates[name]

    def producers(self, rates: Mapping[str, Rate], seed: int, occasion: str, jitter: float = JITTER) -> list[Producer]:
        """The producers of these names at these rates (records a second).

        The `occasion` (a scenario's name, or "live") goes into the seed, so that a chapter's traffic is not the
        chapter's before once more: the forest knows that by heart, and finds all else odd.
        """
        return [self.producer(name, rate, seed, occasion, jitter) for name, rate in rates.items()]

    def producer(
        self, name: str, rate: Rate, seed: int, occasion: str, jitter: float = JITTER, start: float = 0.0
    ) -> Producer:
        """One of them; `start` is where on the time line (seconds) it begins."""
        seed_here = f"{seed}:{occasion}"
        template = Template.parse(self.templates[name], f"{seed_here}:{name}")
        return Producer(name, template, rate, jitter, seed_here, start)


def producers(rates: Mapping[str, Rate], seed: int, occasion: str, jitter: float = JITTER) -> list[Producer]:
    """The lab's producers at the given rates (records a second); see `Tabs.producers`."""
    return Tabs().producers(rates, seed, occasion, jitter)


def read_template(name: str, seed: int | str = 7) -> Template:
    """A template of data/templates, or a file, parsed. GeneratorError when there is none of that name."""
    return Template.parse(template_text(name), seed)
