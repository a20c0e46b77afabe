"""What the pipeline holds of a person: her deals, roles and conversions, what she had against them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from leadflow.assets.models import Upload
from leadflow.history.models import FieldChange
from leadflow.models import Lead
from leadflow.models.erasing import erasing
from leadflow.services.privacy import Holder
from pipeline.models import (
    Concession,
    Deal,
    DealPerson,
    Objection,
    Order,
    QuoteAnswer,
    QuoteVersion,
    Subscription,
)
from pipeline.selectors import objections
from pipeline.selectors.papers import DEAL
from pipeline.services import papers


def export(lead: Lead) -> list[dict[str, Any]]:
    """Her deals and what she bought as rows for her file."""
    fields = (
        "id", "name", "status", "amount", "currency", "opened_at", "won_at", "lost_at",
        "expected_close_on", "competitor", "custom",
    )  # fmt: skip
    bought = ("id", "title", "amount", "currency", "created_at")
    return [
        *Deal.objects.filter(lead=lead).values(*fields),
        *objections.words_of(Objection.objects.filter(Q(lead=lead) | Q(deal__lead=lead))),
        *Concession.objects.filter(deal__lead=lead).values("asked", "given", "got", "state", "at"),
        *Upload.objects.filter(
            holder_type=DEAL, holder_id__in=Deal.objects.filter(lead=lead).values("pk")
        ).values("id", "name", "size", "uploaded_at"),
        *DealPerson.objects.filter(lead=lead).values("id", "deal", "role", "at"),
        *Order.objects.filter(customer__lead=lead).values(*bought, "on"),
        *Subscription.objects.filter(customer__lead=lead).values(*bought, "started_on", "ended_on"),
    ]


def erase(leads: list[Lead]) -> None:
    """Take her name out of her deals; their amounts and dates stay, so that numbers do not move."""
    deals = list(Deal.objects.filter(lead__in=leads))
    for deal in deals:
        deal.name = _("Deal %(id)s") % {"id": deal.pk}
        deal.custom, deal.search_text = {}, ""
    Deal.objects.bulk_update(deals, ["name", "custom", "search_text"])
    about = Q(lead__in=leads) | Q(deal__in=deals)
    Objection.objects.filter(about).update(words="", own_words="")
    Concession.objects.filter(deal__in=deals).update(asked="–", given="", got="")
    DealPerson.objects.filter(lead__in=leads).delete()
    papers.forget([deal.pk for deal in deals])
    with erasing():
        _erase_quotes(deals)
        FieldChange.objects.filter(
            object_type=Deal._meta.label_lower,
            object_id__in=[deal.pk for deal in deals],
            field__in=["name", "custom"],
        ).delete()


def _erase_quotes(deals: list[Deal]) -> None:
    """What names her in her quotes; prices, states and fingerprints stay."""
    versions = QuoteVersion.objects.filter(quote__deal__in=deals)
    QuoteAnswer.objects.filter(version__in=versions).update(
        name="", reason="", ip=None, user_agent=""
    )
    versions.update(recipient="", words="", sent_to="")


def keeps(lead_ids: Iterable[int]) -> set[int]:
    """Those who stand in an open deal: retention leaves them alone."""
    rows = Deal.objects.living().open().filter(lead__in=list(lead_ids))
    return {pk for pk in rows.values_list("lead_id", flat=True) if pk}


HOLDER = Holder("deals", export, erase, keeps)
