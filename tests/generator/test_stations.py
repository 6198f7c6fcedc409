"""The stations' weights and the lab's template for them."""

import json
import re

import pytest

from helpers.generator.errors import GeneratorError
from helpers.generator.scenario import DATA, load
from helpers.generator.stations import PRESETS, STATIONS, normalised, template_text
from helpers.generator.template import Template
from helpers.generator.toll import TollSimulation


@pytest.mark.parametrize(
    ("preset", "name"),
    [("usual", "toll"), ("the lab's change", "toll_changed"), ("all to one exit", "toll_one_exit")],
)
def test_each_preset_is_a_template_of_the_data(preset, name):
    def shape(text: str) -> object:
        return [json.loads(found) for found in re.findall(r"\{\s*\"weights.*?\}", text, re.S)]

    file = (DATA / "templates" / f"{name}.json").read_text(encoding="utf-8")
    assert shape(template_text(PRESETS[preset])) == shape(file)


def test_records_follow_the_weights():
    weights = dict.fromkeys(STATIONS, 0.0) | {"Exit66": 3.0, "TX45": 1.0}
    template = Template.parse(template_text(weights), seed=7)
    stations = [template.render(0).split(",")[1] for _ in range(2000)]
    assert set(stations) == {"Exit66", "TX45"}
    assert 0.7 < stations.count("Exit66") / 2000 < 0.8


def test_a_record_is_the_lab_s_csv():
    record = Template.parse(template_text(PRESETS["usual"]), seed=7).render(1_790_000_000)
    assert re.fullmatch(r"2026-09-21T14:13:20\+00:00,\w+,\w+", record)


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_an_impossible_weight_is_refused(weight):
    with pytest.raises(GeneratorError, match="TX45"):
        normalised(PRESETS["usual"] | {"TX45": weight})


def test_no_traffic_at_all_is_refused():
    with pytest.raises(GeneratorError, match="all weights are 0"):
        template_text(dict.fromkeys(STATIONS, 0.0))


def test_other_stations_are_refused():
    with pytest.raises(GeneratorError, match="183A, SH130"):
        template_text({"183A": 1.0})


def test_every_scenario_s_producers_are_the_simulation_s():
    known = {name for name, _, _ in TollSimulation.cast}
    for path in (DATA / "scenarios").glob("toll_*.yaml"):
        assert set(load(path).producers) <= known
