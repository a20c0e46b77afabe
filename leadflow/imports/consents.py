"""The columns of a file that tell what people agreed to: taken with its day and its words, or not at all."""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from leadflow.imports import past
from leadflow.imports.registry import Context, Field, Row
from leadflow.kit import text
from leadflow.models import Consent, ContactChannel, Lead
from leadflow.services import consent_records
from leadflow.services.consent_records import Heard, Statement

YES, NO, NO_MORE = "yes", "no", "withdrawn"
_CHOICES = {YES: _l("Yes"), NO: _l("Never asked, or no"), NO_MORE: _l("No more")}
# What other systems write in such a column.
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("true", "1", "y", "x", "ja", "oui", "si", "given", "granted", "subscribed"), YES),
    **dict.fromkeys(("opt in", "opt-in", "opted in", "opted-in", "agreed", "confirmed"), YES),
    **dict.fromkeys(("false", "0", "n", "nein", "non", "none", "never", "unknown", "pending"), NO),
    **dict.fromkeys(("unsubscribed", "opted out", "opted-out", "opt out", "opt-out"), NO_MORE),
    **dict.fromkeys(("revoked", "do not contact"), NO_MORE),
}  # fmt: skip
FIELDS = (
    Field(key="consent", label=_l("Consent"), kind="one_of", choices=_CHOICES, words=_WORDS, permission="consent.add",
          aliases=("marketing consent", "email consent", "gdpr consent", "opt in", "opted in", "subscribed", "marketing status", "subscription status")),
    Field(key="consent_on", label=_l("Consent since"), kind="moment", permission="consent.add", for_all=True,
          aliases=("consent date", "consent time", "opt in date", "opt in time", "opted in at", "confirm time", "subscribed on")),
    Field(key="consent_text", label=_l("Words of the consent"), permission="consent.add", for_all=True,
          aliases=("consent wording", "legal basis text", "opt in text")),
    Field(key="consent_channel", label=_l("Channel of the consent"), kind="one_of", choices=dict(ContactChannel.choices), permission="consent.add"),
    Field(key="consent_purpose", label=_l("Purpose of the consent"), permission="consent.add", aliases=("consent purpose", "subscription type")),
    Field(key="consent_url", label=_l("Where the consent was given"), permission="consent.add", aliases=("consent source", "consent page", "opt in source", "opt in url")),
    Field(key="consent_ip", label=_l("Address of the consent"), permission="consent.add", aliases=("consent ip", "opt in ip", "confirm ip", "optin ip")),
)  # fmt: skip
KEYS = frozenset(one.key for one in FIELDS)


def refusal(row: Row, context: Context) -> str:
    """Why what a line says of a consent cannot be kept; empty where it can, or says nothing."""
    said = row.get("consent")
    if said not in (YES, NO_MORE):
        return ""
    at = past.instant(row.get("consent_on", None), context)
    if at and at > context.at:
        return _("This day has not come yet: %(fields)s.") % {"fields": _("Consent since")}
    if said == YES and not (at and row.get("consent_text")):
        return _(
            "They agreed, it says, but not when or in which words. A consent is kept with its proof:"
            " bring both, or leave the consent out."
        )
    if row.get("consent_ip") and not _address(row.get("consent_ip")):
        return _("“%(word)s” is no network address.") % {"word": row.get("consent_ip")[:60]}
    return ""


def _address(word: str) -> str | None:
    try:
        return str(ip_address(word.strip()))
    except ValueError:
        return None


def keep(told: Mapping[int, tuple[Row, int]], context: Context) -> dict[int, Heard]:
    """Write down what these lines say: line -> (row, lead); line -> what became of it."""
    statements = {
        line: statement
        for line, (row, lead_id) in told.items()
        if (statement := _statement(row, lead_id, context))
    }
    if not statements:
        return {}
    return consent_records.keep_many(
        statements, by=context.by, source=f"import:{context.system}", origin=context.origin
    )


def _statement(row: Row, lead_id: int, context: Context) -> Statement | None:
    said = row.get("consent")
    if said not in (YES, NO_MORE) or not context.may("consent.add"):
        return None
    return Statement(
        lead_id=lead_id,
        state=Consent.State.GIVEN if said == YES else Consent.State.WITHDRAWN,
        # a no without a day holds from the moment at which we learn of it
        at=past.instant(row.get("consent_on", None), context) or context.at,
        channel=row.get("consent_channel") or ContactChannel.EMAIL,
        purpose=text.one_line(row.get("consent_purpose"))[:60] or "marketing",
        text=row.get("consent_text"),
        url=row.get("consent_url"),
        ip=_address(row.get("consent_ip")),
    )


def told(lead: Lead) -> dict[str, str]:
    """The newest word of somebody here about mail, as the columns of a file."""
    known = [one for one in lead.consents.all() if one.state != Consent.State.PENDING]
    by_age = sorted(known, key=_age, reverse=True)
    newest = next((one for one in by_age if one.channel == ContactChannel.EMAIL), None)
    if newest is None:
        return {}
    return {
        "consent": YES if newest.state == Consent.State.GIVEN else NO_MORE,
        "consent_on": newest.at.isoformat(timespec="seconds"),
        "consent_text": newest.text,
        "consent_channel": newest.channel,
        "consent_purpose": newest.purpose,
        "consent_url": newest.url,
        "consent_ip": newest.ip or "",
    }


def _age(one: Consent) -> tuple[datetime, int]:
    return one.at, one.pk
