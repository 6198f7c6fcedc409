"""The workshop's tracks: what each deploys, what it is called, and which of its notebooks clean up after it.

A track is one lab: its stacks, its analytics application, its notebooks. Everything that differs between tracks and
is no code stands here, so that helpers need no names of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "cloudformation"


@dataclass(frozen=True)
class Stack:
    """A CloudFormation stack of a track: its name, its template, the chapter that deploys it."""

    name: str
    template: Path
    chapter: int


@dataclass(frozen=True)
class Track:
    """A lab. `stacks` in the order of deployment; `local_only` are the chapters that need the SQL service, which
    AWS has switched off, and do not know Flink; `databases` are those of the Glue catalog that it makes with SQL."""

    name: str
    title: str
    stacks: tuple[Stack, ...]
    application_name: str
    script: str  # of the application, relative to the repository
    databases: tuple[str, ...]
    local_only: range
    sending_chapter: int  # the one that sends the first records
    application_chapter: int  # the one that starts the application
    last_chapter: int  # the one that cleans up
    stages: str  # query of what was stored: columns stage, records
    notes: str  # the file in the state directory, without its ending
    flink: bool = False  # whether its stack and chapters can have the SQL run on Flink
    quicksight: bool = False  # whether it makes data sources and data sets

    @property
    def notebooks(self) -> list[Path]:
        """Its chapters in teaching order."""
        return sorted((ROOT / "notebooks" / self.name).glob("[0-9]*.ipynb"))


CLICKSTREAM = Track(
    name="clickstream",
    title="The clickstream series, end to end",
    stacks=(Stack("clickstream-workshop", TEMPLATES / "clickstream.yaml", chapter=1),),
    application_name="anomaly-detection-application",
    script="sql/clickstream/anomaly_detection.sql",
    databases=(),
    local_only=range(0),
    sending_chapter=5,
    application_chapter=4,
    last_chapter=7,
    stages="sql/athena/raw_vs_processed.sql",
    notes="notes",
    flink=True,
)

# Its stacks' names begin as the first track's do: one policy for attendees covers what either makes.
TOLL = Track(
    name="toll",
    title="The toll-road series, end to end",
    stacks=(
        Stack("clickstream-workshop-toll", TEMPLATES / "toll.yaml", chapter=1),
        Stack("clickstream-workshop-toll-live", TEMPLATES / "toll_live.yaml", chapter=3),
    ),
    application_name="clickstream-workshop-toll-live-FindAnomaliesApplication",
    script="sql/toll/find_anomalies.sql",
    databases=("toll",),
    local_only=range(3, 5),
    sending_chapter=1,
    application_chapter=3,
    last_chapter=5,
    stages="sql/toll/queries/stored.sql",
    notes="notes-toll",
    quicksight=True,
)

TRACKS = {track.name: track for track in (CLICKSTREAM, TOLL)}
