"""Who reacts to what: the business flow on one screen.

Kind of event -> handlers, called in this order, each in its own savepoint; `*` is every kind. A
handler takes a batch, writes to the database only, and never depends on what another handler of the
same event did: it reacts to that handler's own event.
"""

from capture import handlers as capture
from leadflow.events.kinds import Kind
from leadflow.events.registry import Handler
from pipeline import handlers as pipeline

REACTIONS: dict[str, list[Handler]] = {
    Kind.LEAD_MERGED: [capture.follow_merged_leads, pipeline.follow_merge],
    Kind.ACTIVITY_PLANNED: [pipeline.follow_work],
    Kind.ACTIVITY_LOGGED: [pipeline.follow_work],
    Kind.ACTIVITY_COMPLETED: [pipeline.follow_work],
    Kind.NOTE_ADDED: [pipeline.follow_work],
}
