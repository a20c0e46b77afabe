"""What may be done to deals. Every writer of a deal's row goes through here."""

from pipeline.services.deals.closing import lose, reopen, win
from pipeline.services.deals.editing import (
    EDITABLE,
    assign_many,
    edit,
    follow_company,
    follow_person,
    restore_many,
    set_lines,
    trash_many,
)
from pipeline.services.deals.gating import Gate, checks_of_winning, gate_of
from pipeline.services.deals.moving import (
    Held,
    memory_of,
    memory_of_many,
    move,
    move_many,
    move_with_answers,
    undo,
    undo_many,
)
from pipeline.services.deals.opening import LineIn, Opened, Opening, open, open_many
from pipeline.services.deals.taking_back import take_back
from pipeline.services.deals.undoing import memory_of_act, undo_act

__all__ = [
    "EDITABLE",
    "Gate",
    "Held",
    "LineIn",
    "Opened",
    "Opening",
    "assign_many",
    "checks_of_winning",
    "edit",
    "follow_company",
    "follow_person",
    "gate_of",
    "lose",
    "memory_of",
    "memory_of_act",
    "memory_of_many",
    "move",
    "move_many",
    "move_with_answers",
    "open",
    "open_many",
    "reopen",
    "restore_many",
    "set_lines",
    "take_back",
    "trash_many",
    "undo",
    "undo_act",
    "undo_many",
    "win",
]
