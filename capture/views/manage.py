"""The marketer's screens: the list of forms, and the tabs of one form."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from capture import selectors
from capture.blocks.starts import GROUPS, STARTS
from capture.forms.answers import form_class, logic_json
from capture.forms.staff import NewForm
from capture.models import Form, Submission
from capture.services import forms
from capture.views.public import public_page, steps_before
from leadflow.blocks import documents, registry
from leadflow.blocks import services as blocks
from leadflow.people.access import allowed
from leadflow.services import hosts
from leadflow.web import editor
from leadflow.web.filters import Filter, FilterSet
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.tables import Column, Table

FORMS = Table(
    "capture.forms",
    columns=[
        Column("name", gettext_lazy("Form"), sort="name", always=True),
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
        Column("last", gettext_lazy("Last answer"), sort="last_answer_at", nullable=True),
        Column("made", gettext_lazy("Made"), sort="created_at", default=False),
    ],
    default_sort="-made",
)
FILTERS = FilterSet(
    [Filter("state", gettext_lazy("State"), "status__in", choices=lambda: Form.Status.choices)]
)


def form_or_404(request: HtmxHttpRequest, pk: int) -> Form:
    """The form, where this person may see it."""
    return get_object_or_404(Form.objects.visible_to(request.user).select_related("live"), pk=pk)


@access("form.view")
@require_safe
def form_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every form with what it brings."""
    rows = selectors.forms_of(request.user)
    applied = FILTERS.read(request)
    if not applied.chips:
        rows = rows.exclude(status=Form.Status.ARCHIVED)
    page = FORMS.page(request, applied.narrow(rows))
    context = {
        "page": page,
        "applied": applied,
        "groups": GROUPS,
        "has_any": bool(page.rows) or Form.objects.visible_to(request.user).exists(),
        "can_edit": allowed(request.user, "form.edit"),
        "can_read": allowed(request.user, "answer.view"),
        "attention": selectors.needing_attention(request.user),
    }
    return render(request, "capture/forms.html", context)


@access("form.edit")
@require_POST
def create(request: HtmxHttpRequest) -> HttpResponseBase:
    """Make a form from a starting point and open it in the editor."""
    form = NewForm(request.POST)
    start = form.cleaned_data["start"] if form.is_valid() else "blank"
    told = form.cleaned_data
    occasion = told.get("occasion")
    made = forms.create(name=told.get("name", ""), start=start, by=request.user, occasion=occasion)
    return redirect(request, made.get_absolute_url())


@access("form.view")
@require_safe
@xframe_options_exempt
def start_preview(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """What a form from this start would look like; it cannot be sent."""
    if key not in STARTS:
        raise Http404
    content = STARTS[key].content()
    row = Form(name=str(STARTS[key].name))
    context = _preview_context(content)
    return public_page(request, row, "capture/public/form.html", context, around="'self'")


def tab_context(request: HtmxHttpRequest, form: Form, tab: str) -> dict[str, Any]:
    """What the head of every tab shows."""
    rows = Submission.objects.visible_to(request.user).filter(form=form).counted()
    return {
        "form_row": form,
        "tab": tab,
        "can_edit": allowed(request.user, "form.edit"),
        "can_read": allowed(request.user, "answer.view"),
        "answers": rows.count(),
        "public_url": hosts.base_url() + form.public_path,
        "next_number": lambda: blocks.next_number(form),  # asked where it is shown
    }


@access("form.view")
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def build(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The editor."""
    form = form_or_404(request, pk)
    context = tab_context(request, form, "build")
    context["editor"] = editor.start(
        request,
        form,
        draft_url=reverse("capture:draft", args=[pk]),
        preview_url=reverse("capture:preview", args=[pk]),
        images_url=reverse("capture:images"),
        can_edit=context["can_edit"],
    )
    context["versions"] = form.versions.select_related("published_by")[:30]
    return render(request, "capture/build.html", context)


@access("form.edit")
@require_POST
def draft(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The editor saves."""
    return editor.save(request, form_or_404(request, pk), by=request.user)


@access("form.view")
@require_safe
@xframe_options_exempt
def preview(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The draft as visitors would see it, inside the editor only; it cannot be sent."""
    form = form_or_404(request, pk)
    return previewed(request, form, form.draft)


def previewed(request: HtmxHttpRequest, form: Form, content: documents.Content) -> HttpResponse:
    """Content of a form as visitors would see it; the caller has asked who is looking."""
    context = _preview_context(content)
    return public_page(request, form, "capture/public/form.html", context, around="'self'")


def _preview_context(content: documents.Content) -> dict[str, Any]:
    return {
        "fields": registry.render("form", content),
        "logic": logic_json(form_class(content)),
        "submit_label": content["settings"].get("submit_label", ""),
        **steps_before(content),
        "preview": True,
        "embedded": True,
    }


@access("form.edit")
@require_POST
def publish(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Show the draft to visitors."""
    form = form_or_404(request, pk)
    version = forms.publish(form=form, by=request.user, revision=editor.revision_of(request))
    messages.success(request, _("Version %(n)d is live.") % {"n": version.number})
    return redirect(
        request, reverse("capture:share" if version.number == 1 else "capture:form", args=[pk])
    )


@access("form.view")
@require_safe
def version(request: HtmxHttpRequest, pk: int, number: int) -> HttpResponse:
    """What one version changed, with the way back to it."""
    form = form_or_404(request, pk)
    row = get_object_or_404(form.versions.select_related("published_by"), number=number)
    context = tab_context(request, form, "build")
    context |= {"version": row, "changes": blocks.changes(document=form, number=number)}
    return render(request, "capture/version.html", context)


@access("form.edit")
@require_POST
def rollback(request: HtmxHttpRequest, pk: int, number: int) -> HttpResponse:
    """Show an older version again."""
    form = form_or_404(request, pk)
    get_object_or_404(form.versions.all(), number=number)
    made = forms.rollback(form=form, number=number, by=request.user)
    told = {"old": number, "new": made.number}
    messages.success(request, _("Version %(old)d is live again, as version %(new)d.") % told)
    return redirect(request, form.get_absolute_url())


@access("form.edit")
@require_POST
def archive(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Close the form to visitors."""
    form = forms.archive(form=form_or_404(request, pk), by=request.user)
    messages.success(request, _("“%(name)s” is closed. Its answers stay.") % {"name": form.name})
    return redirect(request, reverse("capture:forms"))


@access("form.edit")
@require_POST
def reopen(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take the form out of the archive, as a draft."""
    form = forms.reopen(form=form_or_404(request, pk), by=request.user)
    return redirect(request, form.get_absolute_url())


@access("form.edit")
@require_POST
def copy(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A new draft with the same questions."""
    made = forms.copy(form=form_or_404(request, pk), by=request.user)
    return redirect(request, made.get_absolute_url())
