"""What steps do: to-dos, fields, tags, lists, score events, webhooks, notices, stages of the lifecycle.

Sequences and automation rules perform the same effects, for many subjects at once. Each effect has a
natural name, so that doing it twice does nothing; one that cannot be done is skipped with its reason.
"""

from nurturing.services.acts.checking import problems
from nurturing.services.acts.kinds import KINDS, MOVABLE_STAGES, OF_PERSON, SETTABLE, new
from nurturing.services.acts.performing import perform
from nurturing.services.acts.subjects import Done, Step, Subject
from nurturing.services.acts.wording import words

__all__ = [
    "KINDS",
    "MOVABLE_STAGES",
    "OF_PERSON",
    "SETTABLE",
    "Done",
    "Step",
    "Subject",
    "new",
    "perform",
    "problems",
    "words",
]
