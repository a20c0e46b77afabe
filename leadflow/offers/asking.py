"""What rules can ask about offers: who was given which."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from leadflow.conditions.fields import register_events
from leadflow.conditions.grammar import EventKind, Field, Type
from leadflow.conditions.sql import Rows
from leadflow.offers.models import Offer, OfferGrant

_MOST = 1_000


def install() -> None:
    """Let rules about leads ask what they were given; called once by apps.py."""
    which = Field("offer", _("Which"), Type.REFERENCE, choices_from=_offers, sql="offer_id")
    given = Rows(OfferGrant, "lead", "given_at")
    register_events(EventKind("offer.given", _("Was given an offer"), (which,), given))


def _offers() -> Iterable[tuple[int, str]]:
    return Offer.objects.order_by("name").values_list("pk", "name")[:_MOST]
