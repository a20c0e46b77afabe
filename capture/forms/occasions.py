"""The forms of events: a time on a wall in a zone, a place or a link, and for how many."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capture.models import Occasion
from leadflow.blocks.schema import is_web_address
from leadflow.kit import clock
from leadflow.models import Campaign, Organisation
from leadflow.people.models import User
from leadflow.web.forms import DateTimeInput, StaffForm, StaffModelForm
from leadflow.web.zones import ZoneSelect, zone_choices


class WallTime(forms.DateTimeField):
    """A day and a time as a clock on a wall shows them; the zone is another field's business."""

    widget = DateTimeInput

    def to_python(self, value: Any) -> datetime | None:
        """Without a zone, whatever zone the reader has."""
        with timezone.override(UTC):
            found = super().to_python(value)
        return found.replace(tzinfo=None) if found else None


class OccasionForm(StaffModelForm):
    """An event as its marketer plans it."""

    starts = WallTime(label=_("Starts"))
    ends = WallTime(label=_("Ends"))
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices, widget=ZoneSelect)

    class Meta:
        model = Occasion
        fields = [
            "title", "kind", "time_zone", "place", "join_url", "description", "capacity",
            "has_waiting_list", "host", "campaign", "topic", "points",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "join_url": forms.TextInput(attrs={"placeholder": "https://"}),
        }

    field_order = ["title", "kind", "starts", "ends", "time_zone", "join_url", "place"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance: Occasion | None = kwargs.get("instance")
        initial = {"time_zone": Organisation.current().time_zone}
        if instance is not None:
            initial["starts"] = instance.starts_here.replace(tzinfo=None)  # type: ignore[assignment]
            initial["ends"] = instance.ends_here.replace(tzinfo=None)  # type: ignore[assignment]
            initial["time_zone"] = instance.time_zone
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)
        self.fields["campaign"].queryset = Campaign.objects.filter(is_archived=False)  # type: ignore[attr-defined]
        self.fields["host"].queryset = User.objects.can_own().order_by("name")  # type: ignore[attr-defined]
        self.fields["points"].required = False

    def clean_points(self) -> int:
        """None means that coming is worth nothing by itself."""
        return self.cleaned_data["points"] or 0

    def clean_join_url(self) -> str:
        """An address of the web and nothing that runs."""
        url = str(self.cleaned_data["join_url"]).strip()
        if url and not is_web_address(url):
            raise forms.ValidationError(_("Use an address that starts with https:// or http://."))
        return url

    def clean(self) -> dict[str, Any]:
        """A time that exists, an end after its start, and somewhere to go."""
        values: dict[str, Any] = super().clean() or {}
        zone = ZoneInfo(values.get("time_zone") or "UTC")
        starts, ends = (self._moment(name, values.get(name), zone) for name in ("starts", "ends"))
        if starts and ends and ends <= starts:
            self.add_error("ends", _("It ends before it starts."))
        if starts and self.instance.pk is None and starts <= clock.now():
            self.add_error("starts", _("That time is past. Choose one to come."))
        if not values.get("place") and not values.get("join_url") and "join_url" not in self.errors:
            self.add_error("place", _("Say where it is, or give a link to join."))
        self.moments = {"starts_at": starts, "ends_at": ends}
        return values

    def _moment(self, name: str, wall: datetime | None, zone: ZoneInfo) -> datetime | None:
        if wall is None:
            return None
        found = wall.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) != wall:
            self.add_error(name, _("The clocks are put forward then: that time does not exist."))
        return found

    @property
    def values(self) -> dict[str, Any]:
        """The fields of the row."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields} | self.moments


class CancelForm(StaffForm):
    """What the people read who are told that it is off."""

    note = forms.CharField(
        label=_("What they read"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands in the email below the sentence that the event does not take place."),
    )
