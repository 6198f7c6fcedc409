"""What can go wrong in the generator, each with a message that says what, where and what to do."""

from helpers.errors import WorkshopError


class GeneratorError(WorkshopError):
    """The generator was asked for something it cannot do."""


class TemplateError(GeneratorError):
    """A template is malformed or names something unknown.

    `position` is the offset into the template's text (0-based), `line` and `column` are 1-based.
    """

    def __init__(self, reason: str, position: int, line: int, column: int) -> None:
        super().__init__(f"template, line {line}, column {column}: {reason}")
        self.reason = reason
        self.position = position
        self.line = line
        self.column = column


class ScenarioError(GeneratorError):
    """A scenario file is malformed."""


class DeliveryError(GeneratorError):
    """Records could not be delivered; how many, and why, is in the message and in the sender's accounting."""
