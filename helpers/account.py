"""What became of every record of a run: the closing tables of `make demo`, taken from AWS, not from the notebooks."""

from typing import Any, ClassVar

from helpers.tracks import CLICKSTREAM, TOLL, Track
from helpers.workshop import Workshop


class Report:
    """Figures of one run of the first track, gathered before and after its last chapter has cleaned up."""

    track: ClassVar[Track] = CLICKSTREAM

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.naming: dict[str, int] = {}
        self.burst_anomalies = 0

    def before_cleanup(self) -> None:
        """Count records (ledger, Athena), windows and anomalies (the application), mails and SMS (the inbox)."""
        from helpers import athena

        ws = Workshop.connect(self.track)
        counts = {row["stage"]: int(row["records"]) for row in athena.reconcile(ws).to_dict("records")}
        windows = ws.stream_rows("CTRSTREAM")
        anomalies = ws.stream_rows("DESTINATION_SQL_STREAM")
        alerts = [m for m in ws.inbox.messages() if "CTR" in m["body"] and "score" in m["body"].lower()]
        begin, end = ws.notes["run"]["burst"]
        # A burst that starts inside a window shows when that window closes: at most one window late.
        self.burst_anomalies = sum(begin < row["ROWTIME"] <= end + 10_000 for row in anomalies)
        self.naming = {kind: sum(m["protocol"] == kind for m in alerts) for kind in ("email", "sms")}
        self.figures = {
            "records sent": counts["sent"],
            "raw rows": counts["raw"],
            "processed rows": counts["processed"],
            "windows": len(windows),
            "anomalies": len(anomalies),
            "mails": self.naming["email"],
            "SMS": self.naming["sms"],
        }

    def after_cleanup(self) -> None:
        """Count what the last chapter left behind."""
        from helpers import cleanup

        self.figures["resources left"] = len(cleanup.leftovers(Workshop.connect(self.track)))

    def problems(self) -> list[str]:
        """What is wrong with the run, in words; empty when all is well."""
        f = self.figures
        found = []
        if not f["records sent"] == f["raw rows"] == f["processed rows"] > 0:
            found.append("records sent, raw rows and processed rows differ")
        if not self.burst_anomalies:
            found.append("no anomaly inside the burst")
        found += [f"no {kind} naming CTR and score arrived" for kind, n in self.naming.items() if not n]
        if f["resources left"]:
            found.append(f"{f['resources left']} resources are left after cleanup")
        return found

    def table(self) -> Any:
        """The figures as a rich table."""
        from rich.table import Table

        table = Table(title=self.track.title, show_header=False)
        for name, value in self.figures.items():
            table.add_row(name, f"{value:,}")
        return table


class TollReport(Report):
    """Figures of one run of the toll road's track."""

    track: ClassVar[Track] = TOLL

    def before_cleanup(self) -> None:
        """Count records (ledger, Athena), scores (the application), texts (the inbox); answer the lab's questions."""
        from helpers import athena, exercises

        ws = Workshop.connect(self.track)
        counts = {row["stage"]: int(row["records"]) for row in athena.reconcile(ws).to_dict("records")}
        run = ws.notes["run"]
        sms = [m for m in ws.inbox.messages() if m["protocol"] == "sms" and "station" in m["body"]]
        self.figures = {
            "records sent": counts["sent"],
            "rows stored": counts["stored"],
            "questions answered right": sum(exercises.solved(ws, name) for name in exercises.QUESTIONS),
            "SMS": len(sms),
            "SMS of the last run": run["sms"],
            "alarms while diverted": run["alarms"],
            "false alarms in the five minutes before": run["calm"],
        }

    def problems(self) -> list[str]:
        """What is wrong with the run, in words; empty when all is well."""
        from helpers import exercises

        f = self.figures
        found = []
        if not f["records sent"] == f["rows stored"] > 0:
            found.append("records sent and rows stored differ")
        if f["questions answered right"] != len(exercises.QUESTIONS):
            found.append("not all of the lab's questions were answered right")
        if not f["alarms while diverted"]:
            found.append("no alarm for the diverted traffic")
        if f["SMS of the last run"] < f["alarms while diverted"]:
            found.append("alarms of the diverted traffic were not texted")
        if f["false alarms in the five minutes before"]:
            found.append("false alarms in the last five minutes of usual traffic")
        if f["resources left"]:
            found.append(f"{f['resources left']} resources are left after cleanup")
        return found


REPORTS = {report.track.name: report for report in (Report, TollReport)}
