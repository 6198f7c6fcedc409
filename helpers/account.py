"""What became of every record of a run: the closing table of `make demo`, taken from AWS, not from the notebooks."""

from typing import Any

from helpers.workshop import Workshop


class Report:
    """Figures of one run of the series, gathered before and after chapter 07 has cleaned up."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.naming: dict[str, int] = {}
        self.burst_anomalies = 0

    def before_cleanup(self) -> None:
        """Count records (ledger, Athena), windows and anomalies (the application), mails and SMS (the inbox)."""
        from helpers import athena

        ws = Workshop.connect()
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
        """Count what chapter 07 left behind."""
        from helpers import cleanup

        self.figures["resources left"] = len(cleanup.leftovers(Workshop.connect()))

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

        table = Table(title="The clickstream series, end to end", show_header=False)
        for name, value in self.figures.items():
            table.add_row(name, f"{value:,}")
        return table
