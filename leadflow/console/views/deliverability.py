"""Whether mail arrives: how receivers take it, what DNS says, the keys that sign, limits of pace."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.console.forms.sending import LimitForm
from leadflow.console.page import saved
from leadflow.mail import deliverability, guarding, limits, signing
from leadflow.mail.models import SenderGuard, SendingLimit, SigningKey
from leadflow.models import Organisation
from leadflow.people.access import allowed
from leadflow.services import organisation
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

HERE = "console:deliverability"


@access("sequence.edit")
def overview(request: HtmxHttpRequest) -> HttpResponse:
    """Everything on one page; keys and limits are changed by admins."""
    return _page(request, LimitForm())


def _page(request: HtmxHttpRequest, form: LimitForm) -> HttpResponse:
    domains = [
        (name, row, key, signing.dns_record(key) if key else None)
        for name, row, key in deliverability.standings()
    ]
    context = {
        "domains": domains,
        "paused": guarding.paused(),
        "standing": guarding.standing(),
        "limits": [(one, *_warming(one)) for one in limits.known()],
        "form": form,
        "counts_opens": Organisation.current().track_opens,
        "may_set": allowed(request.user, "settings.edit"),
    }
    return render(request, "console/deliverability.html", context, status=form.status)


def _warming(limit: SendingLimit) -> tuple[int, int, list[int]]:
    """(which day of its warm-up this is, how many today, how many on each day); 0 once that is over."""
    plan, today = limit.plan, limits.today()
    day = limit.day_on(today)
    return (day if 0 < day < len(plan) else 0), limit.most_on(today), plan


@access("sequence.edit")
@require_POST
def check(request: HtmxHttpRequest) -> HttpResponse:
    """Ask DNS about a domain of ours now."""
    domain = request.POST.get("domain", "")
    if domain not in deliverability.domains():
        raise Http404
    deliverability.check(domain)
    return saved(request, reverse(HERE), _("Checked %(domain)s.") % {"domain": domain})


@access("sequence.edit")
@require_POST
def pause(request: HtmxHttpRequest) -> HttpResponse:
    """Stop marketing from an address until somebody lets it go on."""
    address = request.POST.get("sender", "")
    if not guarding.can_be_paused(address):
        raise Http404
    reason = request.POST.get("reason", "").strip() or _("Paused by hand")
    guarding.pause(from_address=address, reason=reason, by=request.user)
    return saved(request, reverse(HERE), _("Paused. Its marketing waits in the outbox."))


@access("sequence.edit")
@require_POST
def resume(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Let marketing from an address go on."""
    guarding.resume(guard=get_object_or_404(SenderGuard, pk=pk), by=request.user)
    return saved(request, reverse(HERE), _("It goes on. What went before is no longer counted."))


@access("settings.edit")
@require_POST
def key_make(request: HtmxHttpRequest) -> HttpResponse:
    """A key that signs the mail of a domain of ours."""
    domain = request.POST.get("domain", "")
    if domain not in deliverability.domains():
        raise Http404
    signing.make_key(domain=domain, by=request.user)
    return saved(request, reverse(HERE), _("Made. Add its record to DNS, check it, turn it on."))


@access("settings.edit")
@require_POST
def key_turn(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Sign, or stop signing."""
    key = get_object_or_404(SigningKey, pk=pk)
    on = request.POST.get("on") == "1"
    signing.turn(key=key, on=on, by=request.user)
    return saved(request, reverse(HERE), _("Mail is signed.") if on else _("Mail is not signed."))


@access("settings.edit")
@require_POST
def key_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Forget a key."""
    signing.remove(key=get_object_or_404(SigningKey, pk=pk), by=request.user)
    return saved(request, reverse(HERE), _("Removed."))


@access("settings.edit")
@require_POST
def count_opens(request: HtmxHttpRequest) -> HttpResponse:
    """Put the picture that tells of opens into marketing mail, or leave it out."""
    on = request.POST.get("on") == "1"
    organisation.change(by=request.user, track_opens=on)
    words = _("Opens are counted from now on.") if on else _("Opens are not counted any more.")
    return saved(request, reverse(HERE), words)


@access("settings.edit")
@require_POST
def limit_set(request: HtmxHttpRequest) -> HttpResponse:
    """Bound what goes to a domain, or by a way out."""
    form = LimitForm(request.POST)
    if form.is_valid() and form.attempt(
        lambda: limits.set_limit(by=request.user, **form.cleaned_data)
    ):
        return saved(request, reverse(HERE), _("Saved. It holds from the next message on."))
    return _page(request, form)


@access("settings.edit")
@require_POST
def limit_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """No bound any more."""
    limits.remove(limit=get_object_or_404(SendingLimit, pk=pk), by=request.user)
    return saved(request, reverse(HERE), _("Removed."))
