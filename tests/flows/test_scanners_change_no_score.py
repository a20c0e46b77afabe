"""Filters of mail are played back through the doors and the whole product: no score moves."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from leadflow.mail import links
from leadflow.mail.compose import compose
from leadflow.mail.models import Delivery
from leadflow.mail.services import queue
from leadflow.models import EngagementSum, LeadScore
from qualification.services import models
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def mail(drain_events):
    """A mail with three links that left an hour ago, to somebody who is scored."""
    models.ensure_default()
    lead = a_lead(email="ann@customer.test-mail.com")
    words = " ".join(f"[{n}](https://site.test-mail.com/{n})" for n in range(3))
    queue(key="t:1", kind="marketing", to=lead.email, lead_id=lead.pk, subject="Prices", text=words)
    Delivery.objects.update(
        state="sent", transport="smtp", sent_at=timezone.now() - timedelta(hours=1)
    )
    drain_events()
    return Delivery.objects.get()


def follow(url, agent=BROWSER, method="get", **headers):
    path = "/" + url.partition("://")[2].partition("/")[2]
    return getattr(Client(), method)(path, headers={"user-agent": agent, **headers})


def scores():
    return list(LeadScore.objects.values_list("engagement", "grade", "band")), list(
        EngagementSum.objects.exclude(total=0).values_list("lead", "group", "total")
    )


def test_a_click_of_a_person_is_scored(mail, drain_events):
    before = scores()

    follow(compose(mail).targets[0][1])
    drain_events()

    assert scores() != before


TRACES = {
    "every link in a second": lambda urls, trap: [follow(url) for url in urls],
    "one link, later the trap": lambda urls, trap: [follow(urls[0]), follow(trap)],
    "heads, then links": lambda urls, trap: [
        *[follow(url, method="head") for url in urls], *[follow(url) for url in urls]
    ],
    "by name": lambda urls, trap: [follow(urls[0], agent="Mimecast URL Protect")],
    "looking ahead": lambda urls, trap: [follow(urls[0], **{"sec-purpose": "prefetch"})],
}  # fmt: skip


@pytest.mark.parametrize("trace", TRACES)
def test_a_scanner_that_is_played_back_changes_no_score(mail, drain_events, trace):
    before = scores()
    urls = [url for _target, url in compose(mail).targets]

    TRACES[trace](urls, links.trap_url(mail))
    drain_events()

    assert scores() == before


def test_a_score_that_a_scanner_made_is_taken_back(mail, drain_events):
    before = scores()
    follow(compose(mail).targets[0][1])
    drain_events()
    assert scores() != before

    follow(links.trap_url(mail))
    drain_events()

    assert scores() == before
