"""What qualification holds of a person."""

from typing import Any

from leadflow.models import Lead
from leadflow.services import privacy
from qualification.models import BantAnswer

_FIELDS = ("letter", "value", "detail", "amount_min", "amount_max", "currency", "target_on", "at")


def _export(lead: Lead) -> list[dict[str, Any]]:
    return list(BantAnswer.objects.filter(lead=lead).values(*_FIELDS))


def _erase(leads: list[Lead]) -> None:
    BantAnswer.objects.filter(lead__in=leads).delete()


def install() -> None:
    """Make it part of export and erasure; called once by apps.py."""
    privacy.register(privacy.Holder("bant", _export, _erase))
