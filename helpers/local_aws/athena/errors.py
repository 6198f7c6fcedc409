"""What can be wrong with a query, in Athena's words."""

from __future__ import annotations


class QueryError(Exception):
    """A query that fails: ``code`` is Athena's error name, the text becomes the StateChangeReason.

    https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class MalformedQuery(Exception):
    """A text that is no query at all: StartQueryExecution itself refuses it (InvalidRequestException)."""


class QueryCancelled(Exception):
    """The query was stopped while it ran; the text becomes the StateChangeReason."""

    def __init__(self, message: str = "Query cancelled!") -> None:
        super().__init__(message)
