"""A rep sells socially: she is seen where the buyer is, shares something useful, and learns that it was read."""

import pytest
from django.test import Client

from leadflow.assets.models import ContentItem
from leadflow.models import Activity
from pipeline.models import Share
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def test_a_social_touch_and_a_shared_link_that_was_opened_stand_in_the_story(
    client, bob, drain_events
):
    case = ContentItem.objects.create(
        title="The cold store", kind="case_study", url="https://x.example/c"
    )
    lead = make.lead(bob)
    client.force_login(bob)

    touched = client.post(
        f"/leads/{lead.pk}/activity/",
        {"activity-kind": "social", "activity-subject": "Answered her post on roofs"},
    )
    client.post(f"/deals/shared/of-lead/{lead.pk}/new/", {"item": case.pk, "days": 14})
    followed = Client().get(Share.objects.get().link.path, headers=BROWSER)
    drain_events()
    story = client.get(f"/leads/{lead.pk}/timeline/").text

    assert (touched.status_code, followed.status_code) == (303, 302)
    assert Activity.objects.touches().get(lead=lead).kind == "social"
    assert "Answered her post on roofs" in story
    assert "The cold store" in story
    assert Share.objects.get().opened_at
