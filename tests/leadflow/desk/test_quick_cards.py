"""A card of the lead board is changed in its place."""

import json
from datetime import timedelta

import pytest

from leadflow.kit import clock
from leadflow.models import Activity, Lead
from leadflow.services import activities, leads
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def bobs(client, bob):
    client.force_login(bob)
    return client


def sent(lead, **values):
    usual = {"job_title": lead.job_title, "version": lead.version, "owner": lead.owner_id or ""}
    return {f"card{lead.pk}-{key}": value for key, value in (usual | values).items()}


def test_the_form_holds_what_is_known(bobs, bob):
    lead = a_lead(owner=bob, job_title="Buyer")

    page = bobs.get(f"/leads/{lead.pk}/quick/", **HTMX).content.decode()

    assert 'value="Buyer"' in page
    assert "<html" not in page
    assert "Next step" in page


def test_the_board_offers_it_on_each_card_of_who_may_edit(bobs, bob, client, vera):
    lead = a_lead(owner=bob)
    door = f'data-card-edit="/leads/{lead.pk}/quick/"'
    assert door in bobs.get("/leads/board/").content.decode()

    client.force_login(vera)

    assert door not in client.get("/leads/board/").content.decode()


def test_what_is_kept_is_on_record_and_the_board_is_read_again(bobs, bob):
    lead = a_lead(owner=bob)

    answer = bobs.post(
        f"/leads/{lead.pk}/quick/",
        sent(lead, job_title="Head of roofs", phone="+46 70 123 45 67", country="se"),
        **HTMX,
    )

    row = Lead.objects.get()
    assert (answer.status_code, "lf:board" in answer.headers["HX-Trigger"]) == (204, True)
    assert (row.job_title, row.phone, row.country) == ("Head of roofs", "+46701234567", "SE")
    assert row.owner == bob


def test_a_step_is_planned_or_moved_and_never_doubled(bobs, bob):
    lead = a_lead(owner=bob)
    when = {"step_kind": "demo", "step_at": "2031-03-01T10:00"}
    bobs.post(f"/leads/{lead.pk}/quick/", sent(lead, **when), **HTMX)
    lead.refresh_from_db()

    bobs.post(f"/leads/{lead.pk}/quick/", sent(lead, step_at="2031-03-02T10:00"), **HTMX)

    step = Activity.objects.get()
    assert (step.kind, f"{step.due_at:%m-%d}") == ("demo", "03-02")


def test_she_is_given_to_a_colleague_from_the_card(client, mia, bob):
    lead = a_lead(owner=mia)
    client.force_login(mia)

    client.post(f"/leads/{lead.pk}/quick/", sent(lead, owner=bob.pk), **HTMX)

    assert Lead.objects.get().owner == bob


def test_an_owner_of_another_team_stays_hers_when_something_else_is_kept(client, alice, carl):
    lead = a_lead(owner=carl)
    client.force_login(alice)

    client.post(f"/leads/{lead.pk}/quick/", sent(lead, job_title="Buyer"), **HTMX)

    assert (Lead.objects.get().owner, Lead.objects.get().job_title) == (carl, "Buyer")


def test_what_somebody_changed_meanwhile_is_told_and_nothing_is_kept(bobs, bob, mia):
    lead = a_lead(owner=bob)
    stale = sent(lead, job_title="Mine", step_at="2031-03-01T10:00", step_kind="call")
    leads.update(lead, values={"job_title": "Hers"}, by=mia)

    answer = bobs.post(f"/leads/{lead.pk}/quick/", stale, **HTMX)

    assert answer.status_code == 409
    assert Lead.objects.get().job_title == "Hers"
    assert not Activity.objects.exists()


def test_a_bad_phone_is_told_beside_it_and_nothing_is_kept(bobs, bob):
    lead = a_lead(owner=bob)

    answer = bobs.post(f"/leads/{lead.pk}/quick/", sent(lead, phone="soon", job_title="X"), **HTMX)

    assert answer.status_code == 422
    assert Lead.objects.get().job_title == ""


def test_a_marketer_changes_the_fields_and_plans_nothing(client, max, bob):
    lead = a_lead(owner=bob)
    client.force_login(max)

    page = client.get(f"/leads/{lead.pk}/quick/", **HTMX).content.decode()
    values = sent(lead, job_title="Buyer", step_at="2031-03-01T10:00")
    client.post(f"/leads/{lead.pk}/quick/", values, **HTMX)

    assert "Next step" not in page
    assert Lead.objects.get().job_title == "Buyer"
    assert not Activity.objects.exists()


def test_abuse_E02_another_teams_card_is_not_found(bobs, carl):
    lead = a_lead(owner=carl)

    assert bobs.get(f"/leads/{lead.pk}/quick/").status_code == 404
    assert bobs.post(f"/leads/{lead.pk}/quick/", sent(lead, job_title="X")).status_code == 404


# the calendar


def planned(bob, **more):
    due = clock.now() + timedelta(days=1)
    return activities.plan(kind="call", subject="Ring", owner=bob, due_at=due, by=bob, **more)


def dragged(bobs, row, days=3, **more):
    to = (row.due_at + timedelta(days=days)).isoformat()
    values = {"one": row.pk, "until": "at", "at": to, "seen": row.due_at.isoformat(), **more}
    return bobs.post("/todos/later/", values, **HTMX)


def undo_of(answer):

    return json.loads(answer.headers["HX-Trigger"])["lf:toast"]["undo"]


def test_what_was_dragged_is_taken_back(bobs, bob):
    row = planned(bob, lead=a_lead(owner=bob))
    answer = dragged(bobs, row)

    back = bobs.post(undo_of(answer), **HTMX)

    assert back.status_code == 204
    assert Activity.objects.get().due_at == row.due_at
    assert Lead.objects.get().next_step_at == row.due_at


def test_what_a_colleague_moved_since_is_not_taken_back(bobs, bob, mia):
    row = planned(bob)
    undo = undo_of(dragged(bobs, row))
    activities.snooze(Activity.objects.get(), due_at=clock.now() + timedelta(days=9), by=mia)

    answer = bobs.post(undo, **HTMX)

    assert answer.status_code == 409
    assert Activity.objects.get().due_at > clock.now() + timedelta(days=8)


def test_what_a_colleague_moved_before_the_drop_is_told_and_stays(bobs, bob, mia):
    row = planned(bob)
    elsewhere = clock.now() + timedelta(days=9)
    activities.snooze(Activity.objects.get(), due_at=elsewhere, by=mia)

    answer = dragged(bobs, row)

    assert answer.status_code == 409
    assert Activity.objects.get().due_at == elsewhere


def test_many_that_were_put_off_are_taken_back_together(bobs, bob):
    rows = [planned(bob) for _ in range(3)]
    answer = bobs.post("/todos/later/", {"ids": [row.pk for row in rows], "until": "week"}, **HTMX)

    bobs.post(undo_of(answer), **HTMX)

    assert [row.due_at for row in Activity.objects.order_by("pk")] == [row.due_at for row in rows]


def test_abuse_E02_nobody_takes_back_what_another_moved(client, bobs, bob, mia):
    undo = undo_of(dragged(bobs, planned(bob)))
    client.force_login(mia)

    assert client.post(undo, **HTMX).status_code == 422


def test_a_forged_memory_takes_nothing_back(bobs, bob):
    planned(bob)

    assert bobs.post("/todos/back/eyJieSI6MX0:x:y/", **HTMX).status_code == 422
