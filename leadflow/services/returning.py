"""Recycled leads whose day has come: a new cycle, and a to-do for whoever owns them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.kit import clock
from leadflow.models import Activity, Disposition, Lead, LeadCycle, Organisation, Origin
from leadflow.people.models import User
from leadflow.services import activities, leads

AT_ONCE = 200


def today(at: datetime) -> date:
    """The day of the organisation."""
    return at.astimezone(ZoneInfo(Organisation.current().time_zone)).date()


def bring_back_due(*, at: datetime | None = None) -> int:
    """Begin the next cycle of leads whose return was set for today or before; how many.

    Once each: the new cycle has no day of return, and `reopen_many` takes recycled leads alone. Whoever
    is in the trash or was merged waits there.
    """
    at = at or clock.now()
    later = LeadCycle.objects.filter(lead=OuterRef("lead"), number__gt=OuterRef("number"))
    due = LeadCycle.objects.filter(
        ~Exists(later), return_on__lte=today(at), lead__disposition=Disposition.RECYCLED,
        lead__deleted_at=None, lead__merged_into=None,
    )  # fmt: skip
    ids = list(due.order_by("return_on", "pk").values_list("lead", flat=True)[:AT_ONCE])
    with transaction.atomic():
        back = leads.reopen_many(lead_ids=ids, by=None, reason="returned", at=at)
        owners = User.objects.active().in_bulk([lead.owner_id for lead in back if lead.owner_id])
        for lead in back:
            if owner := owners.get(lead.owner_id or 0):
                _ask_again(lead, owner, at)
    return len(back)


def _ask_again(lead: Lead, owner: User, at: datetime) -> None:
    """In the owner's day, in her language."""
    with override(owner.language):
        activities.plan(
            kind=Activity.Kind.TODO,
            subject=_("Ask %(who)s again, as agreed") % {"who": lead.name},
            lead=lead, company=lead.company, owner=owner, due_at=at, by=None, at=at,
            origin=Origin.DEMO if lead.origin == Origin.DEMO else Origin.LIVE,
        )  # fmt: skip
