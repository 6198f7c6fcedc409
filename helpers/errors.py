"""The one exception type attendees meet; its message says what is wrong, where, and what to do."""


class WorkshopError(Exception):
    """Something an attendee can put right; the message says how."""
