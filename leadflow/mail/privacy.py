"""What the ledger holds of a person: handed over and erased with her other data."""

from typing import Any

from leadflow.mail.models import Attempt, Delivery, Hit, InboundMail
from leadflow.models import Lead
from leadflow.services.privacy import Holder


def _export(lead: Lead) -> list[dict[str, Any]]:
    fields = ("to_address", "subject", "text", "kind", "purpose", "state", "sent_at", "created_at")
    sent = Delivery.objects.filter(lead=lead).order_by("id").values(*fields)
    wrote = InboundMail.objects.filter(lead=lead).order_by("id")
    told = ("from_address", "subject", "text", "meaning", "attachments", "received_at")
    hits = Hit.objects.filter(delivery__lead=lead).order_by("id")
    asked = ("delivery__subject", "kind", "link__url", "at", "agent", "network", "verdict", "why")
    return [*sent, *wrote.values(*told), *hits.values(*asked)]


def _erase(leads: list[Lead]) -> None:
    """What she wrote goes. The rows of what we sent stay, so that numbers do not move; nothing in them names anybody any more."""
    InboundMail.objects.filter(lead__in=leads).delete()
    rows = Delivery.objects.filter(lead__in=leads)
    rows.filter(state__in=("planned", "queued", "claimed")).update(
        state=Delivery.State.SKIPPED, reason="Erased", token=None
    )
    Attempt.objects.filter(delivery__in=rows).update(text="")
    Hit.objects.filter(delivery__in=rows).update(agent="", network="")
    rows.update(
        to_address="", to_norm="", to_name="", subject="", text="", html="", headers={}, calendar="",
        smtp_text="",
    )  # fmt: skip


HOLDER = Holder("mail", _export, _erase)
