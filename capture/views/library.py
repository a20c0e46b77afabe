"""The files that are given away: listed with what they bring, uploaded, replaced under the same links."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from capture.forms.staff import FileForm
from capture.selectors import library
from leadflow.assets import files as services
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect
from leadflow.web.tables import Column, Table

FILES = Table(
    "capture.files",
    columns=[
        Column("name", gettext_lazy("File"), sort="name", always=True),
        Column("kind", gettext_lazy("Kind")),
        Column("topic", gettext_lazy("Topic"), sort="topic"),
        Column("forms", gettext_lazy("Handed over by")),
        Column("given", gettext_lazy("Given to"), sort="given", align="right"),
        Column("downloads", gettext_lazy("Downloads"), sort="downloads", align="right"),
        Column("made", gettext_lazy("Added"), sort="created_at"),
    ],
    default_sort="-made",
)


@access("form.edit")
@require_safe
def files(request: HtmxHttpRequest) -> HttpResponseBase:
    """Every file with who hands it over and how often it was downloaded."""
    rows = library.files_of(request.user, archived="archived" in request.GET)
    page = FILES.page(request, rows)
    context = {"page": page, "has_any": bool(page.rows) or library.is_stocked()}
    return render(request, "capture/files.html", context)


@access("form.edit")
def new(request: HtmxHttpRequest) -> HttpResponseBase:
    """Take a file into the library."""
    posted = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if posted else FileForm()
    if posted and form.is_valid():
        upload = form.cleaned_data["upload"]
        row = services.add(values=form.values, upload=upload, by=request.user)
        messages.success(request, _("“%(name)s” is in the library.") % {"name": row.name})
        return redirect(request, reverse("capture:file", args=[row.pk]))
    return render(request, "capture/file_new.html", {"form": form}, status=form.status)


@access("form.edit")
def one(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """One file: its name and worth, its versions, who hands it over."""
    row = get_object_or_404(library.files_of(request.user, archived=None), pk=pk)
    posted = request.method == "POST"
    form = FileForm(request.POST, request.FILES, instance=row) if posted else FileForm(instance=row)
    if posted and form.is_valid():
        upload = form.cleaned_data["upload"]
        services.change(file=row, values=form.values, upload=upload, by=request.user)
        messages.success(request, _("Saved. Every link leads to it as before."))
        return redirect(request, request.path)
    context = {"row": row, "form": form, "versions": library.versions_of(row)}
    context["forms"] = library.givers_of(row)
    return render(request, "capture/file.html", context, status=form.status)


@access("form.edit")
@require_safe
def content(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The newest version, for the people who work here; not counted as a download."""
    row = get_object_or_404(library.files_of(request.user, archived=None), pk=pk)
    bytes_of = services.content_of(row.live) if row.live else None
    if row.live is None or bytes_of is None:
        raise Http404
    response = FileResponse(bytes_of, as_attachment=True, filename=row.live.original)
    response.headers["Content-Type"] = services.MEDIA[row.live.kind]
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@access("form.edit")
@require_POST
def archive(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Put a file away: its links say that it is gone; or take it out again."""
    row = get_object_or_404(library.files_of(request.user, archived=None), pk=pk)
    services.change(
        file=row, values={"is_archived": not row.is_archived}, upload=None, by=request.user
    )
    told = (
        _("“%(name)s” is handed over again.") if row.is_archived else _("“%(name)s” is put away.")
    )
    messages.success(request, told % {"name": row.name})
    return redirect(request, reverse("capture:files"))
