"""What sequences and broadcasts hold of a person: handed over and erased with her other data."""

from typing import Any

from leadflow.models import Lead
from leadflow.services.privacy import Holder
from nurturing.models import Enrolment, Reason, Recipient, Refusal, StepDone
from nurturing.services.enrolment import stop_many


def _export(lead: Lead) -> list[dict[str, Any]]:
    fields = ("sequence__name", "state", "reason", "enrolled_at", "ended_at")
    walks = Enrolment.objects.filter(lead=lead).order_by("id").values(*fields)
    got = Recipient.objects.filter(lead=lead).order_by("id")
    told = got.values("broadcast__name", "state", "reason", "due_at", "subject", "at")
    return [*walks, *told]


def _erase(leads: list[Lead]) -> None:
    """The walks stay, so that numbers do not move; nothing more is sent."""
    rows = Enrolment.objects.filter(lead__in=leads)
    stop_many(enrolments=rows.under_way().only("pk"), reason=Reason.ERASED, by=None)
    rows.update(detail="")
    StepDone.objects.filter(enrolment__lead__in=leads).update(detail="")
    Refusal.objects.filter(lead__in=leads).delete()
    hers = Recipient.objects.filter(lead__in=leads)
    hers.ahead().update(state=Recipient.State.LEFT_OUT, reason=Reason.ERASED)
    hers.update(email_hash="", detail="")


HOLDER = Holder("nurturing", _export, _erase)
