"""The form of a short link."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.assets.models import ContentItem, ShortLink
from leadflow.blocks.schema import is_web_address
from leadflow.models import Campaign
from leadflow.web.forms import StaffModelForm


class LinkForm(StaffModelForm):
    """Where a link leads, and under what its visitors are counted."""

    class Meta:
        model = ShortLink
        fields = [
            "name", "url", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "campaign", "content",
        ]  # fmt: skip
        widgets = {"url": forms.TextInput(attrs={"placeholder": "https://"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = Campaign.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["content"].queryset = ContentItem.objects.filter(is_archived=False)  # type: ignore[attr-defined]

    def clean_url(self) -> str:
        """An address of the web and nothing that runs."""
        url = str(self.cleaned_data["url"])
        if not is_web_address(url):
            raise forms.ValidationError(_("Use an address that starts with https:// or http://."))
        return url

    def clean(self) -> dict[str, Any]:
        """A link of a campaign says its name, unless it says another."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("campaign") and not values.get("utm_campaign"):
            values["utm_campaign"] = values["campaign"].name[:80]
        return values
