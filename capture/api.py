"""The JSON door for sites that draw a form themselves: POST /api/v1/forms/{code}/submissions."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied, Throttled
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from capture import rules
from capture.forms import intake
from capture.models import Form, Submission
from capture.services import limits
from capture.views.public import kept_headers, open_form, parse_json
from capture.views.thanks import thanks_json
from leadflow.web.visitors import address_of


class AnswersParser(BaseParser):
    """JSON, read only when it is small enough."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The object. A body that is none, or too deep, is a 400."""
        del media_type
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > rules.MAX_BODY:
            raise ParseError("That is more than this form takes.")
        try:
            return parse_json(stream.read())
        except rules.NotTakeable as error:
            raise ParseError(str(error)) from None


_ANSWER = inline_serializer(
    "SubmissionTaken",
    {
        "ok": serializers.BooleanField(),
        "thanks": inline_serializer(
            "Thanks", {"title": serializers.CharField(), "text": serializers.CharField()}
        ),
        "redirect": serializers.CharField(),
    },
)


class Submissions(APIView):
    """Takes answers without cookie or key. A browser must come from a site that the form allows.

    `Idempotency-Key` (or `client_id` in the body) makes a repeated post one submission.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    parser_classes = [AnswersParser]
    open_because = "visitors' browsers post answers of published forms"

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The browser's question before a post from another site."""
        del args
        form = open_form(kwargs["code"])
        return self._with_origin(Response(status=204), form, request)

    @extend_schema(
        request=inline_serializer("Answers", {"email": serializers.EmailField(required=False)}),
        responses={200: _ANSWER},
    )
    def post(self, request: Request, code: str) -> Response:
        """Keep the answers and make a lead of them."""
        form = open_form(code)
        self._refuse_strangers(request, form)
        ip = address_of(request._request)
        wait = limits.form_wait(form=form, ip=ip, allowed=settings.FORM_POSTS_PER_MINUTE)
        if wait:
            raise Throttled(wait=wait)
        try:
            taken = intake.take(form=form, body=_answers(request), envelope=_envelope(request))
        except rules.NotTakeable as error:
            raise ParseError(str(error)) from None
        if taken.closed:
            answer = Response({"ok": False, "message": taken.closed}, status=410)
        elif taken.accepted is None:
            answer = Response({"ok": False, "errors": taken.errors}, status=400)
        else:
            answer = Response(thanks_json(form, taken.ending, place=taken.place, offer=taken.offer))
        return self._with_origin(answer, form, request)

    def _refuse_strangers(self, request: Request, form: Form) -> None:
        origin = request.headers.get("Origin")
        if origin and origin not in _allowed(form):
            raise PermissionDenied("This site may not send to this form.")

    def _with_origin(self, response: Response, form: Form, request: Request) -> Response:
        """Name exactly the site that asked, if it is allowed; never all, never with credentials."""
        origin = request.headers.get("Origin")
        response.headers["Vary"] = "Origin"
        if origin and origin in _allowed(form):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
            response.headers["Access-Control-Max-Age"] = "600"
        return response


def _allowed(form: Form) -> list[str]:
    own = urlsplit(settings.PUBLIC_BASE_URL)
    return [*form.allowed_origins, f"{own.scheme}://{own.netloc}"]


def _answers(request: Request) -> Mapping[str, Any]:
    return request.data if isinstance(request.data, dict) else {}


def _envelope(request: Request) -> intake.Envelope:
    told = _answers(request).get("page_url", "")
    return intake.Envelope(
        channel=Submission.Channel.API,
        ip=address_of(request._request),
        headers=kept_headers(request._request),
        query={},
        page_url=told if isinstance(told, str) else "",
        client_id=request.headers.get("Idempotency-Key", ""),
        needs_token=False,
    )
