"""The form of the policy on visitors."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from capture.models import VisitorPolicy, origin_list
from leadflow.web.forms import StaffModelForm


class VisitorsForm(StaffModelForm):
    """Tracking above, suspicion below; lists are written one a line."""

    site_lines = forms.CharField(
        label=lazy("Sites that carry the tracker"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "https://www.example.com"}),
        help_text=lazy(
            "One a line, with https:// and without a path. Reports of others are refused."
        ),
    )
    domain_lines = forms.CharField(
        label=lazy("Mail domains whose answers wait"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "competitor.example"}),
        help_text=lazy("One a line: competitors, and whoever keeps filling in your forms."),
    )

    field_order = [
        "mode", "site_lines", "banner_text", "privacy_url", "keep_days",
        "holds_crawlers", "holds_disposable", "domain_lines", "proof", "quarantine_days",
    ]  # fmt: skip

    class Meta:
        model = VisitorPolicy
        fields = [
            "mode", "banner_text", "privacy_url", "keep_days", "holds_crawlers",
            "holds_disposable", "proof", "quarantine_days",
        ]  # fmt: skip
        labels = {
            "holds_crawlers": lazy("Set aside what known crawlers send"),
            "holds_disposable": lazy("Set aside answers from throw-away mailboxes"),
            "proof": lazy("Proof that a browser must send, or its answer is set aside"),
            "keep_days": lazy("Forget visits after (days)"),
            "quarantine_days": lazy("Delete from the quarantine after (days)"),
        }
        help_texts = {
            "keep_days": lazy("What became of a lead stays with the lead."),
            "quarantine_days": lazy("What nobody took back by then goes for good, on record."),
            "mode": lazy(
                "Anonymous stores nothing in a browser. Identified asks first, and counts anonymously "
                "whoever has not answered yet; who says no is not counted at all."
            ),
            "banner_text": lazy("Asked on pages of ours. Your own site asks in its own way."),
            "holds_crawlers": lazy("Programs that post through the API are not meant by this."),
            "holds_disposable": lazy("Addresses that anybody gets for ten minutes."),
            "proof": lazy("Costs a visitor nothing and a robot much. Works on https only."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial["site_lines"] = "\n".join(self.instance.sites)
            self.initial["domain_lines"] = "\n".join(self.instance.blocked_domains)

    def clean_site_lines(self) -> list[str]:
        """One site a line, as browsers name them."""
        sites = _lines(self.cleaned_data["site_lines"], "/")
        origin_list(sites)
        return sites

    def clean_domain_lines(self) -> list[str]:
        """One domain a line."""
        domains = _lines(self.cleaned_data["domain_lines"], ".")
        wrong = [one for one in domains if "." not in one or "@" in one or " " in one]
        if wrong:
            raise forms.ValidationError(
                _("Write a domain as example.com: %(domain)s"), params={"domain": wrong[0][:80]}
            )
        if len(domains) > 500:
            raise forms.ValidationError(_("Give at most 500 domains."))
        return domains

    def clean(self) -> dict[str, Any]:
        """The lists under the names of the policy; tracking another site needs its name."""
        values: dict[str, Any] = super().clean() or {}
        values["sites"] = values.pop("site_lines", [])
        values["blocked_domains"] = values.pop("domain_lines", [])
        return values


def _lines(text: str, end: str) -> list[str]:
    rows = [row.strip().rstrip(end).lower() for row in text.splitlines()]
    return list(dict.fromkeys(row for row in rows if row))
