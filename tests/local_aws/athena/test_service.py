"""The operations: states, pages, stopping, request tokens, where results go, SHOW and DESCRIBE."""

import threading
from typing import Any

import pytest

from helpers.local_aws.athena import service as service_module
from helpers.local_aws.protocol import AwsError


@pytest.fixture
def table(bench):
    bench.account.table("t", {"a": "bigint", "word": "string"})
    bench.account.put("t/1.json", [{"a": n, "word": f"w{n}"} for n in range(5)])
    return bench


@pytest.fixture
def held(table, monkeypatch):
    """The account's S3 stands still until released, so that a query can be watched."""
    monkeypatch.setattr(service_module, "PATIENCE", 0.01)
    reached, release = threading.Event(), threading.Event()
    real = table.account.get_object

    def slow(**arguments: Any) -> Any:
        reached.set()
        assert release.wait(30)
        return real(**arguments)

    monkeypatch.setattr(table.account, "get_object", slow)
    table.reached, table.release = reached, release
    yield table
    release.set()


def test_a_query_runs_and_its_times_are_the_clocks(held) -> None:
    query_id = held.start("SELECT count(*) FROM t")
    assert held.reached.wait(30)
    held.clock.step(2)
    running = held.describe(query_id)
    assert running["Status"]["State"] == "RUNNING"
    assert "CompletionDateTime" not in running["Status"]
    assert running["Statistics"]["EngineExecutionTimeInMillis"] == 2000
    with pytest.raises(AwsError, match=r"Query has not yet finished\. Current state: RUNNING"):
        held.service.handle("GetQueryResults", {"QueryExecutionId": query_id})
    held.clock.step(1)
    held.release.set()
    assert held.service._executions[query_id].done.wait(30)
    done = held.describe(query_id)
    assert done["Status"]["State"] == "SUCCEEDED"
    assert done["Status"]["CompletionDateTime"] - done["Status"]["SubmissionDateTime"] == 3
    assert done["Statistics"]["EngineExecutionTimeInMillis"] == 3000
    assert done["Statistics"]["DataScannedInBytes"] == len(held.account.objects["data", "t/1.json"])


def test_a_running_query_is_stopped(held) -> None:
    query_id = held.start("SELECT count(*) FROM t")
    assert held.reached.wait(30)
    held.service.handle("StopQueryExecution", {"QueryExecutionId": query_id})
    status = held.describe(query_id)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled!")
    held.release.set()
    [thread] = [t for t in threading.enumerate() if t.name == f"athena-{query_id}"] or [None]
    if thread is not None:
        thread.join(30)
    assert held.describe(query_id)["Status"]["State"] == "CANCELLED"
    assert not [key for bucket, key in held.account.objects if bucket == "results"]


def test_a_query_deep_in_duckdb_is_stopped(bench, monkeypatch) -> None:
    monkeypatch.setattr(service_module, "PATIENCE", 0.01)
    query_id = bench.start(
        "WITH n AS (SELECT x FROM UNNEST(sequence(1, 300000)) AS u (x)) "
        "SELECT count(*) FROM n a CROSS JOIN n b WHERE a.x * b.x = 7"
    )
    execution = bench.service._executions[query_id]
    while bench.describe(query_id)["Status"]["State"] == "QUEUED":
        pass
    [thread] = [t for t in threading.enumerate() if t.name == f"athena-{query_id}"]
    bench.service.handle("StopQueryExecution", {"QueryExecutionId": query_id})
    thread.join(60)
    assert not thread.is_alive()
    assert execution.state == "CANCELLED"


def test_more_queries_than_slots_wait_in_line(held, monkeypatch) -> None:
    ids = [held.start("SELECT count(*) FROM t") for _ in range(service_module.AT_ONCE + 1)]
    states = [held.describe(query_id)["Status"]["State"] for query_id in ids]
    assert states[-1] == "QUEUED"
    held.release.set()
    for query_id in ids:
        assert held.service._executions[query_id].done.wait(30)
        assert held.describe(query_id)["Status"]["State"] == "SUCCEEDED"


def test_results_come_in_pages(table) -> None:
    query_id = table.start("SELECT a FROM t ORDER BY a")
    found, token = [], {}
    while True:
        page = table.service.handle("GetQueryResults", {"QueryExecutionId": query_id, "MaxResults": 4, **token})
        found.append([row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == [["a", "0", "1", "2"], ["3", "4"]]
    with pytest.raises(AwsError, match="NextToken is invalid"):
        table.service.handle("GetQueryResults", {"QueryExecutionId": query_id, "NextToken": "other-1"})


def test_results_deleted_from_s3_are_gone(table) -> None:
    query_id = table.start("SELECT 1")
    del table.account.objects["results", f"here/{query_id}.csv"]
    with pytest.raises(AwsError, match="Could not find results"):
        table.service.handle("GetQueryResults", {"QueryExecutionId": query_id})


def test_the_work_groups_place_wins_where_it_insists(table) -> None:
    table.account.groups["strict"] = {
        "Configuration": {
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": "s3://results/strict"},
        }
    }
    table.account.groups["open"] = {"Configuration": {}}
    table.account.groups["off"] = {"State": "DISABLED", "Configuration": {}}
    asked = {"ResultConfiguration": {"OutputLocation": "s3://results/asked/"}}

    def location(**request: Any) -> str:
        found = table.describe(table.start("SELECT 1", **request))
        place: str = found["ResultConfiguration"]["OutputLocation"].rsplit("/", 1)[0]
        return place

    assert location(WorkGroup="strict", **asked) == "s3://results/strict"
    assert location(WorkGroup="open", **asked) == "s3://results/asked"
    assert location(**asked) == "s3://results/asked"
    assert location() == "s3://results/here"
    with pytest.raises(AwsError, match="No output location provided"):
        table.start("SELECT 1", WorkGroup="open")
    with pytest.raises(AwsError, match="WorkGroup off is disabled"):
        table.start("SELECT 1", WorkGroup="off")
    with pytest.raises(AwsError, match="WorkGroup nosuch is not found"):
        table.start("SELECT 1", WorkGroup="nosuch")


def test_results_without_a_bucket_fail_the_query(table) -> None:
    elsewhere = {"OutputLocation": "s3://nosuch/"}
    assert "S3 location provided to save your query results is invalid" in table.reason(
        "SELECT 1", ResultConfiguration=elsewhere
    )


def test_a_request_token_runs_a_query_once(table) -> None:
    token = "t" * 32
    first = table.start("SELECT 1", ClientRequestToken=token)
    assert table.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(AwsError, match="Idempotent parameters do not match"):
        table.start("SELECT 2", ClientRequestToken=token)


def test_old_executions_are_forgotten(table, monkeypatch) -> None:
    monkeypatch.setattr(service_module, "KEPT", 2)
    ids = [table.start("SELECT 1") for _ in range(3)]
    listed = table.service.handle("ListQueryExecutions", {"MaxResults": 1})
    assert listed["QueryExecutionIds"] == [ids[2]]
    rest = table.service.handle("ListQueryExecutions", {"NextToken": listed["NextToken"]})
    assert rest == {"QueryExecutionIds": [ids[1]]}
    with pytest.raises(AwsError, match=f"QueryExecution {ids[0]} was not found"):
        table.describe(ids[0])


def test_a_fault_of_ours_is_no_fault_of_the_query(table, monkeypatch, caplog) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken inside")

    monkeypatch.setattr("helpers.local_aws.athena.engine._connect", broken)
    query_id = table.start("SELECT 1")
    status = table.describe(query_id)["Status"]
    assert status["StateChangeReason"] == "GENERIC_INTERNAL_ERROR: RuntimeError: broken inside"
    assert status["AthenaError"]["ErrorCategory"] == 1
    assert "failed inside the local Athena" in caplog.text


def test_show_and_describe(table) -> None:
    def lines(sql: str) -> list[str]:
        return [row[0] for row in _all(table, sql)]

    assert lines("SHOW DATABASES") == ["db", "other"]
    assert lines("show tables in db 't*'") == ["t"]
    assert lines("SHOW TABLES 'x*'") == []
    assert lines("SHOW COLUMNS IN t") == ["a", "word"]
    assert [line.split() for line in lines("DESCRIBE `db`.`t`;")] == [["a", "bigint"], ["word", "string"]]
    execution = table.describe(table.start("DESCRIBE t"))
    assert execution["StatementType"] == "UTILITY"
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    assert table.reason("DESCRIBE nosuch") == (
        "TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.db.nosuch' does not exist"
    )
    formatted = [line.split() for line in lines("DESCRIBE FORMATTED t")]
    assert ["Location:", "s3://data/t"] in formatted
    assert ["SerDe", "Library:", "org.openx.data.jsonserde.JsonSerDe"] in formatted
    with pytest.raises(AwsError, match="but not: SHOW FUNCTIONS"):
        table.start("SHOW FUNCTIONS")


def _all(bench: Any, sql: str) -> list[list[str]]:
    found = bench.service.handle("GetQueryResults", {"QueryExecutionId": bench.start(sql)})
    return [[datum["VarCharValue"] for datum in row["Data"]] for row in found["ResultSet"]["Rows"]]
