"""Lost deals to come back to, where no recycled person stands for them: a company's, a customer's."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from leadflow.kit import clock
from leadflow.models import Activity, Origin
from leadflow.services import activities, returning
from pipeline.models import Deal

AT_ONCE = 200


@transaction.atomic
def ask_again_due(*, at: datetime | None = None) -> int:
    """Plan a to-do for the owner of each lost deal whose day has come; how many.

    Once for each day of return: the deal keeps the day that its to-do was made for. Where its person
    was recycled with it, she comes back by herself and with her the to-do (`leadflow.services.returning`).
    """
    at = at or clock.now()
    rows = Deal.objects.select_for_update(of=("self",), skip_locked=True).living().lost()
    rows = rows.filter(return_on__lte=returning.today(at))
    rows = rows.filter(Q(asked_again_for=None) | ~Q(asked_again_for=F("return_on")))
    due = list(
        rows.select_related("lead", "company", "owner").order_by("return_on", "pk")[:AT_ONCE]
    )
    for deal in due:
        _plan(deal, at)
        deal.asked_again_for = deal.return_on
    Deal.objects.bulk_update(due, ["asked_again_for"])
    return len(due)


def _plan(deal: Deal, at: datetime) -> None:
    if deal.owner is None:
        return
    with override(deal.owner.language):
        activities.plan(
            kind=Activity.Kind.TODO,
            subject=_("Come back to %(deal)s, as agreed") % {"deal": deal.name},
            lead=deal.lead, company=deal.company, subject_ref=deal.ref, owner=deal.owner,
            due_at=at, by=None, at=at,
            origin=Origin.DEMO if deal.origin == Origin.DEMO else Origin.LIVE,
        )  # fmt: skip
