"""Runs applications for Flink (FLINK-2_3): in place of ministack's containers, a cluster of processes for each.

ministack keeps the applications, their versions and snapshots, and asks this for what runs. As on AWS the code is
read, and the job works, under the application's role; its properties lie in a file; snapshots are Flink's savepoints,
kept in the state directory until the application is deleted; warnings go to the application's log stream. The job is
submitted as AWS does it: by Flink's own command, with what the property group of the run options says.

What is not as on AWS: a cluster ends with the local AWS, and the application is READY then. Configured parallelism is
the number of slots. There are no metrics of the job.

Source: Managed Service for Apache Flink developer guide, "How it works", "Python: Configure", "Snapshots".
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import re
import shutil
import threading
import time
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.kinesisanalytics.config import PRINCIPAL
from helpers.local_aws.kinesisanalytics.flink_cluster import Cluster, FlinkError
from helpers.local_aws.runtime import Runtime
from helpers.local_aws.settings import TEMPORARY
from helpers.streaming_sql.flink import environment

RUNTIME: Final = "FLINK-2_3"
RUN_OPTIONS: Final = "kinesis.analytics.flink.run.options"
NOT_SET_UP: Final = "Apache Flink is not set up on this machine: run `make flink`, then start the application again"
SHIPPED: Final = 1.0  # seconds between two looks at a log
LINE: Final = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+ (?P<level>WARN|ERROR) +(?P<text>.*)")
Status = Callable[..., None]
Handler = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Any]]
log = logging.getLogger(__name__)


@dataclass
class Run:
    """A run of an application, from its start to its stop."""

    cluster: Cluster
    folder: Path
    cancelled: threading.Event = field(default_factory=threading.Event)
    job: str = ""


class FlinkRuns:
    """The runs. `credentials` gives a role's session as variables, `keep` writes ministack's applications down."""

    def __init__(
        self, runtime: Runtime, url: str, credentials: Callable[[str], dict[str, str]], keep: Callable[[], None]
    ) -> None:
        self._runtime = runtime
        self._url = url
        self._credentials = credentials
        self._keep = keep
        self._runs: dict[str, Run] = {}
        self._guard = threading.Lock()

    def handler(self, theirs: Handler) -> Handler:
        """ministack's handler; its module is loaded by the first request for Flink, not before."""

        async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Any:
            self._install()
            return await theirs(method, path, headers, body, query)

        return handle

    def _install(self) -> None:
        """Put this in the place of ministack's containers, once."""
        from ministack.services import kinesisanalyticsv2 as control
        from ministack.services import kinesisanalyticsv2_flink as plane

        if control._HANDLERS["StartApplication"] is not control._start_application:
            return
        plane.available = lambda: True
        plane.supports = lambda runtime: True  # what is not is refused below, and not only said in a log
        plane.start, plane.snapshot, plane.stop = self.start, self.snapshot, self.stop
        plane.delete, plane.reset = self.delete, self.close

        def start(data: dict[str, Any]) -> Any:
            record = control._get(data.get("ApplicationName"))
            if record is not None and (reason := self.refusal(record["RuntimeEnvironment"])):
                return control._error("InvalidApplicationConfigurationException", reason)
            return control._start_application(data)

        remove = control.delete_application

        def delete(data: dict[str, Any], *more: Any, **named: Any) -> Any:
            answer = remove(data, *more, **named)
            if control._get(data.get("ApplicationName")) is None:  # ministack tells of running ones only
                self.delete(data)
            return answer

        finish = control._finish_snapshot

        def finish_snapshot(*args: Any) -> None:
            finish(*args)
            self._keep()

        control._HANDLERS["StartApplication"] = start
        control._HANDLERS["DeleteApplication"] = control.delete_application = delete
        control._finish_snapshot = finish_snapshot

    def refusal(self, runtime: str) -> str:
        """Why an application with this runtime cannot start here, "" if it can."""
        if runtime != RUNTIME:
            return f"{runtime} does not run on the local AWS, {RUNTIME} does: update RuntimeEnvironment"
        return "" if environment.venv() else NOT_SET_UP

    def start(self, application: dict[str, Any], savepoint: str | None, on_status: Status) -> None:
        """Run an application in the background: `on_status("RUNNING")`, or FAILED with the reason."""
        name, venv = application["ApplicationName"], environment.venv()
        if venv is None:
            on_status("FAILED", NOT_SET_UP)
            return
        folder = self._runtime.home / TEMPORARY / "flink" / _short(name)
        variables = {
            **self._credentials(application["ServiceExecutionRole"]),
            "AWS_DEFAULT_REGION": self._runtime.region,
            "AWS_ENDPOINT_URL": self._url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "APPLICATION_PROPERTIES": str(folder / "application_properties.json"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with self._guard:
            before = self._runs.get(name)
            run = self._runs[name] = Run(Cluster(folder, venv, _parallelism(application), variables), folder)
        thread = threading.Thread(
            target=self._start, args=(application, savepoint, on_status, run, before), name=f"flink {name}", daemon=True
        )
        thread.start()

    def _start(
        self, application: dict[str, Any], savepoint: str | None, on_status: Status, run: Run, before: Run | None
    ) -> None:
        name = application["ApplicationName"]
        try:
            if before is not None:
                before.cluster.kill()
            shutil.rmtree(run.folder, ignore_errors=True)
            run.folder.mkdir(mode=0o700, parents=True)
            groups = _groups(application)
            properties = [{"PropertyGroupId": key, "PropertyMap": value} for key, value in groups.items()]
            (run.folder / "application_properties.json").write_text(json.dumps(properties), encoding="utf-8")
            program, path, arguments = _unpack(
                self._code(application), run.folder / "code", groups.get(RUN_OPTIONS, {})
            )
            run.cluster.variables["PYTHONPATH"] = path
            run.cluster.start(_settings(application), run.cancelled.is_set)
            run.job = run.cluster.submit(program, arguments, savepoint, _lenient(application))
            run.cluster.wait_until_running(run.job, run.cancelled.is_set)
        except Exception as error:
            self._forget(name, run)
            if not run.cancelled.is_set():
                log.warning("the Flink application %s did not start: %s", name, error)
                self._tell(application, [f"the application did not start: {error}"])
                on_status("FAILED", str(error))
            return
        on_status("RUNNING")
        self._watch(application, run)
        if not run.cancelled.is_set():
            self._tell(application, ["the JobManager is gone: start the application again"])
            self._forget(name, run)
            on_status("FAILED", "the JobManager is gone")

    def snapshot(self, application: dict[str, Any], name: str) -> str | None:
        """Write a savepoint; where it lies. FlinkError if there is none."""
        run = self._running(application)
        return run.cluster.savepoint(run.job, self._kept(application) / name)

    def stop(self, application: dict[str, Any], force: bool, take_snapshot: bool) -> str | None:
        """End a run, with a savepoint if wanted; where that lies."""
        with self._guard:
            run = self._runs.pop(application["ApplicationName"], None)
        if run is None:
            return None
        try:
            if take_snapshot and not force and run.job:
                place = self._kept(application) / f"stop-{time.time_ns()}"
                return run.cluster.savepoint(run.job, place, stop=True)
            return None
        finally:
            run.cancelled.set()
            run.cluster.kill()

    def delete(self, application: dict[str, Any]) -> None:
        """Forget an application with its snapshots."""
        self.stop(application, force=True, take_snapshot=False)
        shutil.rmtree(self._runtime.home / "flink" / _short(application["ApplicationName"]), ignore_errors=True)

    def close(self) -> None:
        """End all runs."""
        with self._guard:
            runs = list(self._runs.values())
            self._runs.clear()
        for run in runs:
            run.cancelled.set()
            run.cluster.kill()

    def _running(self, application: dict[str, Any]) -> Run:
        with self._guard:
            run = self._runs.get(application["ApplicationName"])
        if run is None or not run.job:
            raise FlinkError(f"{application['ApplicationName']} does not run")
        return run

    def _kept(self, application: dict[str, Any]) -> Path:
        folder = self._runtime.home / "flink" / _short(application["ApplicationName"])
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _code(self, application: dict[str, Any]) -> bytes:
        code = application["ApplicationConfigurationDescription"]["ApplicationCodeConfigurationDescription"]
        place = code["CodeContentDescription"]["S3ApplicationCodeLocationDescription"]
        version = {"VersionId": place["ObjectVersion"]} if place.get("ObjectVersion") else {}
        client = self._runtime.acting("s3", application["ServiceExecutionRole"], PRINCIPAL)
        bucket, key = place["BucketARN"].rpartition(":")[2], place["FileKey"]
        try:
            found: bytes = client.get_object(Bucket=bucket, Key=key, **version)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise FlinkError(f"the code, s3://{bucket}/{key}, cannot be read: {error}") from error
        return found

    def _forget(self, name: str, run: Run) -> None:
        run.cluster.kill()
        with self._guard:
            if self._runs.get(name) is run:
                del self._runs[name]

    def _watch(self, application: dict[str, Any], run: Run) -> None:
        """Take what the job warns of to the application's log stream, and replace a TaskManager that died; until the
        run is stopped, or its JobManager is gone."""
        read = 0
        while not run.cancelled.wait(SHIPPED) and run.cluster.mend():
            with (run.folder / "log" / "taskmanager.log").open("rb") as file:
                file.seek(read)
                whole, end, _ = file.read().rpartition(b"\n")
            read += len(whole) + len(end)
            lines = whole.decode(errors="replace").splitlines()
            if found := [match["text"] for match in map(LINE.match, lines) if match]:
                self._tell(application, found)

    def _tell(self, application: dict[str, Any], lines: list[str]) -> None:
        """Write lines into the application's log streams, under its role."""
        for option in application["CloudWatchLoggingOptionDescriptions"]:
            _, _, place = option["LogStreamARN"].partition(":log-group:")
            group, _, stream = place.partition(":log-stream:")
            now = int(self._runtime.clock.now() * 1000)
            events = [{"timestamp": now, "message": json.dumps({"message": line})} for line in lines]
            try:
                logs = self._runtime.acting("logs", application["ServiceExecutionRole"], PRINCIPAL)
                logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
            except (ClientError, BotoCoreError) as error:
                log.warning("%s of %s cannot be written: %s", place, application["ApplicationName"], error)


def _short(name: str) -> str:
    """An application's name as the name of a folder."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _flink(application: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = application["ApplicationConfigurationDescription"]
    return dict(described.get("FlinkApplicationConfigurationDescription") or {})


def _parallelism(application: dict[str, Any]) -> int:
    return int((_flink(application).get("ParallelismConfigurationDescription") or {}).get("Parallelism") or 1)


def _settings(application: dict[str, Any]) -> dict[str, str]:
    """What the application's configuration is in Flink's."""
    settings = {"parallelism.default": str(_parallelism(application))}
    checkpoints = _flink(application).get("CheckpointConfigurationDescription") or {}
    if checkpoints.get("CheckpointingEnabled", True):
        settings["execution.checkpointing.interval"] = f"{checkpoints.get('CheckpointInterval', 60_000)}ms"
        settings["execution.checkpointing.min-pause"] = f"{checkpoints.get('MinPauseBetweenCheckpoints', 5_000)}ms"
    return settings


def _lenient(application: dict[str, Any]) -> bool:
    run = application["ApplicationConfigurationDescription"].get("RunConfigurationDescription") or {}
    return bool((run.get("FlinkRunConfigurationDescription") or {}).get("AllowNonRestoredState"))


def _groups(application: dict[str, Any]) -> dict[str, dict[str, str]]:
    described = application["ApplicationConfigurationDescription"].get("EnvironmentPropertyDescriptions") or {}
    groups = described.get("PropertyGroupDescriptions") or []
    return {group["PropertyGroupId"]: dict(group.get("PropertyMap") or {}) for group in groups}


def _unpack(code: bytes, folder: Path, options: dict[str, str]) -> tuple[Path, str, list[str]]:
    """The program in a zip, where its Python looks for modules, and arguments for Flink's command: the run options.

    AWS hands the files on to Flink, which copies them to every worker; here all can read them where they are.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            archive.extractall(folder)  # leaves nothing outside: zipfile takes drives and .. out of names
    except zipfile.BadZipFile as error:
        raise FlinkError(f"the code is no zip: {error}") from error
    if "python" not in options:
        raise FlinkError(f"the property group {RUN_OPTIONS} has no python, the program in the zip")
    program = _inside(folder, options["python"])
    files = [str(_inside(folder, name.strip())) for name in options.get("pyFiles", "").split(",") if name.strip()]
    arguments = ["--python", str(program)]
    if jar := options.get("jarfile"):
        arguments += ["--jarfile", str(_inside(folder, jar))]
    return program, os.pathsep.join(files), arguments


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        raise FlinkError(f"the run options name {name}, which is not in the zip")
    return path
