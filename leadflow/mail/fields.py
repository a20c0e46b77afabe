"""What rules may ask about the mail that somebody got."""

from typing import Any

from django.db.models import BooleanField, Exists, OuterRef, Subquery, Value
from django.db.models import lookups as is_
from django.db.models.functions import Coalesce, Lower, StrIndex, Substr
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions.fields import register
from leadflow.conditions.grammar import Field, Type
from leadflow.kit.emails import normalise
from leadflow.mail.models import Delivery, MailDomain
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


def _nowhere() -> Any:
    """Whether DNS says that nothing takes mail for the domain of her address."""
    email = Lower(OuterRef("email"))
    domain = Substr(email, StrIndex(email, Value("@")) + 1)
    return Exists(MailDomain.objects.filter(domain=domain, takes_mail=False))


def _is_nowhere(lead: Lead) -> bool:
    domain = lead.email.lower().partition("@")[2]
    return bool(domain) and MailDomain.objects.filter(domain=domain, takes_mail=False).exists()


NOWHERE = Field(
    "lead.mail_goes_nowhere",
    lazy("Domain takes no mail"),
    Type.BOOLEAN,
    sql=_nowhere,
    python=_is_nowhere,
    sensitivity="contact",
    group=lazy("About the person"),
)


def install() -> None:
    """Make them known to rules; called once by apps.py."""
    register(CAME_BACK)
    register(NOWHERE)
