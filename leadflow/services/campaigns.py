"""Adding people to a campaign by hand: each is touched once, as if the campaign had reached her."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.kit.clock import now
from leadflow.models import Campaign, Lead, Touchpoint
from leadflow.people.models import User

MOST = 20_000


@transaction.atomic
def add_people(*, campaign: Campaign, lead_ids: Iterable[int], label: str, by: User | None) -> int:
    """Make these people members; who is one already stays as she is. Returns how many were new.

    Raises Conflict for an archived campaign.
    """
    del by  # a touch names the campaign that made it; who pressed the button is no part of it
    if campaign.is_archived:
        raise Conflict(_("This campaign is archived. Bring it back first."))
    wanted = set(lead_ids)
    known = Touchpoint.objects.filter(campaign=campaign, lead__in=wanted).values_list(
        "lead_id", flat=True
    )
    fresh = Lead.objects.living().filter(pk__in=wanted - set(known)).order_by("pk")[:MOST]
    at = now()
    rows = [
        Touchpoint(lead=lead, campaign=campaign, channel=campaign.channel, label=label[:200], occurred_at=at, origin=lead.origin)
        for lead in fresh
    ]  # fmt: skip
    Touchpoint.objects.bulk_create(rows, batch_size=2_000)
    return len(rows)
