"""What the clickstream series costs on a real account: an hour of it, before anything is made, and what it came to.

An estimate from data/prices.json, which says when each price was read, where, and whether AWS itself lists it so.
Rounded up where there is a choice: free tiers are not counted, and an application counts from its creation. The local
target costs nothing, and says so.

Source: Managed Service for Apache Flink developer guide, "Per second billing" (one KPU more for orchestration, fifty GB
of storage a KPU, ten minutes at least).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from helpers import application, template
from helpers.errors import WorkshopError
from helpers.generator.traffic import LEDGER
from helpers.workshop import ROOT, Workshop

FILE: Final = ROOT / "data" / "prices.json"
LOCAL: Final = "Nothing: the local target runs on this machine."
MONTH: Final = 730  # hours
KPUS: Final = 2  # one for parallelism 1, one for orchestration
STORAGE: Final = 50  # GB a KPU that runs the program
LEAST: Final = 1 / 6  # hours that an application is charged for at least
RATE: Final = 2  # records a second: the lab's impressions and clicks
FIREHOSE_UNIT: Final = 5 * 1024  # bytes a record is rounded up to
GB: Final = 1024**3
OBJECTS: Final = 120  # an hour: one a minute in each bucket
CALLS: Final = 90  # of functions an hour: each minute's transformation, and some anomalies
CALL: Final = 0.25  # GB and seconds of a call: 256 MB for a second
LOGS: Final = 0.005  # GB an hour: the application's log at INFO, and the functions'
STORED: Final = 0.1  # GB: the package, and some records
SNAPSHOT: Final = 0.01  # GB
QUERIES: Final = 10  # of Athena an hour, each charged as ten MB
MAILS: Final = 30  # an hour


@dataclass(frozen=True)
class Item:
    """What an hour of one thing costs, in US dollars.

    `paid`: as long as the application or the stack is there, or by traffic.
    """

    what: str
    quantity: str
    hour: float
    verified: bool
    paid: str


@lru_cache(maxsize=1)
def prices() -> dict[str, Any]:
    """data/prices.json."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def hourly(region: str) -> list[Item]:
    """What the stack, the application and the lab's traffic cost in an hour, item by item."""
    shards = sum(each["Type"] == "AWS::Kinesis::Stream" for each in _resources().values())
    records = RATE * 3600
    return [
        _item(region, "Flink application", f"{KPUS} KPUs, one of them orchestration", KPUS, "kpu_hour", "application"),
        _item(region, "its storage", f"{STORAGE} GB", STORAGE / MONTH, "running_storage_gb_month", "application"),
        _item(region, "data streams", f"{shards} shards", shards, "shard_hour", "stack"),
        _item(region, "records put", f"{records:,} records", records / 1e6, "put_payload_units", "traffic"),
        _item(
            region, "Firehose", f"{records:,} records of 5 KB", records * FIREHOSE_UNIT / GB, "firehose_gb", "traffic"
        ),
        _item(region, "objects written", f"{OBJECTS} PUT requests", OBJECTS / 1000, "s3_puts", "traffic"),
        _item(region, "functions", f"{CALLS} calls of a second each", CALLS * CALL, "lambda_gb_second", "traffic"),
        _item(region, "function calls", f"{CALLS} requests", CALLS / 1e6, "lambda_requests", "traffic"),
        _item(region, "buckets", f"{STORED * 1000:g} MB", STORED / MONTH, "s3_gb_month", "stack"),
        _item(region, "snapshots", f"{SNAPSHOT * 1000:g} MB", SNAPSHOT / MONTH, "snapshot_gb_month", "application"),
        _item(region, "Athena", f"{QUERIES} queries of 10 MB", QUERIES * 10 / 1e6, "athena_tb", "traffic"),
        _item(region, "mails", f"{MAILS} mails", MAILS / 1e5, "sns_mails", "traffic"),
        _item(region, "logs", f"{LOGS * 1000:g} MB", LOGS, "logs_gb", "traffic"),
    ]


def before(ws: Workshop) -> Any:
    """What an hour will cost, as a DataFrame with a total; a sentence on the local target."""
    if ws.target != "aws":
        return LOCAL
    import pandas as pd

    items = hourly(ws.region)
    rows = [{"what": i.what, "quantity": i.quantity, "US$ an hour": i.hour, "price": _said(i)} for i in items]
    rows.append(
        {"what": "together", "quantity": "", "US$ an hour": sum(i.hour for i in items), "price": _of(ws.region)}
    )
    return pd.DataFrame(rows).round(4)


def so_far(ws: Workshop) -> str:
    """What the series came to until now, in a sentence: stack and application by their age, records by the ledger.

    What was deleted is not counted any more.
    """
    if ws.target != "aws":
        return LOCAL
    stack_hours, application_hours = _ages(ws)
    records = int((ws.notes.get(LEDGER) or {}).get("sent", 0))
    by: dict[str, float] = {}
    for item in hourly(ws.region):
        by[item.paid] = by.get(item.paid, 0.0) + item.hour
    total = by["stack"] * stack_hours + by["application"] * application_hours
    total += by["traffic"] * records / (RATE * 3600)
    going = by["stack"] * bool(stack_hours) + by["application"] * bool(application_hours)
    return (
        f"About US$ {total:.2f} so far (stack {stack_hours:.1f} h, application {application_hours:.1f} h, "
        f"{records:,} records); about US$ {going:.2f} for each hour that it stays. Prices: {_of(ws.region)}"
    )


def _ages(ws: Workshop) -> tuple[float, float]:
    """Hours that the stack and the application have existed; 0 for what does not."""
    from helpers import stack

    now = ws.clock.now()
    found = stack.find(ws.client("cloudformation"), ws.stack_name)
    detail = application.describe(ws)
    stack_hours = (now - found["CreationTime"].timestamp()) / 3600 if found else 0.0
    if detail is None:
        return stack_hours, 0.0
    return stack_hours, max(LEAST, (now - detail["CreateTimestamp"].timestamp()) / 3600)


def _item(region: str, what: str, quantity: str, units: float, price: str, paid: str) -> Item:
    known, place = prices()["prices"], _region(region)
    if price not in known:
        raise WorkshopError(f"{FILE.name} has no price {price}: restore the file.")
    entry = known[price]
    return Item(what, quantity, units * entry["price"] * place["factor"], entry["verified"] and place["verified"], paid)


def _region(region: str) -> Mapping[str, Any]:
    regions: dict[str, dict[str, Any]] = prices()["regions"]
    return regions[region] if region in regions else regions["other"]


def _said(item: Item) -> str:
    return "as AWS lists it" if item.verified else "not verified"


def _of(region: str) -> str:
    place = _region(region)
    said = "" if place["factor"] == 1 else f" x {place['factor']:g}, {place['source']}"
    return f"{prices()['region']} on {prices()['read_on']}{said} (data/prices.json)."


def _resources() -> dict[str, Any]:
    return template.resources({"Engine": "flink"})
