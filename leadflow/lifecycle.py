"""Who reacts to what: the business flow on one screen.

Kind of event -> handlers, called in this order, each in its own savepoint; `*` is every kind. A
handler takes a batch, writes to the database only, and never depends on what another handler of the
same event did: it reacts to that handler's own event.
"""

from capture import handlers as capture
from leadflow.events.kinds import Kind
from leadflow.events.registry import Handler

REACTIONS: dict[str, list[Handler]] = {
    Kind.LEAD_MERGED: [capture.follow_merged_leads],
}
