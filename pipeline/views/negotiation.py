"""The negotiation of a deal: what was conceded, which offers were used, and how far that may go."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.people.access import reaches
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect, render_part
from pipeline.forms.negotiation import ConcessionForm, LimitsForm, OfferForm
from pipeline.models import Concession, DealOffer, Given
from pipeline.selectors import negotiation as reading
from pipeline.services import negotiating
from pipeline.views.board import sent
from pipeline.views.deals import find


@require_safe
@access("deal.view")
def of_deal(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """How far the negotiation has gone; a part of the page of the deal."""
    found = find(request, pk)
    context = {
        "deal": found,
        "standing": reading.standing(found, request.user),
        "concessions": reading.concessions_of(found),
        "offers": reading.offers_of(found),
        "can_edit": reaches(request.user, "deal.edit", found) and found.is_open,
    }
    return render_part(request, "pipeline/negotiation.html", "part", context)


@access("deal.edit")
def note(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Write down what the customer asks, and what is given."""
    found = find(request, pk, "deal.edit")
    form = ConcessionForm(sent(request), deal=found)
    is_good = form.is_bound and form.is_valid()
    if is_good and form.attempt(
        lambda: negotiating.note(
            found, terms=form.terms(), by=request.user, reason=form.cleaned_data["reason"]
        )
    ):
        return done(request, words_of(form.result.state), back=found.get_absolute_url())
    standing = reading.standing(found, request.user)
    context = {"form": form, "deal": found, "standing": standing}
    return render(request, "pipeline/concession.html", context, status=form.status)


@access("deal.edit")
def change(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Say what became of a point."""
    rows = Concession.objects.visible_to(request.user, "deal.edit")
    row = get_object_or_404(rows.select_related("deal__pipeline"), pk=pk)
    form = ConcessionForm(sent(request), deal=row.deal, row=row)
    is_good = form.is_bound and form.is_valid()
    if is_good and form.attempt(
        lambda: negotiating.change(
            row, terms=form.terms(), by=request.user, reason=form.cleaned_data["reason"]
        )
    ):
        return done(request, words_of(form.result.state), back=row.deal.get_absolute_url())
    standing = reading.standing(row.deal, request.user)
    context = {"form": form, "deal": row.deal, "row": row, "standing": standing}
    return render(request, "pipeline/concession.html", context, status=form.status)


def words_of(state: str) -> str:
    """What is said once it is kept."""
    if state == Given.WAITING:
        return _("It goes beyond what is free. Your manager is asked; you are told the answer.")
    return _("Written down")


@access("deal.edit")
def use_offer(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Use an offer on a deal."""
    found = find(request, pk, "deal.edit")
    form = OfferForm(sent(request), deal=found)
    is_good = form.is_bound and form.is_valid()
    if is_good and form.attempt(
        lambda: negotiating.use_offer(
            found, offer=form.cleaned_data["offer"], by=request.user,
            reason=form.cleaned_data["reason"],
        )
    ):  # fmt: skip
        return done(request, words_of(form.result.state), back=found.get_absolute_url())
    standing = reading.standing(found, request.user)
    context = {"form": form, "deal": found, "standing": standing, "is_offer": True}
    return render(request, "pipeline/concession.html", context, status=form.status)


@require_POST
@access("deal.edit")
def drop_offer(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take an offer off its deal."""
    rows = DealOffer.objects.visible_to(request.user, "deal.edit").select_related("deal", "offer")
    row = get_object_or_404(rows, pk=pk)
    negotiating.drop_offer(row, by=request.user)
    words = _("Off the deal: %(name)s") % {"name": row.offer}
    return done(request, words, back=row.deal.get_absolute_url())


@access("pipeline.edit")
def limits(request: HtmxHttpRequest) -> HttpResponse:
    """How much each role may give away in each pipeline."""
    form = LimitsForm(sent(request))
    if form.is_bound and form.is_valid():
        negotiating.set_limits(form.limits(), by=request.user)
        messages.success(request, _("Saved"))
        return redirect(request, request.path)
    return render(request, "pipeline/limits.html", {"form": form}, status=form.status)
