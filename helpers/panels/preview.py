"""Chapter 02: what a template's records will look like, before any is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpers.generator.simulation import PRODUCERS, read_template

if TYPE_CHECKING:
    import pandas as pd

TEMPLATES = ("schema_discovery", *dict.fromkeys(template for _, template, _ in PRODUCERS))
WHEN = 1_790_000_000.0  # epoch seconds; a fixed time, so that previews are alike from day to day


def preview(*names: str, records: int = 1, seed: int = 7, when: float = WHEN) -> pd.DataFrame:
    """Rendered records of templates in data/templates, all of the lab's unless named.

    Columns: template, record, bytes (with the newline that the generator ends a record with).
    Raises GeneratorError for an unknown template.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for name in names or TEMPLATES:
        template = read_template(name, seed)
        for number in range(records):
            record = template.render(when + number)
            rows.append({"template": name, "record": record, "bytes": len(record.encode()) + 1})
    return pd.DataFrame(rows)


def producer_table() -> pd.DataFrame:
    """The lab's five browser tabs: producer, template, records per second, and what the lab says."""
    import pandas as pd

    return pd.DataFrame(
        {
            "tab": tab,
            "producer": name,
            "template": template,
            "records per second": rate or 1.0,
            "note": "can be left running" if rate else "20 to 30 seconds only",
        }
        for tab, (name, template, rate) in enumerate(PRODUCERS, start=1)
    )
