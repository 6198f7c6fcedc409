import pytest

from helpers.local_aws.sns import render

ARN = "arn:aws:sns:us-east-1:123456789012:ClickStreamEvent"


def test_an_sms_shows_ten_characters_of_the_display_name() -> None:
    assert render.sms("CTR 61 %", "ClickStreamEvent") == "ClickStrea> CTR 61 %"
    assert render.sms("CTR 61 %", "") == "CTR 61 %"


def test_an_email_ends_with_the_way_out() -> None:
    url = render.unsubscribe_url("http://127.0.0.1:4566", f"{ARN}:1")
    text = render.notification("CTR 61 %", url)
    assert text.startswith("CTR 61 %\n\n--\nIf you wish to stop receiving notifications")
    assert f"unsubscribe:\nhttp://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn={ARN}:1\n\n" in text


def test_the_confirmation_mail_names_topic_and_link() -> None:
    url = render.confirm_url("http://127.0.0.1:4566", ARN, "secret")
    assert url == f"http://127.0.0.1:4566/?Action=ConfirmSubscription&TopicArn={ARN}&Token=secret"
    text = render.confirmation(ARN, url)
    assert f"topic:\n{ARN}\n" in text
    assert url in text


@pytest.mark.parametrize("address", ["a@example.com", "first.last+tag@sub.example.co.uk"])
def test_addresses_that_sns_takes(address: str) -> None:
    assert render.is_email(address)


@pytest.mark.parametrize("address", ["", "a", "a@b", "a@@b.com", "a b@c.com", "a@b.com\n", "a@-b.com", "a@b..com"])
def test_addresses_that_sns_refuses(address: str) -> None:
    assert not render.is_email(address)


def test_phone_numbers_are_e164() -> None:
    assert render.is_phone_number("+15555550123")
    for wrong in (
        "",
        "5555550123",
        "+0555555012",
        "+1 555 555 0123",
        "+1555",
        "+1234567890123456",
        "+15555550123\n",
    ):
        assert not render.is_phone_number(wrong)


def test_mails_come_from_the_topic_s_display_name() -> None:
    assert render.sender("ClickStreamEvent") == "ClickStreamEvent <no-reply@sns.amazonaws.com>"
    assert render.sender("") == "AWS Notifications <no-reply@sns.amazonaws.com>"


@pytest.mark.parametrize(
    ("text", "one", "two"),
    [("a", 160, 306), ("€", 80, 153), ("я", 70, 134), ("😀", 35, 67)],
)
def test_a_long_sms_is_split_as_its_alphabet_allows(text: str, one: int, two: int) -> None:
    assert [render.sms_parts(text * n) for n in (0, one, one + 1, two, two + 1)] == [1, 1, 2, 2, 3]
