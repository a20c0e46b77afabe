"""The few kinds of error that a person can meet; each carries a sentence that she can act on.

Services raise them, one middleware (HTML) and one exception handler (API) map them to a status:
NotAllowed 403, Invalid 422, InvalidTransition 409, Conflict and StaleVersion 409.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class LeadflowError(Exception):
    """Root of every error that LeadFlow raises on purpose.

    `message` is shown to the user as it stands; `context` is for the log and for templates.
    """

    def __init__(self, message: str, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.context = context

    def __reduce__(self) -> Any:
        return (_rebuild, (type(self), self.message, self.context))


def _rebuild(kind: type[LeadflowError], message: str, context: dict[str, Any]) -> LeadflowError:
    return kind(message, **context)


class NotAllowed(LeadflowError):
    """The person may not do this to this record."""


class InvalidTransition(LeadflowError):
    """The record cannot go from where it is to where it was asked to go."""


class Conflict(LeadflowError):
    """What was asked contradicts something that exists already."""


class StaleVersion(Conflict):
    """Somebody changed the record since the person read it; `context` says who and when."""


class Invalid(LeadflowError):
    """Input that cannot be taken; `fields` maps a field to its messages."""

    def __init__(
        self, message: str, fields: Mapping[str, Sequence[str]] | None = None, **context: Any
    ) -> None:
        super().__init__(message, fields=dict(fields or {}), **context)
        self.fields: dict[str, Sequence[str]] = self.context["fields"]

    @classmethod
    def at(cls, field: str, sentence: str) -> "Invalid":
        """What is wrong with one field, said once: in the message and beside the field."""
        return cls(sentence, {field: [sentence]})
