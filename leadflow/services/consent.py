"""Consent and its withdrawal, and the addresses that get no mail."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.kit.arrays import literal
from leadflow.models import Consent, Lead, LeadIdentity, Origin, Suppression
from leadflow.models.together import Together
from leadflow.people.models import User
from leadflow.services import addresses

_IN_FORCE = """
SELECT DISTINCT ON (lead_id) lead_id, state FROM leadflow_consent
WHERE lead_id = ANY(%s::bigint[]) AND channel = %s AND purpose = %s ORDER BY lead_id, at DESC, id DESC
"""


@transaction.atomic(savepoint=False)
def give(
    *,
    lead: Lead,
    channel: str = "email",
    purpose: str = "marketing",
    text: str = "",
    text_version: str = "",
    method: str = "form",
    url: str = "",
    ip: str | None = None,
    source: str = "",
    basis: str = Consent.Basis.CONSENT,
    state: str = Consent.State.GIVEN,
    by: User | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
    together: Together | None = None,
) -> Consent:
    """Write down that the person agreed, with the proof: the exact words, when, how, from where.

    With the state `pending` she is asked by mail first (`leadflow.mail.confirming`); until she confirms
    nothing else may be sent to her.
    """
    at = at or clock.now()
    row = Consent(
        pk=together.new_id(Consent) if together else None,
        lead=lead,
        channel=channel,
        purpose=purpose,
        state=state,
        basis=basis,
        text=text,
        text_version=text_version,
        text_hash=hashlib.sha256(text.encode()).hexdigest() if text else "",
        method=method,
        url=url[:500],
        ip=ip,
        source=source,
        by=by,
        at=at,
    )
    if together is None:
        row.save(force_insert=True)
    else:
        together.add([row])
    if state != Consent.State.WITHDRAWN:
        record(
            Kind.CONSENT_GIVEN if state == Consent.State.GIVEN else Kind.CONSENT_ASKED,
            lead_id=lead.pk,
            by=by,
            data={"channel": channel, "purpose": purpose, "consent": row.pk},
            at=at,
            origin=origin,
            together=together,
        )
    return row


@transaction.atomic
def withdraw(
    *,
    lead: Lead,
    channel: str = "email",
    purpose: str = "marketing",
    method: str = "link",
    by: User | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Consent:
    """The person says no: effective with this commit, before any mail that begins after it."""
    at = at or clock.now()
    if channel == "email":
        for email in addresses_of(lead):
            addresses.suppress(
                email=email, purpose=purpose, reason=Suppression.Reason.UNSUBSCRIBED, by=by, at=at
            )
    row = Consent.objects.create(
        lead=lead, channel=channel, purpose=purpose, state=Consent.State.WITHDRAWN, method=method,
        by=by, at=at,
    )  # fmt: skip
    record(
        Kind.CONSENT_WITHDRAWN,
        lead_id=lead.pk,
        by=by,
        data={"channel": channel, "purpose": purpose, "consent": row.pk},
        at=at,
        origin=origin,
    )
    return row


@transaction.atomic
def release(
    *, lead: Lead, by: User, why: str, purpose: str = "", at: datetime | None = None
) -> int:
    """Take the addresses of the person off the suppression list for `purpose`; how many rows went.

    Raises Invalid without a reason, Conflict where nothing of it can be taken back.
    """
    at = at or clock.now()
    lifted = sum(
        addresses.lift(email=email, by=by, why=why, purpose=purpose, at=at)
        for email in addresses_of(lead)
    )
    if not lifted:
        raise Conflict(_("Nothing on the suppression list can be taken back for this address."))
    data = {"channel": "email", "purpose": purpose, "reason": why.strip()[:200]}
    record(Kind.ADDRESS_RELEASED, lead_id=lead.pk, by=by, data=data, at=at)
    return lifted


def take_back_opt_out(*, email: str, purpose: str, at: datetime) -> int:
    """The person herself confirmed from her mailbox: her earlier opt-out no longer stands.

    In the caller's transaction. Bounces, complaints and erasures are not hers to lift.
    """
    addresses.lock([email])
    rows = Suppression.objects.filter(
        email_hash=addresses.address_hash(email), purpose__in={"", purpose}, lifted_at=None,
        reason=Suppression.Reason.UNSUBSCRIBED,
    )  # fmt: skip
    return rows.update(lifted_at=at, detail=_("Confirmed by mail"))


def suppressions_of(emails: Iterable[str]) -> list[Suppression]:
    """What stands on the suppression list about these normalised addresses, oldest first."""
    hashes = [addresses.address_hash(email) for email in emails]
    rows = Suppression.objects.filter(email_hash__in=hashes, lifted_at=None)
    return list(rows.order_by("at", "id"))


def addresses_of(lead: Lead) -> list[str]:
    """Every e-mail address of the person, normalised."""
    rows = LeadIdentity.objects.filter(lead=lead, kind=LeadIdentity.Kind.EMAIL)
    return sorted(set(rows.values_list("value_norm", flat=True)))


def in_force(lead_ids: Iterable[int], *, channel: str, purpose: str) -> dict[int, str]:
    """The state of the newest consent of each lead; a lead without any is missing."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, [literal(lead_ids), channel, purpose])
        return dict(cursor.fetchall())
