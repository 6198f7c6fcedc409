"""The applications of the account from creation to deletion: states, changes, runs, and what outlives the process.

On stepped time every transition is over when the request is answered; on real time STARTING and its like last
some seconds, far less than on AWS. A changed script, input or set of reference tables restarts a running
application: windows and forests begin anew, and no record is lost in between.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from helpers.local_aws.firehose import FirehoseService
from helpers.local_aws.firehose.source import Positions
from helpers.local_aws.kinesisanalytics import config, intake
from helpers.local_aws.kinesisanalytics.application import SqlApplication
from helpers.local_aws.kinesisanalytics.compiling import check_runnable, compiled, files, ready, unusable, warm_up
from helpers.local_aws.kinesisanalytics.intake import Intake
from helpers.local_aws.kinesisanalytics.monitoring import Monitor
from helpers.local_aws.kinesisanalytics.runner import STATE, Runner
from helpers.local_aws.protocol import AwsError, invalid
from helpers.local_aws.runtime import Runtime

if TYPE_CHECKING:
    from helpers.local_aws.kinesisanalytics.engine import Engine

APPLICATIONS = "analytics"  # kind of documents
MAX_APPLICATIONS = 50
# Seconds of real time in a state on the way to another.
PACE = {"STARTING": 3.0, "UPDATING": 2.0, "STOPPING": 2.0, "DELETING": 1.0}
log = logging.getLogger(__name__)


class Applications:
    """All applications, by name."""

    def __init__(self, runtime: Runtime, firehose: FirehoseService) -> None:
        self.runtime = runtime
        self.firehose = firehose
        self._lock = threading.RLock()
        self._applications: dict[str, SqlApplication] = {}
        self.monitor = Monitor(runtime, self._applications.get)

    def named(self, name: str) -> SqlApplication:
        """The application of a name; ResourceNotFoundException if there is none."""
        with self._lock:
            application = self._applications.get(name)
        if application is None:
            raise self._missing(name)
        return application

    def with_arn(self, arn: str) -> SqlApplication:
        """The application of an ARN."""
        return self.named(arn.rpartition("application/")[2] or arn)

    def all(self) -> list[SqlApplication]:
        """All of them, in order of their names."""
        with self._lock:
            return [self._applications[name] for name in sorted(self._applications)]

    # What the API does

    def add(self, application: SqlApplication) -> None:
        """Take a new one in, checked."""
        config.check(application.inputs, application.outputs, application.references)
        compiled(self.runtime, application)
        with self.runtime.journal.transaction(), self._lock:
            if application.name in self._applications:
                raise AwsError("ResourceInUseException", f"application {application.name} already exists")
            if len(self._applications) >= MAX_APPLICATIONS:
                raise AwsError("LimitExceededException", f"an account has at most {MAX_APPLICATIONS} applications")
            self.keep(application)
            self._applications[application.name] = application

    def change(
        self,
        application: SqlApplication,
        version: int | None,
        token: str | None,
        change: Callable[[SqlApplication], None],
        refreshed: bool = False,
    ) -> None:
        """Make a checked change, and carry it into a running one; ``refreshed``: reference data is read again."""
        with application.lock:
            application.check_version(version, token)
            if application.status not in ("READY", "RUNNING"):
                message = f"application {application.name} is {application.status}"
                raise AwsError("ResourceInUseException", message)
            new = application.copy()
            change(new)
            config.check(new.inputs, new.outputs, new.references)
            engine = compiled(self.runtime, new)
            if application.status == "RUNNING":
                check_runnable(new, engine)
                self._carry_over(application, new, refreshed)
            else:
                application.take(new, self.runtime.clock.now())
                self.keep(application)

    def start(self, application: SqlApplication, position: str) -> None:
        """Run it; ``position`` is where in its source it begins."""
        with application.lock:
            if application.status != "READY":
                message = f"application {application.name} is {application.status}, not READY"
                raise AwsError("ResourceInUseException", message)
            engine = ready(self.runtime, self.monitor, application)
            if application.runner is not None:
                engine.number_from(application.runner.engine.offsets)
            begins = self._begins("STARTING")
            source = self._intake(application)
            places = self._places(application, source, position)
            if position != "LAST_STOPPED_POINT":
                source.forget()
            source.start(places, int(begins * 1000))
            [given] = application.inputs
            application.inputs = [given | {"InputStartingPositionConfiguration": {"InputStartingPosition": position}}]
            application.status = "STARTING"
            self._run(application, engine, source, begins, application.runner)
            self._pass_through(application, "STARTING", "RUNNING")

    def stop(self, application: SqlApplication) -> None:
        """Finish what has arrived, and run no more."""
        with application.lock:
            if application.status != "RUNNING":
                message = f"application {application.name} is {application.status}, not RUNNING"
                raise AwsError("ResourceInUseException", message)
            self._end(application, "STOPPING")
            self._pass_through(application, "STOPPING", "READY")

    def delete(self, application: SqlApplication, created: float) -> None:
        """Stop it and forget it; ``created`` must be its CreateTimestamp, to the second."""
        with application.lock:
            if application.status == "DELETING":  # by another caller, while this one waited
                raise self._missing(application.name)
            if int(created) != int(application.created):
                raise invalid(f"CreateTimestamp is not that of application {application.name}: describe it first")
            if application.status not in ("READY", "RUNNING"):
                message = f"application {application.name} is {application.status}"
                raise AwsError("ResourceInUseException", message)
            if application.status == "RUNNING":
                self._end(application, "DELETING")
            self._pass_through(application, "DELETING", None)

    def keep(self, application: SqlApplication) -> None:
        """Write it to the journal."""
        self.runtime.journal.save(APPLICATIONS, application.name, application.document())

    # After a restart of the process

    def restore(self) -> None:
        """All applications as they were; running ones go on, with what came in and was not worked off."""
        for document in self.runtime.journal.load(APPLICATIONS).values():
            application = SqlApplication.from_document(document)
            if application.status == "DELETING":
                self._remove(application)
                continue
            after = {"STARTING": "RUNNING", "UPDATING": "RUNNING", "STOPPING": "READY"}
            application.status = after.get(application.status, application.status)
            self._applications[application.name] = application
            try:
                self._restore(application)
            except Exception:  # one application must not keep the others, and everything else, from starting
                log.exception("application %s cannot go on where it was; it is READY, start it again", application.name)
                application.status, application.runner = "READY", None
            self.keep(application)

    def _restore(self, application: SqlApplication) -> None:
        state = self.runtime.journal.load(STATE).get(application.name)
        if state is None:
            return
        line, _, snapshot = state.partition(b"\n")
        head = json.loads(line)
        engine = compiled(self.runtime, application, head["seed"])
        if engine is None:
            return
        engine.number_from(head["earlier"])
        runner = Runner(self.runtime, application, engine, self.monitor)
        source = self._intake(application) if application.status == "RUNNING" else None
        runner.restore(head, snapshot, source)
        application.runner = runner
        if source is not None:
            warm_up(engine)

    # The rest

    def _carry_over(self, application: SqlApplication, new: SqlApplication, refreshed: bool) -> None:
        runner = application.runner
        assert runner is not None
        assert runner.intake is not None
        tables = [(each["TableName"], each["ReferenceSchema"]) for each in new.references]
        restart = (new.code, new.inputs, tables, new.role) != (
            application.code, application.inputs,
            [(each["TableName"], each["ReferenceSchema"]) for each in application.references], application.role,
        )  # fmt: skip
        if restart:
            engine = ready(self.runtime, self.monitor, new)
            begins = self._begins("UPDATING")
            source = self._intake(new)
            if config.target(new.inputs[0]) != config.target(application.inputs[0]):
                places = self._places(new, source, "NOW")
                runner.intake.stop()
                runner.stop()  # with all that came from the other source
                source.start(places, int(begins * 1000))
            else:
                source.bound(int(begins * 1000))
                runner.intake.hand_over(source)
                runner.stop()
            engine.number_from(runner.engine.offsets)
            application.take(new, self.runtime.clock.now())
            application.status = "UPDATING"
            self._run(application, engine, source, begins, runner, at_once=True)
        else:
            for table, (_, file) in (files(self.runtime, self.monitor, new) if refreshed else {}).items():
                self._refresh(runner, table, file)
            application.take(new, self.runtime.clock.now())
            application.status = "UPDATING"
            runner.set_outputs(application.outputs, application.role)
            runner.save(lambda: self.keep(application))
        self._pass_through(application, "UPDATING", "RUNNING")

    def _places(self, application: SqlApplication, source: Intake, position: str) -> Positions:
        try:
            return source.places(position)
        except AwsError as error:
            if not error.message.startswith("InputStartingPosition"):
                self.monitor.report(application, "InputError", source.described["InputId"])
            if position != "NOW":
                raise
            raise unusable(error.message) from error

    def _end(self, application: SqlApplication, status: str) -> None:
        """End the run, and keep how it ended together with the state the application is in then."""
        runner = application.runner
        assert runner is not None
        if runner.intake is not None:
            runner.intake.stop()
        application.status = status
        runner.stop()
        runner.save(lambda: self.keep(application))

    def _refresh(self, runner: Runner, table: str, file: bytes) -> None:
        from helpers.local_aws.kinesisanalytics.engine import RecordError

        try:
            runner.replace_reference(table, file)
        except RecordError as error:
            raise unusable(f"the reference data of {table} cannot be read: {error}") from error

    def _run(
        self,
        application: SqlApplication,
        engine: Engine,
        source: Intake,
        begins: float,
        before: Runner | None,
        at_once: bool = False,
    ) -> None:
        runner = Runner(self.runtime, application, engine, self.monitor)
        if before is not None:
            runner.follow(before, at_once)
        runner.prepare(source, application.outputs, application.role, begins)
        runner.save(lambda: self.keep(application))
        application.runner = runner
        warm_up(engine)
        runner.start()

    def _intake(self, application: SqlApplication) -> Intake:
        [given] = application.inputs
        names = (application.name, application.arn)
        return Intake(self.runtime, self.firehose, names, given, application.role, self.monitor)

    def _begins(self, during: str) -> float:
        now = self.runtime.clock.now()
        return now + PACE[during] if self.runtime.clock.mode == "real" else now

    def _pass_through(self, application: SqlApplication, during: str, after: str | None) -> None:
        """Go on to a state: at once on stepped time, else after a while in another; None is gone."""
        application.status = during

        def arrive() -> None:
            with application.lock:
                if application.status != during:
                    return
                if after is None:
                    self._remove(application)
                else:
                    application.status = after
                    self.keep(application)

        self.keep(application)
        if self.runtime.clock.mode == "real":
            self.runtime.clock.call_in(PACE[during], arrive, f"application {application.name} {during}")
        else:
            arrive()

    def _remove(self, application: SqlApplication) -> None:
        if application.runner is not None:
            application.runner.discard()
        with self.runtime.journal.transaction(), self._lock:
            self.runtime.journal.remove(APPLICATIONS, application.name)
            self.runtime.journal.remove(STATE, application.name)
            intake.remove(self.runtime, application.name)
            self._applications.pop(application.name, None)

    def _missing(self, name: str) -> AwsError:
        message = f"application {name} of account {self.runtime.account_id} not found"
        return AwsError("ResourceNotFoundException", message)
