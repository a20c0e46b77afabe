"""The wizard: upload, map, look at what would happen, start, see the result."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadflow.errors import Invalid, NotAllowed
from leadflow.imports import mappings, services, undoing
from leadflow.imports.forms import MapForm, ReadForm, UploadForm, UseForm, WordsForm
from leadflow.imports.models import Import, SavedMapping
from leadflow.imports.registry import targets_for
from leadflow.imports.words import unknown_words
from leadflow.web import csv
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part

LIST = 100
STEPS = [
    gettext_lazy("Upload"),
    gettext_lazy("Columns"),
    gettext_lazy("Check"),
    gettext_lazy("Result"),
]


def steps(now: int) -> list[dict[str, Any]]:
    """The way through the wizard, for <c-steps>."""
    words = ["done", "now", "later"]
    return [
        {"label": label, "state": words[(place >= now) + (place > now)]}
        for place, label in enumerate(STEPS)
    ]


@require_safe
@access("import.run")
def import_list(request: HtmxHttpRequest) -> HttpResponse:
    """The imports that the user may see, newest first."""
    rows = Import.objects.visible_to(request.user).select_related("by")[:LIST]
    listed = [(row, services.target_for(row)) for row in rows]
    return render(request, "imports/list.html", {"rows": listed})


@require_http_methods(["GET", "HEAD", "POST"])
@access("import.run")
def new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Take a file."""
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        initial={"entity": request.GET.get("entity", "lead")},
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and form.attempt(lambda: _upload(request, form))
    ):
        return redirect(request, reverse("imports:map", args=[form.result.pk]))
    context = {"form": form, "steps": steps(0), "targets": targets_for(request.user)}
    return render(request, "imports/new.html", context, status=form.status)


@require_safe
@access("import.run")
def template(request: HtmxHttpRequest, entity: str) -> StreamingHttpResponse:
    """An empty table with a column for each field that she may bring; it comes in without mapping."""
    target = next((one for one in targets_for(request.user) if one.key == entity), None)
    if target is None:
        raise Http404
    by = services.context_of(Import(entity=entity, by=request.user))
    names = [str(field.label) for field in target.fields_for(by)]
    return csv.export(f"{target.label} {_('template')}", names, [])


def _upload(request: HtmxHttpRequest, form: UploadForm) -> Import:
    file = form.cleaned_data["file"]
    try:
        return services.upload(
            entity=form.cleaned_data["entity"], name=file.name, file=file.file, by=request.user
        )
    except Invalid as refusal:
        raise Invalid(refusal.message, {"file": [refusal.message]}) from refusal


def _draft(request: HtmxHttpRequest, pk: int) -> Import:
    """A file that she herself uploaded: it comes in with her permissions."""
    rows = Import.objects.visible_to(request.user).filter(by=request.user)
    return get_object_or_404(rows, pk=pk, state=Import.State.DRAFT)


@require_http_methods(["GET", "HEAD", "POST"])
@access("import.run")
def columns(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Say which column is which field, and what happens to known records."""
    imported = _draft(request, pk)
    form = MapForm(request.POST or None, imported=imported, samples=_samples(imported))
    if form.is_valid() and form.attempt(lambda: _plan(request, imported, form)):
        return redirect(request, reverse("imports:preview", args=[pk]))
    return _map_page(request, imported, form, ReadForm(imported=imported))


def _map_page(
    request: HtmxHttpRequest, imported: Import, form: MapForm, reading: ReadForm
) -> HttpResponse:
    context = {
        "form": form,
        "imported": imported,
        "target": services.target_for(imported),
        "earlier": services.same_file(imported),
        "saved": SavedMapping.objects.filter(entity=imported.entity),
        "use": UseForm(imported=imported),
        "reading": reading,
        "steps": steps(1),
    }
    status = max(form.status, reading.status)
    return render(request, "imports/map.html", context, status=status)


@require_POST
@access("import.run")
def read(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Read the file otherwise than was guessed."""
    imported = _draft(request, pk)
    form = ReadForm(request.POST, imported=imported)
    if form.is_valid() and form.attempt(lambda: services.read_as(imported, **form.changed())):
        return redirect(request, reverse("imports:map", args=[pk]))
    imported.refresh_from_db()
    mapping = MapForm(imported=imported, samples=_samples(imported))
    return _map_page(request, imported, mapping, form)


def _samples(imported: Import) -> list[Sequence[str]]:
    return [line.cells for line in islice(services.lines_of(imported), 20)]


def _plan(request: HtmxHttpRequest, imported: Import, form: MapForm) -> Import:
    services.plan_as(imported, **form.plan())
    if name := form.cleaned_data["save_as"]:
        mappings.keep(imported, name=name, by=request.user)
    return imported


@require_POST
@access("import.run")
def use(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Understand the file as a kept mapping says."""
    imported = _draft(request, pk)
    form = UseForm(request.POST, imported=imported)
    if form.is_valid():
        mappings.follow(imported, form.cleaned_data["saved"])
    return redirect(request, reverse("imports:map", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@access("import.run")
def preview(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What would happen: words to map once, counts, and the first lines."""
    imported = _draft(request, pk)
    form = WordsForm(request.POST or None, unknown=unknown_words(imported))
    if request.method == "POST" and form.is_valid():
        services.plan_as(imported, values=form.merged(imported.values))
        return redirect(request, reverse("imports:preview", args=[pk]))
    context = {
        "imported": imported,
        "target": services.target_for(imported),
        "trial": services.trial(imported),
        "form": form,
        "earlier": services.same_file(imported),
        "steps": steps(2),
    }
    return render(request, "imports/preview.html", context)


@require_POST
@access("import.run")
def start(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Begin in the background."""
    imported = _draft(request, pk)
    as_new = services.target_for(imported).may_be_new and request.POST.get("as_new") == "yes"
    services.plan_as(imported, choices={**imported.choices, "as_new": as_new})
    services.start(imported, by=request.user)
    return redirect(request, reverse("imports:result", args=[pk]))


@require_POST
@access("import.run")
def resume(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Go on with an import that was stopped."""
    rows = Import.objects.visible_to(request.user).filter(by=request.user)
    services.resume(get_object_or_404(rows, pk=pk), by=request.user)
    return redirect(request, reverse("imports:result", args=[pk]))


@require_POST
@access("import.run")
def discard(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """Drop a file that was not imported."""
    services.discard(_draft(request, pk))
    return redirect(request, reverse("imports:list"))


@require_safe
@access("import.run")
def result(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """How far it is, or what became of the lines."""
    rows = Import.objects.visible_to(request.user).select_related("run", "by")
    imported = get_object_or_404(rows, pk=pk)
    target = services.target_for(imported)
    is_stopped = services.is_stopped(imported)
    is_undoing = imported.state == Import.State.UNDOING
    context = {
        "imported": imported,
        "target": target,
        "run": imported.run,
        "is_mine": _is_hers(request, imported),
        "is_stopped": is_stopped,
        "is_working": imported.state in (Import.State.RUNNING, Import.State.UNDOING)
        and not is_stopped,
        "is_undoing": is_undoing,
        "can_undo": undoing.can_undo(imported) and not is_undoing and _is_hers(request, imported),
        "kept": undoing.first_kept(imported, 20) if imported.kept else [],
        "waiting": (imported.lines or 0) - imported.counted,
        "records_url": reverse(target.url_name) if target.url_name else "",
        "rejected": services.first_rejected(imported, 20),
        "steps": steps(3),
    }
    return render_part(request, "imports/result.html", "body", context)


def _is_hers(request: HtmxHttpRequest, imported: Import) -> bool:
    """Whether she may go on with it and take it back: her own; an admin those of everybody."""
    return imported.by_id == request.user.pk or request.user.is_admin


@require_http_methods(["GET", "HEAD", "POST"])
@access("import.run")
def undo(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What taking the import back would do, and the button that does it."""
    imported = get_object_or_404(Import.objects.visible_to(request.user), pk=pk)
    if not _is_hers(request, imported):
        raise NotAllowed(_("Only whoever imported this file, or an admin, takes it back."))
    if request.method == "POST":
        undoing.start(imported, by=request.user)
        return redirect(request, reverse("imports:result", args=[pk]))
    if not undoing.can_undo(imported):
        return redirect(request, reverse("imports:result", args=[pk]))
    context = {
        "imported": imported,
        "target": services.target_for(imported),
        "trial": undoing.trial(imported),
        "steps": steps(3),
    }
    return render(request, "imports/undo.html", context)


@require_safe
@access("import.run")
def rejected(request: HtmxHttpRequest, pk: int) -> StreamingHttpResponse:
    """The rejected lines as a file, with the reasons."""
    imported = get_object_or_404(Import.objects.visible_to(request.user), pk=pk)
    response = StreamingHttpResponse(
        services.rejected_file(imported), content_type="text/csv; charset=utf-8"
    )
    name = slugify(imported.file_name.rpartition(".")[0]) or "import"
    response["Content-Disposition"] = f'attachment; filename="{name}-rejected.csv"'
    response["Cache-Control"] = "no-store"
    return response
