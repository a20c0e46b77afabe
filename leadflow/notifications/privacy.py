"""What notifications hold of a person: handed over and erased with her other data."""

from typing import Any

from leadflow.models import Lead
from leadflow.notifications.models import Notification
from leadflow.services.privacy import Holder


def _export(lead: Lead) -> list[dict[str, Any]]:
    rows = Notification.objects.filter(lead=lead).order_by("id").values("sentence", "at")
    return [dict(row) for row in rows]


def _erase(leads: list[Lead]) -> None:
    Notification.objects.filter(lead__in=leads).delete()


HOLDER = Holder("notifications", _export, _erase)
