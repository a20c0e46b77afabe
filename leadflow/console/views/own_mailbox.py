"""Her own mailbox: connected, tried, signed, left; and the address for copies of mail written elsewhere."""

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from leadflow.console.forms.own_mailbox import OwnMailboxForm
from leadflow.console.page import saved
from leadflow.errors import Invalid
from leadflow.mail import blind_copies, copies, oauth, own
from leadflow.mail.models import OwnMailbox
from leadflow.mail.oauth import Asked, Tokens
from leadflow.mail.presets import PRESETS, offers_sign_in
from leadflow.services import hosts
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect

HERE = "console:own-mailbox"
_BEGUN = "mail_sign_in"  # in the session: the sign-in that was begun


@access("mail.send")
@sensitive_post_parameters("secret")
def mailbox(request: HtmxHttpRequest) -> HttpResponse:
    """How it stands, and the form to connect or change it."""
    hers = own.of(request.user)
    form = OwnMailboxForm(request.POST or None, own=hers)
    if form.is_valid() and form.attempt(lambda: own.connect(asked=form.asked(), by=request.user)):
        return saved(request, reverse(HERE), _("It works: your mail leaves through it now."))
    return render(
        request, "console/own_mailbox.html", _page(request, hers, form), status=form.status
    )


def _page(
    request: HtmxHttpRequest, hers: OwnMailbox | None, form: OwnMailboxForm
) -> dict[str, Any]:
    return {
        "form": form,
        "own": hers,
        "troubles": copies.troubles(hers) if hers else [],
        "sign_ins": [one for one in PRESETS.values() if offers_sign_in(one.key)],
        "presets": PRESETS.values(),
        "can_copy": blind_copies.can_be_had(),
        "copy_address": blind_copies.known_address(request.user),
    }


@access("mail.send")
@require_POST
def sign_in(request: HtmxHttpRequest) -> HttpResponse:
    """Send her to her provider; state and verifier wait in her session."""
    preset, address = request.POST.get("preset", ""), request.POST.get("address", "")[:254]
    if preset not in PRESETS or not offers_sign_in(preset):
        raise Invalid(_("Choose a provider at which one can sign in."))
    begun, url = oauth.begin(preset, address.strip(), _back())
    request.session[_BEGUN] = asdict(begun) | {"until": begun.until.isoformat()}
    return redirect(request, url)


def _back() -> str:
    return f"{hosts.base_url()}{reverse('console:own-mailbox-back')}"


@access("mail.send")
@require_safe
def back(request: HtmxHttpRequest) -> HttpResponse:
    """She comes back from her provider; a sign-in is good once, in the browser that began it."""
    begun = _begun(request.session.pop(_BEGUN, None))
    if why := request.GET.get("error", "")[:100]:
        raise Invalid(_("The provider gave no access: %(why)s") % {"why": why})
    state, code = request.GET.get("state", ""), request.GET.get("code", "")
    tokens = oauth.finish(begun, state=state, code=code, back=_back())
    own.connect(asked=_asked(request, begun, tokens), by=request.user)
    return saved(request, reverse(HERE), _("It works: your mail leaves through it now."))


def _begun(kept: Any) -> Asked | None:
    if not isinstance(kept, dict):
        return None
    until = parse_datetime(str(kept.get("until", "")))
    return Asked(**(kept | {"until": until})) if until else None


def _asked(request: HtmxHttpRequest, begun: Asked | None, tokens: Tokens) -> own.Asked:
    hers = own.of(request.user)
    preset, address = (begun.preset, begun.address) if begun else ("", "")
    return own.Asked(
        preset=preset, address=address, tokens=tokens, name=hers.name if hers else "",
        signature=hers.signature if hers else "",
    )  # fmt: skip


@access("mail.send")
@require_POST
def attempt(request: HtmxHttpRequest) -> HttpResponse:
    """Sign in at both servers on the spot."""
    wrong = own.attempt(own=_hers(request))
    words = _("It did not work: %s") % wrong if wrong else _("It works, both ways.")
    return saved(request, reverse(HERE), words)


@access("mail.send")
@require_POST
def remove(request: HtmxHttpRequest) -> HttpResponse:
    """Use it no more."""
    own.disconnect(own=_hers(request), by=request.user)
    return saved(request, reverse(HERE), _("Disconnected. The mail that came stays."))


@access("mail.send")
@require_POST
def copy_address(request: HtmxHttpRequest) -> HttpResponse:
    """A first, or another, address for copies."""
    blind_copies.renew(user=request.user)
    return saved(request, reverse(HERE), _("This is your address for copies now."))


def _hers(request: HtmxHttpRequest) -> OwnMailbox:
    hers = own.of(request.user)
    if hers is None:
        raise Invalid(_("You have no mailbox connected."))
    return hers
