"""What a receiver wants to get, by channel and purpose: read and set through the link in a mail.

The link is the permission, as for the opt-out. Taking away is the opt-out itself; asking again is her own
word, kept as a consent with its words, and lifts her own opt-out and nothing else: a bounce, a
complaint or a block stays.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import clock
from leadflow.mail import outcomes
from leadflow.mail.models import Delivery
from leadflow.mail.services import NOT_MEASURED, unsubscribe
from leadflow.models import Consent, ContactChannel, Lead, Suppression
from leadflow.services import addresses, consent

EMAIL = ContactChannel.EMAIL
_METHOD = "preferences"
_MOST = 20
_KNOWN = {"marketing": lazy("News and offers")}


@dataclass(frozen=True)
class Choice:
    """One thing that she may get or not; `key` names it in the form."""

    channel: str
    purpose: str
    wanted: bool

    @property
    def key(self) -> str:
        """channel:purpose."""
        return f"{self.channel}:{self.purpose}"

    @property
    def label(self) -> str:
        """As she reads it."""
        return label_of(self.purpose)

    @property
    def channel_label(self) -> str:
        """How it reaches her."""
        return str(ContactChannel(self.channel).label)


def label_of(purpose: str) -> str:
    """What a purpose is called for its receiver."""
    known = _KNOWN.get(purpose or "marketing")
    return str(known) if known else purpose.replace("_", " ").capitalize()


def choices(delivery: Delivery) -> list[Choice]:
    """What she is sent or agreed to, by mail first; each with whether she wants it now."""
    standing = {row.purpose for row in addresses.standing(delivery.to_norm)}
    rows = Delivery.objects.filter(to_norm=delivery.to_norm, kind=Delivery.Kind.MARKETING)
    purposes = {delivery.purpose or "marketing", *rows.values_list("purpose", flat=True).distinct()}
    told = _consents(delivery.lead_id)
    purposes |= {purpose for channel, purpose in told if channel == EMAIL}
    by_mail = [
        Choice(EMAIL, purpose, not standing & {"", purpose})
        for purpose in sorted(purposes - {NOT_MEASURED, ""})
    ]
    others = [
        Choice(channel, purpose, state == Consent.State.GIVEN)
        for (channel, purpose), state in sorted(told.items())
        if channel != EMAIL
    ]
    return [*by_mail, *others][:_MOST]


def _consents(lead_id: int | None) -> dict[tuple[str, str], str]:
    if lead_id is None:
        return {}
    rows = Consent.objects.filter(lead=lead_id).order_by("at", "pk")
    return {(row.channel, row.purpose): row.state for row in rows}


def is_counted(delivery: Delivery) -> bool:
    """Whether what she opens and follows may be counted."""
    return not addresses.is_suppressed(delivery.to_norm, NOT_MEASURED)


@transaction.atomic
def choose(*, delivery: Delivery, wanted: set[str], counted: bool) -> None:
    """What she wants from now on: keys of `choices`. Whatever was not on the page stays."""
    outcomes.arrived(delivery, "Its receiver chose what they get")
    before = choices(delivery)
    lead = Lead.objects.filter(pk=delivery.lead_id).first() if delivery.lead_id else None
    if any(one.channel == EMAIL and one.key in wanted and not one.wanted for one in before):
        _ask_again(delivery, [one for one in before if one.channel == EMAIL], wanted)
    for one in before:
        if one.wanted and one.key not in wanted:
            _stop(delivery, one, lead)
        elif not one.wanted and one.key in wanted and lead is not None:
            text = _("I want to get “%(what)s” by %(how)s.")
            consent.give(
                lead=lead, channel=one.channel, purpose=one.purpose, method=_METHOD, at=clock.now(),
                text=text % {"what": one.label, "how": one.channel_label}, origin=delivery.origin,
            )  # fmt: skip
    _count(delivery, counted)


def _stop(delivery: Delivery, one: Choice, lead: Lead | None) -> None:
    if one.channel == EMAIL:
        delivery.purpose = one.purpose
        unsubscribe(delivery=delivery, method=_METHOD)
    elif lead is not None:
        consent.withdraw(
            lead=lead, channel=one.channel, purpose=one.purpose, method=_METHOD,
            origin=delivery.origin,
        )  # fmt: skip


def _ask_again(delivery: Delivery, by_mail: list[Choice], wanted: set[str]) -> None:
    """Lift her own opt-outs of what she wants; of one that stopped everything the rest stays stopped."""
    at = clock.now()
    own = {
        row.purpose
        for row in addresses.standing(delivery.to_norm)
        if row.reason == Suppression.Reason.UNSUBSCRIBED
    }
    for one in by_mail:
        if one.key in wanted and not one.wanted:
            consent.take_back_opt_out(email=delivery.to_norm, purpose=one.purpose, at=at)
    if "" in own:
        for one in by_mail:
            if one.key not in wanted:
                addresses.suppress(
                    email=delivery.to_norm, purpose=one.purpose, by=None, detail=_METHOD,
                    reason=Suppression.Reason.UNSUBSCRIBED,
                )  # fmt: skip


def _count(delivery: Delivery, counted: bool) -> None:
    if counted == is_counted(delivery):
        return
    if counted:
        addresses.lock([delivery.to_norm])
        Suppression.objects.filter(
            email_hash=delivery.to_hash, purpose=NOT_MEASURED, lifted_at=None
        ).update(lifted_at=clock.now())
    else:
        addresses.suppress(
            email=delivery.to_norm, purpose=NOT_MEASURED, by=None, detail=_METHOD,
            reason=Suppression.Reason.UNSUBSCRIBED,
        )  # fmt: skip
