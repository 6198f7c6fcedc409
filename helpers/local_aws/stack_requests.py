"""What CloudFormation refuses before it makes anything: parameters that do not fit the template, in AWS's words.

ministack checks most of it, but takes parameters the template does not declare, names one missing value at a time
and words some refusals its own way, with the value refused in them (which NoEcho wants to hide).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ministack.services.cloudformation import _change_sets, changesets, engine, handlers

Entries = Sequence[Mapping[str, Any]]


def install() -> None:
    """Check the parameters of stacks and change sets, once a process."""
    handlers._resolve_parameters = changesets._resolve_parameters = checking(engine._resolve_parameters)
    engine._constraint_error = _violated
    actions = handlers._ACTION_HANDLERS
    actions["CreateChangeSet"] = _not_echoing(actions["CreateChangeSet"])


def checking(theirs: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """ministack's resolution of parameters, after ours have been checked; ValueError says what is wrong."""

    def resolve(
        template: Mapping[str, Any], given: Entries, previous: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        declared: Mapping[str, Mapping[str, Any]] = template.get("Parameters") or {}
        values = {entry["Key"]: entry for entry in given if "Key" in entry}
        if values and not declared:
            raise ValueError("Parameter values specified for a template which does not require them.")
        if unknown := [name for name in values if name not in declared]:
            raise ValueError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
        if missing := [name for name, wanted in declared.items() if name not in values and "Default" not in wanted]:
            raise ValueError(f"Parameters: [{', '.join(missing)}] must have values")
        for name, entry in values.items():
            if not entry.get("UsePreviousValue"):
                _check(name, declared[name], str(entry.get("Value", "")))
        return theirs(template, given, previous)

    return resolve


def _check(name: str, wanted: Mapping[str, Any], value: str) -> None:
    allowed = wanted.get("AllowedValues")
    if allowed and value not in [str(each) for each in allowed]:
        raise _violated(name, wanted, "must be one of AllowedValues")
    if wanted.get("Type") == "Number":
        try:
            float(value)
        except ValueError:
            raise _violated(name, wanted, "must be a number") from None


def _violated(name: str, wanted: Mapping[str, Any], reason: str) -> ValueError:
    """A constraint's own description takes the place of the reason."""
    if description := wanted.get("ConstraintDescription"):
        return ValueError(f"Parameter {name} failed to satisfy constraint: {description}")
    return ValueError(f"Parameter '{name}' {reason}")


def _not_echoing(theirs: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Change sets describe NoEcho parameters as stars, as stacks do."""

    def create_change_set(params: Any) -> Any:
        answer = theirs(params)
        for made in _change_sets.values():
            for shown in made["Parameters"]:
                if made["_resolved_params"].get(shown["ParameterKey"], {}).get("NoEcho"):
                    shown["ParameterValue"] = "****"
        return answer

    return create_change_set
