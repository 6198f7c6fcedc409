"""Who may speak to the local AWS: requests signed (SigV4) with a key of this run, the attendee's or a role session's.

The signature is recomputed with ministack's own SigV4 arithmetic. Requests are dated by the client's wall
clock, whatever the workshop's clock says, so expiry is the one place here that looks at the wall clock.
Presigned addresses are those of SigV4; those of its predecessor, which S3 takes no more from new buckets, are refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from ministack.core import sigv4

from helpers.local_aws.access import Access
from helpers.local_aws.protocol import AwsError

HINT = "The key of the local AWS changes with every start: run Workshop.connect() again."
OLDER = {"AWSAccessKeyId", "Signature"}  # in the query of an address presigned as before SigV4
TOO_OLD = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256: "
    'boto3 presigns so with boto3.client("s3", config=botocore.config.Config(signature_version="s3v4")).'
)
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
Headers = Mapping[str, str]


class Signatures:
    """Checks requests against the keys that IAM and STS know."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def check(self, method: str, raw_path: str, query: str, headers: Headers, body: bytes, skew: float = 0) -> str:
        """The access key id whose key the request is signed with; AwsError 403 when it is not.

        `raw_path` and `query` as they came over the wire, header names in lower case; `skew` is by how many
        seconds the caller's clock is taken to be behind ours, over and above the truth.
        """
        params = parse_qs(query, keep_blank_values=True)
        presigned = "authorization" not in headers
        if presigned and params.keys() >= OLDER:
            raise AwsError("InvalidRequest", TOO_OLD, 400)
        if presigned and "X-Amz-Signature" not in params:
            raise _refused("MissingAuthenticationToken", "The request is not signed. " + HINT)
        parsed = sigv4.parse_query_signature(params) if presigned else sigv4.parse_header_signature(headers)
        if isinstance(parsed, tuple):
            raise _refused(*parsed)
        token = params.get("X-Amz-Security-Token", [""])[0] if presigned else headers.get("x-amz-security-token", "")
        secret = self._secret(parsed, token)
        self._check_age(parsed, params, presigned, skew)
        failure = sigv4.header_signature_failure(
            parsed, secret, method, raw_path, params, headers, body, presigned=presigned
        )
        if failure:
            raise _refused(failure[0], f"{failure[1]} {HINT}")
        _check_digest(headers, body)
        return str(parsed.access_key_id)

    def _secret(self, parsed: sigv4.HeaderSignature, token: str) -> str:
        if parsed.region_set is None:
            try:
                return self._access.credentials(parsed.access_key_id, token).secret
            except AwsError as error:
                if error.code == "ExpiredTokenException":
                    raise
        message = f"The security token included in the request is invalid: {parsed.access_key_id} is unknown. "
        raise _refused("InvalidClientTokenId", message + HINT)

    def _check_age(
        self, parsed: sigv4.HeaderSignature, params: dict[str, list[str]], presigned: bool, skew: float
    ) -> None:
        if not presigned:
            if failure := sigv4.request_time_failure(parsed, now=datetime.now(UTC) + timedelta(seconds=skew)):
                raise _refused(*failure)
            return
        try:
            expired = sigv4.presigned_request_is_expired(parsed.amz_date, params.get("X-Amz-Expires", ["0"])[0])
        except ValueError as error:
            raise _refused("AuthorizationQueryParametersError", f"X-Amz-Date or X-Amz-Expires: {error}") from error
        if expired:
            raise _refused("AccessDenied", "Request has expired")


def _check_digest(headers: Headers, body: bytes) -> None:
    """S3 signs the digest the client announces; hold the client to it."""
    announced = headers.get("x-amz-content-sha256", "")
    if HEX_DIGEST.fullmatch(announced) and hashlib.sha256(body).hexdigest() != announced:
        raise AwsError("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' does not match the body.")


def _refused(code: str, message: str) -> AwsError:
    return AwsError(code, message, 403)
