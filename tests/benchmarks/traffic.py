"""The clickstream lab's traffic as JSON lines: 2,000 records a second, each with its time, from a seed."""

import random
from collections.abc import Iterator

PER_SECOND = 2_000
BEGIN = 1_795_341_600_000  # a time of the year 2026, on a whole ten seconds
SCRIPT = "sql/clickstream/anomaly_detection.sql"
_KINDS = [
    f'{{"browseraction":"{action}", "site": "yourwebsiteurl.domain.com", "at": '
    for action in ("Click", "Impression", "Impression", "Impression", "Impression")
]


def lines(count: int, seed: int = 7, chunk: int = 20_000) -> Iterator[bytes]:
    """That many records, in order of time, in chunks."""
    chosen = random.Random(seed)  # noqa: S311 - traffic, no secret
    for start in range(0, count, chunk):
        numbers = range(start, min(start + chunk, count))
        kinds = chosen.choices(_KINDS, k=len(numbers))
        times = [BEGIN + number * 1_000 // PER_SECOND for number in numbers]
        yield "".join([f"{kind}{time}}}\n" for kind, time in zip(kinds, times, strict=True)]).encode()
