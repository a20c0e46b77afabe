"""What answers mean: the rules suggest it, a person corrects it, interest is a fact that scores may use."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.mail.models import InboundMail
from leadflow.people.models import User
from leadflow.services import engagement
from leadflow.services.engagement import Fact

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
    if row.lead_id is None or row.kind not in (InboundMail.Kind.REPLY, InboundMail.Kind.LETTER):
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
