"""Forms of the library: content, offers, campaigns, holidays."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.assets.models import ContentItem
from leadflow.calendars.models import Holiday
from leadflow.models import Campaign
from leadflow.offers.models import Offer
from leadflow.web.forms import StaffModelForm


class ContentForm(StaffModelForm):
    """A content item."""

    url = forms.URLField(label=_("Address"), max_length=500, required=False, assume_scheme="https")

    class Meta:
        model = ContentItem
        fields = ["title", "kind", "url", "topic", "buyer_stage", "funnel_position"]


class OfferForm(StaffModelForm):
    """An offer; what the database forbids is said beside the field."""

    class Meta:
        model = Offer
        fields = ["name", "kind", "value", "text", "code", "starts_at", "ends_at", "most_uses"]

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
