"""The tab A/B test of a form and of a landing page, and the editor of a variant."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from capture.forms.experiments import ArrangeForm
from capture.models import Form
from capture.selectors import experiments as selectors
from capture.services import experiments
from capture.views import landing, manage, pages
from leadflow.errors import Conflict
from leadflow.experiments import services
from leadflow.experiments.models import Experiment, Variant
from leadflow.experiments.selectors import MOST
from leadflow.kit import clock
from leadflow.web import editor
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


def _document(request: HtmxHttpRequest, kind: str, pk: int) -> experiments.Tested:
    """The form or the page, where this person may see it."""
    if kind == "form":
        return manage.form_or_404(request, pk)
    return pages.page_or_404(request, pk)


def _experiment(request: HtmxHttpRequest, pk: int) -> tuple[Experiment, experiments.Tested]:
    found = get_object_or_404(Experiment, pk=pk)
    return found, _document(request, found.kind, found.subject_id)


def _variant(request: HtmxHttpRequest, pk: int, key: str) -> tuple[Variant, experiments.Tested]:
    found, document = _experiment(request, pk)
    rows = found.variants.select_related("experiment", "draft_saved_by")
    return get_object_or_404(rows, key=key), document


def _tab(document: experiments.Tested) -> str:
    return reverse(f"capture:{document.block_set}-test", args=[document.pk])


def _frame(request: HtmxHttpRequest, document: experiments.Tested, tab: str) -> dict[str, Any]:
    """The head of the document's tabs, whichever kind it is."""
    if isinstance(document, Form):
        context = manage.tab_context(request, document, tab) | {"frame": "capture/tabs.html"}
        context["answers_url"] = reverse("capture:form-answers", args=[document.pk])
    else:
        context = pages.tab_context(request, document, tab) | {"frame": "capture/page_tabs.html"}
        context["answers_url"] = reverse("capture:answers")
    kind = document.block_set
    context["begin_url"] = reverse(f"capture:{kind}-test-new", args=[document.pk])
    return context | {"document": document, "kind": kind, "test_url": _tab(document)}


@access("form.view")
@require_safe
def overview(request: HtmxHttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """What is being made, or runs with its figures, and what was found before."""
    return _shown(request, _document(request, kind, pk))


def _shown(
    request: HtmxHttpRequest, document: experiments.Tested, form: ArrangeForm | None = None
) -> HttpResponse:
    at = clock.now()
    every = selectors.of_document(document.block_set, document.pk)
    now = every[0] if every and every[0].state != Experiment.State.STOPPED else None
    context = _frame(request, document, "test")
    context |= {"test": now, "most": MOST, "enough": selectors.ENOUGH}
    context["past"] = [(row, selectors.results_of(row)) for row in every if row != now][:5]
    if now and now.is_draft:
        context["form"] = form or ArrangeForm(instance=now)
    elif now:
        context["results"] = selectors.results_of(now)
        context["days"] = selectors.days_running(now, at)
        context["is_early"] = now.decides_at is not None and at < now.decides_at
    status = form.status if form else 200
    return render(request, "capture/experiment.html", context, status=status)


@access("form.edit")
@require_POST
def begin(request: HtmxHttpRequest, pk: int, kind: str) -> HttpResponse:
    """Make variant B and open it in the editor."""
    made = experiments.begin(document=_document(request, kind, pk), by=request.user)
    return redirect(request, reverse("capture:variant", args=[made.pk, "b"]))


@access("form.edit")
@require_POST
def arrange(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Keep goal and shares; with the button Start, start."""
    found, document = _experiment(request, pk)
    form = ArrangeForm(request.POST, instance=found)
    starts = request.POST.get("go") == "start"

    def act() -> None:
        kept = services.arrange(experiment=found, by=request.user, **form.values())
        if starts:
            experiments.start(experiment=kept, by=request.user)

    if form.is_valid() and form.attempt(act):
        told = _("It runs. Visitors see a variant each from now on.") if starts else _("Saved.")
        messages.success(request, told)
        return redirect(request, _tab(document))
    return _shown(request, document, form)


def _kept(request: HtmxHttpRequest, found: Experiment) -> None:
    """Keep what a button beside the form sends along with it, where it can be kept."""
    form = ArrangeForm(request.POST, instance=found)
    if found.is_draft and form.is_valid():
        services.arrange(experiment=found, by=request.user, **form.values())


@access("form.edit")
@require_POST
def stop(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Show everybody the chosen variant from now on."""
    found, document = _experiment(request, pk)
    winner = get_object_or_404(found.variants, key=request.POST.get("winner", "a"))
    experiments.stop(experiment=found, winner=winner, by=request.user)
    messages.success(request, _("Everybody sees %(name)s now.") % {"name": winner.name})
    return redirect(request, _tab(document))


@access("form.edit")
@require_POST
def discard(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Throw away a test that was never started."""
    found, document = _experiment(request, pk)
    services.discard(experiment=found, by=request.user)
    messages.success(request, _("Discarded. Visitors saw nothing of it."))
    return redirect(request, _tab(document))


@access("form.edit")
@require_POST
def add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """One more copy of A, in the editor; what was typed beside it is kept."""
    found, _found_document = _experiment(request, pk)
    _kept(request, found)
    made = services.add_variant(experiment=found, by=request.user)
    return redirect(request, reverse("capture:variant", args=[pk, made.key]))


@access("form.edit")
@require_POST
def remove(request: HtmxHttpRequest, pk: int, key: str) -> HttpResponse:
    """Leave a variant out again."""
    variant, document = _variant(request, pk, key)
    _kept(request, variant.experiment)
    services.remove_variant(variant=variant, by=request.user)
    return redirect(request, _tab(document))


@access("form.view")
@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def build(request: HtmxHttpRequest, pk: int, key: str) -> HttpResponseBase:
    """The editor of a variant; to be looked at only once it was started."""
    variant, document = _variant(request, pk, key)
    context = _frame(request, document, "test") | {"variant": variant}
    variant.draft = experiments.content_of(variant, document)
    context["editor"] = editor.start(
        request,
        variant,
        draft_url=reverse("capture:variant-draft", args=[pk, key]),
        preview_url=reverse("capture:variant-preview", args=[pk, key]),
        images_url=reverse("capture:images"),
        can_edit=context["can_edit"] and variant.experiment.is_draft and not variant.is_control,
    )
    return render(request, "capture/variant.html", context)


@access("form.edit")
@require_POST
def draft(request: HtmxHttpRequest, pk: int, key: str) -> HttpResponse:
    """The editor saves."""
    variant, _found_document = _variant(request, pk, key)
    if variant.is_control or not variant.experiment.is_draft:
        raise Conflict(_("What is compared stays as it was. Stop the A/B test first."))
    return editor.save(request, variant, by=request.user)


@access("form.view")
@require_safe
@xframe_options_exempt
def preview(request: HtmxHttpRequest, pk: int, key: str) -> HttpResponse:
    """A variant as visitors would see it; it cannot be sent."""
    variant, document = _variant(request, pk, key)
    content = experiments.content_of(variant, document)
    if isinstance(document, Form):
        return manage.previewed(request, document, content)
    return landing.draft(request, document, content)
