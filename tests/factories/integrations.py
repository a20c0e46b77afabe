"""Endpoints of webhooks with only the fields that matter to a test."""

import itertools
from typing import Any

from django.conf import settings

from leadflow.integrations.models import WebhookEndpoint
from leadflow.kit.sealing import seal

_numbers = itertools.count(1)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def an_endpoint(url: str = "https://hooks.partner.example/in", **fields: Any) -> WebhookEndpoint:
    """An endpoint that is on; its address is not looked up."""
    sealed = seal(settings.SECRET_KEY, "webhook endpoint", SECRET)
    name = fields.pop("name", f"Endpoint {next(_numbers)}")
    return WebhookEndpoint.objects.create(name=name, url=url, secret=sealed, **fields)
