"""Files of a deal: attached on its page, fetched as downloads, taken out."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leadflow.assets import uploads
from leadflow.web.downloads import as_download
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, done, redirect
from pipeline.forms.papers import FilesForm
from pipeline.selectors import papers as reading
from pipeline.services import papers
from pipeline.views.deals import find, page_with


@require_POST
@access("deal.edit")
def add(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Attach files to a deal."""
    found = find(request, pk, "deal.edit")
    form = FilesForm(request.POST, request.FILES, prefix="file")
    if form.is_valid() and form.attempt(
        lambda: papers.attach(found, files=form.cleaned_data["attached"], by=request.user)
    ):
        return redirect(request, f"{found.get_absolute_url()}#files")
    return page_with(request, found, {"file_form": form})


@access("deal.view")
@require_safe
def fetch(request: HtmxHttpRequest, pk: int, upload: int) -> HttpResponse:
    """A file of a deal or of a note about it, as a download."""
    file = reading.file_of(find(request, pk), request.user, upload)
    content = uploads.read(file) if file else None
    if file is None or content is None:
        raise Http404
    return as_download(file.name, content)


@require_POST
@access("deal.edit")
def remove(request: HtmxHttpRequest, pk: int, upload: int) -> HttpResponse:
    """Take a file out of a deal, for good."""
    found = find(request, pk, "deal.edit")
    file = get_object_or_404(reading.files_of(found), pk=upload)
    papers.remove(found, file=file, by=request.user)
    words = _("%(name)s is gone") % {"name": file.name}
    return done(request, words, back=f"{found.get_absolute_url()}#files")
