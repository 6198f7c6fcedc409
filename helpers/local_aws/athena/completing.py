"""What ministack leaves out of work groups, and puts into tables, that clients of AWS stumble over."""

from __future__ import annotations

from typing import Any

DEFAULTS = {
    "EnforceWorkGroupConfiguration": False,
    "PublishCloudWatchMetricsEnabled": False,
    "RequesterPaysEnabled": False,
    "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
}


def complete() -> None:
    """Let GetWorkGroup answer all settings, and GetTable no empty Owner (UpdateTable would not take it back)."""
    from ministack.services import athena, glue

    if getattr(athena._get_workgroup, "complete", False):
        return
    get_theirs, create_theirs = athena._get_workgroup, glue._create_table

    def get_work_group(data: dict[str, Any]) -> Any:
        if (group := athena._workgroups.get(data.get("WorkGroup"))) is not None:
            group["Configuration"] = {**DEFAULTS, **(group.get("Configuration") or {})}
        return get_theirs(data)

    def create_table(data: dict[str, Any]) -> Any:
        answer = create_theirs(data)
        table = glue._tables.get(f"{data.get('DatabaseName')}/{data.get('TableInput', {}).get('Name')}")
        if table is not None and not table.get("Owner"):
            table.pop("Owner", None)
        return answer

    get_work_group.complete = True  # type: ignore[attr-defined]  # so that they are put in once
    athena._get_workgroup, glue._create_table = get_work_group, create_table
