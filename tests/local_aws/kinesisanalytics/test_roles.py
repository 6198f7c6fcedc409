"""Under which role the application acts: its own in version 2, one for each resource in version 1."""

from __future__ import annotations

import json
from typing import Any

COPY = """
CREATE OR REPLACE STREAM "COPY" ("n" INTEGER);
CREATE OR REPLACE PUMP "P" AS INSERT INTO "COPY" SELECT STREAM "n" FROM "SOURCE_SQL_STREAM_001";
"""
COLUMNS = [{"Name": "n", "SqlType": "INTEGER", "Mapping": "$.n"}]
SOURCE, FUNCTION, TARGET, TABLE = (f"arn:aws:iam::123456789012:role/{name}" for name in "abcd")


def source(world: Any, **role: str) -> dict[str, Any]:
    given: dict[str, Any] = world.input_of_kinesis(InputSchema=world.schema | {"RecordColumns": COLUMNS})
    return given | {"KinesisStreamsInput": {"ResourceARN": world.stream_arn, **role}}


def reference(world: Any, **role: str) -> dict[str, Any]:
    return {
        "TableName": "names",
        "S3ReferenceDataSource": {"BucketARN": world.table, "FileKey": "k", **role},
        "ReferenceSchema": {"RecordFormat": {"RecordFormatType": "JSON"}, "RecordColumns": COLUMNS},
    }


def test_version_2_acts_under_the_applications_role(world: Any) -> None:
    world.objects["tables", "k"] = b'{"n": 1}'
    world.create(
        COPY,
        Inputs=[source(world) | world.processed()],
        Outputs=[world.output("COPY")],
        ReferenceDataSources=[reference(world)],
    )
    world.acted.clear()
    world.call("StartApplication", ApplicationName="app")
    world.kinesis.add(0, b'{"n": 1}')
    world.clock.step(5)
    assert len(world.received()) == 1
    assert set(world.acted) == {("s3", world.role), ("kinesis", world.role), ("lambda", world.role)}


def test_version_1_acts_under_each_resources_role(world: Any) -> None:
    world.objects["tables", "k"] = b'{"n": 1}'
    processor = {"ResourceARN": world.prepare_arn, "RoleARN": FUNCTION}
    given = source(world, RoleARN=SOURCE) | {"InputProcessingConfiguration": {"InputLambdaProcessor": processor}}
    output = world.output("COPY") | {"LambdaOutput": {"ResourceARN": world.function_arn, "RoleARN": TARGET}}
    world.call_v1("CreateApplication", ApplicationName="app", ApplicationCode=COPY, Inputs=[given], Outputs=[output])
    world.call_v1(
        "AddApplicationReferenceDataSource",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ReferenceDataSource=reference(world, ReferenceRoleARN=TABLE),
    )
    world.acted.clear()
    now = {"InputStartingPosition": "NOW"}
    started = [{"Id": "1.1", "InputStartingPositionConfiguration": now}]
    world.call_v1("StartApplication", ApplicationName="app", InputConfigurations=started)
    world.kinesis.add(0, b'{"n": 1}')
    world.clock.step(5)
    assert len(world.received()) == 1
    assert set(world.acted) == {("s3", TABLE), ("kinesis", SOURCE), ("lambda", FUNCTION), ("lambda", TARGET)}


def test_a_role_that_may_not_be_taken_is_tried_again_and_shown(world: Any) -> None:
    columns = {"InputSchema": world.schema | {"RecordColumns": COLUMNS}}
    world.run(COPY, Inputs=[world.input() | columns], Outputs=[world.output("COPY")])
    world.refused.add(world.role)
    world.put(json.dumps({"n": 1}).encode())
    world.clock.step(2)
    [output] = world.analytics.status("app")["outputs"]
    assert (output["delivered"], "AccessDenied" in output["last_error"]) == (0, True)
    world.refused.clear()
    world.clock.step(2)
    assert world.received() == [{"n": 1}]


def test_another_role_is_used_from_the_update_on(world: Any) -> None:
    columns = {"InputSchema": world.schema | {"RecordColumns": COLUMNS}}
    world.run(COPY, Inputs=[world.input() | columns], Outputs=[world.output("COPY")])
    world.call(
        "UpdateApplication",
        ApplicationName="app",
        CurrentApplicationVersionId=1,
        ServiceExecutionRoleUpdate=TARGET,
    )
    world.kill()
    world.acted.clear()
    world.put(json.dumps({"n": 1}).encode())
    world.clock.step(1)
    assert world.acted == [("lambda", TARGET)]
