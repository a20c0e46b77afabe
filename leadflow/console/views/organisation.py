"""The organisation: who it is, how it counts, when it works."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from leadflow.console.forms import organisation as forms
from leadflow.console.forms.taking import TakingForm
from leadflow.console.page import saved
from leadflow.errors import Invalid
from leadflow.kit.ids import code
from leadflow.models import ExchangeRate, Organisation
from leadflow.services import lookups, organisation, rates
from leadflow.web.gate import access, public
from leadflow.web.htmx import HtmxHttpRequest

PICTURE = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}


@access("self.edit")
def index(request: HtmxHttpRequest) -> HttpResponse:
    """All settings that this person may open."""
    return render(request, "console/index.html")


def screen(
    form_class: type[Any], template: str, title: Promise, intro: Promise
) -> Callable[..., HttpResponseBase]:
    """A screen over some fields of the organisation."""

    @access("settings.edit")
    def edit(request: HtmxHttpRequest) -> HttpResponse:
        current = Organisation.current()
        form = form_class(request.POST or None, request.FILES or None, instance=current)
        if form.is_valid() and form.attempt(
            lambda: organisation.change(by=request.user, **named(form.cleaned_data))
        ):
            return saved(request, request.path, _("Saved."))
        context = {"form": form, "title": title, "intro": intro}
        return render(request, template, context, status=form.status)

    return edit


def named(values: dict[str, Any]) -> dict[str, Any]:
    """A file gets a random name, so that no stored path is chosen by whoever uploads."""
    logo = values.get("logo")
    if logo and hasattr(logo, "content_type"):
        logo.name = f"{code()}{PurePath(logo.name).suffix.lower()}"
    return values


identity = screen(
    forms.IdentityForm,
    "console/screen.html",
    gettext_lazy("Identity"),
    gettext_lazy("Stands on sign-in, in mails and on public pages."),
)
locale = screen(
    forms.LocaleForm,
    "console/screen.html",
    gettext_lazy("Language and formats"),
    gettext_lazy("How times, dates and money are read. People may choose a zone of their own."),
)
selling = screen(
    forms.SellingForm,
    "console/screen.html",
    gettext_lazy("Quotes and commission"),
    gettext_lazy(
        "What a new quote begins with, which discounts a manager has to approve, and up to which day "
        "commission is settled."
    ),
)
privacy = screen(
    forms.PrivacyForm,
    "console/privacy.html",
    gettext_lazy("Privacy"),
    gettext_lazy("Who sees what of a person, and how long it stays."),
)


@access("settings.edit")
def hours(request: HtmxHttpRequest) -> HttpResponse:
    """When the organisation works: response clocks and business days count by it."""
    form = forms.HoursForm(request.POST or None, hours=Organisation.current().working_hours)
    if form.is_valid():
        organisation.change(by=request.user, working_hours=form.hours())
        return saved(request, request.path, _("Saved."))
    return render(request, "console/hours.html", {"form": form}, status=form.status)


@access("settings.edit")
def lifecycle(request: HtmxHttpRequest) -> HttpResponse:
    """What the stages are called and mean here."""
    form = forms.LifecycleForm(request.POST or None, organisation=Organisation.current())
    if form.is_valid():
        organisation.change(by=request.user, **form.values())
        return saved(request, request.path, _("Saved."))
    return render(request, "console/lifecycle.html", {"form": form}, status=form.status)


@access("settings.edit")
def incoming_values(request: HtmxHttpRequest) -> HttpResponse:
    """What another value from outside does, field by field."""
    form = TakingForm(request.POST or None, taking=Organisation.current().taking)
    if form.is_valid():
        organisation.change(by=request.user, taking=form.taking())
        return saved(request, request.path, _("Saved."))
    return render(request, "console/incoming_values.html", {"form": form}, status=form.status)


@access("settings.edit")
def look_ups(request: HtmxHttpRequest) -> HttpResponse:
    """Which adapters are asked, and what each filled lately."""
    if request.method == "POST":
        key, off = request.POST.get("adapter", ""), {*Organisation.current().lookups_off}
        if key not in lookups.installed():
            raise Invalid(_("There is no such look-up."))
        off = off - {key} if request.POST.get("on") == "1" else off | {key}
        organisation.change(by=request.user, lookups_off=sorted(off))
        return saved(request, request.path, _("Saved."))
    return render(request, "console/lookups.html", {"rows": lookups.shown()})


@access("settings.edit")
def rate_list(request: HtmxHttpRequest) -> HttpResponse:
    """Exchange rates: the list, one typed, or many from a file."""
    is_file = "file" in request.FILES or request.POST.get("what") == "file"
    form = forms.RateForm(request.POST if request.method == "POST" and not is_file else None)
    upload = forms.RatesFileForm(
        request.POST if is_file else None, request.FILES if is_file else None
    )
    if (
        form.is_bound
        and form.is_valid()
        and form.attempt(lambda: rates.set_rate(by=request.user, **form.cleaned_data))
    ):
        return saved(request, request.path, _("Saved."))
    if (
        upload.is_bound
        and upload.is_valid()
        and upload.attempt(
            lambda: rates.import_rates(content=upload.cleaned_data["file"], by=request.user)
        )
    ):
        done = {"added": upload.result.added, "changed": upload.result.changed}
        return saved(request, request.path, _("%(added)s added, %(changed)s replaced.") % done)
    context = {"form": form, "upload": upload, "rates": ExchangeRate.objects.all()[:200]}
    status = max(form.status, upload.status)
    return render(request, "console/rates.html", context, status=status)


@access("settings.edit")
@require_POST
def rate_remove(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a rate back."""
    rates.remove_rate(rate=get_object_or_404(ExchangeRate, pk=pk), by=request.user)
    return saved(request, reverse("console:rates"), _("Removed."))


@public("sign-in, mails and public pages show the logo")
def logo(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 every view takes it
    """The organisation's logo, never interpreted as anything but a picture."""
    picture = Organisation.current().logo
    name = picture.name or ""
    ending = PurePath(name).suffix.lstrip(".")
    if ending not in PICTURE or not picture.storage.exists(name):
        raise Http404
    with picture.open("rb") as file:
        response = HttpResponse(file.read(), content_type=PICTURE[ending])
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Content-Security-Policy"] = "sandbox"
    return response
