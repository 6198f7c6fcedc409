"""What SNS refuses, and that it posts to this machine only."""

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers.local_aws.sns.refusals import SnsError, check_message, is_here
from helpers.workshop import Workshop

ACCOUNT = "123456789012"
STREAM = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/s"


@pytest.fixture
def topic(workshop: Workshop) -> str:
    arn: str = boto3.client("sns").create_topic(Name=f"refusals-{uuid.uuid4().hex[:8]}")["TopicArn"]
    return arn


@pytest.mark.parametrize(
    ("protocol", "endpoint", "message"),
    [
        ("foo", "x", "does not support this protocol string: foo"),
        ("http", "ftp://127.0.0.1/x", "Endpoint must match the specified protocol"),
        ("https", "http://127.0.0.1/x", "Endpoint must match the specified protocol"),
        ("http", "http://192.0.2.7/x", "is not on this machine"),
        ("https", "https://example.com/x", "is not on this machine"),
        ("http", "http://127.0.0.1@example.com/x", "is not on this machine"),
        ("firehose", STREAM, "SubscriptionRoleArn is required"),
        ("sqs", "notarn", "SQS endpoint ARN"),
    ],
)
def test_endpoints_that_are_refused(topic: str, protocol: str, endpoint: str, message: str) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        boto3.client("sns").subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert refused.value.response["Error"]["Code"] == "InvalidParameter"
    assert not boto3.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]


def test_only_loopback_is_here() -> None:
    assert [url for url in ("http://127.0.0.1:80/x", "https://localhost/", "http://[::1]/", "http://u:p@127.8.0.1/")
            if not is_here(url)] == []  # fmt: skip
    assert [url for url in ("http://0.0.0.0/", "http://localhost.example.com/", "http://10.0.0.1/", "http://[::/", "x")
            if is_here(url)] == []  # fmt: skip


@pytest.fixture
def endpoint() -> Iterator[tuple[str, "Queue[dict[str, Any]]"]]:
    """An HTTP server on this machine, and what is posted to it."""
    posted: Queue[dict[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/alerts", posted
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_endpoint_on_this_machine_confirms_and_is_posted_to(
    topic: str, endpoint: tuple[str, "Queue[dict[str, Any]]"]
) -> None:
    sns, (url, posted) = boto3.client("sns"), endpoint
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    asked = posted.get(timeout=60)
    assert asked["Type"] == "SubscriptionConfirmation"
    sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])
    sns.publish(TopicArn=topic, Message="here")
    assert posted.get(timeout=60)["Message"] == "here"


def test_topics_that_are_refused(topic: str) -> None:
    sns, name = boto3.client("sns"), topic.rpartition(":")[2]
    with pytest.raises(ClientError, match="Invalid parameter: Topic Name"):
        sns.create_topic(Name="a b")
    with pytest.raises(ClientError, match="Topic already exists with different attributes"):
        sns.create_topic(Name=name, Attributes={"DisplayName": "other"})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="other")
    assert sns.create_topic(Name=name, Attributes={"DisplayName": "other"})["TopicArn"] == topic
    assert sns.create_topic(Name=name)["TopicArn"] == topic


@pytest.mark.parametrize(
    ("message", "subject", "structure", "refusal"),
    [
        ("m", "a\nBcc: b", "", "Subject"),
        ("m", "a\u2028b", "", "Subject"),
        ("m", "ä" * 101, "", "Subject"),
        ("", "", "", "Empty message"),
        ("m", "", "json", "JSON message body failed to parse"),
        ("[]", "", "json", "JSON message body failed to parse"),
        ('{"email": "x"}', "", "json", "No default entry in JSON message body"),
        ("m", "", "xml", "MessageStructure"),
    ],
)
def test_messages_that_are_refused(message: str, subject: str, structure: str, refusal: str) -> None:
    with pytest.raises(SnsError, match=refusal):
        check_message(message, subject, structure)


def test_messages_over_the_wire(topic: str) -> None:
    sns = boto3.client("sns")
    with pytest.raises(ClientError, match="JSON message body failed to parse"):
        sns.publish(TopicArn=topic, Message="m", MessageStructure="json")
    sns.publish(TopicArn=topic, Message='{"default": "m"}', MessageStructure="json", Subject="Störung, 警報")


def test_a_followed_link_is_no_authenticated_confirmation(workshop: Workshop, topic: str) -> None:
    from tests.local_aws.sns.test_contract import get

    sns = boto3.client("sns")
    for address, by_link, expected in (("link@example.com", True, "false"), ("call@example.com", False, "true")):
        arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address, ReturnSubscriptionArn=True)
        mail = workshop.inbox.latest()
        assert mail is not None and mail["to"] == address
        if by_link:
            assert get(mail["confirm_url"])[0] == 200
        else:
            sns.confirm_subscription(TopicArn=topic, Token=mail["confirm_url"].rpartition("Token=")[2])
        found = sns.get_subscription_attributes(SubscriptionArn=arn["SubscriptionArn"])["Attributes"]
        assert (found["PendingConfirmation"], found["ConfirmationWasAuthenticated"]) == ("false", expected)


def test_the_confirmation_of_email_json_is_json(workshop: Workshop, topic: str) -> None:
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="email-json", Endpoint="json@example.com")
    mail = workshop.inbox.latest()
    assert mail is not None
    asked = json.loads(mail["body"])
    assert (asked["Type"], asked["TopicArn"]) == ("SubscriptionConfirmation", topic)
    assert asked["SubscribeURL"] == mail["confirm_url"]
    assert asked["Token"] == mail["confirm_url"].rpartition("Token=")[2]
