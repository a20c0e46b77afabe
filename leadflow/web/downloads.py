"""Giving a stored file to staff: as a download, never shown in place, never run, never kept by a proxy."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def as_download(name: str, content: bytes) -> HttpResponse:
    """The bytes under their name; whatever they claim to be, the browser gets a plain stream."""
    response = HttpResponse(content, content_type="application/octet-stream")
    header = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Disposition"] = header or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
