"""What sequences hold of a person: handed over and erased with her other data."""

from typing import Any

from leadflow.models import Lead
from leadflow.services.privacy import Holder
from nurturing.models import Enrolment, Reason, Refusal
from nurturing.services.enrolment import stop_many


def _export(lead: Lead) -> list[dict[str, Any]]:
    fields = ("sequence__name", "state", "reason", "enrolled_at", "ended_at")
    return list(Enrolment.objects.filter(lead=lead).order_by("id").values(*fields))


def _erase(leads: list[Lead]) -> None:
    """The walks stay, so that numbers do not move; nothing more is sent."""
    rows = Enrolment.objects.filter(lead__in=leads)
    stop_many(enrolments=rows.under_way().only("pk"), reason=Reason.ERASED, by=None)
    rows.update(detail="")
    Refusal.objects.filter(lead__in=leads).delete()


HOLDER = Holder("nurturing", _export, _erase)
