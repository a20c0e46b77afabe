"""What a card of the board changes in place: amount, close, owner, next step."""

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from leadflow.people.models import User
from leadflow.services import activities
from leadflow.web import cards
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, trigger
from pipeline.forms.quick import QuickForm
from pipeline.models import Deal
from pipeline.services import deals
from pipeline.views.board import sent
from pipeline.views.deals import find, open_steps


@access("deal.edit")
def quick(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The small form in the card's place; without the script a page of its own."""
    found = find(request, pk, "deal.edit")
    step = open_steps(found).filter(due_at__isnull=False).first()
    form = QuickForm(sent(request), user=request.user, deal=found, step=step)
    is_good = request.method == "POST" and form.is_valid()
    if is_good and form.attempt(lambda: changed(form, found, request.user)):
        answer = done(request, _("Deal changed"), back=found.get_absolute_url())
        return trigger(answer, **{"lf:board": True})
    board = reverse("pipeline:board")
    return cards.form_in_place(request, form, found, board=board, name=_("Deals"))


@transaction.atomic
def changed(form: QuickForm, found: Deal, user: User) -> Deal:
    """Store what the card says: all of it, or nothing."""
    row = deals.edit(
        found, values=form.deal_values(), version=form.cleaned_data["version"], by=user
    )
    data = form.cleaned_data
    activities.move_or_plan(
        form.step, kind=data.get("step_kind", ""), due_at=data["step_at"], lead=found.lead,
        company=found.company, subject_ref=found.ref, owner=row.owner or user, by=user,
    )  # fmt: skip
    return row
