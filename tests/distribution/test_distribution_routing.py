import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from distribution.models import Assignment, Pool, ResponseClock
from distribution.services import clocks, policy, pools, routing
from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.handover import services as handovers
from leadflow.handover.models import Handover
from leadflow.history import availability
from leadflow.models import Lead, LeadStage, Organisation
from leadflow.rulesets import services as rulesets
from leadflow.services import activities, leads
from tests.factories.core import NOON, a_company, a_lead, a_user

pytestmark = pytest.mark.django_db


def a_pool(*users, name="Everybody", **fields) -> Pool:
    pool = pools.create(name=name, by=None, always_open=True)
    for user in users:
        pools.put_member(pool, user=user, by=None, **fields)
    return pool


def publish(*rules, pool=None) -> None:
    document = {"rules": list(rules), "pool": pool.pk if pool else None}
    rulesets.save_draft(policy.the_policy(), document=document, by=None)
    rulesets.publish(policy.the_policy(), by=None)


def rule(name, pool, field, value):
    return {
        "name": name,
        "pool": pool.pk,
        "when": {"all": [{"field": field, "op": "is", "value": value}]},
    }


def route(*rows: Lead, trigger="test:1"):
    return routing.route_many(triggers={lead.pk: trigger for lead in rows}, at=NOON)


def test_the_first_rule_that_matches_decides(bob, carl):
    publish(
        rule("Dutch", a_pool(bob, name="NL"), "lead.country", "NL"), pool=a_pool(carl, name="Rest")
    )
    dutch, other = a_lead(country="NL"), a_lead(country="DE")

    route(dutch, other)

    dutch.refresh_from_db()
    other.refresh_from_db()
    assert (dutch.owner, other.owner) == (bob, carl)


def test_the_owner_of_the_company_comes_before_the_rules(bob, carl):
    publish(pool=a_pool(carl))
    lead = a_lead(company=a_company(owner=bob))

    (made,) = route(lead)

    assert (made.owner, made.reason) == (bob, "owner of the company")


def test_without_a_policy_a_lead_waits_in_the_fallback_queue():
    (made,) = route(a_lead())

    assert (made.owner, made.reason) == (None, "no rule matched")


def test_the_same_trigger_decides_once(bob):
    publish(pool=a_pool(bob))
    lead = a_lead()
    route(lead)

    assert route(lead) == []
    assert Assignment.objects.count() == 1


@pytest.mark.parametrize("how", ["inactive", "paused", "away", "at work only", "capped"])
def test_people_who_cannot_take_it_are_passed_over_and_the_trace_says_why(bob, carl, how):
    pool = a_pool(bob, carl)
    if how == "inactive":
        bob.is_active = False
        bob.save()
    elif how == "paused":
        pools.put_member(pool, user=bob, by=None, is_paused=True)
    elif how == "away":
        availability.change(bob, is_available=False, by=None, at=NOON)
    elif how == "capped":
        pools.put_member(pool, user=bob, by=None, day_cap=0)
    else:
        Pool.objects.update(always_open=False)
        Organisation.objects.update_or_create(pk=1, defaults={"working_hours": [[]] * 7})
    publish(pool=pool)

    (made,) = route(a_lead())

    if how == "at work only":
        assert (made.owner, made.trace["members"][0]["barred"]) == (None, "not at work")
    else:
        assert made.owner == carl
        assert made.trace["members"][0]["barred"]


def test_a_thousand_leads_are_shared_exactly_in_a_handful_of_queries(
    bob, carl, django_assert_max_num_queries
):
    publish(pool=a_pool(bob, carl))
    rows = [a_lead() for _ in range(40)]

    with django_assert_max_num_queries(45):
        route(*rows)

    assert set(Counter(Lead.objects.values_list("owner", flat=True)).values()) == {20}


@pytest.mark.django_db(transaction=True)
def test_leads_routed_from_many_connections_at_once_are_shared_exactly():
    users = [a_user() for _ in range(3)]
    publish(pool=a_pool(*users))
    rows = [a_lead() for _ in range(30)]

    def work(part):
        try:
            for lead in part:
                route(lead)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(rows[n::6],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(Lead.objects.values_list("owner", flat=True)) == {u.pk: 10 for u in users}


def test_a_policy_with_a_broken_rule_cannot_be_published():
    rulesets.save_draft(
        policy.the_policy(),
        document={"rules": [{"name": "DACH", "pool": 99, "when": {"all": []}}], "pool": None},
        by=None,
    )

    with pytest.raises(Invalid, match="DACH: Choose a pool"):
        rulesets.publish(policy.the_policy(), by=None)


def test_a_qualified_lead_is_offered_routed_and_her_clock_starts(bob, drain_events):
    publish(pool=a_pool(bob))
    lead = a_lead()
    leads.advance(lead, to=LeadStage.MQL, by=None, at=NOON)
    handovers.open_many(lead_ids=[lead.pk], why="A1", at=NOON)

    drain_events()

    lead.refresh_from_db()
    assert (lead.owner, Handover.objects.get().state) == (bob, "offered")
    assert ResponseClock.objects.get().due_at == NOON + timedelta(hours=4)


def test_accepting_makes_the_lead_accepted_and_only_once(bob, drain_events):
    publish(pool=a_pool(bob))
    lead = a_lead()
    leads.advance(lead, to=LeadStage.MQL, by=None, at=NOON)
    (offer,) = handovers.open_many(lead_ids=[lead.pk], why="A1", at=NOON)
    drain_events()

    handovers.accept(offer, by=bob)

    lead.refresh_from_db()
    assert lead.stage == LeadStage.SAL
    with pytest.raises(Exception, match="answered this hand-over already"):
        handovers.accept(offer, by=bob)


@pytest.mark.parametrize(
    ("reason", "stage", "disposition"),
    [
        ("competitor", "mql", "disqualified"),
        ("not_now", "mql", "recycled"),
        ("bad_email", "lead", ""),
    ],
)
def test_each_reason_of_return_has_its_consequence(reason, stage, disposition):
    lead = a_lead()
    leads.advance(lead, to=LeadStage.MQL, by=None, at=NOON)
    (offer,) = handovers.open_many(lead_ids=[lead.pk], why="A1", at=NOON)

    handovers.reject(offer, reason=reason, by=None)

    lead.refresh_from_db()
    assert (lead.stage, lead.disposition) == (stage, disposition)


def test_an_offer_that_nobody_answers_goes_to_the_next_person(bob, carl, drain_events):
    publish(pool=a_pool(bob, carl))
    lead = a_lead()
    leads.advance(lead, to=LeadStage.MQL, by=None, at=NOON)
    handovers.open_many(lead_ids=[lead.pk], why="A1", at=NOON)
    drain_events()
    first = Lead.objects.get().owner

    handovers.expire_due(at=NOON + timedelta(hours=3))
    drain_events()

    second = Lead.objects.get().owner
    assert {first, second} == {bob, carl}


def test_only_a_real_touch_stops_the_clock(bob, drain_events):
    lead = a_lead(owner=bob)
    leads.advance(lead, to=LeadStage.MQL, by=None, at=NOON)
    clocks.start({lead.pk: NOON})
    todo = activities.plan(kind="todo", subject="Look", lead=lead, owner=bob, due_at=NOON, by=bob)
    activities.complete(todo, by=bob)
    drain_events()
    assert ResponseClock.objects.get().touched_at is None

    activities.log(kind="call", subject="Call", lead=lead, by=bob, at=NOON + timedelta(hours=1))
    drain_events()

    assert ResponseClock.objects.get().touched_at == NOON + timedelta(hours=1)


def test_a_lead_that_waits_too_long_is_reported_once(bob):
    lead = a_lead(owner=bob)
    leads.advance(lead, to=LeadStage.MQL, by=None, at=NOON)
    clocks.start({lead.pk: NOON})

    clocks.warn_due(at=NOON + timedelta(hours=5))
    clocks.warn_due(at=NOON + timedelta(hours=6))

    assert Event.objects.filter(kind="lead.response_overdue").count() == 1
