"""What may be done to leads. Every writer of a lead's row goes through here."""

from leadflow.services.leads.capturing import Outcome, create_or_merge
from leadflow.services.leads.editing import restore_many, set_scores, trash_many, update
from leadflow.services.leads.lifecycle import (
    advance,
    advance_many,
    disqualify_many,
    reached_before,
    recycle_many,
    reopen_many,
    set_status_many,
)
from leadflow.services.leads.ownership import assign, assign_many, unassign_many

__all__ = [
    "Outcome",
    "advance",
    "advance_many",
    "assign",
    "assign_many",
    "create_or_merge",
    "disqualify_many",
    "reached_before",
    "recycle_many",
    "reopen_many",
    "restore_many",
    "set_scores",
    "set_status_many",
    "trash_many",
    "unassign_many",
    "update",
]
