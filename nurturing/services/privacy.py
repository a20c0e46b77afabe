"""What sequences, broadcasts and automations hold of a person: handed over and erased with her other data."""

from typing import Any

from leadflow.models import Lead
from leadflow.services.privacy import Holder
from nurturing.models import (
    AutomationRun,
    Enrolment,
    Reason,
    Recipient,
    Refusal,
    StepDone,
    TextMessage,
)
from nurturing.services.enrolment import stop_many


def _export(lead: Lead) -> list[dict[str, Any]]:
    fields = ("sequence__name", "state", "reason", "detail", "cause", "enrolled_at", "ended_at")
    walks = Enrolment.objects.filter(lead=lead).order_by("id").values(*fields)
    steps = StepDone.objects.filter(enrolment__lead=lead).order_by("id")
    refused = Refusal.objects.filter(lead=lead).order_by("id")
    got = Recipient.objects.filter(lead=lead).order_by("id")
    texts = TextMessage.objects.filter(lead=lead).order_by("id")
    runs = AutomationRun.objects.filter(lead=lead).order_by("id")
    return [
        *walks,
        *steps.values("enrolment__sequence__name", "step", "way", "reason", "detail", "at"),
        *refused.values("sequence__name", "reason", "cause", "at"),
        *got.values("broadcast__name", "state", "reason", "detail", "due_at", "subject", "at"),
        *texts.values("channel", "to", "words", "state", "reason", "due_at"),
        *runs.values("automation__name", "state", "reason", "steps", "at"),
    ]


def _erase(leads: list[Lead]) -> None:
    """The walks and the log stay, so that numbers do not move; nothing more is sent."""
    rows = Enrolment.objects.filter(lead__in=leads)
    stop_many(enrolments=rows.under_way().only("pk"), reason=Reason.ERASED, by=None)
    rows.update(detail="")
    StepDone.objects.filter(enrolment__lead__in=leads).update(detail="")
    Refusal.objects.filter(lead__in=leads).delete()
    AutomationRun.objects.filter(lead__in=leads).update(reason="", steps=[])
    TextMessage.objects.filter(lead__in=leads).delete()
    hers = Recipient.objects.filter(lead__in=leads)
    hers.ahead().update(state=Recipient.State.LEFT_OUT, reason=Reason.ERASED)
    hers.update(email_hash="", detail="")


HOLDER = Holder("nurturing", _export, _erase)
