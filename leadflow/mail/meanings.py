"""What answers mean: the rules suggest it, a person corrects it, interest is a fact that scores may use."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.mail.models import InboundMail
from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.services import consent, engagement, leads
from leadflow.services.engagement import Fact

LATER_DAYS = 90
INTERESTED = "reply.interested"  # the kind of the fact
_M = InboundMail.Meaning
# What a press of 1 to 5 says, in the order of the keys.
KEYS: tuple[InboundMail.Meaning, ...] = (
    _M.INTERESTED,
    _M.QUESTION,
    _M.NOT_NOW,
    _M.NO,
    _M.WRONG_PERSON,
)


@transaction.atomic
def correct(*, mail: InboundMail, to: str, by: User, at: datetime | None = None) -> InboundMail:
    """A person says what an answer means. Raises Invalid for a meaning that there is not, and for mail
    that is no answer of a person."""
    row = InboundMail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
    if to not in _M.values:
        raise Invalid(_("Choose what the answer means."))
    if row.lead_id is None or not row.is_of_a_person:
        raise Invalid(_("This mail is no answer of a person."))
    was, row.meaning, row.meaning_by = row.meaning, to, by
    row.save(update_fields=["meaning", "meaning_by"])
    if was == to:
        return row
    record(
        Kind.REPLY_SORTED, lead_id=row.lead_id, by=by, subject=row,
        data={"mail": row.pk, "to": to, "was": was}, at=at, origin=row.origin,
    )  # fmt: skip
    if was == _M.INTERESTED:
        engagement.take_back([_fact(row)])
    note_intent(row)
    return row


@transaction.atomic
def put_off(*, mail: InboundMail, until: date | None, by: User) -> None:
    """Not now: back to marketing until a day. Raises Invalid without a day to come, Conflict where the
    lead left the road already."""
    lead = _lead_of(mail)
    if until is None or until <= _today():
        words = _("Choose a day that is to come.")
        raise Invalid.at("return_on", words)
    moved = leads.recycle_many(lead_ids=[lead.pk], reason="not_now", return_on=until, by=by)
    if not moved:
        raise Conflict(_("This lead is off the road already. Look again."))


@transaction.atomic
def stop(*, mail: InboundMail, by: User) -> None:
    """No: she gets no more marketing mail of what she answered, as by the link in it."""
    purpose = (mail.delivery.purpose if mail.delivery else "") or "marketing"
    consent.withdraw(lead=_lead_of(mail), purpose=purpose, method="reply", by=by)


def later(mail: InboundMail) -> date:
    """The day that is offered for asking again: when she is back, else in three months."""
    away = InboundMail.objects.filter(lead=mail.lead_id, back_on__gt=_today())
    known = away.order_by("-id").values_list("back_on", flat=True).first()
    return known or _today() + timedelta(days=LATER_DAYS)


def _today() -> date:
    return localtime(clock.now()).date()


def _lead_of(mail: InboundMail) -> Lead:
    if mail.lead is None:
        raise Invalid(_("This mail belongs to no lead."))
    return mail.lead


def note_intent(row: InboundMail) -> None:
    """Interest is a fact about her, once for each answer."""
    if row.meaning == _M.INTERESTED and row.lead_id:
        engagement.append([_fact(row)], origin=row.origin)


def _fact(row: InboundMail) -> Fact:
    return Fact(
        lead_id=row.lead_id or 0,
        kind=INTERESTED,
        source_type="inbound",
        source_id=str(row.pk),
        label=row.subject[:200],
        at=row.received_at,
    )
