"""Forms of the library: content, offers, campaigns, holidays."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadflow.assets import content
from leadflow.assets.models import ContentItem
from leadflow.calendars.models import Holiday
from leadflow.errors import Invalid
from leadflow.models import Campaign, Seniority
from leadflow.offers.models import Offer
from leadflow.web.forms import StaffForm, StaffModelForm


class ContentForm(StaffModelForm):
    """A content item."""

    url = forms.URLField(label=_("Address"), max_length=500, required=False, assume_scheme="https")

    class Meta:
        model = ContentItem
        fields = [
            "title", "kind", "url", "topic", "buyer_stage", "funnel_position", "personas", "use_when",
            "campaign",
        ]  # fmt: skip

    personas = forms.MultipleChoiceField(
        label=_("For whom"),
        choices=Seniority.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None means everybody."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaigns = Campaign.objects.filter(
            Q(is_archived=False) | Q(pk=self.instance.campaign_id or 0)
        )
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]


class PasteForm(StaffForm):
    """Addresses, one a line, or rows of a spreadsheet with a heading."""

    text = forms.CharField(
        label=_("Addresses or rows"),
        max_length=200_000,
        widget=forms.Textarea(
            attrs={"rows": 12, "placeholder": "https://www.example.com/blog/first-post"}
        ),
        help_text=_(
            "One address a line. Or copy rows from a spreadsheet or CSV file, with a heading: address, title, type, topic, buyer stage, funnel position."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Each line as the library takes it; the first that cannot be read is named."""
        values = super().clean() or {}
        try:
            values["lines"] = content.read_lines(str(values.get("text") or ""))
        except Invalid as error:
            self.add_error("text", str(error))
        return values


class OfferForm(StaffModelForm):
    """An offer; what the database forbids is said beside the field."""

    class Meta:
        model = Offer
        fields = [
            "name",
            "kind",
            "value",
            "text",
            "code",
            "has_own_codes",
            "starts_at",
            "ends_at",
            "most_uses",
        ]
        labels = {
            "text": _("What customers read"),
            "has_own_codes": _("A different code for each person"),
            "most_uses": _("For how many people"),
        }
        help_texts = {
            "text": _("For instance: a tenth off every roof check until Christmas."),
            "code": _("They name it when they buy. Empty: the offer goes without one."),
        }

    def clean(self) -> dict[str, Any]:
        """A percent needs its number, an amount too, and the end comes after the start."""
        values: dict[str, Any] = super().clean() or {}
        kind, value = values.get("kind"), values.get("value")
        if kind != Offer.Kind.BONUS and not value:
            self.add_error("value", _("Say how much."))
        elif kind == Offer.Kind.PERCENT and value and not 0 < value <= 100:
            self.add_error("value", _("A percentage from 1 to 100."))
        start, end = values.get("starts_at"), values.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", _("The end comes after the start."))
        return values


class CampaignForm(StaffModelForm):
    """A campaign."""

    class Meta:
        model = Campaign
        fields = [
            "name",
            "goal",
            "channel",
            "funnel_position",
            "starts_on",
            "ends_on",
            "budget",
            "owner",
        ]


class HolidayForm(StaffModelForm):
    """A day on which the organisation is closed."""

    class Meta:
        model = Holiday
        fields = ["on", "name"]
