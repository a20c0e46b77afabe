"""Making, checking and revoking API keys."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.integrations.models import SCOPES, ApiKey, ApiRequest
from leadflow.kit import clock
from leadflow.people.models import User

KEPT = timedelta(hours=24)


def digest(secret: str) -> str:
    """What is kept of a key: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create(
    *, name: str, owner: User, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key; the second value is the key itself, shown now and never again."""
    wanted = sorted(set(scopes))
    if not wanted or set(wanted) - set(SCOPES):
        raise Invalid(_("Choose what the key may do."), {"scopes": [_("Choose at least one.")]})
    prefix, secret = f"lf_{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    whole = f"{prefix}.{secret}"
    key = ApiKey.objects.create(
        name=name[:80], owner=owner, prefix=prefix, digest=digest(whole), scopes=wanted,
        expires_at=expires_at,
    )  # fmt: skip
    record(Kind.SETTING_CHANGED, by=owner, subject=key, data={"name": "api-key", "to": wanted})
    return key, whole


@transaction.atomic
def revoke(key: ApiKey, *, by: User) -> None:
    """From now on nobody comes in with it."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now())
    record(Kind.SETTING_CHANGED, by=by, subject=key, data={"name": "api-key", "to": "revoked"})


def holder_of(whole: str) -> ApiKey | None:
    """The living key that this text is; None for anything else."""
    prefix, dot, _secret = whole.partition(".")
    key = ApiKey.objects.select_related("owner").filter(prefix=prefix[:12]).first() if dot else None
    good = hmac.compare_digest(digest(whole), key.digest if key else digest(""))
    if key is None or not good or key.revoked_at or not key.owner.is_active:
        return None
    now = clock.now()
    if key.expires_at and key.expires_at <= now:
        return None
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def forget_old(*, at: datetime | None = None) -> int:
    """Drop answers older than a day; returns how many."""
    return ApiRequest.objects.filter(at__lt=(at or clock.now()) - KEPT).delete()[0]
