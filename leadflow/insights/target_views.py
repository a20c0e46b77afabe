"""Targets: the strip on my day, and the screen on which they are set."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadflow.insights import targets as targets_of
from leadflow.insights.forms import TargetForm
from leadflow.kit import clock
from leadflow.kit.periods import add_months
from leadflow.people.access import allowed
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


@access("insights.view")
def pace(request: HtmxHttpRequest) -> HttpResponseBase:
    """How the month of the user goes, for her day."""
    found = targets_of.pace(request.user, at=clock.now())
    first, last = found.month.start_on.isoformat(), found.month.last_on.isoformat()
    month = {"owner": str(request.user.pk), "from": first, "to": last}
    context = {
        "pace": found,
        "may_set": allowed(request.user, "target.edit"),
        "rows_url": f"{reverse('insights:rows', args=['won_revenue'])}?{urlencode(month)}",
    }
    return render(request, "insights/pace.html", context)


@access("target.edit")
def targets(request: HtmxHttpRequest) -> HttpResponseBase:
    """The targets of one month, person by person; saved together."""
    month = _month(request)
    lines = targets_of.of_month(request.user, month)
    forms = [
        TargetForm(request.POST or None, instance=line.target, prefix=str(line.user.pk))
        for line in lines
    ]
    # each is asked, so that every wrong field says so at once
    wrong = [form for form in forms if not form.is_valid()]
    if request.method == "POST" and not wrong:
        changed = targets_of.set_many(rows=[form.instance for form in forms], by=request.user)
        words = ngettext("%(n)d target saved", "%(n)d targets saved", changed) % {"n": changed}
        messages.success(request, words if changed else _("Nothing was changed"))
        return redirect(request, f"{request.path}?month={month:%Y-%m}")
    context = {
        "rows": list(zip(lines, forms, strict=True)),
        "month": month,
        "before": add_months(month, -1),
        "after": add_months(month, 1),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "insights/targets.html", context, status=status)


def _month(request: HtmxHttpRequest) -> date:
    given = request.GET.get("month", "")
    if not given:
        return targets_of.month_of(clock.now()).start_on
    try:
        return date.fromisoformat(f"{given}-01")
    except ValueError:
        raise Http404(_("There is no such month.")) from None
