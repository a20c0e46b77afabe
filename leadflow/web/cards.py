"""What the small form in the place of a card asks on every board: whose it is, and what comes next."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.models import Activity
from leadflow.people.models import User
from leadflow.web.forms import DateTimeInput, StaffForm
from leadflow.web.htmx import HtmxHttpRequest, render_part


class CardForm(StaffForm):
    """Owner and next step of a record: a step that is planned is moved, else one is planned by its kind.

    A board adds the fields of its cards and their order (`field_order`).
    """

    owner = forms.ModelChoiceField(User.objects.none(), label=lazy("Owner"), empty_label=None)
    step_kind = forms.ChoiceField(
        label=lazy("Next step"), choices=Activity.Kind.choices, required=False
    )
    step_at = forms.DateTimeField(label=lazy("When"), widget=DateTimeInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, record: Any, step: Activity | None, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"card{record.pk}", **kwargs)
        self.step = step
        self.initial = {
            "owner": record.owner_id,
            "step_kind": Activity.Kind.CALL,
            "step_at": step.due_at if step else None,
            "version": record.version,
        }
        if step:
            del self.fields["step_kind"]
            self.fields["step_at"].label = step.subject

    def offer_owners(self, owners: "QuerySet[User]", now: int | None) -> None:
        """Choose among these; who has no owner now may stay without."""
        field = self.fields["owner"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = owners
            field.required = now is not None
            field.empty_label = None if field.required else _("No owner")


def form_in_place(
    request: HtmxHttpRequest, form: CardForm, record: Any, *, board: str, name: str
) -> HttpResponse:
    """The form where the card was; without the script a page that leads back to the board, named `name`."""
    context = {"form": form, "record": record, "board": board, "board_name": name}
    return render_part(request, "web/card_edit.html", "card", context, status=form.status)
