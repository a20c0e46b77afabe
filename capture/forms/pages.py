"""The forms that marketers fill in about landing pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capture.blocks.page_starts import PAGE_STARTS
from capture.models import LandingPage
from leadflow.models import Campaign, Source
from leadflow.web.forms import StaffForm, StaffModelForm


class NewPageForm(StaffForm):
    """What a new page is called and what it starts from."""

    start = forms.ChoiceField(choices=[(key, start.name) for key, start in PAGE_STARTS.items()])
    name = forms.CharField(max_length=120, required=False)


class PageForm(StaffModelForm):
    """Where a page stands, when it is open, and where its leads are counted."""

    class Meta:
        model = LandingPage
        fields = ["name", "slug", "opens_at", "closes_at", "source", "campaign"]
        help_texts = {
            "opens_at": _("Leave empty to show it from its publishing on."),
            "closes_at": _("Afterwards visitors read that it is over."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.filter(is_archived=False)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The end comes after the start."""
        values: dict[str, Any] = super().clean() or {}
        opens, closes = values.get("opens_at"), values.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It closes before it opens. Change one."))
        return values
