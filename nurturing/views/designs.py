"""Designs of mails: their list and gallery, the editor, its preview, and publishing."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadflow.blocks import services as blocks
from leadflow.mail.design import checking, services
from leadflow.mail.design.starts import STARTS
from leadflow.mail.models import MailDesign
from leadflow.people.access import allowed
from leadflow.web import editor
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from nurturing.selectors import designs as selectors
from nurturing.views import framing
from nurturing.views.of_design import design_or_404, head

PAGE = 100


@access("sequence.view")
@require_safe
def design_list(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every design with where it is used."""
    view = "archived" if request.GET.get("view") == "archived" else "living"
    rows = selectors.listed(request.user, archived=view == "archived", most=PAGE)
    context = {
        "lines": rows,
        "view": view,
        "tab": "designs",
        "can_edit": allowed(request.user, "sequence.edit"),
        "has_any": bool(rows) or MailDesign.objects.visible_to(request.user).exists(),
    }
    return render(request, "nurturing/designs.html", context)


@access("sequence.edit")
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def gallery(request: HtmxHttpRequest) -> HttpResponseBase:
    """The templates to begin from, each as it looks."""
    context = {"starts": STARTS.items(), "tab": "gallery", "can_edit": True}
    return render(request, "nurturing/design_gallery.html", context)


@access("sequence.edit")
@require_safe
@xframe_options_exempt
def start(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """One template as a page inside the gallery."""
    del request
    if key not in STARTS:
        raise Http404
    return framing.page_of(framing.example(STARTS[key].content()))


@access("sequence.edit")
@require_POST
def create(request: HtmxHttpRequest) -> HttpResponse:
    """Make a draft from a template and open it."""
    key = request.POST.get("start", "blank")
    made = services.create(name=request.POST.get("name", ""), start=key, by=request.user)
    return redirect(request, made.get_absolute_url())


@access("sequence.view")
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def build(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The editor."""
    design = design_or_404(request, pk)
    context = head(request, design, "build")
    context["editor"] = editor.start(
        request,
        design,
        draft_url=reverse("nurturing:design-draft", args=[pk]),
        preview_url=reverse("nurturing:design-frame", args=[pk]),
        images_url=reverse("capture:images"),
        can_edit=context["can_edit"],
    ) | {"is_sandboxed": True}
    context["versions"] = design.versions.select_related("published_by")[:30]
    context["cases"] = framing.choices()
    return render(request, "nurturing/design_build.html", context)


@access("sequence.edit")
@require_POST
def draft(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The editor saves."""
    return editor.save(request, design_or_404(request, pk), by=request.user)


@access("sequence.edit")
@require_POST
def publish(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Lay the draft out and let it be used."""
    version = services.publish(
        design=design_or_404(request, pk), by=request.user, revision=editor.revision_of(request)
    )
    words = _("Version %(n)d can be used. Whoever uses the design already takes it over when publishing next.")  # fmt: skip
    messages.success(request, words % {"n": version.number})
    return redirect(request, reverse("nurturing:design", args=[pk]))


@access("sequence.view")
@require_safe
def version(request: HtmxHttpRequest, pk: int, number: int) -> HttpResponse:
    """What one version changed, with the way back to it."""
    design = design_or_404(request, pk)
    row = get_object_or_404(design.versions.select_related("published_by"), number=number)
    context = head(request, design, "build")
    context |= {"version": row, "changes": blocks.changes(document=design, number=number)}
    return render(request, "nurturing/design_version.html", context)


@access("sequence.edit")
@require_POST
def rollback(request: HtmxHttpRequest, pk: int, number: int) -> HttpResponse:
    """Publish an older version again."""
    design = design_or_404(request, pk)
    get_object_or_404(design.versions.all(), number=number)
    made = services.rollback(design=design, number=number, by=request.user)
    told = {"old": number, "new": made.number}
    messages.success(request, _("Version %(old)d is used again, as version %(new)d.") % told)
    return redirect(request, design.get_absolute_url())


@access("sequence.edit")
@require_POST
def rename(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Call it something else."""
    design = design_or_404(request, pk)
    services.rename(design=design, name=request.POST.get("name", ""), by=request.user)
    return redirect(request, design.get_absolute_url())


@access("sequence.edit")
@require_POST
def copy(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A new draft with the same blocks."""
    made = services.copy(design=design_or_404(request, pk), by=request.user)
    return redirect(request, made.get_absolute_url())


@access("sequence.edit")
@require_POST
def archive(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put away, or take out again."""
    design = design_or_404(request, pk)
    actions = {"away": services.put_away, "back": services.bring_back}
    action = actions.get(request.POST.get("to", ""))
    if action is None:
        raise Http404
    action(design=design, by=request.user)
    return redirect(request, reverse("nurturing:designs"))


@access("sequence.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What is missing, what is worth a look, and whether its links answer; a post asks the links."""
    design = design_or_404(request, pk)
    if request.method == "POST":
        framing.ask_links(request, design)
        return redirect(request, request.path)
    context = head(request, design, "check") | framing.links_of(design)
    context["problems"] = [
        (checking.where_of(design.draft, one["block"]), one["message"])
        for one in editor.problems(design)
    ]
    context["hints"] = checking.hints(design.draft)
    return render(request, "nurturing/design_check.html", context)
