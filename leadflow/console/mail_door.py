"""The door at which providers hand over received mail."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from leadflow.mail import handing, providers
from leadflow.web.gate import public
from leadflow.web.visitors import missed


@csrf_exempt
@require_POST
@public("a mail provider calls; its secret or signature is the permission")
def hand_over(request: HttpRequest, code: str) -> HttpResponseBase:
    """Keep the message, once however often it is handed over; what follows from it comes later."""
    if (mailbox := handing.behind(code)) is None:
        return missed(request)
    authorization = request.headers.get("Authorization", "")
    if refused := handing.refusal(
        mailbox, authorization, request.headers.get("Content-Length", "")
    ):
        return _answer(*refused)
    body = request.read(providers.MAX_BODY)
    call = providers.Call(body, request.headers.get("Content-Type", ""), authorization)
    return _answer(*handing.hand_over(mailbox, call))


def _answer(status: int, words: str) -> HttpResponse:
    headers = {"Retry-After": "600"} if status == 503 else {}
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain", headers=headers)
