"""The form post as it is usually written: one view, no middleware, the ORM row by row in one transaction.

It validates nothing, counts no knocks and looks for no spam; its rows are those of the product.
"""

import json
import os
from typing import Any

import django
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflow.settings")
django.setup()
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "benchmarks.naive"

from django.core.wsgi import get_wsgi_application  # noqa: E402

from capture.models import Form, Submission  # noqa: E402
from leadflow.events.models import Event  # noqa: E402
from leadflow.models import (  # noqa: E402
    Company,
    Consent,
    Engagement,
    Lead,
    LeadAnswer,
    LeadCycle,
    LeadIdentity,
    LeadScore,
    Touchpoint,
)


@transaction.atomic
def take(request: HttpRequest, code: str) -> JsonResponse:
    """Take one post."""
    body, now = json.loads(request.body), timezone.now()
    form = Form.objects.select_related("live").get(public_id=code)
    submission = Submission.objects.create(
        form=form, version=form.live, client_submission_id=request.headers["Idempotency-Key"],
        raw=body, answers=body, channel="api", received_at=now,
    )  # fmt: skip
    company, _new = Company.objects.get_or_create(
        domain=body["email"].partition("@")[2], defaults={"created_at": now}
    )
    first, _space, last = body["full_name"].rpartition(" ")
    lead, is_new = Lead.objects.update_or_create(
        email=body["email"],
        defaults={"first_name": first, "last_name": last, "company": company},
        create_defaults={
            "email": body["email"], "first_name": first, "last_name": last, "company": company,
            "search_text": body["email"], "stage_since": now, "created_at": now,
        },
    )  # fmt: skip
    if is_new:
        LeadIdentity.objects.create(
            lead=lead, kind="email", value=lead.email, value_norm=lead.email, created_at=now
        )
        LeadCycle.objects.create(lead=lead, started_at=now, lead_at=now)
        LeadScore.objects.create(lead=lead)
    _follow(lead, submission, form, now)
    answer = JsonResponse({"ok": True})
    answer.headers["Content-Length"] = str(len(answer.content))
    return answer


def _follow(lead: Lead, submission: Submission, form: Form, now: Any) -> None:
    LeadAnswer.objects.create(
        lead=lead, key="message", value=submission.answers["message"], answered_at=now
    )
    Consent.objects.create(lead=lead, channel="email", state="given", text="Yes", at=now)
    Touchpoint.objects.create(lead=lead, label=form.name, occurred_at=now)
    Engagement.objects.get_or_create(
        lead=lead, kind="form.submitted", source_type="submission", source_id=str(submission.pk),
        defaults={"occurred_at": now},
    )  # fmt: skip
    for kind in ("lead.captured", "engagement.recorded", "consent.given", "submission.received"):
        Event.objects.create(kind=kind, lead_id=lead.pk, occurred_at=now, recorded_at=now)
    submission.lead, submission.state, submission.processed_at = lead, "processed", now
    submission.save()


urlpatterns = [path("api/v1/forms/<str:code>/submissions", take)]
application = get_wsgi_application()
