"""Who may come in (over the wire) and who answers (with fakes)."""

import asyncio
import http.client
import itertools
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from helpers.local_aws.clock import Clock
from helpers.local_aws.front import LARGEST_BODY, Front
from helpers.local_aws.protocol import AwsError, JsonService, operation
from helpers.local_aws.runtime import Runtime
from helpers.local_aws.signing import Signatures
from helpers.local_process import State
from helpers.workshop import Workshop

LIST_BUCKETS = "/"


def send(
    state: State, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=10)
    connection.request(method, path, body, dict(headers or {}))
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return answer


def signed(
    state: State,
    method: str,
    path: str,
    service: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    key: str | None = None,
    account: str | None = None,
) -> dict[str, str]:
    request = AWSRequest(method, state.url + path, headers=dict(headers or {}), data=body)
    credentials = Credentials(account or state.access_key_id, key or state.key)
    SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    return dict(request.headers)


def test_a_signed_request_is_served(local_aws: State) -> None:
    status, headers, body = send(local_aws, "GET", LIST_BUCKETS, signed(local_aws, "GET", LIST_BUCKETS, "s3"))
    assert (status, b"ListAllMyBucketsResult" in body) == (200, True)
    assert not [name for name in headers if name.startswith("access-control-")]


def test_an_unsigned_request_is_refused(local_aws: State) -> None:
    status, _, body = send(local_aws, "GET", LIST_BUCKETS)
    assert (status, b"<Code>MissingAuthenticationToken</Code>" in body) == (403, True)
    headers = {
        "X-Amz-Target": "Firehose_20150804.ListDeliveryStreams",
        "Content-Type": "application/x-amz-json-1.1",
    }
    status, answered, body = send(local_aws, "POST", "/", headers, b"{}")
    assert (status, answered["x-amzn-errortype"]) == (403, "MissingAuthenticationToken")
    assert "run Workshop.connect() again" in json.loads(body)["message"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"key": "another"}, "SignatureDoesNotMatch"), ({"account": "AKIA1"}, "InvalidClientTokenId")],
)
@pytest.mark.parametrize("service", ["s3", "firehose", "sns", "cloudformation", "lambda", "kinesisanalyticsv2", "iam"])
def test_another_key_is_refused_in_every_protocol(
    workshop: Workshop, local_aws: State, service: str, wrong: dict[str, str], code: str
) -> None:
    client = boto3.client(
        service,
        aws_access_key_id=wrong.get("account", local_aws.access_key_id),
        aws_secret_access_key=wrong.get("key", local_aws.key),
    )
    calls = {
        "s3": "list_buckets",
        "firehose": "list_delivery_streams",
        "sns": "list_topics",
        "cloudformation": "list_stacks",
        "lambda": "list_functions",
        "kinesisanalyticsv2": "list_applications",
        "iam": "list_roles",
    }
    with pytest.raises(ClientError, match=code) as caught:
        getattr(client, calls[service])()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    client.close()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "169.254.169.254:{port}", ""])
def test_other_host_names_are_refused(local_aws: State, host: str) -> None:
    host = host.format(port=local_aws.port)
    for path in ("/", "/_workshop/health", "/?Action=ConfirmSubscription&Token=x&TopicArn=y"):
        assert send(local_aws, "GET", path, {"Host": host})[0] == 403
    ours = {"Host": f"localhost:{local_aws.port}"}
    assert send(local_aws, "GET", "/_workshop/health", ours)[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8888", "http://localhost"])
def test_pages_of_other_origins_are_refused(local_aws: State, origin: str) -> None:
    headers = signed(local_aws, "GET", LIST_BUCKETS, "s3", {"Origin": origin})
    assert send(local_aws, "GET", LIST_BUCKETS, headers)[0] == 403
    preflight = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    status, answered, _ = send(local_aws, "OPTIONS", "/", preflight)
    assert (status, "access-control-allow-origin" in answered) == (403, False)


def test_what_was_signed_cannot_be_changed(local_aws: State) -> None:
    headers = signed(local_aws, "PUT", "/changed-bucket", "s3", {"x-amz-content-sha256": "0" * 64})
    status, _, body = send(local_aws, "PUT", "/changed-bucket", headers, b"")
    assert (status, b"XAmzContentSHA256Mismatch" in body) == (400, True)
    headers = signed(local_aws, "GET", "/", "s3")
    assert send(local_aws, "DELETE", "/", headers)[0] == 403
    assert send(local_aws, "GET", "/?versions", headers)[0] == 403
    json_headers = {"X-Amz-Target": "Firehose_20150804.ListDeliveryStreams"}
    headers = signed(local_aws, "POST", "/", "firehose", json_headers, b"{}")
    assert send(local_aws, "POST", "/", headers, b'{"Limit": 1}')[0] == 403


def test_the_backend_s_own_doors_are_shut(local_aws: State) -> None:
    doors = ("/_ministack/reset", "/_localstack/health", "/health", "/health/", "/_aws/execute-api/x", "/_aws")
    for method, path in itertools.product(("GET", "POST"), doors):
        assert send(local_aws, method, path, signed(local_aws, method, path, "s3"))[0] == 403
    assert send(local_aws, "PUT", "/_ministack/cfn-response/unknown", body=b"{}")[0] == 200


def test_too_much_is_refused_before_it_is_read(local_aws: State) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=10)
    connection.putrequest("PUT", "/bucket/key")
    connection.putheader("Content-Length", str(LARGEST_BODY + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.getheader("connection")) == (413, "close")
    connection.close()


@pytest.mark.parametrize("refused", ["too large", "foreign"])
def test_a_body_that_was_not_read_is_not_taken_for_the_next_request(local_aws: State, refused: str) -> None:
    """What botocore does: announce the body, wait for leave to send it, else use the connection again."""
    connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=10)
    connection.putrequest("PUT", "/bucket/key", skip_host=True)
    connection.putheader("Host", "evil.example" if refused == "foreign" else f"127.0.0.1:{local_aws.port}")
    connection.putheader("Content-Length", str(LARGEST_BODY + 1 if refused == "too large" else 5))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    assert response.status == (403 if refused == "foreign" else 413)
    connection.request("GET", "/_workshop/health")  # http.client opens another connection if it was told to
    assert connection.getresponse().status == 200
    connection.close()


def test_an_answer_to_a_body_that_was_read_keeps_the_connection(local_aws: State) -> None:
    assert "connection" not in send(local_aws, "PUT", "/bucket/key", body=b"unsigned")[1]


def test_the_largest_object_of_firehose_comes_through(workshop: Workshop) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="largest")
    size = 128 * 1024 * 1024 + 65536  # a full buffer that GZIP cannot make smaller
    s3.put_object(Bucket="largest", Key="k", Body=bytes(size))
    assert s3.head_object(Bucket="largest", Key="k")["ContentLength"] == size
    s3.delete_object(Bucket="largest", Key="k")


@pytest.mark.parametrize("bucket", ["health-data", "healthcare"])
def test_a_bucket_may_be_called_almost_as_a_private_path(workshop: Workshop, bucket: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"text")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"text"


def test_presigned_addresses_work_until_they_expire(workshop: Workshop, local_aws: State) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="presigned")
    s3.put_object(Bucket="presigned", Key="a b/ü+c.txt", Body=b"text")
    for seconds, expected in ((60, 200), (-1, 403)):
        params = {"Bucket": "presigned", "Key": "a b/ü+c.txt"}
        path = s3.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)
        status, _, body = send(local_aws, "GET", path.removeprefix(local_aws.url))
        assert (status, body == b"text") == (expected, expected == 200)
    assert send(local_aws, "PUT", path.removeprefix(local_aws.url), body=b"x")[0] == 403


def test_presigned_addresses_put_what_they_were_signed_for(workshop: Workshop, local_aws: State) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html"""
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="presigned-put")
    params = {"Bucket": "presigned-put", "Key": "a b.csv", "ContentType": "text/csv"}
    path = s3.generate_presigned_url("put_object", Params=params, ExpiresIn=60).removeprefix(local_aws.url)
    assert send(local_aws, "PUT", path, {"Content-Type": "text/plain"}, b"1,2")[0] == 403
    assert send(local_aws, "PUT", path.replace("csv?", "txt?"), {"Content-Type": "text/csv"}, b"1,2")[0] == 403
    assert send(local_aws, "GET", path, {"Content-Type": "text/csv"})[0] == 403
    assert "Contents" not in s3.list_objects_v2(Bucket="presigned-put")
    assert send(local_aws, "PUT", path, {"Content-Type": "text/csv"}, b"1,2")[0] == 200
    found = s3.get_object(Bucket="presigned-put", Key="a b.csv")
    assert (found["Body"].read(), found["ContentType"]) == (b"1,2", "text/csv")


@pytest.mark.parametrize("operation", ["get_object", "put_object"])
def test_addresses_presigned_as_before_sigv4_are_refused_with_what_to_do(
    workshop: Workshop, local_aws: State, operation: str
) -> None:
    s3 = boto3.client("s3", config=Config(signature_version="s3"))
    address = s3.generate_presigned_url(operation, Params={"Bucket": "b", "Key": "k"}, ExpiresIn=60)
    assert "AWSAccessKeyId=" in address
    status, _, body = send(local_aws, operation[:3].upper(), address.removeprefix(local_aws.url))
    assert status == 400
    assert b"<Code>InvalidRequest</Code>" in body
    assert b"Please use AWS4-HMAC-SHA256: boto3 presigns so with" in body


def test_s3_objects_of_every_kind_arrive_unharmed(workshop: Workshop) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="objects")
    large = bytes(range(256)) * 40_000
    s3.put_object(Bucket="objects", Key="large", Body=large)
    assert s3.get_object(Bucket="objects", Key="large")["Body"].read() == large
    assert s3.get_object(Bucket="objects", Key="large", Range="bytes=1-3")["Body"].read() == b"\1\2\3"
    assert s3.head_object(Bucket="objects", Key="large")["ContentLength"] == len(large)
    unsigned = boto3.client("s3", config=Config(s3={"payload_signing_enabled": False}))
    unsigned.put_object(Bucket="objects", Key="unsigned", Body=b"text", ChecksumAlgorithm="CRC32")
    assert s3.get_object(Bucket="objects", Key="unsigned")["Body"].read() == b"text"


# Who answers: no process needed.


class Broken(JsonService):
    """A Firehose of which one operation is broken."""

    name = "firehose"

    @operation
    def list_delivery_streams(self, params: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("secret detail")

    @operation
    def describe_delivery_stream(self, params: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("ResourceNotFoundException", f"no {params['DeliveryStreamName']}")


class Analytics(JsonService):
    """An analytics service without applications."""

    name = "kinesisanalyticsv2"

    @operation
    def describe_application(self, params: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("ResourceNotFoundException", "none")

    @operation
    def create_application(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"ApplicationDetail": {"ApplicationName": params["ApplicationName"]}}


class Queries(JsonService):
    """An Athena of one operation."""

    name = "athena"

    @operation
    def stop_query_execution(self, params: dict[str, Any]) -> dict[str, Any]:
        return {}


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    clock = Clock("stepped", 0)
    runtime = Runtime(clock, "123456789012", "us-east-1", 7, lambda name: None, tmp_path)
    services = {service.name: service for service in (Broken(runtime), Analytics(runtime), Queries(runtime))}
    nothing: Any = None
    yield Front(
        nothing,
        4566,
        Signatures(nothing),
        services,
        nothing,
        nothing,
        lambda: None,
        {"flink"}.__contains__,
        clock.now,
        runtime.faults,
    )
    clock.close()


def ask(front: Front, target: str, body: dict[str, Any]) -> Any:
    return asyncio.run(front.ours(target, json.dumps(body).encode()))


def test_a_refusal_names_its_code(front: Front) -> None:
    answer = ask(front, "Firehose_20150804.DescribeDeliveryStream", {"DeliveryStreamName": "x"})
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "ResourceNotFoundException")
    assert json.loads(answer.body) == {"__type": "ResourceNotFoundException", "message": "no x"}


def test_our_own_failure_is_said_without_its_details(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(front, "Firehose_20150804.ListDeliveryStreams", {})
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (500, "InternalFailure")
    assert b"secret detail" not in answer.body
    assert "secret detail" in caplog.text


def test_a_body_that_is_not_json_is_refused(front: Front) -> None:
    for body in (b"{", b"[]", b"\xff"):
        answer = asyncio.run(front.ours("Firehose_20150804.ListDeliveryStreams", body))
        assert answer is not None
        assert json.loads(answer.body)["__type"] == "SerializationException"


def test_flink_applications_are_the_backend_s(front: Front) -> None:
    target, role = "KinesisAnalytics_20180523.CreateApplication", "arn:aws:iam::123456789012:role/r"
    for runtime, ours in (("SQL-1_0", True), ("FLINK-1_20", False)):
        body = {"ApplicationName": "a", "RuntimeEnvironment": runtime, "ServiceExecutionRole": role}
        assert (ask(front, target, body) is not None) == ours
    describe = "KinesisAnalytics_20180523.DescribeApplication"
    assert ask(front, describe, {"ApplicationName": "flink"}) is None
    answer = ask(front, describe, {"ApplicationName": "unknown"})
    assert json.loads(answer.body)["__type"] == "ResourceNotFoundException"


def test_a_flink_application_is_kept_beside_ours(workshop: Workshop) -> None:
    analytics = boto3.client("kinesisanalyticsv2")
    role = "arn:aws:iam::123456789012:role/r"
    analytics.create_application(
        ApplicationName="for-flink", RuntimeEnvironment="FLINK-1_20", ServiceExecutionRole=role
    )
    detail = analytics.describe_application(ApplicationName="for-flink")["ApplicationDetail"]
    assert detail["RuntimeEnvironment"] == "FLINK-1_20"
    listed = analytics.list_applications()["ApplicationSummaries"]
    [summary] = [each for each in listed if each["ApplicationName"] == "for-flink"]
    assert (summary["RuntimeEnvironment"], summary["ApplicationStatus"]) == ("FLINK-1_20", "READY")
    assert [each["ApplicationName"] for each in listed] == sorted(each["ApplicationName"] for each in listed)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        analytics.describe_application(ApplicationName="neither")
    analytics.delete_application(ApplicationName="for-flink", CreateTimestamp=detail["CreateTimestamp"])


def test_athena_s_control_plane_is_the_backend_s(front: Front) -> None:
    assert ask(front, "AmazonAthena.ListWorkGroups", {}) is None
    stop = {"QueryExecutionId": "12345678-1234-1234-1234-123456789012"}
    assert ask(front, "AmazonAthena.StopQueryExecution", stop).status == 200
    assert ask(front, "DynamoDB_20120810.ListTables", {}) is None


def test_a_request_nested_too_deep_is_refused_and_no_failure(front: Front, local_aws: State) -> None:
    body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for target in ("Firehose_20150804.ListDeliveryStreams", "KinesisAnalytics_20180523.DescribeApplication"):
        answer = asyncio.run(front.ours(target, body))
        assert answer is not None
        assert (answer.status, json.loads(answer.body)["__type"]) == (400, "SerializationException")
    status, _, said = send(local_aws, "POST", "/_workshop/clock/step", {"X-Workshop-Key": local_aws.key}, body)
    assert (status, json.loads(said)["__type"]) == (400, "ValidationException")


def test_on_port_80_clients_leave_the_port_out() -> None:
    nothing: Any = None
    for port, host, welcome in ((80, "127.0.0.1", True), (80, "localhost:80", True), (4566, "127.0.0.1", False)):
        front = Front(nothing, port, nothing, {}, nothing, nothing, nothing, nothing, nothing, nothing)
        if welcome:
            front._check_caller({"host": host, "origin": f"http://{host}"})
        else:
            with pytest.raises(AwsError, match="host name"):
                front._check_caller({"host": host})
