"""What the pipeline holds of a person: her deals, their lines and her conversions."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from leadflow.history.models import FieldChange
from leadflow.models import Lead
from leadflow.models.erasing import erasing
from leadflow.services.privacy import Holder
from pipeline.models import Deal


def export(lead: Lead) -> list[dict[str, Any]]:
    """Her deals as rows for her file."""
    fields = (
        "id", "name", "status", "amount", "currency", "opened_at", "won_at", "lost_at",
        "expected_close_on", "competitor", "custom",
    )  # fmt: skip
    return [dict(row) for row in Deal.objects.filter(lead=lead).values(*fields)]


def erase(leads: list[Lead]) -> None:
    """Take her name out of her deals; their amounts and dates stay, so that numbers do not move."""
    deals = list(Deal.objects.filter(lead__in=leads))
    for deal in deals:
        deal.name = _("Deal %(id)s") % {"id": deal.pk}
        deal.custom, deal.search_text = {}, ""
    Deal.objects.bulk_update(deals, ["name", "custom", "search_text"])
    with erasing():
        FieldChange.objects.filter(
            object_type=Deal._meta.label_lower,
            object_id__in=[deal.pk for deal in deals],
            field__in=["name", "custom"],
        ).delete()


def keeps(lead_ids: Iterable[int]) -> set[int]:
    """Those who stand in an open deal: retention leaves them alone."""
    rows = Deal.objects.living().open().filter(lead__in=list(lead_ids))
    return {pk for pk in rows.values_list("lead_id", flat=True) if pk}


HOLDER = Holder("deals", export, erase, keeps)
