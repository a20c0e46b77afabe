"""A person's own page of an event, by the link in her mail: the calendar file, and the way out.

A signed token names one registration; one that we did not make is a 404. A GET changes nothing: mail
scanners follow links, people press the button.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from capture.selectors.occasions import in_words
from capture.services import invitations, registrations
from leadflow.kit import ics
from leadflow.web.gate import public
from leadflow.web.visitors import missed, sealed, visitor_page


@public("who registered for an event looks at her place; the signed token is the permission")
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponseBase:
    """Her place, or her wait; a post gives it back."""
    row = registrations.of_token(token)
    if row is None:
        return missed(request)
    if request.method == "POST":
        registrations.give_back(row)
        return redirect("capture:registration", token=token)
    context = {
        "row": row,
        "occasion": row.occasion,
        "when": in_words(row.occasion),
        "may_give_back": registrations.may_give_back(row),
        "token": token,
    }
    return visitor_page(request, "capture/public/registration.html", context)


@public("who registered for an event puts it into her calendar; the signed token is the permission")
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The event as a calendar file, as it stands now."""
    row = registrations.of_token(token)
    if row is None:
        return missed(request)
    method = ics.Method.CANCEL if invitations.is_off(row) else ics.Method.PUBLISH
    response = HttpResponse(
        invitations.calendar_of(row, row.occasion), content_type=ics.media_type(method)
    )
    response.headers["Content-Disposition"] = 'attachment; filename="event.ics"'
    return sealed(response)
