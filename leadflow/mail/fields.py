"""What rules may ask about the mail that somebody got."""

from typing import Any

from django.db.models import BooleanField, OuterRef, Subquery, Value
from django.db.models import lookups as is_
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions.fields import register
from leadflow.conditions.grammar import Field, Type
from leadflow.kit.emails import normalise
from leadflow.mail.models import Delivery
from leadflow.mail.models.outgoing import COUNTED
from leadflow.mail.outcomes import GONE
from leadflow.models import Lead

_TRIED = (*COUNTED, Delivery.State.FAILED)


def _last_to(address: Any) -> Any:
    return Delivery.objects.filter(to_norm=address, state__in=_TRIED).order_by("-pk")


def _expression() -> Any:
    """Whether her mailbox was gone when last written to: where a later mail arrives, it is back."""
    last = Subquery(_last_to(Lower(OuterRef("email"))).values("reason")[:1])
    found = is_.Exact(Coalesce(last, Value("")), Value(GONE))
    found.output_field = BooleanField()
    return found


def _came_back(lead: Lead) -> bool:
    last = _last_to(normalise(lead.email)).first() if lead.email else None
    return last is not None and last.reason == GONE


CAME_BACK = Field(
    "lead.mail_came_back",
    lazy("Mail comes back"),
    Type.BOOLEAN,
    sql=_expression,
    python=_came_back,
    sensitivity="contact",
    group=lazy("About the person"),
)


def install() -> None:
    """Make it known to rules; called once by apps.py."""
    register(CAME_BACK)
