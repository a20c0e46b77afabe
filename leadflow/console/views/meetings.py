"""What visitors can book: meeting types, and each person's own hours."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from leadflow.calendars import arranging
from leadflow.calendars.models import MeetingType
from leadflow.calendars.selectors import organisation_hours, own_week
from leadflow.console.crud import SettingsCrud
from leadflow.console.forms.meetings import MeetingTypeForm
from leadflow.console.forms.organisation import HoursForm
from leadflow.console.page import saved
from leadflow.people.models import User
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest


def _save(form: Any, by: User) -> Any:
    values = dict(form.cleaned_data)
    hosts = values.pop("hosts")
    return arranging.save_meeting_type(row=form.instance, values=values, hosts=hosts, by=by)


def _hosts(row: MeetingType) -> str:
    return ", ".join(one.name for one in row.hosts.all())


MEETINGS = SettingsCrud(
    MeetingType,
    MeetingTypeForm,
    permission="meeting.edit",
    namespace="console",
    slug="meetings",
    singular=_("Meeting type"),
    plural=_("Meeting types"),
    intro=_("What visitors can book of your time: on a page of its own, in a form, from a mail."),
    columns=[
        ("name", _("Name")),
        ("page_url", _("Page")),
        (lambda row: _t("%(n)s min") % {"n": row.minutes}, _("Length")),
        (_hosts, _("Hosts")),
    ],
    prefetch=["hosts"],
    archived_field="is_archived",
    save=_save,
    template="console/meetings.html",
    form_template="console/meeting.html",
)


@access("self.edit")
def own_hours(request: HtmxHttpRequest) -> HttpResponse:
    """When she works herself; without hours of her own those of the organisation count."""
    own = own_week(request.user)
    if request.method == "POST" and "as_all" in request.POST:
        arranging.set_hours(user=request.user, week=None, by=request.user)
        return saved(request, request.path, _t("The organisation's hours count for you now."))
    form = HoursForm(request.POST or None, hours=own or organisation_hours().week)
    if form.is_valid():
        arranging.set_hours(user=request.user, week=form.hours(), by=request.user)
        return saved(request, request.path, _t("Saved."))
    context = {"form": form, "own": own}
    return render(request, "console/own_hours.html", context, status=form.status)
