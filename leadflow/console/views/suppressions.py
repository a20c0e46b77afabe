"""The suppression list: asked about an address, brought in and taken out as a file."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from leadflow.console.forms.suppressions import TakeInForm
from leadflow.errors import Invalid
from leadflow.mail import suppressions
from leadflow.mail.suppressions import Taken
from leadflow.people.access import allowed
from leadflow.services import addresses
from leadflow.web import csv
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest

NAME = "suppression-list"


@access("sequence.edit")
def suppression_list(request: HtmxHttpRequest) -> HttpResponse:
    """How many stand on it, what stands about one address, and a form for a file."""
    form = TakeInForm(request.POST or None, request.FILES or None)
    taken: Taken | None = None
    if form.is_valid():
        data = form.cleaned_data
        if form.attempt(
            lambda: suppressions.take_in(
                data=data["file"].read(suppressions.MOST_BYTES + 1),
                reason=data["reason"],
                purpose=data["purpose"],
                by=request.user,
            )
        ):
            taken = form.result
    context = {
        "form": TakeInForm() if taken else form,
        "said": _said(taken) if taken else "",
        "taken": taken,
        "totals": suppressions.totals(),
        "may_export": allowed(request.user, "consent.remove_suppression"),
        **_asked(request.GET.get("address", "").strip()),
    }
    return render(request, "console/suppressions.html", context, status=form.status)


def _asked(address: str) -> dict[str, object]:
    if not address:
        return {}
    try:
        return {"address": address, "standing": suppressions.of(address)}
    except Invalid as error:
        return {"address": address, "wrong": str(error)}


def _said(taken: Taken) -> str:
    words = ngettext(
        "%(n)s address gets no such mail from now on.",
        "%(n)s addresses get no such mail from now on.",
        taken.fresh,
    ) % {"n": taken.fresh}
    if taken.known:
        words += " " + _("%(n)s stood on the list already.") % {"n": taken.known}
    return words


@access("consent.remove_suppression")
@require_POST
def suppression_export(request: HtmxHttpRequest) -> HttpResponseBase:
    """The list as CSV; that somebody took it out stands in the audit log."""
    return csv.export(NAME, suppressions.HEADER, suppressions.lines(by=request.user))


@access("consent.remove_suppression")
@require_POST
def suppression_lift(request: HtmxHttpRequest) -> HttpResponse:
    """Take an address off the list for a reason; complaints and erasures stay."""
    address = request.POST.get("address", "")
    lifted = sum(
        addresses.lift(
            email=address, by=request.user, why=request.POST.get("why", ""), purpose=row.purpose
        )
        for row in suppressions.of(address)
        if row.can_be_lifted
    )
    suppressions.note_lifted(address=address, count=lifted, by=request.user)
    context = {
        "form": TakeInForm(),
        "said": _("It may get mail again.") if lifted else _("Nothing could be taken back."),
        "totals": suppressions.totals(),
        "may_export": True,
        **_asked(address),
    }
    return render(request, "console/suppressions.html", context)
