"""The marketer's screens: the list of landing pages, and the tabs of one page."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from capture.blocks.page_starts import PAGE_STARTS
from capture.forms.pages import NewPageForm, PageForm
from capture.models import LandingPage
from capture.selectors import pages as selectors
from capture.services import pages, sharing
from capture.views import landing
from capture.views.sharing import as_picture
from leadflow.blocks import services as blocks
from leadflow.kit.clock import now
from leadflow.people.access import allowed
from leadflow.services import hosts
from leadflow.web import editor
from leadflow.web.filters import Filter, FilterSet
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.tables import Column, Table

PAGES = Table(
    "capture.pages",
    columns=[
        Column("name", gettext_lazy("Page"), sort="name", always=True),
        Column("state", gettext_lazy("State")),
        Column("views", gettext_lazy("Views"), sort="views", align="right"),
        Column("answers", gettext_lazy("Answers"), sort="answers", align="right"),
        Column(
            "conversion",
            gettext_lazy("Conversion"),
            sort="conversion",
            nullable=True,
            align="right",
        ),
        Column("campaign", gettext_lazy("Campaign")),
        Column("last", gettext_lazy("Last answer"), sort="last_answer_at", nullable=True),
        Column("made", gettext_lazy("Made"), sort="created_at", default=False),
    ],
    default_sort="-made",
)
FILTERS = FilterSet(
    [
        Filter(
            "state",
            gettext_lazy("State"),
            "status__in",
            choices=lambda: LandingPage.Status.choices,
        )
    ]
)


def page_or_404(request: HtmxHttpRequest, pk: int) -> LandingPage:
    """The page, where this person may see it."""
    rows = LandingPage.objects.visible_to(request.user).select_related("live")
    return get_object_or_404(rows, pk=pk)


@access("form.view")
@require_safe
def page_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every page with what it brings."""
    rows = selectors.pages_of(request.user)
    applied = FILTERS.read(request)
    if not applied.chips:
        rows = rows.exclude(status=LandingPage.Status.ARCHIVED)
    page = PAGES.page(request, applied.narrow(rows))
    context = {
        "page": page,
        "applied": applied,
        "starts": PAGE_STARTS.items(),
        "has_any": bool(page.rows) or LandingPage.objects.visible_to(request.user).exists(),
        "can_edit": allowed(request.user, "form.edit"),
        "at": now(),
    }
    return render(request, "capture/pages.html", context)


@access("form.edit")
@require_POST
def create(request: HtmxHttpRequest) -> HttpResponseBase:
    """Make a page from a starting point and open it in the editor."""
    form = NewPageForm(request.POST)
    start = form.cleaned_data["start"] if form.is_valid() else "blank"
    made = pages.create(name=form.cleaned_data.get("name", ""), start=start, by=request.user)
    return redirect(request, made.get_absolute_url())


def tab_context(request: HtmxHttpRequest, page: LandingPage, tab: str) -> dict[str, Any]:
    """What the head of every tab shows."""
    return {
        "page_row": page,
        "tab": tab,
        "can_edit": allowed(request.user, "form.edit"),
        "public_url": hosts.base_url() + page.public_path,
        "next_number": lambda: blocks.next_number(page),  # asked where it is shown
        "at": now(),
    }


@access("form.view")
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def build(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The editor."""
    page = page_or_404(request, pk)
    context = tab_context(request, page, "build")
    context["editor"] = editor.start(
        request,
        page,
        draft_url=reverse("capture:page-draft", args=[pk]),
        preview_url=reverse("capture:page-preview", args=[pk]),
        images_url=reverse("capture:images"),
        can_edit=context["can_edit"],
    )
    context["versions"] = page.versions.select_related("published_by")[:30]
    context["forms"] = pages.forms_on(page.draft)
    return render(request, "capture/page_build.html", context)


@access("form.edit")
@require_POST
def draft(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The editor saves."""
    return editor.save(request, page_or_404(request, pk), by=request.user)


@access("form.view")
@require_safe
@xframe_options_exempt
def preview(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The draft as visitors would see it, inside the editor only; it cannot be sent."""
    return landing.draft(request, page_or_404(request, pk))


@access("form.edit")
@require_POST
def publish(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Show the draft to visitors."""
    page = page_or_404(request, pk)
    version = pages.publish(page=page, by=request.user, revision=editor.revision_of(request))
    messages.success(request, _("Version %(n)d is live.") % {"n": version.number})
    name = "capture:page-share" if version.number == 1 else "capture:page"
    return redirect(request, reverse(name, args=[pk]))


@access("form.view")
@require_safe
def version(request: HtmxHttpRequest, pk: int, number: int) -> HttpResponse:
    """What one version changed, with the way back to it."""
    page = page_or_404(request, pk)
    row = get_object_or_404(page.versions.select_related("published_by"), number=number)
    context = tab_context(request, page, "build")
    context |= {"version": row, "changes": blocks.changes(document=page, number=number)}
    return render(request, "capture/page_version.html", context)


@access("form.edit")
@require_POST
def rollback(request: HtmxHttpRequest, pk: int, number: int) -> HttpResponse:
    """Show an older version again."""
    page = page_or_404(request, pk)
    get_object_or_404(page.versions.all(), number=number)
    made = pages.rollback(page=page, number=number, by=request.user)
    told = {"old": number, "new": made.number}
    messages.success(request, _("Version %(old)d is live again, as version %(new)d.") % told)
    return redirect(request, page.get_absolute_url())


@access("form.edit")
def settings(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Name, address, window, source and campaign."""
    page = page_or_404(request, pk)
    form = PageForm(request.POST or None, instance=page_or_404(request, pk))
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: pages.change(page=page, values=form.cleaned_data, by=request.user))
    ):
        messages.success(request, _("Saved. It applies at once."))
        return redirect(request, request.path)
    context = tab_context(request, page, "settings") | {"form": form}
    context["former"] = page.former_addresses.order_by("-left_at")
    context["base"] = hosts.base_url()
    return render(request, "capture/page_settings.html", context, status=form.status)


@access("form.edit")
@require_safe
def share(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The link, its QR code, and a link to the draft for somebody who is not signed in."""
    page = page_or_404(request, pk)
    context = tab_context(request, page, "share")
    token = pages.preview_token(page)
    context["preview_url"] = hosts.base_url() + reverse("capture:page-preview-link", args=[token])
    context["preview_days"] = pages.PREVIEW_DAYS
    return render(request, "capture/page_share.html", context)


@access("form.view")
@require_safe
def qr(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The page's address as a QR code."""
    page = page_or_404(request, pk)
    return as_picture(sharing.qr_of(hosts.base_url() + page.public_path))


@access("form.edit")
@require_POST
def archive(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Close the page to visitors."""
    page = pages.archive(page=page_or_404(request, pk), by=request.user)
    messages.success(request, _("“%(name)s” is closed to visitors.") % {"name": page.name})
    return redirect(request, reverse("capture:pages"))


@access("form.edit")
@require_POST
def reopen(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take the page out of the archive, as a draft."""
    page = pages.reopen(page=page_or_404(request, pk), by=request.user)
    return redirect(request, page.get_absolute_url())


@access("form.edit")
@require_POST
def copy(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A new draft with the same blocks."""
    made = pages.copy(page=page_or_404(request, pk), by=request.user)
    return redirect(request, made.get_absolute_url())
