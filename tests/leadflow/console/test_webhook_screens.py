"""Webhooks in Settings: made, tried, looked at, sent once more, switched."""

import pytest
from django.urls import reverse

from leadflow import net
from leadflow.integrations import outbound
from leadflow.integrations.models import WebhookDelivery, WebhookEndpoint
from leadflow.kit import clock
from tests.factories.core import a_lead
from tests.factories.integrations import an_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, alice):
    client.force_login(alice)
    return client


def told(endpoint, state="failed", **fields):
    ann = a_lead(first_name="Ann", last_name="Lee")
    message = outbound.Message(
        endpoint=endpoint, key="walk:1", kind="step.reached", data={"step": "k3x9"},
        lead_ids=[ann.pk],
    )  # fmt: skip
    outbound.queue_many([message], at=clock.now())
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    rows.update(state=state, settled_at=clock.now(), **fields)
    return rows.get()


def test_an_empty_page_says_what_a_webhook_is_for(admin):
    page = admin.get(reverse("console:webhooks")).content.decode()

    assert "No program is told yet" in page
    assert reverse("console:webhook-new") in page


def test_a_new_webhook_shows_its_secret_once(admin, monkeypatch):
    monkeypatch.setattr(net, "check", lambda _url: None)
    form = {"name": "Billing", "url": "https://billing.example/in"}

    page = admin.post(reverse("console:webhook-new"), form).content.decode()

    endpoint = WebhookEndpoint.objects.get()
    assert "whsec_" in page
    assert "whsec_" not in admin.get(endpoint.get_absolute_url()).content.decode()
    assert "whsec_" not in endpoint.secret


def test_abuse_W01_an_address_inside_is_refused_beside_its_field(admin):
    form = {"name": "Inside", "url": "http://127.0.0.1:6379/"}

    answer = admin.post(reverse("console:webhook-new"), form)

    assert answer.status_code == 422
    assert "Nothing can be sent there" in answer.content.decode()


def test_a_test_message_is_written_down(admin):
    endpoint = an_endpoint()

    admin.post(reverse("console:webhook-trial", args=[endpoint.pk]))

    assert WebhookDelivery.objects.get().kind == "test.sent"


def test_a_message_shows_its_tries_and_is_sent_once_more(admin):
    endpoint = an_endpoint()
    log = [{"at": clock.now().isoformat(), "status": 500, "said": "Oh no", "ms": 12}]
    row = told(endpoint, log=log, tries=1)

    page = admin.get(reverse("console:webhook-delivery", args=[endpoint.pk, row.pk]))
    admin.post(reverse("console:webhook-replay", args=[endpoint.pk]), {"delivery": row.pk})

    row.refresh_from_db()
    words = page.content.decode()
    assert "Oh no" in words
    assert "Ann Lee" in words
    assert (row.state, row.tries) == ("waiting", 0)


def test_all_that_were_given_up_are_sent_once_more(admin):
    endpoint = an_endpoint()
    told(endpoint)

    admin.post(reverse("console:webhook-replay", args=[endpoint.pk]), {"which": "failed"})

    assert WebhookDelivery.objects.get().state == "waiting"


def test_ticking_nothing_is_said(admin):
    answer = admin.post(reverse("console:webhook-replay", args=[an_endpoint().pk]))

    assert answer.status_code == 422


def test_the_log_can_be_narrowed_to_what_was_given_up(admin):
    endpoint = an_endpoint()
    row = told(endpoint)
    link = reverse("console:webhook-delivery", args=[endpoint.pk, row.pk])

    assert link in admin.get(endpoint.get_absolute_url() + "?state=failed").content.decode()
    assert link not in admin.get(endpoint.get_absolute_url() + "?state=done").content.decode()


def test_one_that_was_switched_off_says_why_and_is_switched_on(admin):
    endpoint = an_endpoint(state="disabled", reason="It took nothing for five days.")
    assert (
        "It took nothing for five days." in admin.get(endpoint.get_absolute_url()).content.decode()
    )

    admin.post(reverse("console:webhook-switch", args=[endpoint.pk]), {"to": "on"})

    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.reason) == ("on", "")


def test_one_that_is_off_can_be_removed(admin):
    endpoint = an_endpoint(state="off")

    admin.post(reverse("console:webhook-switch", args=[endpoint.pk]), {"to": "away"})

    assert not WebhookEndpoint.objects.exists()


def test_the_list_takes_as_many_queries_for_many(admin, django_assert_max_num_queries):
    for _n in range(3):
        told(an_endpoint())
    with django_assert_max_num_queries(40) as few:
        admin.get(reverse("console:webhooks"))
    for _n in range(5):
        told(an_endpoint())

    with django_assert_max_num_queries(len(few)):
        admin.get(reverse("console:webhooks"))


def test_abuse_W05_what_an_endpoint_answered_is_for_admins_only(client, max):
    endpoint = an_endpoint()
    row = told(endpoint)
    client.force_login(max)

    answer = client.get(reverse("console:webhook-delivery", args=[endpoint.pk, row.pk]))

    assert answer.status_code == 403
