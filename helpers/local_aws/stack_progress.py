"""How a stack operation goes on: at a pace that can be watched, with the events AWS gives, each when it happens.

ministack works through a stack in one breath. Here it pauses around each resource while the clock is real, and
only lets others be served when it is stepped. Its events become AWS's:

- a resource is made in three: CREATE_IN_PROGRESS, CREATE_IN_PROGRESS with the id (Resource creation Initiated),
  CREATE_COMPLETE. From the second on it is in the stack's list, and in the journal: none is orphaned by `kill -9`;
- an update says nothing of what it does not change, creates what is new, and deletes what is gone or replaced
  after UPDATE_COMPLETE_CLEANUP_IN_PROGRESS, saying so;
- times are the clock's.

One operation at a time works on a stack: deleting one that is being made stops that first. Resources are made one
after another, not side by side as on AWS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from ministack.services.cloudformation import _stack_events, _stacks, changesets, handlers, stacks

from helpers.local_aws.clock import Clock, iso

PAUSE = 0.04  # seconds, twice a resource: some three for the workshop's stack
STACK = "AWS::CloudFormation::Stack"
INITIATED = "Resource creation Initiated"
CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
Record = dict[str, Any]
Operation = Callable[..., Coroutine[Any, Any, None]]


def install(clock: Clock, blocking: Collection[str]) -> None:
    """Take over the course of ministack's stack operations, once a process; resources of the types in `blocking`
    are worked on in a thread."""
    for module in (stacks, handlers, changesets):
        module.now_iso = lambda: iso(clock.now())
    progress = _Progress(clock, blocking)
    turns = progress.turns
    stacks._roll_back_operation = turns.rolling_back(stacks._roll_back_operation)
    for name, taking in (
        ("_deploy_stack_async", turns.taking),
        ("_continue_update_rollback_async", turns.taking),
        ("_delete_stack_async", turns.deleting),
    ):
        turn = taking(getattr(stacks, name))
        for module in (stacks, handlers, changesets):
            if hasattr(module, name):
                setattr(module, name, turn)
    stacks._runs_on_worker_thread = lambda kind: True  # so that everything goes through here
    stacks.run_reentrant = progress.run
    stacks._add_event = progress.add_event


class _Progress:
    def __init__(self, clock: Clock, blocking: Collection[str]) -> None:
        self.turns = _Turns()
        self._clock = clock
        self._blocking = blocking
        self._blocks = stacks._runs_on_worker_thread
        self._in_a_thread = stacks.run_reentrant
        self._add = stacks._add_event
        # What an update made or left alone, until its event comes: (stack, logical id) → the record before, if any.
        self._made: set[tuple[str, str]] = set()
        self._unchanged: dict[tuple[str, str], Record] = {}

    async def run(self, work: Callable[..., Any], kind: str, *args: Any) -> Any:
        """Work on one resource of a stack, and give what the work gives."""
        if work is stacks._update_keeping_seed and (kept := self._nothing_to_do(*args)):
            return kept
        await self._pause()
        if work is stacks._delete_resource:
            return await self._delete(work, kind, *args)
        if work is stacks._provision_keeping_seed:
            logical_id, props, stack_name = args
            if self.turns.to_be_deleted(_stacks[stack_name]["StackId"]):
                raise ValueError("Resource creation cancelled")
            self._begin(stack_name, logical_id)
            made = await self._do(work, kind, *args)
            self._initiated(kind, stack_name, logical_id, props, made)
            await self._pause()
            return made
        return await self._do(work, kind, *args)

    def add_event(
        self, stack_id: str, stack_name: str, logical_id: str, kind: str, status: str, *more: Any, **named: Any
    ) -> None:
        """ministack's event, or AWS's instead."""
        key = stack_id, logical_id
        if status == "UPDATE_COMPLETE" and kind == STACK and logical_id == stack_name:
            self._clean_up(stack_name)
        elif status == "UPDATE_COMPLETE" and key in self._unchanged:
            _stacks[stack_name]["_resources"][logical_id] = self._unchanged.pop(key)
            return
        elif status in ("UPDATE_COMPLETE", "UPDATE_FAILED") and key in self._made:
            self._made.discard(key)
            status = status.replace("UPDATE", "CREATE")
            if record := _stacks[stack_name]["_resources"].get(logical_id):
                record["ResourceStatus"] = status
        self._add(stack_id, stack_name, logical_id, kind, status, *more, **named)

    async def _do(self, work: Callable[..., Any], kind: str, *args: Any) -> Any:
        if kind in self._blocking or self._blocks(kind):
            return await self._in_a_thread(work, kind, *args)
        return work(kind, *args)

    async def _pause(self) -> None:
        await asyncio.sleep(PAUSE if self._clock.mode == "real" else 0)

    def _begin(self, stack_name: str, logical_id: str) -> None:
        """A resource that an update adds is created."""
        identity = _stacks[stack_name]["StackId"]
        last = _stack_events[identity][-1]
        if last["LogicalResourceId"] == logical_id and last["ResourceStatus"] == "UPDATE_IN_PROGRESS":
            last["ResourceStatus"] = "CREATE_IN_PROGRESS"
            self._made.add((identity, logical_id))

    def _initiated(self, kind: str, stack_name: str, logical_id: str, props: Record, made: Any) -> None:
        (physical_id, attributes), _ = made
        stack = _stacks[stack_name]
        stack["_resources"][logical_id] = {
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "ResourceStatus": "CREATE_IN_PROGRESS",
            "LogicalResourceId": logical_id,
            "Properties": props,
            "Attributes": attributes,
            "Timestamp": iso(self._clock.now()),
        }
        stacks._add_event(stack["StackId"], stack_name, logical_id, kind, "CREATE_IN_PROGRESS", INITIATED, physical_id)

    def _nothing_to_do(
        self, physical_id: str, old: Record, new: Record, stack_name: str, logical_id: str, attributes: Record
    ) -> Any:
        if old != new:
            return None
        stack = _stacks[stack_name]
        events = _stack_events[stack["StackId"]]
        if events[-1]["LogicalResourceId"] == logical_id and events[-1]["ResourceStatus"] == "UPDATE_IN_PROGRESS":
            del events[-1]
        self._unchanged[stack["StackId"], logical_id] = stack["_resources"][logical_id]
        return (physical_id, attributes or {}), stacks._NAME_SEED.get()

    async def _delete(
        self, work: Callable[..., Any], kind: str, physical_id: str, props: Record, stack_name: str, logical_id: str
    ) -> None:
        """An update's own deletions are not in ministack's events unless they fail."""
        stack = _stacks[stack_name]
        silent = stack["StackStatus"] == "UPDATE_IN_PROGRESS"
        about = (stack["StackId"], stack_name, logical_id, kind)
        if silent:
            self._clean_up(stack_name)
            self._add(*about, "DELETE_IN_PROGRESS", physical_id=physical_id)
        await self._do(work, kind, physical_id, props, stack_name, logical_id)
        if silent:
            stacks._add_event(*about, "DELETE_COMPLETE", physical_id=physical_id)

    def _clean_up(self, stack_name: str) -> None:
        """Say once that the update is done but for what it leaves behind."""
        identity = _stacks[stack_name]["StackId"]
        if CLEANUP not in _of_the_last_operation(_stack_events[identity], stack_name):
            self._add(identity, stack_name, stack_name, STACK, CLEANUP, physical_id=identity)


def _of_the_last_operation(events: list[Record], stack_name: str) -> list[str]:
    """The stack's own events since its last update began."""
    own = [each["ResourceStatus"] for each in events if each["LogicalResourceId"] == stack_name]
    return own[len(own) - own[::-1].index("UPDATE_IN_PROGRESS") :] if "UPDATE_IN_PROGRESS" in own else own


class _Turns:
    """One operation at a time on a stack; whoever makes one that is to be deleted stops at the next resource."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._leaving: set[str] = set()

    def to_be_deleted(self, stack_id: str) -> bool:
        """Whether somebody waits to delete the stack."""
        return stack_id in self._leaving

    def taking(self, theirs: Operation) -> Operation:
        """An operation that waits for its turn."""

        async def operation(stack_name: str, stack_id: str, *args: Any, **named: Any) -> None:
            async with self._lock(stack_id):
                await theirs(stack_name, stack_id, *args, **named)

        return operation

    def deleting(self, theirs: Operation) -> Operation:
        """The deletion, which stops the operation before it; a second one finds nothing to do."""

        async def operation(stack_name: str, stack_id: str, *args: Any, **named: Any) -> None:
            self._leaving.add(stack_id)
            async with self._lock(stack_id):
                self._leaving.discard(stack_id)
                stack = _stacks.get(stack_name)
                if stack and (stack["StackId"], stack["StackStatus"]) != (stack_id, "DELETE_COMPLETE"):
                    await theirs(stack_name, stack_id, *args, **named)

        return operation

    def rolling_back(self, theirs: Operation) -> Operation:
        """The roll back of a failed operation: left to the deletion that waits, if one does; it says what failed.

        What it could not delete stays in the stack, for the next deletion to find.
        """

        async def operation(
            stack_name: str, stack_id: str, stack: Record, failed: Record, reason_override: str = ""
        ) -> None:
            if self.to_be_deleted(stack_id):
                return
            if not reason_override and not failed["is_update"] and (name := failed.get("failed_logical_id")):
                reason_override = f"The following resource(s) failed to create: [{name}]. Rollback requested by user."
            before = dict(stack.get("_resources", {}))
            await theirs(stack_name, stack_id, stack, failed, reason_override)
            for name in stack.get("_rollback_failed", {}):
                if name in before:
                    stack["_resources"].setdefault(name, before[name] | {"ResourceStatus": "DELETE_FAILED"})

        return operation

    def _lock(self, stack_id: str) -> asyncio.Lock:
        return self._locks.setdefault(stack_id, asyncio.Lock())
