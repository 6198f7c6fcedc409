"""What went wrong inside the local AWS, kept for `/_workshop/errors`, and a log that never shows the key."""

from __future__ import annotations

import logging
import threading
import traceback
from collections import deque
from typing import TypedDict

from helpers.local_aws.clock import Clock

LONGEST = 1000


class ErrorRecord(TypedDict):
    """One failure: clock time (epoch seconds), where, the error, its traceback ('' if there was no exception)."""

    time: float
    where: str
    error: str
    traceback: str


class ErrorLog(logging.Handler):
    """The newest 1,000 errors that any part logs; what AWS refuses too is answered, not logged as an error."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(logging.ERROR)
        self._clock = clock
        self._errors: deque[ErrorRecord] = deque(maxlen=LONGEST)
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a log record (logging calls this)."""
        error = record.exc_info[1] if record.exc_info else None
        entry: ErrorRecord = {
            "time": self._clock.now(),
            "where": record.name,
            "error": record.getMessage() if error is None else f"{record.getMessage()}: {error!r}",
            "traceback": "" if error is None else "".join(traceback.format_exception(error)),
        }
        with self._guard:
            self._errors.append(entry)

    def list(self) -> list[ErrorRecord]:
        """All that is kept, oldest first."""
        with self._guard:
            return list(self._errors)


class Redacting(logging.Formatter):
    """Formats as usual and puts `***` wherever a secret would stand."""

    def __init__(self, *secrets: str) -> None:
        super().__init__("%(asctime)s %(levelname)s [%(name)s] %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line
