"""Commission is settled up to a day: what was won until then is not changed any more."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.kit import days
from leadflow.models import Organisation
from pipeline.models import Deal, StageKind

# what somebody's commission is made of
SETTLED = frozenset({"owner", "amount", "currency", "status", "won_at", "deleted_at"})


def is_settled(deal: Deal) -> bool:
    """Whether a deal was won on a day up to which commission is settled, in the organisation's zone."""
    if deal.status != StageKind.WON or deal.won_at is None:
        return False
    organisation = Organisation.current()
    until = organisation.commission_closed_on
    zone = ZoneInfo(organisation.time_zone)
    return until is not None and deal.won_at.astimezone(zone).date() <= until


def check(deal: Deal, *, was_settled: bool, changed: Collection[str]) -> None:
    """Raise Conflict where a change would move commission that is settled: of a deal that was in that
    time, or that would come into it."""
    if SETTLED & set(changed) and (was_settled or is_settled(deal)):
        raise refusal(deal)


def refusal(deal: Deal) -> Conflict:
    """Why nothing was changed, and what to do."""
    until = Organisation.current().commission_closed_on
    return Conflict(
        _(
            "Commission is settled through %(day)s, so “%(deal)s” stays as it is there. Take a later day, "
            "or ask an admin to open that time again under Settings, Quotes and commission."
        )
        % {"day": date_format(until, days.full()) if until else "", "deal": deal.name}
    )
