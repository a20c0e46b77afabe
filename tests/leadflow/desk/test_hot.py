"""The hot list: who stands on it, in which order, with which reason, and how it is worked."""

from datetime import timedelta

import pytest

from leadflow.desk.queue import hot
from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.models import Activity, Lead, LeadScore, LeadStage
from leadflow.services import activities, engagement, leads
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def hot_lead(owner=None, *, priority=1, points=80.0, stage=LeadStage.MQL, **more):
    lead = a_lead(owner=owner, **more)
    if stage != LeadStage.LEAD:
        leads.advance(lead, to=stage, by=None)
    LeadScore.objects.update_or_create(
        lead=lead,
        defaults={
            "grade": "A", "band": 1, "cell": "A1", "priority": priority, "engagement": points,
            "scored_at": clock.now(),
        },
    )  # fmt: skip
    return lead


def names(user):
    return [row.title for row in hot.build(user).rows]


def test_the_best_unworked_lead_stands_first(bob):
    hot_lead(bob, priority=2, last_name="Second")
    hot_lead(bob, priority=1, points=70, last_name="Warm")
    hot_lead(bob, priority=1, points=90, last_name="Hot")

    assert names(bob) == ["Hot", "Warm", "Second"]


def test_its_parts_are_priorities_in_words(bob):
    hot_lead(bob, priority=2)
    hot_lead(bob, priority=1)

    assert [heading for heading, _rows in hot.build(bob).groups] == [
        "Call these first",
        "Then these",
    ]


def test_who_was_reached_since_she_qualified_is_not_on_it(bob):
    lead = hot_lead(bob)
    activities.log(kind="call", subject="Rang", lead=lead, by=bob)

    assert names(bob) == []


def test_a_touch_from_before_she_qualified_does_not_count(bob):
    lead = a_lead(owner=bob, last_name="Again")
    activities.log(
        kind="call", subject="Rang", lead=lead, by=bob, at=clock.now() - timedelta(days=9)
    )
    leads.advance(lead, to=LeadStage.MQL, by=None)

    assert names(bob) == ["Again"]


def test_who_has_a_next_step_is_in_somebodys_hands(bob):
    lead = hot_lead(bob)
    activities.plan(
        kind="call", subject="Ring", lead=lead, owner=bob, by=bob,
        due_at=clock.now() + timedelta(days=1),
    )  # fmt: skip

    assert names(bob) == []


def test_who_has_not_qualified_stands_here_only_while_likely(bob):
    hot_lead(bob, stage=LeadStage.LEAD, priority=2, last_name="Likely")
    hot_lead(bob, stage=LeadStage.LEAD, priority=3, last_name="Cold")

    assert names(bob) == ["Likely"]


def test_abuse_E04_it_holds_nobody_out_of_reach(bob, carl, mia):
    hot_lead(carl, last_name="Carls")
    hot_lead(None, last_name="Nobodys")
    hot_lead(bob, last_name="Bobs")

    assert (names(bob), sorted(names(mia))) == (["Bobs"], ["Bobs", "Nobodys"])


def test_a_row_says_how_long_she_waits_what_she_did_and_who_has_her(bob, mia):
    lead = hot_lead(bob)
    fact = engagement.Fact(
        lead.pk, "file.downloaded", "test", "1", label="Price list", at=clock.now()
    )
    engagement.append([fact])

    (row,) = hot.build(mia).rows

    assert row.reason == "New, 0 min ago"
    assert row.why.startswith("Fit A, hot · downloaded “Price list”, ")
    assert row.why.endswith(f"with {bob.name}, not reached out yet")


def test_who_waits_for_days_is_marked(bob):
    lead = hot_lead(bob)
    lead.cycles.update(mql_at=clock.now() - timedelta(days=3, hours=1))

    (row,) = hot.build(bob).rows

    assert (row.reason, row.tone) == ("Waits 3 d", "warn")


def test_fifty_rows_cost_as_many_queries_as_one(bob, client, django_assert_max_num_queries):
    for n in range(12):
        hot_lead(bob, email=f"n{n}@x.example", phone=f"+46701230{n:03}")
    client.force_login(bob)
    client.get("/my-day/hot/")

    with django_assert_max_num_queries(14):
        client.get("/my-day/hot/", **HTMX)


def test_whoever_is_called_leaves_the_list_and_the_next_opens(client, bob):
    lead = hot_lead(bob, phone="+46700000001")
    hot_lead(bob, priority=2, last_name="Next")
    client.force_login(bob)

    answer = client.post(f"/my-day/hot:{lead.pk}/outcome/", {"outcome": "reached"}, **HTMX)

    assert "What comes next" in answer.content.decode()
    assert Activity.objects.get(lead=lead).outcome == "reached"
    assert names(bob) == ["Next"]


def test_a_to_do_is_planned_from_the_row(client, bob):
    lead = hot_lead(bob)
    client.force_login(bob)

    page = client.get(f"/my-day/hot:{lead.pk}/?plan=1", **HTMX).content.decode()
    client.post(
        f"/my-day/plan/{lead.pk}/",
        {
            "activity-kind": "todo", "activity-subject": "Send it",
            "activity-due_at": "2031-01-01T10:00",
        },
        **HTMX,
    )  # fmt: skip

    assert "What comes next" in page
    assert names(bob) == []


def test_she_is_put_off_for_one_person_alone(client, bob, mia):
    lead = hot_lead(bob)
    client.force_login(bob)

    client.post(f"/my-day/hot:{lead.pk}/later/", {"until": "week"}, **HTMX)

    assert (names(bob), len(names(mia))) == ([], 1)


def test_the_manager_takes_a_lead_that_nobody_has(client, mia):
    lead = hot_lead(None)
    client.force_login(mia)

    answer = client.post(f"/my-day/hot/{lead.pk}/claim/")

    lead.refresh_from_db()
    assert (lead.owner, answer["Location"]) == (mia, "/my-day/hot/")
    fact = Event.objects.filter(kind="lead.assigned", lead_id=lead.pk).latest("pk")
    assert (fact.actor_id, fact.data["reason"]) == (mia.pk, "taken from the hot list")


def test_two_who_take_one_lead_are_told_who_was_faster(mia, alice):
    lead = hot_lead(None)
    leads.claim(Lead.objects.get(pk=lead.pk), by=alice)

    with pytest.raises(Conflict, match=alice.name):
        leads.claim(lead, by=mia)


def test_a_lead_that_somebody_has_worked_meanwhile_is_told_as_done(client, bob):
    lead = hot_lead(bob)
    activities.log(kind="call", subject="Rang", lead=lead, by=bob)
    client.force_login(bob)

    assert client.get(f"/my-day/hot:{lead.pk}/", **HTMX).status_code == 404


def test_an_empty_list_says_so_and_leads_on(client, bob):
    client.force_login(bob)

    page = client.get("/my-day/hot/").content.decode()

    assert "Nobody waits" in page
    assert 'href="/my-day/"' in page


def test_an_unchanged_list_answers_with_nothing(client, bob):
    hot_lead(bob)
    client.force_login(bob)
    seen = hot.build(bob).revision

    assert client.get(f"/my-day/hot/?seen={seen}", **HTMX).status_code == 204
