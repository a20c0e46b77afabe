from datetime import timedelta

import pytest

from leadflow.events.models import Event
from leadflow.history import changes
from leadflow.integrations.models import WebhookDelivery
from leadflow.models import Activity, CustomField, Engagement, Lead, LeadStage, Origin, Tag
from leadflow.notifications.models import Notification
from leadflow.segments import services as segments
from leadflow.services import leads
from nurturing.models import TodoMade
from nurturing.services import acts
from tests.factories.core import NOON, a_lead
from tests.factories.integrations import an_endpoint

pytestmark = pytest.mark.django_db


def step(of, **fields):
    return acts.new(of) | fields


def subject(lead=None, key="", **more):
    return acts.Subject(lead=lead, key=key or f"walk:{lead.pk}", **more)


def perform(one, *subjects, **more):
    given = {"cause": "From a test.", "by": None, "at": NOON} | more
    return acts.perform(one, subjects, **given)


def test_a_call_is_planned_for_the_owner_once(bob):
    ann = a_lead(owner=bob)
    call = step("todo", title="Call her", kind="call", due_days=2)

    for _twice in range(2):
        (done,) = perform(call, subject(ann))

    row = Activity.objects.get()
    assert done.is_done
    assert (row.kind, row.subject, row.owner, row.lead) == ("call", "Call her", bob, ann)
    assert (row.due_at, row.body) == (NOON + timedelta(days=2), "From a test.")
    ann.refresh_from_db()
    assert ann.next_step_at == row.due_at
    assert TodoMade.objects.get(key=f"walk:{ann.pk}").activity == row


def test_without_an_owner_a_to_do_goes_to_who_looks_after_it(mia):
    perform(step("todo", title="Look"), subject(a_lead(), fallback=mia))

    assert Activity.objects.get().owner == mia


def test_a_field_is_set_with_its_history_and_only_where_it_differs(recorded):
    ann, ben = a_lead(city="Bergen"), a_lead(city="Oslo")

    perform(step("set_field", field="city", value="Oslo"), subject(ann), subject(ben))

    ann.refresh_from_db()
    assert ann.city == "Oslo"
    assert "lead.changed" in recorded(ann)
    assert "lead.changed" not in recorded(ben)
    assert [(c.old, c.new) for c in changes.of(ann).filter(field="city")] == [("Bergen", "Oslo")]


def test_an_own_field_of_a_day_takes_today():
    CustomField.objects.create(subject="lead", key="met_on", label="Met on", type="date")
    ann = a_lead()

    perform(step("set_field", field="custom.met_on", value="today"), subject(ann))

    ann.refresh_from_db()
    assert ann.custom == {"met_on": "2026-03-02"}


def test_a_tag_goes_on_and_off():
    Tag.objects.create(name="hot")
    ann = a_lead()

    perform(step("tag", tag="hot"), subject(ann))
    assert [tag.name for tag in ann.tags.all()] == ["hot"]
    perform(step("tag", tag="hot", remove=True), subject(ann))

    assert not ann.tags.exists()


def test_a_list_kept_by_hand_takes_people_in_and_lets_them_go():
    told = segments.create(name="Guests", kind="static", by=None)
    ann = a_lead()

    perform(step("list", segment=told.pk), subject(ann))
    assert [stay.lead for stay in told.members.current()] == [ann]
    perform(step("list", segment=told.pk, remove=True), subject(ann))

    assert not told.members.current().exists()


def test_a_list_that_a_rule_keeps_is_skipped_with_its_reason():
    told = segments.create(name="All", condition={"all": []}, by=None)

    (done,) = perform(step("list", segment=told.pk), subject(a_lead()))

    assert "rule keeps this list" in done.reason


def test_a_score_event_is_one_fact_that_rules_can_count():
    ann = a_lead()

    for _twice in range(2):
        perform(step("score_event", event="Read it all", points=5), subject(ann))

    row = Engagement.objects.get(lead=ann, kind="signal.given")
    assert (row.label, row.value, row.occurred_at) == ("Read it all", 5, NOON)
    rule = {"all": [{"event": {"kind": "signal.given"}, "op": "at_least", "count": 1, "days": 30}]}
    assert segments.create(name="Read", condition=rule, by=None, at=NOON).member_count == 1


def test_people_move_through_the_lifecycle_where_their_stage_allows_it():
    ann, deal = a_lead(), a_lead(stage=LeadStage.CUSTOMER)

    done = perform(step("move_stage", stage="mql"), subject(ann), subject(deal))

    ann.refresh_from_db()
    assert ann.stage == "mql"
    assert [bool(one.reason) for one in done] == [False, True]
    assert "cannot go from Customer to MQL" in done[1].reason


def test_who_is_there_already_is_done():
    ann = a_lead()
    leads.advance(ann, to="mql", by=None, at=NOON)

    (done,) = perform(step("move_stage", stage="mql"), subject(ann))

    assert done.is_done


def test_the_owner_is_told_once_with_the_name_and_the_page(bob):
    ann = a_lead(owner=bob, first_name="Ann", last_name="Lee")

    for _twice in range(2):
        perform(step("notify", words="Wants to talk"), subject(ann))

    row = Notification.objects.get(user=bob)
    assert (row.sentence, row.url, row.lead) == (
        "Wants to talk: Ann Lee", ann.get_absolute_url(), ann,
    )  # fmt: skip


def test_abuse_E04_who_may_not_see_the_person_is_told_without_her_name(bob, carl):
    ann = a_lead(owner=bob, first_name="Ann", last_name="Lee")

    perform(step("notify", whom=f"user:{carl.pk}", words="Look here"), subject(ann))

    row = Notification.objects.get(user=carl)
    assert (row.sentence, row.lead) == ("Look here", None)


def test_a_team_is_told_member_by_member(bob, mia, north):
    ann = a_lead(owner=bob)

    perform(step("notify", whom=f"team:{north.pk}", words="New"), subject(ann))

    assert set(Notification.objects.values_list("user", flat=True)) == {bob.pk, mia.pk}


def test_nobody_owns_it_so_nobody_is_told():
    (done,) = perform(step("notify", words="Look"), subject(a_lead()))

    assert done.reason


def test_a_webhook_is_one_row_without_names_unless_the_endpoint_may_have_them():
    bare, full = an_endpoint(), an_endpoint(sends_personal=True)
    ann = a_lead(first_name="Ann")

    for endpoint in (bare, full, bare):
        perform(step("webhook", endpoint=endpoint.pk), subject(ann))

    told = {row.endpoint_id: row.body for row in WebhookDelivery.objects.all()}
    assert len(told) == 2
    assert ann.public_id in told[bare.pk]
    assert "Ann" not in told[bare.pk]
    assert ann.email not in told[bare.pk]
    assert '"first_name":"Ann"' in told[full.pk]


def test_what_the_demo_makes_up_is_told_to_no_other_program():
    (done,) = perform(
        step("webhook", endpoint=an_endpoint().pk), subject(a_lead()), origin=Origin.DEMO
    )

    assert done.reason
    assert not WebhookDelivery.objects.exists()


def test_a_step_that_needs_a_person_is_skipped_where_there_is_none():
    (done,) = perform(step("tag", tag="hot"), subject(None, key="deal:1", title="Big deal"))

    assert done.reason == "This step needs a person, and there is none."


def test_a_record_without_a_person_still_makes_a_to_do(bob):
    perform(
        step("todo", title="Write to them"),
        subject(None, key="run:1", ref="deal:7", title="Big deal", owner=bob),
    )

    assert Activity.objects.get().subject_ref == "deal:7"


def test_who_is_in_the_trash_is_left_alone():
    Tag.objects.create(name="hot")
    ann = a_lead()
    leads.trash_many(lead_ids=[ann.pk], by=None)
    ann.refresh_from_db()

    (done,) = perform(step("tag", tag="hot"), subject(ann))

    assert done.reason
    assert not ann.tags.exists()


def test_many_at_once_take_as_many_queries_as_a_few(django_assert_max_num_queries, bob):
    Tag.objects.create(name="hot")
    told = segments.create(name="Guests", kind="static", by=None)
    every = [
        step("todo", title="Call"), step("tag", tag="hot"), step("list", segment=told.pk),
        step("set_field", field="city", value="Oslo"), step("score_event", event="x"),
        step("move_stage", stage="mql"), step("notify", words="Look"),
        step("webhook", endpoint=an_endpoint().pk),
    ]  # fmt: skip
    for _n in range(26):
        a_lead(owner=bob)
    people = Lead.objects.select_related("owner", "company").order_by("pk")
    few, many = ([subject(lead) for lead in some] for some in (people[:3], people[3:]))

    with django_assert_max_num_queries(100) as first:
        _all_done(every, few)
    with django_assert_max_num_queries(len(first)):
        _all_done(every, many)

    assert Event.objects.filter(kind="activity.planned").count() == 26


def _all_done(every, subjects):
    assert all(done.is_done for one in every for done in perform(one, *subjects))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (step("todo"), "Say what is to be done"),
        (step("set_field"), "Choose the field"),
        (step("set_field", field="owner", value=1), "“owner”"),
        (step("set_field", field="email", value="x@y.example"), "“email”"),
        (step("set_field", field="custom.gone", value=1), "“custom.gone”"),
        (step("tag", tag="no such"), "“no such”"),
        (step("list", segment=999), "Choose the list"),
        (step("score_event"), "score event"),
        (step("webhook", endpoint=999), "Choose the webhook"),
        (step("notify"), "Write what"),
        (step("notify", words="x", whom="user:999"), "Choose who"),
        (step("move_stage", stage="customer"), "follow from deals"),
    ],
)
def test_what_is_missing_or_wrong_is_said_before_publishing(wrong, said):
    assert any(said in sentence for sentence in acts.problems(wrong))


def test_what_is_right_says_nothing_and_reads_as_words(bob):
    Tag.objects.create(name="hot")
    endpoint = an_endpoint()
    right = [
        (step("todo", title="Call her", kind="call"), "Plan a call: Call her"),
        (step("tag", tag="hot"), "Put the tag “hot” on"),
        (step("set_field", field="city", value="Oslo"), "Set City to Oslo"),
        (step("webhook", endpoint=endpoint.pk), f"Tell the webhook “{endpoint.name}”"),
        (step("notify", whom=f"user:{bob.pk}", words="Look"), "Notify Bob Berg: Look"),
        (step("move_stage", stage="mql"), "Move to MQL"),
    ]

    assert not [sentence for one, _said in right for sentence in acts.problems(one)]
    assert [acts.words(one) for one, _said in right] == [said for _one, said in right]
