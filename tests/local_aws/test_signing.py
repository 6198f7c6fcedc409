"""Signatures, checked without a server."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from helpers.local_aws import access
from helpers.local_aws.protocol import AwsError
from helpers.local_aws.signing import Signatures

URL = "http://127.0.0.1:4566/path%20with/a?b=c%20d&e="
CREDENTIALS = Credentials("123456789012", "key")


class Keys(access.Access):
    """One access key."""

    def __init__(self) -> None:
        pass

    def credentials(self, access_key_id: str, token: str | None = None) -> access.Credentials:
        assert (access_key_id, token) == ("123456789012", "")
        return access.Credentials(access_key_id, "key")


def check(url: str, headers: Mapping[str, str], body: bytes = b"body") -> None:
    parts = urlsplit(url)
    lowered = {name.lower(): value for name, value in headers.items()} | {"host": parts.netloc}
    assert Signatures(Keys()).check("POST", parts.path, parts.query, lowered, body) == "123456789012"


@pytest.mark.parametrize("service", ["sns", "firehose", "lambda"])
def test_a_header_signature_holds_for_one_request_only(service: str) -> None:
    request = AWSRequest("POST", URL, headers={"X-Amz-Target": "x"}, data=b"body")
    SigV4Auth(CREDENTIALS, service, "us-east-1").add_auth(request)
    headers = dict(request.headers)
    check(URL, headers)
    for url, changed, body in (
        (URL + "&f=g", headers, b"body"),
        (URL.replace("path", "other"), headers, b"body"),
        (URL, headers | {"X-Amz-Target": "y"}, b"body"),
        (URL, headers, b"other"),
    ):
        with pytest.raises(AwsError, match=r"SignatureDoesNotMatch.* run Workshop\.connect\(\) again"):
            check(url, changed, body)


def test_old_requests_are_refused() -> None:
    old = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y%m%dT%H%M%SZ")
    authorization = (
        f"AWS4-HMAC-SHA256 Credential=123456789012/{old[:8]}/us-east-1/sns/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0"
    )
    with pytest.raises(AwsError, match="RequestTimeTooSkewed"):
        check(URL, {"X-Amz-Date": old, "Authorization": authorization})


@pytest.mark.parametrize(("seconds", "code"), [(60, None), (-1, "Request has expired")])
def test_a_presigned_address_expires(seconds: int, code: str | None) -> None:
    request = AWSRequest("POST", URL)
    SigV4QueryAuth(CREDENTIALS, "sns", "us-east-1", expires=seconds).add_auth(request)
    if code is None:
        check(request.url, {}, b"")
        return
    with pytest.raises(AwsError, match=code):
        check(request.url, {}, b"")


@pytest.mark.parametrize("authorization", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=1", "AWS 1:2"])
def test_anything_else_is_refused(authorization: str) -> None:
    with pytest.raises(AwsError) as caught:
        check(URL, {"Authorization": authorization})
    assert caught.value.status == 403
