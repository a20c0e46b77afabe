"""Endpoints of webhooks: made, changed, given a new secret, switched on and off."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow import net
from leadflow.errors import Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.integrations.hooks import new_secret
from leadflow.integrations.models import InboundHook, WebhookEndpoint
from leadflow.kit import clock
from leadflow.kit.sealing import seal, unseal
from leadflow.models import PublicHost
from leadflow.people.models import User

GRACE = timedelta(hours=24)  # how long the old secret signs beside the new one
_SEALED = "webhook endpoint"
State = WebhookEndpoint.State


@transaction.atomic
def create(
    *, name: str, url: str, by: User | None, sends_personal: bool = False
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; the second value is its secret, shown now and never again.

    Raises Invalid for an address that is not of the open internet, or is one of our own.
    """
    _check(name, url)
    shown = _secret()
    endpoint = WebhookEndpoint.objects.create(
        name=name.strip(), url=url.strip(), sends_personal=sends_personal, created_by=by,
        secret=seal(settings.SECRET_KEY, _SEALED, shown),
    )  # fmt: skip
    _note(endpoint, by, "made")
    return endpoint, shown


@transaction.atomic
def change(
    endpoint: WebhookEndpoint, *, name: str, url: str, sends_personal: bool, by: User | None
) -> WebhookEndpoint:
    """Change what it is called, where it stands and what it is told. Raises Invalid as `create`."""
    row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    _check(name, url, but=row)
    row.name, row.url, row.sends_personal = name.strip(), url.strip(), sends_personal
    row.save(update_fields=["name", "url", "sends_personal"])
    _note(row, by, "changed")
    return row


@transaction.atomic
def rotate(endpoint: WebhookEndpoint, *, by: User | None, at_once: bool = False) -> str:
    """Give it a new secret, shown now and never again; for a day both sign, unless `at_once`."""
    row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    shown = _secret()
    row.old_secret = "" if at_once else row.secret
    row.old_until = None if at_once else clock.now() + GRACE
    row.secret = seal(settings.SECRET_KEY, _SEALED, shown)
    row.save(update_fields=["secret", "old_secret", "old_until"])
    _note(row, by, "new secret")
    return shown


@transaction.atomic
def switch(endpoint: WebhookEndpoint, *, is_on: bool, by: User | None) -> None:
    """Send there again, what waited included, or keep everything back."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        state=State.ON if is_on else State.OFF, failing_since=None, reason=""
    )
    _note(endpoint, by, "on" if is_on else "off")


@transaction.atomic
def remove(endpoint: WebhookEndpoint, *, by: User | None) -> None:
    """Take it away with its log; steps that name it are skipped from now on, with that reason."""
    _note(endpoint, by, "removed")
    endpoint.delete()


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    """What deliveries are signed with now: the secret, and the old one during its grace.

    Empty where they were sealed with another key.
    """
    kept = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_until and endpoint.old_until > clock.now():
        kept.append(endpoint.old_secret)
    opened = [unseal(settings.SECRET_KEY, _SEALED, one) for one in kept]
    return [one for one in opened if one]


def refusal(url: str) -> str:
    """Why nothing may be sent to this address; empty where it may."""
    try:
        net.check(url)
    except net.Unreachable as error:
        return _("Nothing can be sent there: %(why)s.") % {"why": error}
    return own_host_refusal(url)


def own_host_refusal(url: str) -> str:
    """Why nothing may be sent there: it would come back to us; empty for the address of another."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if host in own_hosts():
        return _("This is an address of LeadFlow itself: it would call itself in a circle.")
    return ""


def own_hosts() -> set[str]:
    """The host names by which this installation is reached."""
    names = set(PublicHost.objects.values_list("name", flat=True))
    names.add(urlsplit(settings.PUBLIC_BASE_URL).hostname or "")
    return {name.lower() for name in names if name}


def _check(name: str, url: str, *, but: WebhookEndpoint | None = None) -> None:
    wrong: dict[str, list[str]] = {}
    if not name.strip():
        wrong["name"] = [_("Give the endpoint a name.")]
    elif _is_taken(name.strip(), but):
        wrong["name"] = [_("There is an endpoint with that name already. Choose another.")]
    if why := refusal(url.strip()):
        wrong["url"] = [why]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], wrong)


def _is_taken(name: str, but: WebhookEndpoint | None) -> bool:
    rows = WebhookEndpoint.objects.filter(name=name)
    return (rows.exclude(pk=but.pk) if but else rows).exists()


def _secret() -> str:
    return new_secret(InboundHook.Signing.STANDARD)


def _note(endpoint: WebhookEndpoint, by: User | None, what: str) -> None:
    data = {"name": f"webhook {endpoint.name}", "to": what}
    record(Kind.SETTING_CHANGED, by=by, subject=endpoint, data=data)
