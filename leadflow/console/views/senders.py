"""Whom the organisation's mail comes from: addresses, proved by a link, one of them the default."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from leadflow.console.forms.senders import SenderEditForm, SenderForm
from leadflow.console.page import saved
from leadflow.console.public_mail import sealed
from leadflow.errors import NotAllowed
from leadflow.kit import clock
from leadflow.kit.ids import code
from leadflow.mail import selectors, senders
from leadflow.mail.models import SenderIdentity
from leadflow.mail.services import queue
from leadflow.models import Organisation
from leadflow.web.gate import access, public
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.visitors import slowed_down


@access("settings.edit")
def sender_list(request: HtmxHttpRequest) -> HttpResponse:
    """The senders with their state, and a form for another."""
    form = SenderForm(request.POST or None)
    if form.is_valid() and form.attempt(lambda: senders.add(by=request.user, **form.cleaned_data)):
        return saved(request, reverse("console:sender"), _asked(form.result))
    context = {
        "form": form,
        "senders": SenderIdentity.objects.order_by("-is_default", "name", "pk"),
        "default": selectors.default_sender(),
        "mail_from": settings.MAIL_FROM,
        "mail_leaves": selectors.leaves(),
        "now": clock.now(),
    }
    return render(request, "console/senders.html", context, status=form.status)


def _asked(sender: SenderIdentity) -> str:
    sentence = (
        _("A mail with a link is on its way to %(email)s. Open the link to verify the address.")
        if selectors.leaves()
        else _(
            "The mail with the link for %(email)s is in the outbox; it stays there, open it there."
        )
    )
    return sentence % {"email": sender.email}


@access("settings.edit")
def sender_edit(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Another name, or another address for replies."""
    sender = get_object_or_404(SenderIdentity, pk=pk)
    form = SenderEditForm(request.POST or None, instance=sender)
    if form.is_valid() and form.attempt(
        lambda: senders.change(sender=sender, by=request.user, **form.cleaned_data)
    ):
        return saved(request, reverse("console:sender"), _("Saved."))
    context = {"form": form, "title": sender.email, "intro": _("How receivers read this sender.")}
    return render(request, "console/screen.html", context, status=form.status)


@access("settings.edit")
@require_POST
def sender_ask(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A fresh link to the mailbox."""
    sender = senders.ask(sender=get_object_or_404(SenderIdentity, pk=pk), by=request.user)
    return saved(request, reverse("console:sender"), _asked(sender))


@access("settings.edit")
@require_POST
def sender_default(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """From now on all mail comes from here."""
    sender = get_object_or_404(SenderIdentity, pk=pk)
    senders.make_default(sender=sender, by=request.user)
    sentence = _("Mail comes from %(email)s now.") % {"email": sender.email}
    return saved(request, reverse("console:sender"), sentence)


@access("settings.edit")
@require_POST
def sender_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a sender away."""
    senders.remove(sender=get_object_or_404(SenderIdentity, pk=pk), by=request.user)
    return saved(request, reverse("console:sender"), _("Removed."))


@access("settings.edit")
@require_POST
def test_mail(request: HtmxHttpRequest) -> HttpResponse:
    """A mail to oneself from the default sender."""
    if not request.user.email:
        raise Http404
    queue(
        key=f"test:{request.user.pk}:{code()}",
        kind="essential",
        to=request.user.email,
        to_name=request.user.name,
        subject=_("Test mail from LeadFlow"),
        text=_("If you read this, mail from LeadFlow reaches you."),
        by=request.user,
    )
    sentence = (
        _("A test mail is on its way to %(to)s.")
        if selectors.leaves()
        else _("A test mail to %(to)s is in the outbox; it stays there until SMTP is set.")
    )
    return saved(request, reverse("console:sender"), sentence % {"to": request.user.email})


@public(
    "the token in the link is the permission: it proves that the mailbox is read", app_only=True
)
@sensitive_post_parameters("token")
def sender_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, since scanners of mail follow links; POST verifies."""
    sender = senders.asked(token)
    if sender is None:
        if slow := slowed_down(request):
            return slow
        raise NotAllowed(_("This link was used, replaced or is older than three days."))
    done = request.method == "POST"
    if done:
        sender = senders.confirm(token=token)
    context = {"sender": sender, "done": done, "organisation": Organisation.current()}
    return sealed(render(request, "console/sender_confirm.html", context))
