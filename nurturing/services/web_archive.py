"""The archive on the web: broadcasts that anybody may read, written as for somebody of whom nothing is known."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.kit.ids import code
from leadflow.people.models import User
from nurturing.models import Broadcast
from nurturing.services import broadcasts, messages, subjects


@transaction.atomic
def show(broadcast: Broadcast, *, by: User | None, at: datetime | None = None) -> Broadcast:
    """Let anybody read it; its page keeps its address. Raises Conflict where it may not be, and Invalid
    where it says nothing to a stranger."""
    row = broadcasts.locked(broadcast)
    if row.state not in (Broadcast.State.SENDING, Broadcast.State.SENT):
        raise Conflict(_("It can be read on the web once it has left."))
    if row.offer_id is not None:
        raise Conflict(
            _("Its offer is for those who got it. Write the news of it without the offer.")
        )
    written(row)  # refused where nothing is left to say to a stranger
    row.public_id = row.public_id or code(10)
    row.shown_at = row.shown_at or at or clock.now()
    _keep(row, by, "yes")
    return row


@transaction.atomic
def hide(broadcast: Broadcast, *, by: User | None) -> Broadcast:
    """Take it off the web; shown again it has the same address."""
    row = broadcasts.locked(broadcast)
    row.shown_at = None
    _keep(row, by, "no")
    return row


def _keep(row: Broadcast, by: User | None, shown: str) -> None:
    row.save(update_fields=["public_id", "shown_at"])
    data = {"name": f"broadcast:{row.pk}.shown_on_the_web", "to": shown}
    record(Kind.SETTING_CHANGED, by=by, subject=row, data=data)


def written(row: Broadcast) -> messages.Words:
    """Its mail for a stranger, with the subject that most people got."""
    chosen = subjects.chosen_of(row) if row.is_tested else None
    return messages.for_anybody(row.words_with(chosen.subject if chosen else None))
