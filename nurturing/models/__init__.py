"""What nurturing keeps: sequences with who walks through them, and broadcasts with whom they go to."""

from nurturing.models.acts import TodoMade
from nurturing.models.automations import Automation, AutomationQuerySet, AutomationRun
from nurturing.models.broadcasts import (
    LETTERS,
    Broadcast,
    BroadcastQuerySet,
    Recipient,
    RecipientQuerySet,
    SubjectChosen,
)
from nurturing.models.drafts import CopiedSteps, DraftEdit, DraftEditQuerySet
from nurturing.models.policy import MailPolicy
from nurturing.models.sequences import (
    MOVING,
    UNDER_WAY,
    Enrolment,
    EnrolmentQuerySet,
    Reason,
    Refusal,
    Sequence,
    SequenceQuerySet,
    StepDone,
    WayChosen,
)
from nurturing.models.texts import TextMessage, TextMessageQuerySet

__all__ = [
    "LETTERS",
    "MOVING",
    "UNDER_WAY",
    "Automation",
    "AutomationQuerySet",
    "AutomationRun",
    "Broadcast",
    "BroadcastQuerySet",
    "CopiedSteps",
    "DraftEdit",
    "DraftEditQuerySet",
    "Enrolment",
    "EnrolmentQuerySet",
    "MailPolicy",
    "Reason",
    "Recipient",
    "RecipientQuerySet",
    "Refusal",
    "Sequence",
    "SequenceQuerySet",
    "StepDone",
    "SubjectChosen",
    "TextMessage",
    "TextMessageQuerySet",
    "TodoMade",
    "WayChosen",
]
