"""Quotes as we write, send and revise them."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.people.access import reaches
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect
from pipeline.forms import quotes as forms
from pipeline.models import Quote, QuoteVersion
from pipeline.selectors import quotes as reading
from pipeline.services import quote_discounts, quote_papers, quotes
from pipeline.views.board import number, sent
from pipeline.views.deals import find

State = QuoteVersion.State


def quote_or_404(request: HtmxHttpRequest, pk: int, permission: str = "deal.view") -> Quote:
    """The quote, where she may do this to its deal; 404 where it is out of her reach."""
    rows = Quote.objects.visible_to(request.user, permission)
    return get_object_or_404(rows.select_related("deal__lead", "deal__owner"), pk=pk)


def draft_or_404(request: HtmxHttpRequest, pk: int) -> QuoteVersion:
    """The draft of a quote that she may edit."""
    quote = quote_or_404(request, pk, "deal.edit")
    return get_object_or_404(quote.versions.select_related("quote__deal"), state=State.DRAFT)


@require_POST
@access("deal.edit")
def new(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Start a quote with the deal's lines."""
    made = quotes.start(deal=find(request, pk, "deal.edit"), by=request.user)
    return redirect(request, f"{made.quote.get_absolute_url()}edit/")


@require_safe
@access("deal.view")
def quote(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A quote as the customer reads it, with what became of each version; `?version=` shows an older."""
    found = quote_or_404(request, pk)
    versions = reading.versions_of(found)
    wanted = number(request.GET.get("version"))
    shown = next((one for one in versions if one.number == wanted), versions[0])
    shown.quote = found
    return render(request, "pipeline/quote.html", page_of(request, found, versions, shown))


def page_of(
    request: HtmxHttpRequest, found: Quote, versions: list[QuoteVersion], shown: QuoteVersion
) -> dict[str, Any]:
    """What the page of a quote shows."""
    is_latest = shown == versions[0]
    can_edit = reaches(request.user, "deal.edit", found.deal)
    return {
        "quote": found,
        "deal": found.deal,
        "versions": versions,
        "shown": shown,
        "paper": reading.paper(shown),
        "answer": getattr(shown, "answer", None),
        "link": reading.public_url(shown) if can_edit and shown.state == State.SENT else "",
        "is_latest": is_latest,
        "leeway": quote_discounts.leeway(shown, request.user),
        "can_edit": can_edit,
        "can_revise": can_edit
        and is_latest
        and found.deal.is_open
        and shown.state not in (State.DRAFT, State.ACCEPTED),
    }


@access("deal.edit")
def edit(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The draft of a quote: words, terms and lines in one form."""
    version = draft_or_404(request, pk)
    form = forms.QuoteForm(sent(request), version=version)
    lines = forms.QuoteLineFormSet(sent(request), initial=version.lines, prefix="line")
    if request.method == "POST" and all([form.is_valid(), lines.is_valid()]):
        gone = lines.deleted_forms
        rows = [f for f in lines.forms if (f.has_changed() or f.initial) and f not in gone]
        if form.attempt(
            lambda: quotes.edit(
                version, values=form.cleaned_data, lines=[f.quote_line() for f in rows],
                by=request.user,
            )
        ):  # fmt: skip
            return redirect(request, version.quote.get_absolute_url())
    context = {"form": form, "formset": lines, "version": version, "deal": version.quote.deal}
    status = 422 if form.errors or (lines.is_bound and not lines.is_valid()) else 200
    return render(request, "pipeline/quote_edit.html", context, status=status)


@access("deal.edit")
def send(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask how the link gets to the customer, then send."""
    version = draft_or_404(request, pk)
    lead = version.quote.deal.lead
    form = forms.SendForm(sent(request), initial={"email": lead.email if lead else ""})
    is_good = request.method == "POST" and form.is_valid()
    if is_good and form.attempt(lambda: quotes.send(version, by=request.user, **form.cleaned_data)):
        words = _("Sent: quote %(number)s") % {"number": version.quote}
        return done(request, words, back=version.quote.get_absolute_url())
    context = {"form": form, "version": version, "deal": version.quote.deal}
    return render(request, "pipeline/quote_send.html", context, status=form.status)


@require_POST
@access("deal.edit")
def ask(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask for the discount of the draft."""
    version = draft_or_404(request, pk)
    reason = request.POST.get("reason", "")[:2000]
    quote_discounts.ask(version, reason=reason, by=request.user)
    words = _("Asked. You are told when it is decided.")
    return done(request, words, back=version.quote.get_absolute_url())


@require_POST
@access("deal.edit")
def revise(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The next version, to be edited."""
    quotes.revise(quote=quote_or_404(request, pk, "deal.edit"), by=request.user)
    return redirect(request, f"/quotes/{pk}/edit/")


@require_safe
@access("deal.view")
def pdf(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The quote on paper; `?version=` gives an older one."""
    found = quote_or_404(request, pk)
    wanted = number(request.GET.get("version"))
    rows = found.versions.filter(number=wanted) if wanted else found.versions.order_by("-number")
    version = get_object_or_404(rows[:1])
    version.quote = found
    response = HttpResponse(quote_papers.as_pdf(version), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="quote-{found}.pdf"'
    return response
