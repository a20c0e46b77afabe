"""The same creating request twice is one: `Idempotency-Key` with the hash of its body, kept 24 h."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from leadflow.api.auth import key_of
from leadflow.errors import Invalid
from leadflow.integrations.models import ApiRequest
from leadflow.kit import clock


def once(request: Request, make: Callable[[], tuple[int, dict[str, Any]]]) -> Response:
    """Run `make` unless this key has answered the same request before; then give that answer.

    Raises Invalid (422) where the same key came with another body.
    """
    word = request.headers.get("Idempotency-Key", "")
    if not word:
        status, answer = make()
        return Response(answer, status=status)
    if len(word) > 120:
        raise ValidationError({"Idempotency-Key": [_("At most 120 letters.")]})
    key = key_of(request)
    body = json.dumps(request.data, sort_keys=True, default=str).encode()
    with transaction.atomic():
        row, made = ApiRequest.objects.select_for_update().get_or_create(
            key=key,
            idempotency_key=word,
            defaults={"body_hash": hashlib.sha256(body).hexdigest(), "at": clock.now()},
        )
        if row.body_hash != hashlib.sha256(body).hexdigest():
            raise Invalid(_("This Idempotency-Key was used for another request."))
        if made or not row.status:
            row.status, row.answer = make()
            row.save(update_fields=["status", "answer"])
    return Response(row.answer, status=row.status)
