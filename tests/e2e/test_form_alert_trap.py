"""What visitors send is opened in a real browser on every page that shows it: nothing of it runs."""

import json

import pytest
from django.test import Client

from capture.models import Knock, Submission
from tests.abuse.test_capture_doors import PAYLOADS
from tests.factories.capture import contact_body, published_form


@pytest.fixture
def poisoned(transactional_db):
    """A form that was sent once with each payload in every field, header and parameter."""
    Knock.objects.all().delete()
    form = published_form()
    for n, payload in enumerate(PAYLOADS):
        body = contact_body(
            form,
            first_name=payload,
            company=payload,
            message=payload,
            email=f"p{n}@north.example",
            client_id=f"client-{n:04}",
        )
        Client().post(
            f"{form.public_path}?utm_source={payload}",
            json.dumps(body | {payload: payload}),
            content_type="application/json",
            headers={"User-Agent": payload, "Referer": f"https://x.example/?{payload}"},
        )
    return form


def test_abuse_A01_A02_no_payload_runs_on_any_page_that_shows_it(
    page, sign_in, alice, poisoned, drain_events
):
    drain_events(allow_failures=True)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    sign_in(page, alice)
    rows = Submission.objects.select_related("lead")
    addresses = ["/", "/leads/", "/answers/", f"/forms/{poisoned.pk}/answers/", "/forms/"]
    addresses += [row.get_absolute_url() for row in rows]
    addresses += [row.lead.get_absolute_url() for row in rows]

    for address in addresses:
        page.goto(address)
        assert page.evaluate("window.__pwned") is None, address
    assert dialogs == []
