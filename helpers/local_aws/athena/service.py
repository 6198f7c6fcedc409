"""Amazon Athena's query operations: start, watch, stop, read results.

Work groups, named queries, prepared statements and data catalogs are not here: they are plain
control plane. What is not done: encrypting results (the settings are kept, S3 stores as it stores);
managed results; result reuse; what reading.py, writing.py and formats.py say they do not do.
"""

from __future__ import annotations

import contextvars
import logging
import tempfile
import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.local_aws.access import CALLER
from helpers.local_aws.athena import completing
from helpers.local_aws.athena.errors import MalformedQuery, QueryCancelled, QueryError
from helpers.local_aws.athena.models import FINAL, SYSTEM, USER, Execution, Limits
from helpers.local_aws.protocol import AwsError, JsonService, operation
from helpers.local_aws.runtime import Runtime

if TYPE_CHECKING:
    from helpers.local_aws.athena.catalog import Catalog
    from helpers.local_aws.athena.engine import Engine, Session

KEPT = 1000  # executions, the newest
AT_ONCE = 4  # queries running; more are QUEUED
PATIENCE = 2.0  # seconds StartQueryExecution waits, so that the first look finds a short query done
LARGEST_PAGE = 1000  # rows, the header among them

log = logging.getLogger(__name__)


class AthenaService(JsonService):
    """Runs each query on a thread of its own; the API answers from any thread."""

    name = "athena"

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        completing.complete()
        self._lock = threading.RLock()
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._executions: OrderedDict[str, Execution] = OrderedDict()
        self._sessions: dict[str, Session] = {}
        self._tokens: dict[str, tuple[str, dict[str, Any]]] = {}  # request token → execution, request
        self._page_cache: tuple[str, list[list[str | None]]] = ("", [])

    # --- operations ---

    @operation
    def start_query_execution(self, params: dict[str, Any]) -> dict[str, Any]:
        """Accept a query; refuses what is no query. Short ones are done when this returns."""
        request = {key: value for key, value in params.items() if key != "ClientRequestToken"}
        token = params.get("ClientRequestToken", "")
        if token and (known := self._known_request(token, request)):
            return {"QueryExecutionId": known}
        execution, failure, limits = self._accept(request)
        with self._lock:
            if token and (known := self._known_request(token, request)):
                return {"QueryExecutionId": known}
            self._remember(execution)
            if token:
                self._tokens[token] = (execution.id, request)
        name = f"athena-{execution.id}"
        # The thread acts in the name of whoever asked: Athena reads and writes nothing that they may not.
        target = contextvars.copy_context().run
        threading.Thread(target=target, args=(self._run, execution, failure, limits), name=name, daemon=True).start()
        execution.done.wait(PATIENCE)
        return {"QueryExecutionId": execution.id}

    @operation
    def get_query_execution(self, params: dict[str, Any]) -> dict[str, Any]:
        """State, statistics and result location of one execution."""
        with self._lock:
            execution = self._find(params["QueryExecutionId"])
            return {"QueryExecution": execution.describe(self.runtime.clock.now())}

    @operation
    def batch_get_query_execution(self, params: dict[str, Any]) -> dict[str, Any]:
        """Several executions; those unknown are listed as unprocessed."""
        with self._lock:
            now = self.runtime.clock.now()
            ids = params["QueryExecutionIds"]
            missing = [item for item in ids if item not in self._executions]
            return {
                "QueryExecutions": [self._executions[i].describe(now) for i in ids if i in self._executions],
                "UnprocessedQueryExecutionIds": [
                    {
                        "QueryExecutionId": item,
                        "ErrorCode": "InvalidRequestException",
                        "ErrorMessage": f"QueryExecution {item} was not found",
                    }
                    for item in missing
                ],
            }

    @operation
    def list_query_executions(self, params: dict[str, Any]) -> dict[str, Any]:
        """The ids of a work group's executions, newest first, in pages."""
        group = params.get("WorkGroup", "primary")
        with self._lock:
            ids = [item.id for item in reversed(self._executions.values()) if item.work_group == group]
        start = _offset(params.get("NextToken"), "list")
        end = start + params.get("MaxResults", 50)
        return {
            "QueryExecutionIds": ids[start:end],
            "NextToken": f"list-{end}" if end < len(ids) else None,
        }

    @operation
    def stop_query_execution(self, params: dict[str, Any]) -> dict[str, Any]:
        """Cancel a query that is queued or running; finished ones stay as they are."""
        with self._lock:
            execution = self._find(params["QueryExecutionId"])
            if execution.state not in FINAL:
                execution.finish("CANCELLED", self.runtime.clock.now(), "Query cancelled!")
                if (session := self._sessions.get(execution.id)) is not None:
                    session.stop()
        return {}

    @operation
    def get_query_results(self, params: dict[str, Any]) -> dict[str, Any]:
        """A page of rows, the header first, read from the result in S3."""
        with self._lock:
            execution = self._find(params["QueryExecutionId"])
            state = execution.state
        if state in ("QUEUED", "RUNNING"):
            raise _invalid(f"Query has not yet finished. Current state: {state}")
        if state != "SUCCEEDED":
            raise _invalid(f"Query did not finish successfully. Final query state: {state}")
        start = _offset(params.get("NextToken"), execution.id)
        rows = self._stored_rows(execution, fresh=start == 0)
        end = start + params.get("MaxResults", LARGEST_PAGE)
        return {
            "UpdateCount": execution.updated,
            "ResultSet": {
                "Rows": [{"Data": [_datum(value) for value in row]} for row in rows[start:end]],
                "ResultSetMetadata": {"ColumnInfo": [column.info() for column in execution.columns]},
            },
            "NextToken": f"{execution.id}-{end}" if end < len(rows) else None,
        }

    @operation
    def get_query_runtime_statistics(self, params: dict[str, Any]) -> dict[str, Any]:
        """Times, bytes and rows of a finished query."""
        with self._lock:
            execution = self._find(params["QueryExecutionId"])
            timeline = execution.statistics(self.runtime.clock.now())
            scanned = timeline.pop("DataScannedInBytes")
            for name in ("ResultReuseInformation", "DataManifestLocation"):
                del timeline[name]
            return {
                "QueryRuntimeStatistics": {
                    "Timeline": timeline,
                    "Rows": {"InputBytes": scanned, "OutputRows": execution.rows},
                }
            }

    # --- accepting ---

    def _known_request(self, token: str, request: dict[str, Any]) -> str | None:
        with self._lock:
            known = self._tokens.get(token)
        if known is None:
            return None
        if known[1] != request:
            raise _invalid("Idempotent parameters do not match")
        return known[0]

    def _accept(self, request: dict[str, Any]) -> tuple[Execution, QueryError | None, Limits]:
        """The execution, why it cannot run if it cannot, and its work group's limits."""
        from helpers.local_aws.athena.reading import read
        from helpers.local_aws.athena.statements import Statement

        sql, context = request["QueryString"], request.get("QueryExecutionContext", {})
        group = request.get("WorkGroup", "primary")
        location, encryption, limits = self._output(group, request.get("ResultConfiguration", {}))
        parameters = request.get("ExecutionParameters", [])
        statement, failure = Statement(), None
        try:
            statement = read(sql, _database(context), parameters, lambda name: self._prepared(group, name))
        except MalformedQuery as error:
            raise AwsError("InvalidRequestException", str(error), AthenaErrorCode="MALFORMED_QUERY") from error
        except QueryError as error:
            statement, failure = Statement(), error
        new_id = str(uuid.uuid4())
        folder = "tables/" if statement.sub == "CREATE_TABLE_AS_SELECT" else ""
        execution = Execution(
            id=new_id,
            sql=sql,
            work_group=group,
            output=f"{location.rstrip('/')}/{folder}{new_id}{statement.suffix}",
            context=context,
            parameters=parameters,
            statement=statement,
            encryption=encryption,
            submitted=self.runtime.clock.now(),
        )
        return execution, failure, limits

    def _prepared(self, group: str, name: str) -> str:
        """The text of a prepared statement."""
        try:
            found = self._client("athena").get_prepared_statement(StatementName=name, WorkGroup=group)
        except ClientError as error:
            raise _invalid(f"PreparedStatement {name} was not found in workGroup {group}") from error
        text: str = found["PreparedStatement"]["QueryStatement"]
        return text

    def _output(self, group: str, asked: dict[str, Any]) -> tuple[str, dict[str, Any] | None, Limits]:
        """Where results go: the work group's place if it insists or nothing was asked for."""
        try:
            found = self.runtime.client("athena").get_work_group(WorkGroup=group)["WorkGroup"]
        except ClientError as error:
            raise _invalid(f"WorkGroup {group} is not found.") from error
        if found.get("State") == "DISABLED":
            raise _invalid(f"WorkGroup {group} is disabled.")
        settings = found.get("Configuration", {})
        own = settings.get("ResultConfiguration", {})
        enforced = settings.get("EnforceWorkGroupConfiguration", False)
        chosen = own if own.get("OutputLocation") and (enforced or not asked.get("OutputLocation")) else asked
        location = chosen.get("OutputLocation", "")
        if not location.startswith("s3://"):
            raise _invalid(
                "No output location provided. An output location is required either through the Workgroup "
                "result configuration setting or as an API input."
            )
        limits = Limits(bool(enforced), settings.get("BytesScannedCutoffPerQuery"))
        return location, chosen.get("EncryptionConfiguration"), limits

    def _remember(self, execution: Execution) -> None:
        self._executions[execution.id] = execution
        while len(self._executions) > KEPT:
            oldest, _ = self._executions.popitem(last=False)
            self._tokens = {token: known for token, known in self._tokens.items() if known[0] != oldest}

    def _find(self, execution_id: str) -> Execution:
        if (execution := self._executions.get(execution_id)) is None:
            raise _invalid(f"QueryExecution {execution_id} was not found")
        return execution

    def resource(self, operation: str, params: Mapping[str, Any]) -> str:
        """The work group that a request is about."""
        if "QueryExecutionId" in params:
            with self._lock:
                known = self._executions.get(params["QueryExecutionId"])
            group = known.work_group if known else "*"
        else:
            group = params.get("WorkGroup", "*" if "QueryExecutionIds" in params else "primary")
        return self.runtime.arn("athena", f"workgroup/{group}")

    def _client(self, name: str) -> Any:
        """A client with the permissions of whoever asks."""
        return self.runtime.client(name, *filter(None, [CALLER.get()]))

    # --- running, on a thread of the query's own ---

    def _run(self, execution: Execution, failure: QueryError | None, limits: Limits) -> None:
        from helpers.local_aws.athena.engine import Session

        clock = self.runtime.clock
        with self._slots:
            session = Session(limit=limits.bytes_scanned)
            with self._lock:
                if execution.state in FINAL:
                    return
                execution.state, execution.started = "RUNNING", clock.now()
                self._sessions[execution.id] = session
            try:
                if failure is not None:
                    raise failure
                self._work(execution, limits, session)
                outcome: tuple[Any, ...] = ("SUCCEEDED", None, None)
            except QueryCancelled as error:
                outcome = ("CANCELLED", str(error), None)
            except QueryError as error:
                outcome = ("FAILED", str(error), USER)
            except (ClientError, BotoCoreError) as error:
                outcome = ("FAILED", f"GENERIC_USER_ERROR: {error}", USER)
            except Exception as error:
                log.exception("query %s failed inside the local Athena", execution.id)
                outcome = ("FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}", SYSTEM)
            state, reason, category = outcome
            with self._lock:
                del self._sessions[execution.id]
                execution.scanned = session.scanned
                if execution.state not in FINAL:
                    execution.finish(state, clock.now(), reason, category)

    def _work(self, execution: Execution, limits: Limits, session: Session) -> None:
        from helpers.local_aws.athena import results
        from helpers.local_aws.athena.catalog import Catalog
        from helpers.local_aws.athena.running import Run

        catalog = Catalog(self._client("glue"))
        with tempfile.TemporaryDirectory(prefix="local-athena-") as name:
            engine = self._engine(catalog)
            run = Run(execution, limits, engine, self._client("athena"), self.runtime.clock.now(), session)
            try:
                outcome = run.carry_out(_database(execution.context), Path(name))
            finally:
                session.close()
            self._store(execution, outcome.file, results.metadata(outcome.columns))
        with self._lock:
            execution.columns, execution.rows = outcome.columns, outcome.rows
            execution.updated, execution.manifest = outcome.updated, outcome.manifest

    def _engine(self, catalog: Catalog) -> Engine:
        from helpers.local_aws.athena.engine import Engine

        return Engine(self._client("s3"), catalog, self.runtime.clock.now)

    def _store(self, execution: Execution, file: Path, metadata: bytes) -> None:
        s3 = self._client("s3")
        bucket, _, key = execution.output.removeprefix("s3://").partition("/")
        try:
            if execution.statement.suffix:
                with file.open("rb") as body:
                    s3.put_object(Bucket=bucket, Key=key, Body=body)
            s3.put_object(Bucket=bucket, Key=f"{key}.metadata", Body=metadata)
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                raise QueryError(
                    "PERMISSION_DENIED",
                    f"Access denied when writing output to url: {execution.output} . Please ensure you are allowed to "
                    f"access the S3 bucket. {error.response['Error']['Message']}",
                ) from error
            raise QueryError(
                "INVALID_OUTPUT_LOCATION",
                "The S3 location provided to save your query results is invalid "
                f"({execution.output}). Please check your S3 location is correct and is in the same region "
                "and try again.",
            ) from error

    def _stored_rows(self, execution: Execution, fresh: bool) -> list[list[str | None]]:
        """A result's rows from S3; later pages come from the copy read for the first."""
        from helpers.local_aws.athena.results import read_csv

        with self._lock:
            cached_id, cached = self._page_cache
        if cached_id == execution.id and not fresh:
            return cached
        if not execution.statement.suffix:
            return []
        bucket, _, key = execution.output.removeprefix("s3://").partition("/")
        try:
            body = self._client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise _invalid(f"Could not find results: {execution.output} was deleted or cannot be read") from error
        text = body.decode("utf-8")
        rows = [[line] for line in text.splitlines()] if execution.statement.suffix == ".txt" else list(read_csv(text))
        with self._lock:
            self._page_cache = (execution.id, rows)
        return rows


def _database(context: dict[str, str]) -> str | None:
    """The session's database; Hive's quotes around it are allowed, and awswrangler sets them."""
    return context.get("Database", "").strip("`") or None


def _datum(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _offset(token: str | None, owner: str) -> int:
    """The row a page token points at; tokens are ``<owner>-<row>``."""
    if token is None:
        return 0
    found, _, number = token.rpartition("-")
    if found != owner or not number.isdigit():
        raise _invalid("NextToken is invalid")
    return int(number)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)
