"""Detection and false alarms: computed by the engine, the same each time, and as the lab's text says."""

from helpers.detection import BETTER, LAB, Setting, scores, study
from helpers.generator.stations import PRESETS

CHANGE = PRESETS["the lab's change"]


def rate(frame, threshold: float) -> tuple[float, float]:
    [row] = frame[frame["threshold"] == threshold].to_dict("records")
    return row["detected"], row["false_alarms"]


def test_the_lab_s_parameters_find_its_change_in_few_runs_and_cry_wolf():
    frame = study(CHANGE, [LAB])
    detected, false_alarms = rate(frame, 2.5)
    assert 0.1 <= detected <= 0.5
    assert false_alarms > 10


def test_better_parameters_find_it_always_and_are_quiet():
    assert rate(study(CHANGE, [BETTER]), 3.5) == (1.0, 0.0)


def test_the_same_arguments_give_the_same_figures():
    assert study(CHANGE, [LAB], runs=3).equals(study(CHANGE, [LAB], runs=3))


def test_usual_traffic_is_no_detection():
    assert rate(study(PRESETS["usual"], [BETTER], runs=5), 3.5) == (0.0, 0.0)


def test_counts_are_five_minutes_of_windows_and_one():
    usual, diverted = scores(CHANGE, Setting(trees=1, samples=10, decay=10, shingle=2, window=30), seed=1)
    assert (len(usual), len(diverted)) == (100, 20)
    usual, diverted = scores(PRESETS["all to one exit"], LAB, seed=1)
    assert (len(usual), len(diverted)) == (300, 6)  # stations without a vehicle have no row
    assert min(usual) > 0  # the forest has learnt before
