"""What every JSON door shares: keyset pages, problems as RFC 9457, strict input."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from leadflow.errors import Conflict, Invalid, InvalidTransition, LeadflowError, NotAllowed

_STATUS: dict[type[LeadflowError], int] = {
    NotAllowed: status.HTTP_403_FORBIDDEN,
    Invalid: status.HTTP_422_UNPROCESSABLE_ENTITY,
    InvalidTransition: status.HTTP_409_CONFLICT,
    Conflict: status.HTTP_409_CONFLICT,
}


class NewestFirst(CursorPagination):
    """Pages by key; `?page_size` up to 200."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-pk"


class Strict(serializers.Serializer):  # type: ignore[type-arg]
    """Refuses keys that it does not know: a typing error must not pass for success."""

    def to_internal_value(self, data: Any) -> Any:
        """The values; a 400 naming every unknown key."""
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError(
                {key: [_("Unknown field.")] for key in sorted(unknown)}
            )
        return super().to_internal_value(data)


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as `application/problem+json` (RFC 9457)."""
    if isinstance(error, LeadflowError):
        code = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 400)
        return _problem(code, error.message, dict(getattr(error, "fields", {})), {})
    response = drf_handler(error, context)
    if response is None:
        return None
    fields = response.data if isinstance(error, exceptions.ValidationError) else {}
    detail = _("Some values cannot be taken.") if fields else str(getattr(error, "detail", error))
    return _problem(response.status_code, detail, fields, dict(response.headers))


def _problem(code: int, detail: str, fields: Any, headers: dict[str, str]) -> Response:
    body = {"type": "about:blank", "status": code, "detail": detail}
    kept = {k: v for k, v in headers.items() if k in ("WWW-Authenticate", "Retry-After")}
    return Response(
        body | ({"errors": fields} if fields else {}),
        status=code,
        headers=kept,
        content_type="application/problem+json",
    )
