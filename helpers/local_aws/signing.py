"""Who may speak to the local AWS: requests signed (SigV4) with the key of this run.

The signature is recomputed with ministack's own SigV4 arithmetic. Requests are dated by the client's wall
clock, whatever the workshop's clock says, so expiry is the one place here that looks at the wall clock.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import parse_qs

from ministack.core import sigv4

from helpers.local_aws.protocol import AwsError

HINT = "The key of the local AWS changes with every start: run Workshop.connect() again."
HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
Headers = Mapping[str, str]


class Signatures:
    """Checks requests against one access key id (the account id) and one secret."""

    def __init__(self, account_id: str, key: str) -> None:
        self._account_id = account_id
        self._key = key

    def check(self, method: str, raw_path: str, query: str, headers: Headers, body: bytes) -> None:
        """Return when the request is signed with the key; AwsError 403 otherwise.

        `raw_path` and `query` as they came over the wire, header names in lower case.
        """
        params = parse_qs(query, keep_blank_values=True)
        presigned = "authorization" not in headers
        if presigned and "X-Amz-Signature" not in params:
            raise _refused("MissingAuthenticationToken", "The request is not signed. " + HINT)
        parsed = sigv4.parse_query_signature(params) if presigned else sigv4.parse_header_signature(headers)
        if isinstance(parsed, tuple):
            raise _refused(*parsed)
        if parsed.access_key_id != self._account_id or parsed.region_set is not None:
            raise _refused(
                "InvalidClientTokenId",
                f"The local AWS knows the access key id {self._account_id} only, not {parsed.access_key_id}. " + HINT,
            )
        self._check_age(parsed, params, presigned)
        failure = sigv4.header_signature_failure(
            parsed, self._key, method, raw_path, params, headers, body, presigned=presigned
        )
        if failure:
            raise _refused(failure[0], f"{failure[1]} {HINT}")
        _check_digest(headers, body)

    def _check_age(self, parsed: sigv4.HeaderSignature, params: dict[str, list[str]], presigned: bool) -> None:
        if not presigned:
            if failure := sigv4.request_time_failure(parsed):
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
