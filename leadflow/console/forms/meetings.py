"""The form of a meeting type."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadflow.calendars.models import MeetingType
from leadflow.people.models import User
from leadflow.web.forms import StaffModelForm


class MeetingTypeForm(StaffModelForm):
    """What can be booked, with whom, and when."""

    hosts = forms.ModelMultipleChoiceField(
        label=_("Hosts"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of several, whoever is free and was booked least is met."),
        error_messages={"required": _("Choose at least one person who is met.")},
    )

    class Meta:
        model = MeetingType
        fields = [
            "name", "slug", "kind", "words", "hosts", "place", "place_details", "minutes", "step",
            "before", "after", "notice_hours", "days_ahead", "per_day",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = User.objects.can_own()
        if self.instance.pk:
            able = able | self.instance.hosts.all()
        self.fields["hosts"].queryset = able.distinct().order_by("name")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A place that is not the telephone says which."""
        values: dict[str, Any] = super().clean() or {}
        place, details = values.get("place"), values.get("place_details") or ""
        if place == MeetingType.Place.LINK and not details.startswith(("https://", "http://")):
            self.add_error("place_details", _("Give the link, beginning with https://."))
        if place == MeetingType.Place.ADDRESS and not details:
            self.add_error("place_details", _("Give the address."))
        return values
