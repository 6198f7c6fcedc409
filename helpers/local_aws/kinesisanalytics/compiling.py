"""What an application needs to run: its script compiled for its input, its reference data, and a warm forest."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.kinesisanalytics import config
from helpers.local_aws.kinesisanalytics.application import SqlApplication
from helpers.local_aws.kinesisanalytics.monitoring import Monitor
from helpers.local_aws.protocol import AwsError, invalid
from helpers.local_aws.runtime import Runtime

if TYPE_CHECKING:
    from helpers.local_aws.kinesisanalytics.engine import Engine


def ready(runtime: Runtime, monitor: Monitor, application: SqlApplication) -> Engine:
    """The engine of an application that can run, with its reference data."""
    check_runnable(application, compiled(runtime, application))
    engine = compiled(runtime, application, files=files(runtime, monitor, application))
    assert engine is not None
    return engine


def compiled(
    runtime: Runtime,
    application: SqlApplication,
    seed: int | None = None,
    files: dict[str, tuple[Any, bytes]] | None = None,
) -> Engine | None:
    """CodeValidationException if the script cannot run; None if script or input is not given yet."""
    if not application.code:
        return None
    from helpers.local_aws.kinesisanalytics.engine import (
        Engine,
        RecordError,
        SchemaError,
        SqlError,
        check_syntax,
    )

    empty = {each["TableName"]: (each["ReferenceSchema"], b"") for each in application.references}
    try:
        if not application.inputs:
            check_syntax(application.code)  # names and types wait for the input's columns
            return None
        source = application.inputs[0]
        return Engine(
            application.code,
            source["InputSchema"],
            source["InAppStreamNames"],
            runtime.seed if seed is None else seed,
            empty if files is None else files,
            kinesis=config.target(source)[0] == "KinesisStreams",
        )
    except SqlError as error:
        raise AwsError("CodeValidationException", f"the SQL code cannot run: {error}") from error
    except SchemaError as error:
        raise invalid(f"InputSchema or ReferenceSchema: {error}") from error
    except RecordError as error:
        raise unusable(f"the reference data cannot be read: {error}") from error


def files(runtime: Runtime, monitor: Monitor, application: SqlApplication) -> dict[str, tuple[Any, bytes]]:
    """Schema and S3 object of each reference table; InvalidApplicationConfigurationException if there is none."""
    found = {}
    for each in application.references:
        try:
            file = read_object(runtime, each["S3ReferenceDataSourceDescription"], application.role)
        except AwsError:
            monitor.report(application, "ReferenceDataError", each["ReferenceId"])
            raise
        found[each["TableName"]] = (each["ReferenceSchema"], file)
    return found


def read_object(runtime: Runtime, source: dict[str, Any], role: str | None) -> bytes:
    """The S3 object a reference data source names, read under its own role or else this one."""
    bucket, key = config.bucket_name(source["BucketARN"]), source["FileKey"]
    try:
        client = runtime.acting("s3", source.get("ReferenceRoleARN") or role or "", config.PRINCIPAL)
        data: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (ClientError, BotoCoreError) as error:
        raise unusable(f"s3://{bucket}/{key} cannot be read: {error}") from error
    return data


def check_runnable(application: SqlApplication, engine: Engine | None) -> None:
    """InvalidApplicationConfigurationException if something is missing that a run needs."""
    problem = None
    if not application.inputs:
        problem = "has no input: AddApplicationInput first"
    elif not application.code.strip():
        problem = "has no code: give ApplicationCodeConfiguration"
    elif engine is not None:
        missing = [each["Name"] for each in application.outputs if each["Name"] not in engine.streams]
        if missing:
            problem = f"has an output of {', '.join(missing)}, but its streams are {', '.join(engine.streams)}"
    if problem:
        raise unusable(f"application {application.name} {problem}")


def warm_up(engine: Engine) -> None:
    """Loading a forest takes seconds; meanwhile records may come, and the clock must not wait."""
    if engine.learning:
        import numpy  # noqa: F401 - whole, before two threads use it

        from helpers.local_aws.kinesisanalytics.engine import prepare_forest

        threading.Thread(target=prepare_forest, name="prepare-forest", daemon=True).start()


def unusable(message: str) -> AwsError:
    """The error for a configuration that cannot run."""
    return AwsError("InvalidApplicationConfigurationException", message)
