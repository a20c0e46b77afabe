"""What may be done to deals. Every writer of a deal's row goes through here."""

from pipeline.services.deals.closing import lose, reopen, win
from pipeline.services.deals.editing import (
    EDITABLE,
    assign_many,
    edit,
    follow_person,
    restore_many,
    set_lines,
    trash_many,
)
from pipeline.services.deals.moving import memory_of, move, move_many, undo
from pipeline.services.deals.opening import LineIn, Opened, Opening, open, open_many

__all__ = [
    "EDITABLE",
    "LineIn",
    "Opened",
    "Opening",
    "assign_many",
    "edit",
    "follow_person",
    "lose",
    "memory_of",
    "move",
    "move_many",
    "open",
    "open_many",
    "reopen",
    "restore_many",
    "set_lines",
    "trash_many",
    "undo",
    "win",
]
