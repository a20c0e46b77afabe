"""The opt-out lock and the suppression list: which address gets no mail, and why.

Whoever opts an address out takes its row FOR UPDATE here; the sender's `begin` takes the same row FOR
SHARE. So no message begins after the opt-out has committed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.kit import tokens
from leadflow.kit.clock import now
from leadflow.kit.emails import normalise
from leadflow.models import Address, Suppression
from leadflow.people.models import User
from leadflow.services.inserting import insert_alike


def address_hash(email: str) -> str:
    """What the suppression list keeps in place of a normalised address."""
    return tokens.keyed_hash(settings.SECRET_KEY, "address.v1", email)


def ensure(emails: Iterable[str]) -> None:
    """Make the lock rows of these normalised addresses, where they are missing."""
    wanted = sorted(set(emails))
    if wanted:
        insert_alike(Address(), {"email_norm": wanted}, len(wanted), known_by=("email_norm",))


def lock(emails: Iterable[str]) -> None:
    """Hold these normalised addresses until the transaction ends; no send begins meanwhile."""
    wanted = sorted(set(emails))
    ensure(wanted)
    list(
        Address.objects.select_for_update()
        .filter(email_norm__in=wanted)
        .order_by("id")
        .values_list("id", flat=True)
    )


@transaction.atomic
def suppress(
    *,
    email: str,
    reason: Suppression.Reason,
    by: User | None,
    purpose: str = "",
    detail: str = "",
    at: datetime | None = None,
) -> None:
    """Stop mail of `purpose` to an address (all but the essential where empty); once is enough."""
    norm, at = normalise(email), at or now()
    suppress_many({norm: at}, reason=reason, by=by, purpose=purpose, detail=detail)


@transaction.atomic
def suppress_many(
    emails: Mapping[str, datetime],
    *,
    reason: Suppression.Reason,
    by: User | None,
    purpose: str = "",
    detail: str = "",
) -> None:
    """As `suppress` for many normalised addresses, each from its own time on."""
    lock(emails)
    Suppression.objects.bulk_create(
        [
            Suppression(
                email_hash=address_hash(norm),
                purpose=purpose,
                reason=reason,
                detail=detail[:200],
                by=by,
                at=at,
            )
            for norm, at in emails.items()
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def lift(
    *,
    email: str,
    by: User | None,
    why: str,
    purpose: str = "",
    at: datetime | None = None,
) -> int:
    """Let mail of `purpose` go again; how many rows it lifted.

    An admin's act with its reason. A complaint and an erasure are not lifted: they are the receiver's
    own word for good. A bounce is, for mailboxes come back.
    """
    if not why.strip():
        sentence = _("Say why this address may get mail again.")
        raise Invalid.at("why", sentence)
    norm = normalise(email)
    lock([norm])
    return (
        Suppression.objects.filter(
            email_hash=address_hash(norm),
            purpose=purpose,
            lifted_at=None,
        )
        .exclude(reason__in=[Suppression.Reason.COMPLAINT, Suppression.Reason.ERASED])
        .update(lifted_at=at or now(), by=by, detail=why[:200])
    )


def is_suppressed(email: str, purpose: str = "") -> bool:
    """Whether mail of `purpose` to this address is stopped."""
    return Suppression.objects.filter(
        email_hash=address_hash(normalise(email)), purpose__in={"", purpose}, lifted_at=None
    ).exists()


def standing(email: str) -> list[Suppression]:
    """The suppressions in force for an address, oldest first."""
    rows = Suppression.objects.filter(email_hash=address_hash(normalise(email)), lifted_at=None)
    return list(rows.order_by("at", "id"))
