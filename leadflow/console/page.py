"""What follows a change on a settings screen."""

from django.contrib import messages
from django.http import HttpResponse

from leadflow.web.htmx import HtmxHttpRequest, redirect


def saved(request: HtmxHttpRequest, url: str, sentence: str) -> HttpResponse:
    """Back to a page, with a word."""
    messages.success(request, sentence)
    return redirect(request, url)
