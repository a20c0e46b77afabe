"""Consent and its withdrawal, and the addresses that get no mail."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, emails
from leadflow.models import Address, Consent, Lead, LeadIdentity, Origin, Suppression
from leadflow.people.models import User


def email_hash(email: str) -> str:
    """The keyed hash under which an address is suppressed; it survives the erasure of the person."""
    keyed = hashlib.blake2b(
        emails.normalise(email).encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=32
    )
    return keyed.hexdigest()


@transaction.atomic
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
) -> Consent:
    """Write down that the person agreed, with the proof: the exact words, when, how, from where."""
    at = at or clock.now()
    row = Consent.objects.create(
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
    if state == Consent.State.GIVEN:
        record(
            Kind.CONSENT_GIVEN,
            lead_id=lead.pk,
            by=by,
            data={"channel": channel, "purpose": purpose},
            at=at,
            origin=origin,
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
            suppress(
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
        data={"channel": channel, "purpose": purpose},
        at=at,
        origin=origin,
    )
    return row


def addresses_of(lead: Lead) -> list[str]:
    """Every e-mail address of the person, normalised."""
    rows = LeadIdentity.objects.filter(lead=lead, kind=LeadIdentity.Kind.EMAIL)
    return sorted(set(rows.values_list("value_norm", flat=True)))


def lock_address(email: str) -> Address:
    """Take the address's row FOR UPDATE, making it where it is new (see `leadflow.mail`)."""
    norm = emails.normalise(email)
    Address.objects.bulk_create([Address(email_norm=norm)], ignore_conflicts=True)
    return Address.objects.select_for_update().get(email_norm=norm)


@transaction.atomic
def suppress(
    *,
    email: str,
    reason: str,
    purpose: str = "",
    detail: str = "",
    by: User | None = None,
    at: datetime | None = None,
) -> None:
    """No more mail of `purpose` to this address (every purpose where it is empty); idempotent."""
    lock_address(email)
    Suppression.objects.bulk_create(
        [
            Suppression(
                email_hash=email_hash(email), purpose=purpose, reason=reason, detail=detail, by=by,
                at=at or clock.now(),
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip


@transaction.atomic
def lift(*, email: str, purpose: str, why: str, by: User, at: datetime | None = None) -> int:
    """Allow mail again; an admin's act, with the reason on record. Returns the rows lifted."""
    if not why.strip():
        raise Invalid(
            _("Say why this address may get mail again."), {"why": [_("Write a reason.")]}
        )
    lock_address(email)
    rows = Suppression.objects.filter(email_hash=email_hash(email), purpose=purpose, lifted_at=None)
    count = rows.update(lifted_at=at or clock.now(), detail=why[:200], by=by)
    record(
        Kind.SUPPRESSION_LIFTED,
        by=by,
        data={"purpose": purpose, "count": count, "reason": why},
        at=at,
    )
    return count


def is_suppressed(email: str, purpose: str) -> bool:
    """Whether mail of `purpose` to this address is stopped."""
    return Suppression.objects.filter(
        email_hash=email_hash(email), purpose__in=["", purpose], lifted_at=None
    ).exists()


def in_force(lead_ids: Iterable[int], *, channel: str, purpose: str) -> dict[int, str]:
    """The state of the newest consent of each lead; a lead without any is missing."""
    rows = (
        Consent.objects.filter(lead__in=lead_ids, channel=channel, purpose=purpose)
        .order_by("lead", "-at", "-pk")
        .distinct("lead")
    )
    return dict(rows.values_list("lead_id", "state"))
