"""The offer behind a form: given to who sends it, on the page and by mail, while it holds and lasts.

The door asks at once, so that the visitor reads her code; the reaction to `submission.received` asks
again for answers that became a lead later, and sends the mail. Both together give one.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from capture.blocks.offering import offer_id
from capture.models import Form, Submission
from capture.services import promises
from leadflow.kit import clock, tokens
from leadflow.models import Lead, Organisation
from leadflow.offers import services as offers
from leadflow.offers.models import Offer, OfferGrant

log = logging.getLogger(__name__)
_PURPOSE = "offer.v1"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the door gave: a code to show, or words alone."""

    words: str
    code: str = ""
    mark: str = ""

    def as_json(self) -> dict[str, str]:
        """For the script that shows the thanks."""
        return {"words": self.words, "code": self.code}


def at_the_door(form: Form, submission_id: int | None) -> Outcome | None:
    """What the visitor reads about the offer; None for a form that gives none.

    A code that this very answer got is shown. One from before goes by mail alone: who types in a
    stranger's address reads nothing of hers.
    """
    if form.offer_id is None or submission_id is None:
        return None
    try:
        row = Submission.objects.select_related("version", "lead").get(pk=submission_id)
        grant = _give(row)
    except DatabaseError:
        log.exception("the offer of answer %s waits for the relay", submission_id)
        return Outcome(_("Your code comes by mail."))
    return _told(form, row, grant)


def _told(form: Form, row: Submission, grant: OfferGrant | None) -> Outcome:
    mark = tokens.sign(settings.SECRET_KEY, _PURPOSE, str(row.pk))
    if row.state != Submission.State.PROCESSED or row.lead is None:
        return Outcome(_("Your code comes by mail."), mark=mark)
    if grant is None:
        return Outcome(_over(form.offer), mark=mark)
    if grant.key != _key(row) and grant.own_code:
        return Outcome(_("You have a code already. We send it to you once more."), mark=mark)
    return Outcome(_("Your code:"), grant.code, mark)


def of_mark(form: Form, mark: str) -> Outcome | None:
    """The same for the thank-you page of a browser without script, for a day; nothing for a made-up mark.

    It only looks: what the answer got, it got when it was sent.
    """
    told = tokens.read(settings.SECRET_KEY, _PURPOSE, mark) if mark else None
    rows = Submission.objects.select_related("version", "lead")
    row = rows.filter(pk=int(told), form=form).first() if told and told.isdecimal() else None
    if row is None or clock.now() - row.received_at > _DAY:
        return None
    mine = OfferGrant.objects.filter(offer=form.offer_id, lead=row.lead_id).exclude(lead=None)
    return _told(form, row, mine.select_related("offer").first())


def give_many(submission_ids: Iterable[int]) -> None:
    """Give these answers what their form offers, and send it; each once, whoever asks again."""
    rows = Submission.objects.filter(pk__in=set(submission_ids), state=Submission.State.PROCESSED)
    for row in rows.exclude(lead=None).select_related("version", "lead", "form").order_by("pk"):
        grant = _give(row)
        if (
            grant is not None
            and row.lead
            and row.lead.email
            and not promises.waits_for_her_word(row)
        ):
            _send(grant, row.lead, row)


def _key(row: Submission) -> str:
    return f"submission:{row.pk}"


def _give(row: Submission) -> OfferGrant | None:
    pk = offer_id(row.version.content)
    if pk is None or row.lead is None or row.state != Submission.State.PROCESSED:
        return None
    return offers.give(
        offer_id=pk, lead=row.lead, key=_key(row), asked_at=row.received_at, origin=row.origin
    )


def _over(offer: Offer | None) -> str:
    if offer is not None and offer.left == 0:
        return _("We are sorry: the last of these was just given. Your answers have arrived.")
    return _("We are sorry: this offer has ended. Your answers have arrived.")


def _send(grant: OfferGrant, lead: Lead, row: Submission) -> None:
    """At most one a day, however often she sends the form."""
    offer, organisation = grant.offer, Organisation.current()
    at = clock.now()
    if promises.had_enough(lead):
        return
    with override(organisation.language):
        subject, text = _words(offer, grant, lead, organisation.time_zone or "UTC")
    key = f"promise:offer:{grant.pk}:{at.date().isoformat()}"
    promises.write_to(lead, row, key=key, subject=subject, text=text, at=at)


def _words(offer: Offer, grant: OfferGrant, lead: Lead, zone: str) -> tuple[str, str]:
    told: dict[str, Any] = {"name": lead.first_name or _("there"), "code": grant.code}
    lines = [_("Hello %(name)s,") % told, offer.text or offer.name, _("Your code: %(code)s") % told]
    if offer.ends_at is not None:
        until = date_format(offer.ends_at.astimezone(ZoneInfo(zone)), "j F Y, H:i")
        lines.append(_("It holds until %(until)s (%(zone)s).") % {"until": until, "zone": zone})
    return _("Your code: %(offer)s") % {"offer": offer.name}, "\n\n".join(lines)
