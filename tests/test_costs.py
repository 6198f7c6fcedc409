"""What the series costs on aws: the arithmetic, the sources of the prices, and silence on local."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from helpers import costs
from helpers.workshop import Workshop
from tests.aws import StubbedWorkshop, detail

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def ws(tmp_path: Path) -> StubbedWorkshop:
    workshop = StubbedWorkshop(tmp_path)
    workshop.now = NOW.timestamp  # type: ignore[attr-defined]
    return workshop


def there(ws: StubbedWorkshop, stack_hours: float | None, application_hours: float | None) -> None:
    if stack_hours is None:
        ws.refuse("cloudformation", "describe_stacks", "ValidationError", "Stack x does not exist")
    else:
        made = NOW - timedelta(hours=stack_hours)
        stack = {"StackName": ws.stack_name, "CreationTime": made, "StackStatus": "CREATE_COMPLETE"}
        ws.answer("cloudformation", "describe_stacks", {"Stacks": [stack]})
    if application_hours is None:
        ws.refuse("kinesisanalyticsv2", "describe_application", "ResourceNotFoundException")
    else:
        made = NOW - timedelta(hours=application_hours)
        ws.answer("kinesisanalyticsv2", "describe_application", detail("RUNNING", CreateTimestamp=made))


def hour(region: str, *what: str) -> float:
    return sum(item.hour for item in costs.hourly(region) if not what or item.what in what)


def test_every_price_says_where_it_is_from_and_whether_that_was_seen():
    known = costs.prices()
    assert datetime.fromisoformat(known["read_on"])
    for name, entry in {**known["prices"]}.items():
        assert entry["price"] > 0 and entry["unit"] and entry["source"], name
        assert entry["page"].startswith("https://aws.amazon.com/"), name
        assert isinstance(entry["verified"], bool), name
    assert {"us-east-1", "ap-southeast-2", "other"} == set(known["regions"])
    assert known["regions"]["us-east-1"]["factor"] == 1


def test_an_hour_is_two_kpus_their_storage_two_shards_and_little_else():
    assert hour("us-east-1", "Flink application") == pytest.approx(0.22)
    assert hour("us-east-1", "its storage") == pytest.approx(50 * 0.10 / 730)
    assert hour("us-east-1", "data streams") == pytest.approx(0.03)
    assert hour("us-east-1", "Firehose") == pytest.approx(7200 * 5 / 1024 / 1024 * 0.029)
    assert 0.25 < hour("us-east-1") < 0.27
    assert hour("ap-southeast-2") == pytest.approx(1.4 * hour("us-east-1"))
    assert hour("eu-central-1") > hour("ap-southeast-2")


def test_every_price_is_used(monkeypatch):
    asked = set()
    item = costs._item

    def noting(region, what, quantity, units, price, paid):
        asked.add(price)
        return item(region, what, quantity, units, price, paid)

    monkeypatch.setattr(costs, "_item", noting)
    costs.hourly("us-east-1")
    assert asked == set(costs.prices()["prices"])


def test_what_was_not_verified_is_not_called_verified():
    assert {item.what for item in costs.hourly("us-east-1") if not item.verified} == {"Firehose", "Athena", "mails"}
    assert not [item for item in costs.hourly("ap-southeast-2") if item.verified]


def test_the_table_ends_with_the_total(ws):
    table = costs.before(ws)
    assert table["US$ an hour"].iloc[-1] == pytest.approx(hour("us-east-1"), abs=1e-3)
    assert "2026-11-22" in table["price"].iloc[-1]
    assert set(table["price"].iloc[:-1]) == {"as AWS lists it", "not verified"}


def test_the_running_total_counts_stack_application_and_records(ws):
    there(ws, 3, 2)
    ws.notes["ledger"] = {"sent": 7200, "acknowledged": 7200}
    stack = hour("us-east-1", "data streams", "buckets")
    running = hour("us-east-1", "Flink application", "its storage", "snapshots")
    total = 3 * stack + 2 * running + hour("us-east-1") - stack - running
    said = costs.so_far(ws)
    assert said.startswith(f"About US$ {total:.2f} so far (stack 3.0 h, application 2.0 h, 7,200 records)")
    assert "about US$ 0.26 for each hour that it stays" in said


def test_an_application_is_charged_ten_minutes_at_least(ws):
    there(ws, 0, 0.01)
    assert "application 0.2 h" in costs.so_far(ws)


def test_what_is_gone_costs_nothing_more(ws):
    there(ws, None, None)
    said = costs.so_far(ws)
    assert said.startswith("About US$ 0.00 so far") and "US$ 0.00 for each hour" in said


def test_another_region_s_assumption_is_told(tmp_path):
    ws = StubbedWorkshop(tmp_path, region="ap-southeast-2")
    assert "x 1.4, an assumption" in costs.before(ws)["price"].iloc[-1]


def test_local_costs_nothing(workshop: Workshop):
    assert costs.before(workshop) == costs.so_far(workshop) == costs.LOCAL
