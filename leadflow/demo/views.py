"""Start with my own data: one button, for an admin."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leadflow.demo import removal
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect


@require_POST
@access("settings.edit")
def remove(request: HtmxHttpRequest) -> HttpResponse:
    """Take every demo record out; the admin who asks keeps her sign-in."""
    gone = removal.remove(keep=request.user)
    messages.success(
        request, _("%(n)d sample leads are gone. The workspace is yours.") % {"n": gone}
    )
    return redirect(request, "/")
