"""Stacks that CloudFormation was at work on when the process ended: they fail, saying why, and can be deleted.

What had been made by then is in the stack's list of resources, so deleting the stack removes it; what was being
made just then, and is not in the list, is deleted.
"""

from __future__ import annotations

import logging
from typing import Any

from ministack.core.responses import request_scope
from ministack.services.cloudformation import _stacks, provisioners, stacks

from helpers.local_aws.making import Making, Thing

REASON = (
    "The local AWS ended while it worked on this stack, and was started again. Delete the stack, then create it again."
)
CLEANUP = "_COMPLETE_CLEANUP_IN_PROGRESS"
IN_PROGRESS = "_IN_PROGRESS"
WAITING = "REVIEW_IN_PROGRESS"  # for somebody to execute the change set: nothing was going on


log = logging.getLogger(__name__)


def settle(making: Making) -> list[str]:
    """Give each stack in progress the status it ends in; the names of those stacks. Needs no lock: nobody is served."""
    settled = []
    for thing in list(making.left()):
        _undo(thing)
        making.end(thing.stack, thing.logical_id)
    for (account, region, name), stack in list(_stacks._data.items()):
        status: str = stack["StackStatus"]
        if status.endswith(IN_PROGRESS) and status != WAITING:
            with request_scope(account, region):
                _end(name, stack, status)
            settled.append(name)
    return settled


def _undo(thing: Thing) -> None:
    """Delete what no stack's list of resources names."""
    named = [
        stack["_resources"].get(thing.logical_id, {}).get("PhysicalResourceId")
        for (_, _, name), stack in _stacks._data.items()
        if name == thing.stack
    ]
    if thing.name not in named:
        log.warning("%s was being made for the stack %s: deleted", thing.name, thing.stack)
        provisioners._RESOURCE_HANDLERS[thing.kind]["delete"](thing.name, {})


def _end(name: str, stack: dict[str, Any], status: str) -> None:
    if status.endswith(CLEANUP):
        ended, reason = f"{status.removesuffix(CLEANUP)}_COMPLETE", ""
    else:
        ended, reason = f"{status.removesuffix(IN_PROGRESS)}_FAILED", REASON
    stack["StackStatus"], stack["StackStatusReason"] = ended, reason
    identity = stack["StackId"]
    stacks._add_event(identity, name, name, "AWS::CloudFormation::Stack", ended, reason, identity)
