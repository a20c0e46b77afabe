"""How a deal is shared out among colleagues, in one form."""

from django.http import HttpResponse
from django.shortcuts import render

from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from pipeline.forms.splits import SplitFormSet
from pipeline.selectors.splits import splits_of, who_may_share
from pipeline.services import splits
from pipeline.views.board import number, sent
from pipeline.views.deals import find


@access("deal.edit")
def split(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The shares of a deal; refused with what is missing or too much until they add up."""
    found = find(request, pk, "deal.edit")
    known = list(splits_of(found))
    initial = [{"user": one.user_id, "share": one.share, "kind": one.kind} for one in known]
    if not known and found.owner_id:
        initial = [{"user": found.owner_id}]
    formset = SplitFormSet(
        sent(request), initial=initial, prefix="split", deal=found,
        form_kwargs={"people": who_may_share(found)},
    )  # fmt: skip
    if request.method == "POST" and formset.is_valid():
        version = number(request.POST.get("version")) or None
        splits.set_splits(found, shares=formset.shares, version=version, by=request.user)
        return redirect(request, found.get_absolute_url())
    bad = formset.is_bound and not formset.is_valid()
    problems = list(formset.non_form_errors()) if bad else []
    context = {"deal": found, "formset": formset, "problems": problems}
    return render(request, "pipeline/splits.html", context, status=422 if bad else 200)
