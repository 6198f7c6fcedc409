"""SNS e-mail and SMS over the wire, and by CloudFormation."""

import json
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from helpers import alerts
from helpers.workshop import Workshop


def new_messages(ws: Workshop, after: int) -> list[tuple[str, str, str]]:
    return [(m["protocol"], m["subject"], m["body"].split("\n\n--\n")[0]) for m in ws.inbox.messages(after)]


def last_id(ws: Workshop) -> int:
    latest = ws.inbox.latest()
    return latest["id"] if latest else 0


def subscription_arns(topic_arn: str) -> list[str]:
    listed = boto3.client("sns").list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
    return [item["SubscriptionArn"] for item in listed]


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_email_waits_for_confirmation_and_sms_does_not(workshop: Workshop) -> None:
    sns, start = boto3.client("sns"), last_id(workshop)
    arn = sns.create_topic(Name="flow", Attributes={"DisplayName": "ClickStreamEvent"})["TopicArn"]
    answer = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="flow@example.com")
    assert answer["SubscriptionArn"] == "pending confirmation"
    assert sns.subscribe(TopicArn=arn, Protocol="sms", Endpoint="+15555550100")["SubscriptionArn"].startswith(arn)
    assert "PendingConfirmation" in subscription_arns(arn)
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsPending"] == "1"

    sns.publish(TopicArn=arn, Message="too early")
    [confirmation, sms] = workshop.inbox.messages(start)
    assert confirmation["subject"] == "AWS Notification - Subscription Confirmation"
    assert confirmation["confirm_url"] in confirmation["body"]
    assert (sms["protocol"], sms["body"]) == ("sms", "ClickStrea> too early")

    status, page = get(confirmation["confirm_url"])
    assert (status, "Subscription confirmed!" in page) == (200, True)
    assert get(confirmation["confirm_url"])[0] == 200  # a second click is no error
    assert "PendingConfirmation" not in subscription_arns(arn)

    sns.publish(TopicArn=arn, Message="in time")
    sns.publish(TopicArn=arn, Message="with subject", Subject="Anomaly")
    assert new_messages(workshop, sms["id"]) == [
        ("email", "AWS Notification Message", "in time"),
        ("sms", "", "ClickStrea> in time"),
        ("email", "Anomaly", "with subject"),
        ("sms", "", "ClickStrea> with subject"),
    ]


def test_the_link_at_the_foot_of_a_mail_ends_the_subscription(workshop: Workshop) -> None:
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="leaving")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="leaving@example.com")
    assert {"topic": "leaving", "endpoint": "leaving@example.com"} in alerts.confirm_subscriptions(workshop)
    assert alerts.confirm_subscriptions(workshop) == []
    sns.publish(TopicArn=arn, Message="one")
    latest = workshop.inbox.latest()
    assert latest is not None
    link = next(word for word in latest["body"].split() if "Action=Unsubscribe" in word)
    assert get(link)[0] == 200
    assert get(link)[0] == 404
    assert subscription_arns(arn) == []
    sns.publish(TopicArn=arn, Message="two")
    assert last_id(workshop) == latest["id"]


def test_subscribing_again_sends_the_mail_again(workshop: Workshop) -> None:
    sns, start = boto3.client("sns"), last_id(workshop)
    arn = sns.create_topic(Name="again")["TopicArn"]
    for _ in range(2):
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="again@example.com")
    assert len(workshop.inbox.messages(start)) == 2
    real = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="again@example.com", ReturnSubscriptionArn=True)
    assert real["SubscriptionArn"].startswith(arn)
    assert len(subscription_arns(arn)) == 1
    attributes = sns.get_subscription_attributes(SubscriptionArn=real["SubscriptionArn"])["Attributes"]
    assert attributes["PendingConfirmation"] == "true"


def test_a_token_of_another_topic_confirms_nothing(workshop: Workshop) -> None:
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="tokens")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="tokens@example.com")
    with pytest.raises(ClientError, match=r"\(InvalidParameter\).*Token"):
        sns.confirm_subscription(TopicArn=arn, Token="guess")
    latest = workshop.inbox.latest()
    assert latest is not None
    assert get(latest["confirm_url"].replace(":tokens&", ":elsewhere&"))[0] == 404
    assert subscription_arns(arn) == ["PendingConfirmation"]
    other = sns.create_topic(Name="elsewhere")["TopicArn"]
    assert get(latest["confirm_url"])[0] == 200
    assert get(latest["confirm_url"].replace(":tokens&", ":elsewhere&"))[0] == 404
    assert subscription_arns(other) == []


@pytest.mark.parametrize(
    ("protocol", "endpoint", "message"),
    [
        ("email", "nobody", "Email address"),
        ("sms", "555-0123", "Invalid SMS endpoint"),
        ("email", "a@b", "Email"),
    ],
)
def test_wrong_addresses_are_refused(workshop: Workshop, protocol: str, endpoint: str, message: str) -> None:
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="wrong")["TopicArn"]
    with pytest.raises(ClientError, match=rf"\(InvalidParameter\).*{message}"):
        sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    assert subscription_arns(arn) == []


def test_publishing_to_a_phone_number(workshop: Workshop) -> None:
    sns, start = boto3.client("sns"), last_id(workshop)
    sns.publish(PhoneNumber="+15555550199", Message="directly")
    assert new_messages(workshop, start) == [("sms", "", "directly")]
    for wrong in ({"PhoneNumber": "12"}, {"PhoneNumber": "+15555550199", "Subject": "two\nlines"}):
        with pytest.raises(ClientError, match="InvalidParameter"):
            sns.publish(Message="not sent", **wrong)
    assert len(workshop.inbox.messages(start)) == 1


def template(email: str, phone_number: str) -> str:
    subscribers = [{"Protocol": "email", "Endpoint": email}, {"Protocol": "sms", "Endpoint": phone_number}]
    resources: dict[str, Any] = {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": "stacked", "Subscription": subscribers},
        },
        "More": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "more@example.com"},
        },
    }
    return json.dumps({"Resources": resources})


def test_a_stack_s_subscribers_confirm_too(workshop: Workshop) -> None:
    cloudformation, start = boto3.client("cloudformation"), last_id(workshop)
    cloudformation.create_stack(StackName="sns-good", TemplateBody=template("stack@example.com", "+15555550101"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="sns-good", WaiterConfig={"Delay": 1})
    assert [m["to"] for m in workshop.inbox.messages(start)] == ["stack@example.com", "more@example.com"]
    confirmed = [row["endpoint"] for row in alerts.confirm_subscriptions(workshop) if row["topic"] == "stacked"]
    assert confirmed == ["stack@example.com", "more@example.com"]
    boto3.client("sns").publish(TopicArn="arn:aws:sns:us-east-1:123456789012:stacked", Message="stacked")
    assert [m["protocol"] for m in workshop.inbox.messages(start + 2)] == ["email", "sms", "email"]


def test_a_stack_with_a_wrong_address_fails_and_says_which(workshop: Workshop) -> None:
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName="sns-bad", TemplateBody=template("nobody", "+15555550101"), OnFailure="DO_NOTHING"
    )
    waiter = cloudformation.get_waiter("stack_create_complete")
    with pytest.raises(Exception, match="CREATE_FAILED"):
        waiter.wait(StackName="sns-bad", WaiterConfig={"Delay": 1})
    events = cloudformation.describe_stack_events(StackName="sns-bad")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("Email address: 'nobody'" in reason for reason in reasons)


def test_a_token_is_good_for_two_days(workshop: Workshop) -> None:
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="late")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="late@example.com")
    latest = workshop.inbox.latest()
    assert latest is not None
    link = latest["confirm_url"]
    workshop.clock.step(2 * 24 * 3600 + 1)
    assert get(link)[0] == 404
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="late@example.com")  # asks again
    assert get(link)[0] == 200


def test_mails_come_from_the_topic_and_long_sms_in_parts(workshop: Workshop) -> None:
    sns, start = boto3.client("sns"), last_id(workshop)
    arn = sns.create_topic(Name="named", Attributes={"DisplayName": "ClickStreamEvent"})["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="named@example.com")
    sns.publish(PhoneNumber="+15555550111", Message="a" * 161)
    mail, sms = workshop.inbox.messages(start)
    assert mail["sender"] == "ClickStreamEvent <no-reply@sns.amazonaws.com>"
    assert (sms["parts"], mail["parts"]) == (2, 1)
    with pytest.raises(ClientError, match="InvalidParameter"):
        sns.publish(PhoneNumber="+15555550111", Message="a" * 1601)


def test_a_spending_limit_silences_sms_until_the_next_month(workshop: Workshop) -> None:
    sns = boto3.client("sns")
    assert sns.get_sms_attributes()["attributes"] == {}
    for wrong in ({"MonthlySpendLimit": "much"}, {"Unknown": "1"}):
        with pytest.raises(ClientError, match="InvalidParameter"):
            sns.set_sms_attributes(attributes=wrong)
    sns.set_sms_attributes(attributes={"MonthlySpendLimit": "0", "DefaultSenderID": "Clicks"})
    assert sns.get_sms_attributes(attributes=["MonthlySpendLimit"])["attributes"] == {"MonthlySpendLimit": "0"}
    start, before = last_id(workshop), len(workshop.control("GET", "errors")["errors"])
    assert sns.publish(PhoneNumber="+15555550122", Message="too dear")["MessageId"]
    assert workshop.inbox.messages(start) == []
    assert "No quota left for account" in workshop.control("GET", "errors")["errors"][before]["error"]
    sns.set_sms_attributes(attributes={"MonthlySpendLimit": "1000"})
    sns.publish(PhoneNumber="+15555550122", Message="paid")
    [sms] = workshop.inbox.messages(start)
    assert (sms["body"], sms["sender"]) == ("paid", "Clicks")
