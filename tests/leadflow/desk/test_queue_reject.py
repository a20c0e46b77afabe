"""A lead leaves the road, and is offered times to meet, from the row of my day in which she stands."""

from datetime import timedelta

import pytest

from leadflow.kit import clock
from leadflow.models import Activity, Disposition, LeadCycle, LeadStage
from leadflow.people.models import Role
from leadflow.services import activities
from tests.factories.calendars import a_booking, a_meeting
from tests.factories.core import a_lead
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def a_call(owner, lead, subject="Ring"):
    due = clock.now() - timedelta(hours=1)
    return activities.plan(
        kind="call", subject=subject, lead=lead, owner=owner, due_at=due, by=owner
    )


def reject(client, key, **said):
    given = {"disposition": "disqualified", "reason": "no_fit_size"} | said
    return client.post(f"/my-day/{key}/off/", given, **HTMX)


def test_a_lead_is_rejected_in_her_row_and_the_plan_goes_with_her(as_bob, bob):
    lead = a_lead(owner=bob, stage=LeadStage.SAL)
    step = a_call(bob, lead)
    opened = as_bob.get(f"/my-day/activity:{step.pk}/", **HTMX).text
    assert f"/my-day/activity:{step.pk}/off/" in opened

    answer = reject(as_bob, f"activity:{step.pk}")

    assert answer.status_code == 204
    assert "lf:queue" in answer.headers["HX-Trigger"]
    lead.refresh_from_db()
    assert (lead.disposition, lead.next_step_at) == (Disposition.DISQUALIFIED, None)
    assert not Activity.objects.filter(pk=step.pk).exists()
    assert f"activity:{step.pk}" not in as_bob.get("/my-day/").text


def test_not_now_sends_her_back_until_the_day_that_was_said(as_bob, bob):
    lead = a_lead(owner=bob, stage=LeadStage.SAL)
    day = (clock.now() + timedelta(days=60)).date()

    reject(as_bob, f"idle:{lead.pk}", disposition="recycled", reason="not_now", return_on=f"{day}")

    lead.refresh_from_db()
    assert lead.disposition == Disposition.RECYCLED
    assert LeadCycle.objects.get(lead=lead).return_on == day


@pytest.mark.parametrize(
    "said",
    [{"reason": "hacked"}, {"disposition": ""}, {"disposition": "recycled", "return_on": "soon"}],
)
def test_abuse_E09_what_is_no_reason_or_no_day_changes_nothing(as_bob, bob, said):
    lead = a_lead(owner=bob, stage=LeadStage.SAL)

    assert reject(as_bob, f"idle:{lead.pk}", **said).status_code == 422

    lead.refresh_from_db()
    assert lead.disposition == Disposition.ACTIVE


def test_a_customer_and_what_a_visitor_booked_are_not_rejected(as_bob, bob):
    customer = a_call(bob, a_lead(owner=bob, stage=LeadStage.CUSTOMER))
    booked = a_booking(a_meeting(bob)).activity
    Activity.objects.filter(pk=booked.pk).update(due_at=clock.now() - timedelta(hours=1))

    for step in (customer, booked):
        opened = as_bob.get(f"/my-day/activity:{step.pk}/", **HTMX).text
        assert "/off/" not in opened
        assert reject(as_bob, f"activity:{step.pk}").status_code == 409
        assert Activity.objects.filter(pk=step.pk).exists()


def test_abuse_E02_a_row_of_another_is_rejected_by_nobody_else(as_bob):
    carl = UserFactory(role=Role.REP)
    lead = a_lead(owner=carl, stage=LeadStage.SAL)

    assert reject(as_bob, f"idle:{lead.pk}").status_code == 404

    lead.refresh_from_db()
    assert lead.disposition == Disposition.ACTIVE


def test_times_to_meet_are_offered_from_the_row_by_a_letter(as_bob, bob):
    lead = a_lead("ann@x.example", owner=bob, stage=LeadStage.SAL)
    key = f"activity:{a_call(bob, lead).pk}"
    assert "?meet=1" not in as_bob.get(f"/my-day/{key}/", **HTMX).text

    a_meeting(bob)
    opened = as_bob.get(f"/my-day/{key}/", **HTMX).text

    assert f"/leads/{lead.pk}/mail/?meet=1&amp;row={key.replace(':', '%3A')}" in opened
    letter = as_bob.get(f"/leads/{lead.pk}/mail/?meet=1&row={key}", **HTMX).text
    assert "A time to talk" in letter
