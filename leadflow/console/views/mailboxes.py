"""Mailboxes whose mail comes in: added, tried, paused, changed, removed."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from leadflow.console.forms.mailboxes import MailboxForm
from leadflow.console.page import saved
from leadflow.mail import mailboxes
from leadflow.mail.models import Mailbox
from leadflow.services import hosts
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

HERE = "console:inbound"


@access("settings.edit")
@sensitive_post_parameters("secret")
def mailbox_list(request: HtmxHttpRequest) -> HttpResponse:
    """The mailboxes with how they stand, and a form for another."""
    form = MailboxForm(request.POST or None)
    if form.is_valid() and form.attempt(
        lambda: mailboxes.add(by=request.user, **form.cleaned_data)
    ):
        return saved(request, reverse(HERE), _("Added. Try it now."))
    rows = [(row, _door(row)) for row in mailboxes.known()]
    context = {"form": form, "rows": rows}
    return render(request, "console/mailboxes.html", context, status=form.status)


def _door(row: Mailbox) -> str:
    """Where its provider calls."""
    return "" if row.is_polled else f"{hosts.base_url()}/in/mail/{row.code}/"


@access("settings.edit")
@sensitive_post_parameters("secret")
def mailbox_edit(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Another server, password, folder, or what its mail does."""
    row = get_object_or_404(Mailbox, owner=None, pk=pk)
    form = MailboxForm(request.POST or None, mailbox=row)
    if form.is_valid() and form.attempt(
        lambda: mailboxes.change(mailbox=row, by=request.user, **form.cleaned_data)
    ):
        return saved(request, reverse(HERE), _("Saved."))
    context = {"form": form, "title": row.address, "intro": row.get_kind_display()}
    return render(request, "console/screen.html", context, status=form.status)


@access("settings.edit")
@require_POST
def mailbox_try(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Look into it on the spot."""
    row = get_object_or_404(Mailbox, owner=None, pk=pk, kind=Mailbox.Kind.IMAP)
    tried = mailboxes.attempt(mailbox=row)
    words = tried.words if tried.works else _("It did not work: %s") % tried.words
    return saved(request, reverse(HERE), words)


@access("settings.edit")
@require_POST
def mailbox_pause(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take nothing in, or take in again."""
    row = mailboxes.pause(mailbox=get_object_or_404(Mailbox, owner=None, pk=pk), by=request.user)
    sentence = _("Paused. Nothing comes in from there.") if row.is_paused else _("It goes on.")
    return saved(request, reverse(HERE), sentence)


@access("settings.edit")
@require_POST
def mailbox_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Read it no more."""
    mailboxes.remove(mailbox=get_object_or_404(Mailbox, owner=None, pk=pk), by=request.user)
    return saved(request, reverse(HERE), _("Removed. The mail that came stays."))
