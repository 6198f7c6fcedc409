"""The figures of a run, from its rows."""

from dataclasses import replace

from helpers.generator.observe import Row, window
from helpers.generator.result import RunResult
from helpers.generator.sender import Account
from helpers.panels import charts


def anomaly(offset: int) -> Row:
    return {"minute": f"{offset // 60}:{offset % 60:02d}", "offset": offset, "ctr": 400.0, "score": 3.0}


RESULT = RunResult(
    scenario="burst",
    seed=7,
    start=0.0,
    seconds=330,
    records={"clicks": 10},
    account=Account(10, 10),
    windows=[
        window(230, 9, 10, 90.0),
        window(240, 11, 10, 110.0),
        window(250, 40, 10, 400.0),
        window(280, 5, 0, None),
    ],
    anomalies=[anomaly(offset) for offset in (240, 250, 280, 290)],
    burst=(240, 270),
    messages=[{"protocol": "email"}, {"protocol": "sms"}, {"protocol": "sms"}],
)


def test_an_anomaly_belongs_to_the_burst_up_to_one_window_late() -> None:
    assert [row["offset"] for row in RESULT.burst_anomalies] == [250, 280]
    assert [row["offset"] for row in RESULT.false_alarms] == [240, 290]


def test_without_a_burst_every_anomaly_is_a_false_alarm() -> None:
    calm = replace(RESULT, burst=None)
    assert calm.burst_anomalies == []
    assert len(calm.false_alarms) == 4


def test_the_summary() -> None:
    lines = RESULT.summary().splitlines()
    assert "CTR        100 % before the burst, 400 % in it (4:00 to 4:30)" in lines
    assert "messages   1 mail, 2 SMS" in lines
    assert any(
        line.startswith("anomalies  4 scores above 2, 2 in the burst: 4:00 (score 3.00, CTR 400 %)") for line in lines
    )
    assert replace(RESULT, windows=[]).summary().count("no CTR") == 2
    assert replace(RESULT, note="unseen").summary().endswith("note       unseen")


def test_the_figure_shows_windows_scores_and_burst() -> None:
    words = charts.alt_text(RESULT.figure())
    assert "3 windows" in words
    assert "4 anomaly scores" in words
    assert "minute 4.0 to 4.5" in words
