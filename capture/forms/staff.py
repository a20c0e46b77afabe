"""The forms that marketers fill in about forms."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capture.blocks.starts import STARTS
from capture.models import Form, origin_list
from leadflow.models import Campaign, Source, Tag
from leadflow.people.models import User
from leadflow.web.forms import StaffForm, StaffModelForm


class NewForm(StaffForm):
    """What a new form is called and what it starts from."""

    start = forms.ChoiceField(choices=[(key, start.name) for key, start in STARTS.items()])
    name = forms.CharField(max_length=120, required=False)


class AfterForm(StaffModelForm):
    """What happens after somebody sent the form."""

    tag_names = forms.CharField(
        label=_("Tags for the lead"),
        required=False,
        max_length=300,
        help_text=_("Separate them with commas. New ones are made."),
    )

    class Meta:
        model = Form
        fields = [
            "name",
            "thanks_title",
            "thanks_text",
            "redirect_url",
            "stage",
            "funnel_position",
            "source",
            "campaign",
            "notify",
        ]
        widgets = {
            "thanks_text": forms.Textarea(attrs={"rows": 3}),
            "notify": forms.CheckboxSelectMultiple,
            "redirect_url": forms.TextInput(attrs={"placeholder": "https://"}),
        }
        help_texts = {"redirect_url": _("Leave empty to show the thank-you words.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Source.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["notify"].queryset = User.objects.active().filter(email__isnull=False)  # type: ignore[attr-defined]
        if self.instance.pk and not self.is_bound:
            names = self.instance.tags.values_list("name", flat=True)
            self.initial["tag_names"] = ", ".join(names)

    def clean_tag_names(self) -> list[str]:
        """The names, tidied, each once."""
        names = [part.strip()[:60] for part in self.cleaned_data["tag_names"].split(",")]
        return list(dict.fromkeys(name for name in names if name))

    def tags(self) -> list[Tag]:
        """The tags of those names, made where they are new."""
        names = self.cleaned_data["tag_names"]
        return [Tag.objects.get_or_create(name=name)[0] for name in names]


class ShareForm(StaffForm):
    """The sites that may embed the form."""

    origins = forms.CharField(
        label=_("Sites that may embed this form"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "https://www.example.com"}),
        help_text=_(
            "One a line, with https:// and without a path. No other site can show the form."
        ),
    )

    def clean_origins(self) -> list[str]:
        """One site a line, as browsers name them."""
        rows = [
            row.strip().rstrip("/").lower() for row in self.cleaned_data["origins"].splitlines()
        ]
        origins = list(dict.fromkeys(row for row in rows if row))
        origin_list(origins)
        return origins
