"""Naming a competitor: one of the list, or another by name, who then stands in the list."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.kit import text
from leadflow.web.forms import StaffForm
from pipeline.models import Competitor, Deal
from pipeline.selectors import rivals


class RivalForm(StaffForm):
    """Who else is in the race for a deal."""

    rival = forms.ModelChoiceField(
        Competitor.objects.none(), label=lazy("Competitor"), required=False,
        empty_label=lazy("Another, by name"),
    )  # fmt: skip
    name = forms.CharField(label=lazy("Name"), max_length=120, required=False)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = rivals.of_deal(deal).values("competitor")
        left = rivals.competitors().exclude(pk__in=here)
        field = self.fields["rival"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = left
        if not left.exists():
            del self.fields["rival"]

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        values = super().clean() or {}
        if not values.get("rival") and not text.one_line(values.get("name") or ""):
            self.add_error("name", _("Choose a competitor, or name another."))
        return values
