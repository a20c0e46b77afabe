"""The page on which a person confirms her consent: looking at it does nothing, its button does."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from leadflow.console.public_mail import sealed
from leadflow.mail import confirming
from leadflow.models import Consent, Organisation
from leadflow.web.gate import public
from leadflow.web.visitors import address_of, missed


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@public("a consent is confirmed by the receiver of the mail; the token is the permission")
def confirm(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET asks, for mail scanners follow every link; POST is the person."""
    asked = confirming.asked_by(token)
    if asked is None:
        return missed(request)
    if request.method != "POST":
        return _page(asked.consent, done=asked.used_at is not None)
    return _page(confirming.confirm(token=token, ip=address_of(request)), done=True)


def _page(asked: Consent, *, done: bool) -> HttpResponse:
    context = {"asked": asked, "done": done, "organisation": Organisation.current()}
    # Without the request: a stranger gets no cookie from here, not even the CSRF one.
    return sealed(HttpResponse(render_to_string("console/confirm.html", context)))
