"""What the page of a lead costs: as many queries for a long life as for a short one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.models import Activity, Consent, Touchpoint
from leadflow.services import notes
from tests.factories.core import NOON, a_company, a_lead, a_source

pytestmark = pytest.mark.django_db

PAGE, STORY = 26, 14


def lived(lead, by, n):
    """A life of `n` of each thing that the page lists."""
    source = a_source()
    for number in range(n):
        at = NOON
        Touchpoint.objects.create(lead=lead, source=source, occurred_at=at)
        Activity.objects.create(
            kind="call", subject=f"Call {number}", lead=lead, owner=by, due_at=at, created_at=at
        )
        Consent.objects.create(
            lead=lead, channel="email", purpose=f"p{number}", state="given", at=at, text="Yes"
        )
        notes.add(text=f"Note {number}", lead=lead, by=by)
        a_lead(owner=by, company=lead.company)
        notes.tag_many(lead_ids=[lead.pk], names=[f"tag{number}"], by=by)


def cost(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as told:
        assert client.get(url).status_code == 200
    return len(told)


@pytest.fixture
def ada(bob, north):
    return a_lead(owner=bob, company=a_company("North"))


@pytest.mark.parametrize("role", ["bob", "mia", "alice"])
def test_a_long_life_costs_the_page_as_many_queries_as_a_short_one(role, request, client, ada, bob):
    client.force_login(request.getfixturevalue(role))
    lived(ada, bob, 1)
    page, story = (cost(client, f"/leads/{ada.pk}/{part}") for part in ("", "timeline/"))

    lived(ada, bob, 12)

    assert cost(client, f"/leads/{ada.pk}/") <= page
    assert cost(client, f"/leads/{ada.pk}/timeline/") <= story


def test_the_page_and_its_story_keep_their_budget(client, ada, bob):
    client.force_login(bob)
    lived(ada, bob, 3)

    assert cost(client, f"/leads/{ada.pk}/") <= PAGE
    assert cost(client, f"/leads/{ada.pk}/timeline/") <= STORY
