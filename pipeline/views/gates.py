"""What a stage asks before a deal comes in: a dialog on the board, a page without the script."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.people.models import User
from leadflow.web.forms import dress
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from pipeline import selectors
from pipeline.forms import NamesForm, amount_field
from pipeline.models import Deal, StageCheck
from pipeline.services import deals
from pipeline.views.board import place_of, sent
from pipeline.views.closing import asking, closed
from pipeline.views.deals import find


class GateForm(NamesForm):
    """Exactly what this deal lacks for this stage, and no more."""

    amount = amount_field(required=True)
    expected_close_on = forms.DateField(label=lazy("Expected close"))
    company_name = forms.CharField(
        label=lazy("Company"), max_length=200, help_text=lazy("Found by its name, else made.")
    )
    person = forms.EmailField(
        label=lazy("Person"), help_text=lazy("The email address of one of your leads.")
    )
    reason = forms.CharField(label=lazy("Why one more"), max_length=200)
    _NAMES = {"company": "company_name", "lead": "person"}

    def __init__(self, *args: Any, deal: Deal, gate: deals.Gate, user: User, **kwargs: Any) -> None:
        self.deal, self.gate, self.user = deal, gate, user
        super().__init__(*args, **kwargs)
        wanted = {self._NAMES.get(key, key) for key in gate.fields}
        wanted |= {"reason"} if gate.is_full else set()
        for name in [name for name in self.fields if name not in wanted]:
            del self.fields[name]
        for check in gate.checks:
            self.fields[f"check_{check.pk}"] = field = forms.BooleanField(
                label=check.words, error_messages={"required": _("Tick this when it is done.")}
            )
            dress(field)
        if gate.is_full:
            self._say_how_full()
        for first in list(self.fields.values())[:1]:
            first.widget.attrs["autofocus"] = True

    def _say_how_full(self) -> None:
        words = _("%(stage)s has its %(limit)s deals. Say why it takes one more.")
        if self.gate.owner:
            words = _("%(owner)s has %(limit)s deals in %(stage)s. Say why one more.")
        self.fields["reason"].help_text = words % {
            "stage": self.gate.stage.name,
            "limit": self.gate.stage.wip_limit,
            "owner": self.gate.owner,
        }

    @property
    def ticked(self) -> list[StageCheck]:
        """The lines of the checklist that are done now."""
        return [one for one in self.gate.checks if self.cleaned_data.get(f"check_{one.pk}")]

    def values(self) -> dict[str, Any]:
        """The missing fields as the service takes them."""
        found = {key: self.cleaned_data.get(key) for key in self.gate.fields}
        if "company" in found:
            found["company"] = self.company()
        if "lead" in found:
            found["lead"] = self.lead
        return found


@access("deal.move")
def gate(request: HtmxHttpRequest, pk: int, stage: int) -> HttpResponse:
    """Ask what the stage asks, then move the deal there; nothing moves before."""
    found = find(request, pk, "deal.move")
    to = get_object_or_404(selectors.open_stages(), pk=stage)
    form = GateForm(sent(request), deal=found, gate=deals.gate_of(found, to), user=request.user)
    done = request.method == "POST" and form.is_valid()
    if done and form.attempt(lambda: moved(request, form, found)):
        return closed(request, _("Moved to %(stage)s") % {"stage": to.name}, found, form.result)
    words = {"stage": to.name, "name": found.name}
    question = _("Before %(name)s moves to %(stage)s") % words
    return asking(request, form, found, question, _("Move to %(stage)s") % words)


def moved(request: HtmxHttpRequest, form: GateForm, found: Deal) -> Deal:
    """Through the service, to the place where the card was dropped."""
    return deals.move_with_answers(
        found,
        to=form.gate.stage,
        values=form.values(),
        checks=form.ticked,
        reason=form.cleaned_data.get("reason", ""),
        by=request.user,
        **place_of(request.GET),
    )
