"""The generator: templates rendered, records put on the local AWS by one process, and how well a rate is kept.

A template is compared with the same template interpreted record by record, as the KDG does it: find the first
expression, look it up, read its argument, splice, begin again. Puts are in real requests of boto3 to a local AWS of
this benchmark's own. Pacing is in real time: what was acknowledged against the rate, and how long after it was due
a record was acknowledged (each carries the time it was due).
"""

import json
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC
from typing import Any

from helpers.generator.destination import Firehose
from helpers.generator.functions import find
from helpers.generator.language import NOTHING, Context
from helpers.generator.producer import Producer
from helpers.generator.run import Run
from helpers.generator.scenario import template_text
from helpers.generator.sender import Sender
from helpers.generator.template import Template
from helpers.generator.traffic import Feed
from tests.benchmarks.firehose import ROLE, ours
from tests.roles import make_role

ROUNDS = 5
NOW = 1_795_341_600.0
DRAWN = """{"action": "{{random.weightedArrayElement({"weights": [0.2, 0.8], "data": ["Click", "Impression"]})}}",
 "site": "yourwebsiteurl.domain.com", "user": {{random.number(9999)}}, "at": "{{date.now}}"}"""
FAKER = """{"name": "{{name.firstName}} {{name.lastName}}", "mail": "{{internet.email}}", "ip": "{{internet.ip}}",
 "street": "{{address.streetAddress}}", "city": "{{address.city}}", "zip": "{{address.zipCode}}",
 "phone": "{{phone.phoneNumber}}", "company": "{{company.companyName}}", "agent": "{{internet.userAgent}}",
 "amount": {{finance.amount}}, "id": "{{random.uuid}}", "at": "{{date.utc("YYYY-MM-DD HH:mm:ss.SSS")}}"}"""
TEMPLATES = (
    ("template of the lab", template_text("click"), 50_000),
    ("template, drawn", DRAWN, 20_000),
    ("template, faker", FAKER, 5_000),
)
PACES = ((1, 20), (100, 10), (2_000, 10))  # records a second, seconds
PUTS = 10_000


def main() -> None:
    rendering()
    with ours() as server:
        client = prepared(server.client)
        putting(client)
        pacing(client)


def rendering() -> None:
    for name, text, count in TEMPLATES:
        template = Template.parse(text)
        clean = text.replace("\n", "")
        chance = random.Random(7).random  # noqa: S311 - test data
        compiled, interpreted = [], []
        few = count // 10
        for _ in range(ROUNDS):
            compiled.append(rate(count, lambda number: template.render(NOW + number / 1_000)))  # noqa: B023
            interpreted.append(rate(few, lambda number: naive(clean, NOW + number / 1_000, chance)))  # noqa: B023
        told = statistics.median(compiled)
        ratio = told / statistics.median(interpreted)
        fields = text.count("{{")
        print(f"{name:<24} {told:8,.0f} records/s of {fields} expressions, {ratio:.1f} x interpreted each time")


def rate(count: int, make: Callable[[int], str], clock: Callable[[], float] = time.process_time) -> float:
    """Records a second of processor time, so that what else the machine does counts less."""
    begin = clock()
    for number in range(count):
        make(number)
    return count / (clock() - begin)


def naive(text: str, now: float, chance: Callable[[], float]) -> str:
    """One record, the KDG's way."""
    context = Context(now, now, UTC, chance)
    while (start := text.find("{{")) >= 0:
        end = text.index("}}", start)
        name, parenthesis, argument = text[start + 2 : end].partition("(")
        value: Any = NOTHING
        if parenthesis:
            try:
                value = json.loads(argument[:-1])
            except ValueError:
                value = argument[:-1]
        build = find(name)
        assert build is not None
        text = text[:start] + build(value)(context) + text[end + 2 :]
    return text


def prepared(client: Callable[[str], Any]) -> Any:
    make_role(client("iam"), ROLE)
    client("s3").create_bucket(Bucket="generated")
    firehose = client("firehose")
    firehose.create_delivery_stream(
        DeliveryStreamName="generated",
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::generated"},
    )
    while (
        firehose.describe_delivery_stream(DeliveryStreamName="generated")["DeliveryStreamDescription"][
            "DeliveryStreamStatus"
        ]
        != "ACTIVE"
    ):
        time.sleep(0.1)
    return firehose


def putting(client: Any) -> None:
    """As fast as it goes, rendering included; beside it boto3's request with ready records."""
    ready = [{"Data": (template_text("click") + "\n").encode()}] * 500
    for lanes in (1, 4):
        ends, bare = [], []
        for _ in range(ROUNDS):
            feed = feeding(client, Template.parse(template_text("click")), 50_000, count=PUTS, lanes=lanes)
            ends.append(PUTS / Run(feed, speed=0).go().seconds)
            bare.append(500 * rate(PUTS // 500, lambda number: put(client, ready), time.perf_counter))
        told, ratio = statistics.median(ends), statistics.median(ends) / statistics.median(bare)
        lane = "one request at a time" if lanes == 1 else f"{lanes} requests at once"
        print(
            f"put to the local AWS  {told:9,.0f} records/s from template to answer, {lane}, {ratio:.2f} x boto3 alone"
        )


def put(client: Any, records: list[dict[str, bytes]]) -> str:
    answer = client.put_record_batch(DeliveryStreamName="generated", Records=records)
    assert not answer["FailedPutCount"]
    return ""


class Watched:
    """A client that notes how long after it was due each record was acknowledged."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.late: list[float] = []

    def put_record_batch(self, **request: Any) -> Any:
        answer = self.client.put_record_batch(**request)
        now = time.time()
        self.late += [now - int(record["Data"]) / 1_000 for record in request["Records"]]
        return answer


def pacing(client: Any) -> None:
    for wanted, seconds in PACES:
        watched = Watched(client)
        feed = feeding(watched, Template.parse('{{date.simTime("x")}}'), wanted)
        last = Run(feed, seconds).go()
        off = abs(last.account.acknowledged / last.seconds / wanted - 1) * 100  # the time it took, not the time it had
        middle, most = (statistics.quantiles(watched.late, n=100)[cut] * 1_000 for cut in (49, 98))
        told = f"{off:.2f} % off in {seconds} s; acknowledged {middle:.0f} ms after due, 99 % within {most:.0f} ms"
        print(f"pacing                   at {wanted:,} records/s {told}")


def feeding(client: Any, template: Template, wanted: float, count: int | None = None, lanes: int = 1) -> Feed:
    sender = Sender(client, "generated", service=Firehose, lanes=lanes)
    return Feed(sender, [Producer("records", template, wanted)], time.time(), count)
