"""A marketer reads what publishing would do, asks for a yes, and publishes after it was given."""

import pytest
from playwright.sync_api import expect

from leadflow.people.models import Role, User
from leadflow.segments import services as segments
from nurturing.models import Enrolment
from nurturing.services import policy
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures"),  # of pytest-base-url
]


@pytest.fixture
def helen():
    return User.objects.create_user(
        email="helen@brightwell.example", name="Helen Okafor", role=Role.MANAGER
    )


def of_segment():
    people = [*(a_reader().pk for _ in range(3)), a_lead().pk]
    held = segments.create(name="Held", kind="static", lead_ids=people, by=None, at=NOON)
    return a_sequence(trigger={"kind": "segment", "ref": held.pk}, publish=False)


def test_mail_to_many_is_looked_at_asked_for_approved_and_published(
    page, sign_in, max, helen, axe, fits
):
    policy.change(by=None, free_send=2, approver=helen)
    sequence = of_segment()
    sign_in(page, max)

    page.goto(sequence.get_absolute_url())
    expect(page.get_by_text("people could enter, of 4 who match")).to_be_visible()
    page.get_by_role("link", name="Check before publishing").click()
    expect(page.get_by_text("No consent for email")).to_be_visible()
    expect(page.get_by_label("Also let in 3 people who match already")).to_be_disabled()
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("What it is for").fill("They asked for the guide")
    page.get_by_role("button", name="Ask Helen to approve 3").click()
    expect(page.get_by_text("Helen Okafor was asked to approve 3")).to_be_visible()

    sign_in(page, helen)
    page.goto("/approvals/")
    page.get_by_role("link", name="to 3 people").click()
    expect(page.get_by_text("They asked for the guide")).to_be_visible()
    page.get_by_label("Approve", exact=True).check()
    page.get_by_label("Words to whoever asked").fill("Go ahead")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Nothing waits for approval")).to_be_visible()

    sign_in(page, max)
    page.goto(f"{sequence.get_absolute_url()}check/")
    expect(page.get_by_text("Helen Okafor approved exactly this")).to_be_visible()
    page.get_by_label("Also let in 3 people who match already").check()
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.locator(".lf-top").get_by_text("Running")).to_be_visible()
    assert Enrolment.objects.count() == 3

    page.goto(f"{sequence.get_absolute_url()}results/?span=all")
    axe(page)
