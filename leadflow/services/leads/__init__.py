"""What may be done to leads. Every writer of a lead's row goes through here."""

from leadflow.services.leads.capturing import Outcome, create_or_merge
from leadflow.services.leads.editing import (
    advance_buyers,
    restore_many,
    set_country_many,
    set_meant_many,
    set_scores,
    set_source_many,
    trash_many,
    update,
    update_many,
)
from leadflow.services.leads.lifecycle import (
    advance,
    advance_many,
    disqualify_many,
    reached_before,
    recycle_many,
    reopen_many,
    set_status_many,
    take_back_recycling,
)
from leadflow.services.leads.moving import Moved, memory_of, move, move_many, undo_many
from leadflow.services.leads.ownership import assign, assign_many, claim, unassign_many
from leadflow.services.leads.taking_back import (
    TakenBack,
    memory_of_act,
    owners_back,
    take_back,
)

__all__ = [
    "Moved",
    "Outcome",
    "TakenBack",
    "advance",
    "advance_buyers",
    "advance_many",
    "assign",
    "assign_many",
    "claim",
    "create_or_merge",
    "disqualify_many",
    "memory_of",
    "memory_of_act",
    "move",
    "move_many",
    "owners_back",
    "reached_before",
    "recycle_many",
    "reopen_many",
    "restore_many",
    "set_country_many",
    "set_meant_many",
    "set_scores",
    "set_source_many",
    "set_status_many",
    "take_back",
    "take_back_recycling",
    "trash_many",
    "unassign_many",
    "undo_many",
    "update",
    "update_many",
]
