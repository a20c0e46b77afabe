"""Hooks: made, changed, given a new secret, switched off; and the mapping of what they bring."""

import base64
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.integrations import inbound, maps, signing
from leadflow.integrations.models import HookMap, InboundHook
from leadflow.kit import clock, ids
from leadflow.kit.sealing import seal, unseal
from leadflow.models import CustomField, Origin
from leadflow.people.models import User

GRACE = timedelta(hours=24)
SHORTEST = 16  # of a secret that a person or the sender chose
EDITABLE = frozenset(
    {"name", "unknown", "source", "campaign", "system", "header", "encoding", "prefix"}
)
_SEALED = "inbound hook"
_Signing = InboundHook.Signing


@transaction.atomic
def create(
    *,
    by: User | None,
    makes: str,
    scheme: str,
    secret: str = "",
    origin: str = Origin.LIVE,
    **values: Any,
) -> tuple[InboundHook, str]:
    """Make a hook; the second value is its secret, shown now and never again.

    `secret` is given where the sender chooses it. Raises Invalid for one that can be guessed, or where
    the place of the signature is not said.
    """
    hook = InboundHook(
        code=ids.token(), makes=makes, signing=scheme, origin=origin, **_checked(scheme, values)
    )
    shown = secret or new_secret(scheme)
    hook.secret = _kept(hook, shown)
    hook.save()
    _note(hook, by, "made")
    return hook, shown


@transaction.atomic
def change(*, hook: InboundHook, by: User, **values: Any) -> InboundHook:
    """Change what a hook is called, where it is from and where its signature stands."""
    row = InboundHook.objects.select_for_update().get(pk=hook.pk)
    given = {key: value for key, value in values.items() if key in EDITABLE}
    for key, value in _checked(row.signing, given).items():
        setattr(row, key, value)
    row.save(update_fields=sorted(EDITABLE))
    _note(row, by, "changed")
    return row


@transaction.atomic
def rotate(*, hook: InboundHook, by: User, secret: str = "", at_once: bool = False) -> str:
    """Give a hook a new secret, shown now and never again; the old one counts for a day more.

    `at_once` ends the old one now: it has become known.
    """
    row = InboundHook.objects.select_for_update().get(pk=hook.pk)
    shown = secret or new_secret(row.signing)
    kept = _kept(row, shown)
    row.old_secret = "" if at_once else row.secret
    row.old_until = None if at_once else clock.now() + GRACE
    row.secret = kept
    row.save(update_fields=["secret", "old_secret", "old_until"])
    _note(row, by, "new secret")
    return shown


@transaction.atomic
def switch(*, hook: InboundHook, by: User, is_on: bool) -> None:
    """Let calls in, or answer them as if there were no such address."""
    InboundHook.objects.filter(pk=hook.pk).update(is_on=is_on)
    _note(hook, by, "on" if is_on else "off")


def new_secret(kind: str) -> str:
    """256 random bits, written as the senders of that kind expect."""
    if kind == _Signing.STANDARD:
        return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    return secrets.token_urlsafe(32)


def secrets_of(hook: InboundHook) -> list[str]:
    """What a signature is checked against now: the secret, and the old one during its grace."""
    kept = [hook.secret]
    if hook.old_secret and hook.old_until and hook.old_until > clock.now():
        kept.append(hook.old_secret)
    if hook.signing in signing.DIGESTED:
        return kept
    opened = [unseal(settings.SECRET_KEY, _SEALED, one) for one in kept]
    return [one for one in opened if one]


def _kept(hook: InboundHook, secret: str) -> str:
    if len(secret) < SHORTEST:
        said = _("A secret needs at least %d characters, or anybody guesses it.") % SHORTEST
        raise Invalid.at("secret", said)
    if hook.signing in signing.DIGESTED:
        return signing.digest(secret)
    return seal(settings.SECRET_KEY, _SEALED, secret)


def _checked(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Invalid where it is not said at which header, or path, the proof stands."""
    if kind != _Signing.STANDARD and not str(values.get("header") or "").strip():
        said = _("Say in which header the signature stands, or at which path the key.")
        raise Invalid.at("header", said)
    return dict(values)


def _note(hook: InboundHook, by: User | None, what: str) -> None:
    data = {"name": f"hook {hook.name}", "to": what}
    record(Kind.SETTING_CHANGED, by=by, subject=hook, data=data, origin=hook.origin)


# mappings


def map_of(hook: InboundHook) -> HookMap | None:
    """The mapping that is read now."""
    return hook.maps.order_by("-number").first()


def custom_labels() -> dict[str, str]:
    """The fields that the organisation made, which a mapping may fill."""
    rows = CustomField.objects.filter(subject="lead", is_archived=False).order_by("label")
    return dict(rows.values_list("key", "label"))


@transaction.atomic
def save_map(*, hook: InboundHook, document: Mapping[str, Any], by: User | None) -> HookMap:
    """Keep a new version of the mapping; what waited for one is read now. Raises Invalid."""
    maps.check(document, hook.makes, custom_labels())
    row = InboundHook.objects.select_for_update().get(pk=hook.pk)
    last = map_of(row)
    made = HookMap.objects.create(
        hook=row, number=(last.number if last else 0) + 1, document=document,
        made_at=clock.now(), made_by=by,
    )  # fmt: skip
    _note(row, by, f"mapping {made.number}")
    inbound.read_waiting(hook=row, by=by)
    return made
