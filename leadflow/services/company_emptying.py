"""The end of the companies that have been in the trash for 30 days."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from leadflow.history import changes
from leadflow.kit import clock
from leadflow.models import Company, Customer, Lead, Origin
from leadflow.models.erasing import erasing
from leadflow.services.company_trash import locked, needed
from leadflow.services.leads.editing import update_many
from leadflow.services.leads.lifecycle import locked as locked_people

CHUNK = 100  # companies that one emptying drops
AT_ONCE = 2_000  # their people who lose the link by one statement


@transaction.atomic
def empty(before: datetime) -> int:
    """Drop for good what was put in the trash before; returns how many.

    Notes and plans of a company go with it, people and deals lose the link. One that is needed again (a
    deal that came back from the trash, a customer) stays until it no longer is.
    """
    old = Company.objects.filter(deleted_at__lt=before, merged_into=None).exclude(
        pk__in=Customer.objects.filter(company__isnull=False).values("company")
    )
    old = old.exclude(merged__customer__isnull=False).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[: 10 * CHUNK])
    held = needed(ids)
    ids = list(locked(old.filter(pk__in=[pk for pk in ids if pk not in held][:CHUNK])))
    if not ids:
        return 0
    _unlink_people(ids)
    losers = list(Company.objects.filter(merged_into__in=ids).values_list("pk", flat=True))
    changes.forget(Company, ids + losers)
    with erasing():
        for some in (losers, ids):  # what was merged into one points at it
            Company.objects.filter(pk__in=some).delete()
    return len(ids)


def _unlink_people(company_ids: Sequence[int]) -> None:
    """Rules may ask for her company, so each living person's change is told."""
    people = Lead.objects.living().filter(company__in=company_ids).order_by("pk")
    ids = list(people.values_list("pk", flat=True))
    for first in range(0, len(ids), AT_ONCE):
        edits = [(one, {"company": None}) for one in locked_people(ids[first : first + AT_ONCE])]
        update_many(edits, by=None, at=clock.now(), origin=Origin.LIVE, cause="company emptied")
