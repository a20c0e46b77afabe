"""What the page of a lead costs: as many queries for a long life as for a short one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.models import (
    Activity,
    Consent,
    Customer,
    CustomField,
    Lead,
    Touchpoint,
    Twin,
)
from leadflow.notifications import following
from leadflow.offers.models import Offer, OfferGrant
from leadflow.services import addresses, leads, notes
from tests.factories import pipeline
from tests.factories.calendars import a_meeting
from tests.factories.core import NOON, a_company, a_lead, a_source
from tests.leadflow.insights.test_heard import an_asking_form, send

pytestmark = pytest.mark.django_db

PAGE, STORY = 12, 14


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


def with_everything(lead, by):
    """All that the page can show of somebody, so that nothing is cheap because it is not there."""
    send(an_asking_form(), lead.email, "recommendation", "Google")
    leads.update(lead, values={"company": a_company("Chosen")}, by=by)
    CustomField.objects.create(subject="lead", key="roof", label="Roof", type="text")
    twin, offer = (
        a_lead(owner=by, last_name="Twin"),
        Offer.objects.create(name="Spring", code="S10"),
    )
    Lead.objects.filter(pk=lead.pk).update(custom={"roof": "Flat"}, phone="+46701230001")
    Twin.objects.create(
        one_id=min(lead.pk, twin.pk), two_id=max(lead.pk, twin.pk), score=90, found_at=NOON
    )
    OfferGrant.objects.create(offer=offer, lead=lead, key="form:1", given_at=NOON)
    Customer.objects.create(lead=lead, started_at=NOON)
    addresses.suppress(email=lead.email, reason="hard_bounce", by=None)
    following.follow(user=by, lead=lead)
    pipeline.deal(owner=by, lead=lead, name="Her roof")
    a_meeting(by, name="Half an hour")
    return Lead.objects.get(pk=lead.pk)


@pytest.mark.parametrize("role", ["bob", "mia", "alice"])
def test_a_page_that_shows_everything_keeps_the_budget(role, request, client, bob, north):
    ada = with_everything(a_lead("ada@roofs.example", owner=bob, first_name="Ada"), bob)
    lived(ada, bob, 3)
    client.force_login(request.getfixturevalue(role))

    page = client.get(f"/leads/{ada.pk}/").content.decode()

    for told in ("The address says that they work at", "set by Bob Berg", "ecommend", "nothing was tracked", "Flat",
                 "Twin", "Spring", "S10", "Customer", "The address does not exist", "Her roof", "Half an hour", "tag2",
                 "Call 0", "Others here"):  # fmt: skip
        assert told in page, told
    assert ("You follow" in page) == (role == "bob")
    assert cost(client, f"/leads/{ada.pk}/") <= PAGE


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
