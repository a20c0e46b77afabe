"""The rules that say where people stand in the buyer's journey: edited, looked at, published."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from qualification.forms import BuyerStagesForm
from qualification.services import buying


@access("score.edit")
def buyer_stages(request: HtmxHttpRequest) -> HttpResponseBase:
    """One condition for each stage; `act=publish` lets them decide, else they are only tried."""
    live = buying.live()
    number = live.number if live else 0
    form = BuyerStagesForm(
        request.POST or None, initial={**(live.document if live else {}), "seen": number}
    )
    standings = buying.outlook({})
    tried = False
    if request.method == "POST" and form.is_valid():
        document: dict[str, Any] = form.as_document()
        if request.POST.get("act") == "publish":
            seen = form.cleaned_data["seen"]
            if form.attempt(lambda: buying.publish(document, by=request.user, seen=seen)):
                messages.success(request, _("Published. Everybody is being looked at."))
                return redirect(request, "/scoring/buyer-stages/")
        elif tried := form.attempt(lambda: buying.outlook(document)):
            standings = form.result
    context = {
        "form": form, "live": live, "standings": standings, "tried": tried,
        "moving": sum(one.moving for one in standings), "running": buying.running(),
    }  # fmt: skip
    return render(request, "qualification/buyer_stages.html", context, status=form.status)
