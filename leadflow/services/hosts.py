"""The organisation's own host names: added, checked by a token, made the main one, taken away."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow import net
from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit.clock import now
from leadflow.kit.remembering import remembered
from leadflow.models import PublicHost
from leadflow.people.models import User
from leadflow.services import organisation

PROOF_PATH = "/.well-known/leadflow-host"
RECHECK = timedelta(hours=24)
_State = PublicHost.State


@remembered
def base_url() -> str:
    """What new links of pages, forms and mails begin with: the main host name, else the app's own."""
    main = PublicHost.objects.filter(is_main=True, state=_State.VERIFIED).first()
    return url_of(main.name) if main else str(settings.PUBLIC_BASE_URL)


def known() -> list[PublicHost]:
    """Every host name, the main one first."""
    return list(PublicHost.objects.all())


def url_of(name: str) -> str:
    """A host name with the scheme and port by which this installation is reached."""
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    return f"{parts.scheme}://{name}" + (f":{parts.port}" if parts.port else "")


def answering(name: str) -> PublicHost | None:
    """The host of that name, where visitors may use it."""
    return PublicHost.objects.filter(name=name).exclude(state=_State.WAITING).first()


def proof_of(name: str) -> str | None:
    """What stands at `PROOF_PATH` of a host name that somebody added; None for any other."""
    return PublicHost.objects.filter(name=name).values_list("token", flat=True).first()


def dns_name(host: PublicHost) -> str:
    """Where its token may stand in DNS instead."""
    return f"_leadflow.{host.name}"


@transaction.atomic
def add(*, name: str, by: User | None, home_url: str = "") -> PublicHost:
    """Add a host name; it counts once it was checked. Raises Invalid for the app's own or a known one."""
    name = name.strip().lower().rstrip(".")
    if name in {host.lower() for host in settings.ALLOWED_HOSTS}:
        raise _refusal(
            _("The application itself is reached there. Pages need a name of their own.")
        )
    if PublicHost.objects.filter(name=name).exists():
        raise _refusal(_("That name is in the list already."))
    host = PublicHost(name=name, home_url=home_url, created_at=now(), created_by=by)
    organisation.save_object(row=host, values={}, by=by)
    return host


def _refusal(message: str) -> Invalid:
    return Invalid.at("name", message)


def check(*, host: PublicHost, by: User | None) -> PublicHost:
    """Look for the token there, by HTTP and then in DNS, and keep what came of it.

    The network is asked before the row is locked; a host that worked once and does not now is
    `failing`: it goes on answering, and new links leave it out.
    """
    problem = _problem_of(host)
    with transaction.atomic():
        row = PublicHost.objects.select_for_update().get(pk=host.pk)
        state = (
            _State.VERIFIED if not problem else _State.FAILING if row.answers else _State.WAITING
        )
        is_first = not PublicHost.objects.filter(is_main=True).exists()
        row.checked_at, row.problem = now(), problem[:300]
        row.save(update_fields=["checked_at", "problem"])
        values: dict[str, Any] = {"state": state}
        if state == _State.VERIFIED and is_first:
            values["is_main"] = True
        organisation.save_object(row=row, values=values, by=by)
    return PublicHost.objects.get(pk=host.pk)


def _problem_of(host: PublicHost) -> str:
    """Why the token was found neither there nor in DNS; nothing where it was found."""
    try:
        answer = net.get(url_of(host.name) + PROOF_PATH)
    except net.Unreachable as error:
        why = str(error)
    else:
        if answer.status == 200 and answer.body.decode("utf-8", "replace").strip() == host.token:
            return ""
        why = _("it answered with %(status)s and not with our token") % {"status": answer.status}
    if host.token in net.texts_of(dns_name(host)):
        return ""
    return _("%(host)s: %(why)s.") % {"host": host.name, "why": why}


@transaction.atomic
def make_main(*, host: PublicHost, by: User | None) -> PublicHost:
    """Let new links begin with this name. Raises Conflict while it does not work."""
    row = PublicHost.objects.select_for_update().get(pk=host.pk)
    if row.state != _State.VERIFIED:
        raise Conflict(_("Check the name first: links must lead somewhere."))
    for other in PublicHost.objects.select_for_update().filter(is_main=True).exclude(pk=row.pk):
        organisation.save_object(row=other, values={"is_main": False}, by=by)
    organisation.save_object(row=row, values={"is_main": True}, by=by)
    return row


@transaction.atomic
def remove(*, host: PublicHost, by: User | None) -> None:
    """Answer to this name no more; links that were sent with it lead nowhere from now on."""
    row = PublicHost.objects.select_for_update().get(pk=host.pk)
    data = {"name": f"publichost:{row.pk}", "from": row.name, "to": None}
    record(Kind.SETTING_CHANGED, by=by, subject=row, data=data)
    row.delete()


def check_due() -> int:
    """Check again what was last looked at a day ago; returns how many were."""
    due = PublicHost.objects.exclude(state=_State.WAITING).filter(checked_at__lt=now() - RECHECK)
    rows = list(due.order_by("checked_at")[:20])
    for host in rows:
        check(host=host, by=None)
    return len(rows)
