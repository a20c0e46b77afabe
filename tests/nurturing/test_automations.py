"""Automations meet what happened, ask their condition and do their steps, once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from leadflow.errors import Conflict, Invalid
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.models import Activity, CustomField, Engagement, Lead, Origin, Tag
from leadflow.offers import services as offers
from leadflow.offers.models import Offer
from leadflow.segments import services as segments
from leadflow.services import activities, companies, engagement, leads, merging, notes
from nurturing import handlers
from nurturing.models import Automation, AutomationRun, Enrolment
from nurturing.rules import reacting
from nurturing.services import acts, sequences
from nurturing.services.automations import documents, editing, ticking, trying
from tests.factories.core import NOON, a_company, a_lead, a_user
from tests.factories.nurturing import a_reader, a_sequence, an_automation

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def step(of, **fields):
    return documents.new_step(of) | fields


def tags_of(lead):
    return sorted(tag.name for tag in lead.tags.all())


@pytest.fixture
def hot():
    return Tag.objects.create(name="hot")


@pytest.fixture
def tag_step(hot):
    return step("tag", tag="hot")


def the_run(automation, **about):
    return AutomationRun.objects.get(automation=automation, **about)


# --- Meeting facts ----------------------------------------------------------------------------------


def test_who_enters_the_stage_gets_the_tag_and_who_enters_another_does_not(tag_step, drain_events):
    automation = an_automation("stage_entered", tag_step, stage="mql")
    ann, ben = a_lead(), a_lead()

    leads.advance(ann, to="mql", by=None, at=NOON)
    leads.advance(ben, to="sal", by=None, at=NOON)
    drain_events()

    assert (tags_of(ann), tags_of(ben)) == (["hot"], [])
    run = the_run(automation)
    fact = Event.objects.get(pk=run.event_id)
    assert (run.lead, run.state, fact.kind) == (ann, "done", "lead.advanced")
    assert run.steps == [{"id": tag_step["id"], "type": "tag", "reason": ""}]


def test_the_condition_is_asked_and_the_log_says_where_it_was_not_met(tag_step, drain_events):
    rule = {"all": [{"field": "lead.country", "op": "is", "value": "NO"}]}
    automation = an_automation("stage_entered", tag_step, rule=rule)
    ann, ben = a_lead(country="NO"), a_lead(country="SE")

    leads.advance_many(lead_ids=[ann.pk, ben.pk], to="mql", by=None, at=NOON)
    drain_events()

    assert (tags_of(ann), tags_of(ben)) == (["hot"], [])
    assert the_run(automation, lead=ben).state == "passed"


def test_the_same_fact_is_met_once(tag_step, drain_events):
    automation = an_automation("stage_entered", step("todo", title="Call"))
    leads.advance(a_lead(), to="mql", by=None, at=NOON)
    drain_events()
    handlers.automate(list(Event.objects.filter(kind="lead.advanced")))

    assert AutomationRun.objects.filter(automation=automation).count() == 1
    assert Activity.objects.filter(subject="Call").count() == 1


def test_what_does_not_run_does_not_react(tag_step, drain_events):
    draft = an_automation("stage_entered", tag_step, publish=False)
    paused = an_automation("stage_entered", tag_step)
    editing.pause(paused, by=None)

    leads.advance(a_lead(), to="mql", by=None, at=NOON)
    drain_events()

    assert not AutomationRun.objects.filter(automation__in=[draft, paused]).exists()


def test_without_a_rule_that_waits_a_batch_costs_one_query(django_assert_num_queries):
    leads.advance(a_lead(), to="mql", by=None, at=NOON)
    events = list(Event.objects.filter(kind="lead.advanced"))

    with django_assert_num_queries(1):
        handlers.automate(events)


def test_what_was_imported_starts_nothing(tag_step, drain_events):
    an_automation("stage_entered", tag_step)

    leads.advance(a_lead(), to="mql", by=None, at=NOON, origin=Origin.IMPORT)
    drain_events()

    assert not AutomationRun.objects.exists()


def test_people_enter_a_sequence_and_who_may_not_is_named_with_the_reason(drain_events):
    sequence = a_sequence()
    automation = an_automation("stage_entered", step("enrol", sequence=sequence.pk))
    ann, ben = a_reader(), a_lead()

    leads.advance_many(lead_ids=[ann.pk, ben.pk], to="mql", by=None, at=NOON)
    drain_events()

    assert Enrolment.objects.get().lead == ann
    assert Enrolment.objects.get().cause == f"automation:{automation.pk}"
    refused = the_run(automation, lead=ben)
    assert (refused.state, refused.reason) == ("skipped", "No consent for email")


def test_a_step_that_cannot_be_done_leaves_the_others_done(hot, drain_events):
    automation = an_automation(
        "stage_entered", step("notify", words="Look"), step("tag", tag="hot")
    )
    ann = a_lead()

    leads.advance(ann, to="mql", by=None, at=NOON)
    drain_events()

    run = the_run(automation)
    assert tags_of(ann) == ["hot"]
    assert (run.state, run.reason) == ("partly", "Nobody owns it, so nobody is told.")


@pytest.mark.parametrize(
    ("kind", "narrow", "happens"),
    [
        ("field_changed", {"field": "city"},
         lambda ann: leads.update(ann, values={"city": "Oslo"}, by=None, at=NOON)),
        ("tagged", {"tag": "guest"},
         lambda ann: notes.tag_many(lead_ids=[ann.pk], names=["guest"], by=None, at=NOON)),
        ("assigned", {}, lambda ann: leads.assign(ann, owner=a_user(), by=None, at=NOON)),
        ("downloaded", {"words": "guide"},
         lambda ann: engagement.append([engagement.Fact(ann.pk, "file.downloaded", "grant", "1", "The Guide")])),
        ("activity_done", {"activity": "call"},
         lambda ann: activities.log(kind="call", subject="Talked", lead=ann, by=None, at=NOON)),
        ("recycled", {}, lambda ann: leads.recycle_many(lead_ids=[ann.pk], reason="Later", by=None, at=NOON)),
    ],
)  # fmt: skip
def test_each_kind_of_fact_is_met(kind, narrow, happens, tag_step, drain_events):
    ann = a_lead()
    drain_events()
    automation = an_automation(kind, tag_step, **narrow)

    happens(ann)
    drain_events()

    assert the_run(automation).lead == ann
    assert tags_of(ann) == ["guest", "hot"] if kind == "tagged" else ["hot"]


def test_who_comes_into_a_segment_is_met(tag_step, drain_events):
    told = segments.create(name="Guests", kind="static", by=None)
    other = segments.create(name="Others", kind="static", by=None)
    automation = an_automation("segment_entered", tag_step, segment=told.pk)
    ann, ben = a_lead(), a_lead()

    segments.add_many(told, lead_ids=[ann.pk], by=None, at=NOON)
    segments.add_many(other, lead_ids=[ben.pk], by=None, at=NOON)
    drain_events()

    assert the_run(automation).lead == ann


def test_a_company_has_rules_of_its_own(drain_events, bob):
    automation = an_automation(
        "company_changed", step("todo", title="Look at them"), field="industry"
    )
    firm = a_company(owner=bob)

    companies.update(firm, values={"industry": "Shipping"}, by=None, at=NOON)
    drain_events()

    run = the_run(automation)
    assert (run.subject_kind, run.subject_id, run.lead) == ("company", firm.pk, None)
    assert Activity.objects.get(subject="Look at them").company == firm


@pytest.mark.parametrize(
    ("narrow", "met"),
    [
        ({}, ["reply.received"]),
        ({"reply": "interested"}, ["reply.sorted"]),
        ({"reply": "later"}, []),
    ],
)
def test_an_answer_is_met_by_what_it_means_also_where_somebody_puts_that_right(
    narrow, met, tag_step, drain_events
):
    ann = a_lead()
    automation = an_automation("replied", tag_step, **narrow)

    with transaction.atomic():
        record("reply.received", lead_id=ann.pk, data={"meaning": "question"}, at=NOON)
        record("reply.sorted", lead_id=ann.pk, data={"mail": 1, "to": "interested"}, at=NOON)
    drain_events()

    ids = AutomationRun.objects.filter(automation=automation).values("event_id")
    assert list(Event.objects.filter(pk__in=ids).values_list("kind", flat=True)) == met


def test_the_log_follows_two_rows_that_are_one_person(tag_step, drain_events):
    automation = an_automation("stage_entered", tag_step)
    ann, same = a_lead(at=NOON), a_lead(at=NOON)
    leads.advance(same, to="mql", by=None, at=NOON)
    drain_events()

    merging.merge(survivor=ann, loser=same, by=None)
    drain_events()

    run = AutomationRun.objects.filter(automation=automation).order_by("pk").first()
    assert (run.lead_id, run.subject_id) == (ann.pk, ann.pk)


# --- Circles ----------------------------------------------------------------------------------------


def test_abuse_H02_a_rule_does_not_react_to_what_it_did_itself(drain_events):
    automation = an_automation("field_changed", step("set_field", field="city", value="Oslo"))
    ann = a_lead()

    leads.update(ann, values={"department": "Sales"}, by=None, at=NOON)
    drain_events()

    states = list(AutomationRun.objects.order_by("id").values_list("state", flat=True))
    automation.refresh_from_db()
    assert states == ["done", "skipped"]
    assert "circle" in automation.alert


def test_abuse_H02_two_rules_that_set_each_other_off_stop(drain_events):
    for name in ("ping", "pong"):
        Tag.objects.create(name=name)
    ping = an_automation(
        "tagged", step("tag", tag="pong", remove=True), step("tag", tag="pong"), tag="ping"
    )
    pong = an_automation(
        "tagged", step("tag", tag="ping", remove=True), step("tag", tag="ping"), tag="pong"
    )
    ann = a_lead()

    notes.tag_many(lead_ids=[ann.pk], names=["ping"], by=None, at=NOON)
    drain_events()

    assert AutomationRun.objects.filter(state="done").count() == 2
    assert Event.objects.filter(kind="lead.tagged").count() < 10
    assert any(Automation.objects.filter(pk__in=[ping.pk, pong.pk]).values_list("alert", flat=True))


def test_abuse_H02_a_rule_reacts_to_one_record_ten_times_a_day_at_most(tag_step, drain_events):
    automation = an_automation("field_changed", tag_step, field="city")
    ann = a_lead()

    for n in range(reacting.MOST_A_DAY + 2):
        leads.update(ann, values={"city": f"Town {n}"}, by=None, at=NOON + timedelta(minutes=n))
    drain_events()

    states = AutomationRun.objects.filter(automation=automation).values_list("state", flat=True)
    assert sorted(states) == ["done"] * 10 + ["skipped"] * 2


def test_after_a_day_the_rule_reacts_again(tag_step, drain_events):
    automation = an_automation("field_changed", tag_step, field="city")
    ann = a_lead()

    for day in range(2):
        leads.update(ann, values={"city": f"Town {day}"}, by=None, at=NOON + day * DAY)
        drain_events()

    assert AutomationRun.objects.filter(automation=automation, state="done").count() == 2


# --- Moments ----------------------------------------------------------------------------------------


def test_who_is_idle_for_days_is_met_once_until_somebody_touches_her(bob):
    automation = an_automation(
        "lead_idle", step("todo", title="Write to her"), days=14, at=NOON - DAY
    )
    ann = a_lead(owner=bob, at=NOON)

    assert ticking.look_for_moments(at=NOON + 13 * DAY) == 0
    assert ticking.look_for_moments(at=NOON + 14 * DAY) == 1
    assert ticking.look_for_moments(at=NOON + 15 * DAY) == 0
    activities.log(kind="call", subject="Talked", lead=ann, by=bob, at=NOON + 16 * DAY)
    assert ticking.look_for_moments(at=NOON + 20 * DAY) == 0
    assert ticking.look_for_moments(at=NOON + 30 * DAY) == 1

    assert Activity.objects.filter(subject="Write to her", owner=bob).count() == 2
    assert AutomationRun.objects.filter(automation=automation).count() == 2


def test_who_was_idle_before_the_rule_was_published_is_left_in_peace():
    a_lead(at=NOON - 100 * DAY)
    an_automation("lead_idle", step("todo", title="Write"), days=14, at=NOON)

    assert ticking.look_for_moments(at=NOON + DAY) == 0


def test_an_offer_that_ends_soon_is_told_once(bob):
    ann = a_lead(owner=bob)
    offer = Offer.objects.create(name="Spring", value=Decimal(10), ends_at=NOON + 5 * DAY)
    offers.give(offer_id=offer.pk, lead=ann, key="test", at=NOON)
    automation = an_automation("offer_ending", step("notify", words="Offer ends"), days=3)

    assert ticking.look_for_moments(at=NOON + DAY) == 0
    assert ticking.look_for_moments(at=NOON + 3 * DAY) == 1
    assert ticking.look_for_moments(at=NOON + 4 * DAY) == 0
    assert the_run(automation).lead == ann


def test_what_did_not_pass_is_forgotten_after_a_month(tag_step, drain_events):
    rule = {"all": [{"field": "lead.country", "op": "is", "value": "NO"}]}
    an_automation("stage_entered", tag_step, rule=rule)
    leads.advance(a_lead(country="SE"), to="mql", by=None, at=NOON)
    leads.advance(a_lead(country="NO"), to="mql", by=None, at=NOON)
    drain_events()

    ticking.forget(at=NOON + 31 * DAY)

    assert AutomationRun.objects.get().state == "done"


# --- A dry run --------------------------------------------------------------------------------------


def dry(kind, rule=None, **narrow):
    document = {"trigger": {"kind": kind, **narrow}, "rule": rule or {"all": []}, "steps": []}
    return trying.try_on(document, at=NOON + 10 * DAY)


def test_a_dry_run_tells_whom_the_rule_would_have_met_last_month_and_does_nothing(drain_events):
    ann, ben = a_lead(country="NO", at=NOON), a_lead(country="SE", at=NOON)
    leads.advance_many(lead_ids=[ann.pk, ben.pk], to="mql", by=None, at=NOON + DAY)
    leads.advance(a_lead(at=NOON - 50 * DAY), to="mql", by=None, at=NOON - 40 * DAY)

    found = dry(
        "stage_entered", {"all": [{"field": "lead.country", "op": "is", "value": "NO"}]},
        stage="mql",
    )  # fmt: skip

    assert (found.facts, found.passed, found.as_it_was) == (2, 1, True)
    assert [one.record for one in found.sample] == [ann]
    assert not AutomationRun.objects.exists()


def test_a_dry_run_asks_the_condition_as_it_was_at_that_moment():
    ann = a_lead(country="NO", at=NOON)
    leads.advance(ann, to="mql", by=None, at=NOON + DAY)
    leads.update(ann, values={"country": "SE"}, by=None, at=NOON + 2 * DAY)

    norway = {"all": [{"field": "lead.country", "op": "is", "value": "NO"}]}
    sweden = {"all": [{"field": "lead.country", "op": "is", "value": "SE"}]}

    assert dry("stage_entered", norway).passed == 1
    assert dry("stage_entered", sweden).passed == 0


def test_a_dry_run_counts_what_was_done_until_then_only():
    ann = a_lead(at=NOON)
    leads.advance(ann, to="mql", by=None, at=NOON + DAY)
    Engagement.objects.create(
        lead=ann, kind="page.viewed", source_type="visit", source_id="1",
        occurred_at=NOON + 2 * DAY,
    )  # fmt: skip
    saw = {"event": {"kind": "page.viewed"}, "op": "at_least", "count": 1, "days": 30}

    assert dry("stage_entered", {"all": [saw]}).passed == 0


def test_a_dry_run_says_where_it_had_to_ask_todays_values(hot):
    ann = a_lead(at=NOON)
    leads.advance(ann, to="mql", by=None, at=NOON + DAY)
    notes.tag_many(lead_ids=[ann.pk], names=["hot"], by=None, at=NOON + 2 * DAY)
    tagged = {"all": [{"field": "lead.tags", "op": "has_any_of", "value": [hot.pk]}]}

    found = dry("stage_entered", tagged)

    assert (found.passed, found.as_it_was) == (1, False)


def test_a_dry_run_of_a_moment_tells_for_whom_it_has_come_now():
    a_lead(at=NOON - 30 * DAY)

    found = dry("lead_idle", days=14)

    assert (found.is_moment, found.passed) == (True, 1)


def test_a_dry_run_takes_as_many_queries_for_many(django_assert_max_num_queries):
    rule = {"all": [{"field": "company.country", "op": "is", "value": "NO"}]}
    people = [a_lead(at=NOON, company=a_company(country="NO")) for _n in range(12)]
    leads.advance_many(lead_ids=[people[0].pk], to="mql", by=None, at=NOON + DAY)
    with django_assert_max_num_queries(20) as few:
        assert dry("stage_entered", rule).passed == 1
    ids = [lead.pk for lead in people[1:]]
    leads.advance_many(lead_ids=ids, to="mql", by=None, at=NOON + DAY)

    with django_assert_max_num_queries(len(few)):
        assert dry("stage_entered", rule).passed == 12


# --- Publishing -------------------------------------------------------------------------------------


def test_what_is_missing_is_said_by_name():
    automation = an_automation(
        "lead_idle", step("tag", tag="no such"), step("enrol", sequence=99), publish=False
    )

    with pytest.raises(Invalid) as refused:
        editing.publish(automation, by=None)

    said = " ".join(sentence for some in refused.value.fields.values() for sentence in some)
    assert "days" in said
    assert "“no such”" in said
    assert "Choose the sequence" in said


def test_a_sequence_that_does_not_run_is_refused(tag_step):
    sequence = a_sequence()
    sequences.pause(sequence, by=None)
    document = {"trigger": {"kind": "tagged"}, "steps": [step("enrol", sequence=sequence.pk)]}

    assert any("does not run" in said for _place, said in documents.problems(document))


def test_a_company_cannot_be_tagged(tag_step):
    document = {"trigger": {"kind": "company_changed"}, "steps": [tag_step]}

    assert any("company is none" in said for _place, said in documents.problems(document))


def test_a_new_version_decides_from_now_on_and_an_earlier_one_can_come_back(tag_step, drain_events):
    automation = an_automation("stage_entered", tag_step)
    first = automation.rule_set.versions.get()
    document = first.document | {"trigger": {"kind": "cooled"}}
    editing.save_draft(automation, document=document, by=None)
    editing.publish(automation, by=None)
    automation.refresh_from_db()
    assert automation.trigger == "cooled"

    editing.rollback(automation, to=first, by=None)

    automation.refresh_from_db()
    assert automation.trigger == "stage_entered"


def test_a_segment_that_a_rule_waits_for_is_not_put_away(tag_step):
    told = segments.create(name="Guests", kind="static", by=None)
    an_automation("segment_entered", tag_step, segment=told.pk)

    with pytest.raises(Conflict, match="Automation"):
        segments.archive(told, by=None)


def test_a_field_that_is_gone_fails_the_run_with_its_reason(tag_step, drain_events):
    CustomField.objects.create(subject="lead", key="plan", label="Plan", type="text")
    rule = {"all": [{"field": "custom.plan", "op": "is", "value": "pro"}]}
    automation = an_automation("stage_entered", tag_step, rule=rule)
    CustomField.objects.update(is_archived=True)

    leads.advance(a_lead(), to="mql", by=None, at=NOON)
    drain_events()

    assert the_run(automation).state == "failed"


def test_many_at_once_take_as_many_queries_as_a_few(
    tag_step, drain_events, django_assert_max_num_queries
):
    an_automation("stage_entered", tag_step, step("todo", title="Call"))
    few = [a_lead().pk for _n in range(3)]
    many = [a_lead().pk for _n in range(30)]
    leads.advance_many(lead_ids=few, to="mql", by=None, at=NOON)
    with django_assert_max_num_queries(60) as first:
        handlers.automate(list(Event.objects.filter(kind="lead.advanced")))
    leads.advance_many(lead_ids=many, to="mql", by=None, at=NOON)
    fresh = list(Event.objects.filter(kind="lead.advanced", lead_id__in=many))

    with django_assert_max_num_queries(len(first) + 1):
        handlers.automate(fresh)

    assert Lead.objects.filter(tags__name="hot").count() == 33


def test_every_effect_and_trigger_can_be_said_in_words():
    assert all(documents.step_words(documents.new_step(kind)) for kind in (*acts.KINDS, "enrol"))
