"""The one exception type attendees meet; its message says what is wrong, where, and what to do."""

import os
import traceback


class WorkshopError(Exception):
    """Something an attendee can put right; the message says how.

    A notebook shows the message alone: fifty lines of our own code above it help nobody. Set
    WORKSHOP_TRACEBACK=1 to see them.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows."""
        if os.environ.get("WORKSHOP_TRACEBACK"):
            return traceback.format_exception(self)
        return [f"{type(self).__name__}: {self}"]
