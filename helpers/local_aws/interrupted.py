"""Stacks that CloudFormation was at work on when the process ended: they fail, saying why, and can be deleted.

What had been made by then is in the stack's list of resources, so deleting the stack removes it.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import request_scope
from ministack.services.cloudformation import _stacks, stacks

REASON = (
    "The local AWS ended while it worked on this stack, and was started again. Delete the stack, then create it again."
)
CLEANUP = "_COMPLETE_CLEANUP_IN_PROGRESS"
IN_PROGRESS = "_IN_PROGRESS"
WAITING = "REVIEW_IN_PROGRESS"  # for somebody to execute the change set: nothing was going on


def settle() -> list[str]:
    """Give each stack in progress the status it ends in; the names of those stacks. Needs no lock: nobody is served."""
    settled = []
    for (account, region, name), stack in list(_stacks._data.items()):
        status: str = stack["StackStatus"]
        if status.endswith(IN_PROGRESS) and status != WAITING:
            with request_scope(account, region):
                _end(name, stack, status)
            settled.append(name)
    return settled


def _end(name: str, stack: dict[str, Any], status: str) -> None:
    if status.endswith(CLEANUP):
        ended, reason = f"{status.removesuffix(CLEANUP)}_COMPLETE", ""
    else:
        ended, reason = f"{status.removesuffix(IN_PROGRESS)}_FAILED", REASON
    stack["StackStatus"], stack["StackStatusReason"] = ended, reason
    identity = stack["StackId"]
    stacks._add_event(identity, name, name, "AWS::CloudFormation::Stack", ended, reason, identity)
