"""What people say when they share something of the library."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as lazy

from leadflow.assets.models import ContentItem
from leadflow.models import Lead
from leadflow.web.forms import StaffForm
from pipeline.models import Deal
from pipeline.selectors import collateral
from pipeline.services.sharing import MOST_DAYS


class ShareForm(StaffForm):
    """What to give, and for how long."""

    item = forms.ChoiceField(label=lazy("What"))
    days = forms.IntegerField(
        label=lazy("Days for which the link holds"),
        min_value=1,
        max_value=MOST_DAYS,
        initial=30,
    )

    def __init__(self, *args: Any, on: Deal | Lead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = {str(one.pk): one for one in collateral.to_share()[:500]}
        fits = collateral.fitting(on)
        groups: list[tuple[Any, list[tuple[str, str]]]] = [
            (lazy("Answers what was said"), []),
            (lazy("Everything else"), []),
        ]
        for key, one in found.items():
            words = f"{one.title} ({one.get_kind_display()})"
            groups[0 if one.pk in fits else 1][1].append((key, words))
        field = self.fields["item"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", lazy("Choose")), *(group for group in groups if group[1])]
        self._found = found

    @property
    def chosen(self) -> ContentItem:
        """What was chosen."""
        return self._found[self.cleaned_data["item"]]
