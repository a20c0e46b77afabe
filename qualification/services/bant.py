"""Writing down budget, authority, need and timing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import clock
from leadflow.models import Lead, LeadCycle, Origin
from leadflow.people.models import User
from qualification.models import VALUES, BantAnswer
from qualification.services.scoring import rescore

DETAILS = frozenset({"detail", "amount_min", "amount_max", "currency", "target_on"})


@transaction.atomic
def answer(
    *,
    lead: Lead,
    letter: str,
    value: str,
    by: User | None,
    details: Mapping[str, Any] | None = None,
    confidence: str = BantAnswer.Confidence.HIGH,
    evidence: str = "",
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> BantAnswer:
    """Set one letter for the lead's current cycle. What a form says never replaces what a rep
    confirmed. Raises Invalid for a value that the letter does not have."""
    at = at or clock.now()
    if letter not in VALUES or value not in VALUES[letter].values:
        raise Invalid(_("Choose one of the answers."), {letter: [_("Choose one of the answers.")]})
    Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    cycle = LeadCycle.objects.filter(lead=lead).latest("number")
    row = BantAnswer.objects.filter(cycle=cycle, letter=letter).first() or BantAnswer(
        lead=lead, cycle=cycle, letter=letter, at=at
    )
    confirmed = row.pk is not None and row.confidence == BantAnswer.Confidence.HIGH
    if confirmed and confidence == BantAnswer.Confidence.LOW:
        return row
    was = row.value if row.pk else "unknown"
    row.value, row.confidence, row.evidence, row.by, row.at = value, confidence, evidence, by, at
    for key, detail in (details or {}).items():
        if key in DETAILS:
            setattr(row, key, detail)
    row.save()
    changes.record(
        lead, {f"bant.{letter}": was}, {f"bant.{letter}": value}, by=by, at=at, cause="bant"
    )
    if was != value:
        record(
            Kind.BANT_CHANGED,
            lead_id=lead.pk,
            by=by,
            data={"letters": [letter]},
            at=at,
            origin=origin,
        )
        rescore([lead.pk], at=at, origin=origin, fold=False)
    return row
