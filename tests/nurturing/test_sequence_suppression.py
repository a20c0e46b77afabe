"""Who enters, who is kept out, who is held back, and why a mail waits."""

from datetime import timedelta

import pytest
from django.urls import reverse

from leadflow.errors import Invalid
from leadflow.kit import clock
from leadflow.mail.models import Delivery
from leadflow.models import LeadStage, Suppression
from leadflow.segments import services as segments
from leadflow.services import addresses, leads
from nurturing import rules
from nurturing.models import Enrolment, MailPolicy, Reason, StepDone
from nurturing.services import documents, enrolment, policy
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, mail_step, wait_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def enrol(sequence, *people, at=NOON, **more):
    ids = [lead.pk for lead in people]
    return enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=at, **more)


def refused(sequence, lead, **more):
    return enrol(sequence, lead, **more).verdict.refused.get(lead.pk)


def subjects(lead):
    return list(Delivery.objects.filter(lead=lead).order_by("id").values_list("subject", flat=True))


def walk(lead, **more):
    return Enrolment.objects.get(lead=lead, **more)


def a_list(*people):
    ids = [lead.pk for lead in people]
    return segments.create(name=f"List of {ids}", kind="static", lead_ids=ids, by=None, at=NOON)


def test_who_is_in_a_segment_of_the_settings_gets_no_marketing_mail():
    lead = a_reader()
    policy.change(by=None, never=[a_list(lead)])

    assert refused(a_sequence(), lead) == Reason.NEVER_LIST


def test_who_is_in_a_segment_that_the_sequence_keeps_out_does_not_enter_it():
    lead = a_reader()

    assert refused(a_sequence(suppress=[a_list(lead).pk]), lead) == Reason.KEPT_OUT
    assert refused(a_sequence(), lead) is None


def test_who_comes_into_a_segment_that_is_kept_out_leaves_before_the_next_mail():
    told = a_list()
    sequence, lead = a_sequence(suppress=[told.pk]), a_reader()
    enrol(sequence, lead)
    advance_due(at=NOON)

    segments.add_many(told, lead_ids=[lead.pk], by=None, at=NOON + DAY)
    advance_due(at=NOON + 2 * DAY)

    assert (walk(lead).state, walk(lead).reason) == ("exited", Reason.KEPT_OUT)
    assert subjects(lead) == ["First"]


def test_who_works_for_a_competitor_gets_none():
    policy.change(by=None, competitors="www.rival.example\n@other.example")
    sequence = a_sequence()

    assert refused(sequence, a_reader(email="spy@rival.example")) == Reason.COMPETITOR
    assert refused(sequence, a_reader(email="Spy@OTHER.example")) == Reason.COMPETITOR
    assert refused(sequence, a_reader(email="ann@rival.example.org")) is None


def test_of_several_reasons_the_first_in_the_order_is_written_down():
    lead = a_reader(email="spy@rival.example")
    told = a_list(lead)
    sequence = a_sequence(suppress=[told.pk])
    policy.change(by=None, competitors="rival.example")
    assert refused(sequence, lead) == Reason.KEPT_OUT
    policy.change(by=None, never=[told])
    assert refused(sequence, lead) == Reason.NEVER_LIST
    addresses.suppress(email=lead.email, reason=Suppression.Reason.HARD_BOUNCE, by=None)
    assert refused(sequence, lead) == Reason.HARD_BOUNCE


def test_who_left_the_segment_and_came_back_enters_again_only_where_the_sequence_says_so():
    quiet, keen = {"policy": "always"}, {"policy": "always", "segment": True}
    for again, reason in ((quiet, Reason.WAS_IN_IT), (keen, None)):
        sequence, lead = a_sequence(again=again), a_reader()
        enrol(sequence, lead, cause="segment:1")
        enrolment.leave(lead_ids=[lead.pk], reason=Reason.LEFT_SEGMENT, at=NOON)

        assert refused(sequence, lead, cause="segment:1") == reason


def held_and_others(sequence, count=40, percent=20):
    people = [a_reader() for _ in range(count)]
    held = [lead for lead in people if rules.is_held_back(sequence.pk, lead.pk, percent)]
    assert held
    return held, [lead for lead in people if lead not in held]


def test_who_is_held_back_is_written_down_and_never_written_to(recorded):
    sequence = a_sequence(holdout=20)
    held, others = held_and_others(sequence)

    entered = enrol(sequence, *held, *others)
    while advance_due(at=NOON):
        pass

    assert {row.lead_id for row in entered.held_back} == {lead.pk for lead in held}
    assert all(walk(lead).state == Enrolment.State.HELD_BACK for lead in held)
    assert all(not subjects(lead) for lead in held)
    assert all(subjects(lead) == ["First"] for lead in others)
    assert "enrolment.started" not in recorded(held[0])


def test_the_goal_of_who_is_held_back_is_kept_to_compare_with(drain_events):
    goal = {"all": [{"field": "lead.stage", "op": "is", "value": LeadStage.SQL}]}
    sequence = a_sequence(holdout=20, goal=goal)
    held, others = held_and_others(sequence)
    enrol(sequence, *held, *others)

    for lead in (held[0], others[0]):
        leads.advance(lead, to=LeadStage.SQL, by=None, at=NOON + DAY)
    drain_events()

    assert (walk(held[0]).state, walk(held[0]).goal_at) == ("held_back", NOON + DAY)
    assert (walk(others[0]).state, walk(others[0]).goal_at) == ("goal_met", NOON + DAY)
    assert walk(held[-1]).goal_at is None or held[-1] == held[0]


def test_who_has_been_inside_for_too_long_leaves_when_her_time_is_over():
    sequence = a_sequence(mail_step("One"), wait_step(30), mail_step("Two"), max_days=10)
    lead = a_reader()
    enrol(sequence, lead)
    advance_due(at=NOON)
    assert walk(lead).due_at == NOON + 10 * DAY

    advance_due(at=NOON + 10 * DAY)

    assert (walk(lead).state, walk(lead).reason) == ("exited", Reason.TOO_LONG)
    assert subjects(lead) == ["One"]


def test_who_left_by_a_hard_bounce_stands_there_with_that_reason(drain_events):
    sequence, lead = a_sequence(), a_reader()
    enrol(sequence, lead)
    addresses.suppress(email=lead.email, reason=Suppression.Reason.HARD_BOUNCE, by=None)

    enrolment.leave_barred(lead_ids=[lead.pk], otherwise=Reason.BLOCKED, at=NOON)

    assert (walk(lead).state, walk(lead).reason) == ("suppressed", Reason.HARD_BOUNCE)


def came_back(lead, *, mails, tries):
    for number in range(mails):
        Delivery.objects.create(
            key=f"old:{lead.pk}:{number}", kind="marketing", to_address=lead.email, to_hash="x",
            to_norm=lead.email, lead=lead, from_address="us@example.org", subject="Old", text="Old",
            state=Delivery.State.BOUNCED, due_at=NOON - 20 * DAY, not_before=NOON - 20 * DAY,
            settled_at=clock.to_real(NOON - 2 * DAY), attempts=tries,
        )  # fmt: skip


@pytest.mark.parametrize(("mails", "tries", "rests"), [(3, 2, True), (2, 3, False), (4, 1, False)])
def test_mail_that_keeps_coming_back_rests_for_two_weeks(mails, tries, rests):
    sequence, lead = a_sequence(), a_reader()
    came_back(lead, mails=mails, tries=tries)
    enrol(sequence, lead)

    advance_due(at=NOON)

    if rests:
        assert subjects(lead) == ["Old"] * mails
        assert (walk(lead).due_at, walk(lead).deferred_by) == (NOON + 12 * DAY, Reason.BOUNCES)
        advance_due(at=NOON + 14 * DAY)
    assert "First" in subjects(lead)


def test_a_mail_that_came_back_ends_no_walk_and_one_that_could_not_leave_does():
    sequence, lead = a_sequence(), a_reader()
    enrol(sequence, lead)
    advance_due(at=NOON)
    mail = Delivery.objects.get(lead=lead)

    Delivery.objects.update(state=Delivery.State.BOUNCED)
    assert enrolment.fail_by_delivery(delivery_id=mail.pk, detail="Full", at=NOON) == 0
    Delivery.objects.update(state=Delivery.State.FAILED)
    assert enrolment.fail_by_delivery(delivery_id=mail.pk, detail="No", at=NOON) == 1


def test_why_a_mail_waits_is_written_down_and_stays_with_the_mail():
    lead = a_reader()
    enrol(a_sequence(mail_step("One")), lead)
    sequence = a_sequence(mail_step("Two"))
    enrol(sequence, lead)
    while advance_due(at=NOON):
        pass
    assert walk(lead, sequence=sequence).deferred_by == Reason.CAPPED

    advance_due(at=NOON + DAY)

    done = StepDone.objects.get(enrolment__sequence=sequence, delivery__isnull=False)
    assert done.deferred_by == Reason.CAPPED
    assert walk(lead, sequence=sequence).deferred_by == ""


def test_a_mail_at_night_waits_for_the_sending_hours():
    sequence, lead = a_sequence(mail_step()), a_reader(time_zone="America/New_York")
    enrol(sequence, lead)

    advance_due(at=NOON)

    assert walk(lead).deferred_by == Reason.QUIET


@pytest.mark.parametrize("limit", [1, 200])
def test_the_free_slot_goes_to_the_sequence_that_goes_first_whichever_comes_first(limit):
    lead = a_reader()
    low, high = a_sequence(mail_step("Low"), priority=5), a_sequence(mail_step("High"), priority=9)
    enrol(low, lead)
    enrol(high, lead)

    for _ in range(4):
        advance_due(at=NOON, limit=limit)
    advance_due(at=NOON + timedelta(minutes=1))

    assert subjects(lead) == ["High"]
    assert walk(lead, sequence=low).deferred_by in (Reason.CAPPED, Reason.YIELDS)


def test_the_caps_of_the_settings_hold():
    policy.change(by=None, per_day=2)
    lead = a_reader()
    for number in range(3):
        enrol(a_sequence(mail_step(f"Mail {number}")), lead)

    while advance_due(at=NOON):
        pass

    assert len(subjects(lead)) == 2


def test_a_new_sequence_begins_with_the_hours_of_the_settings():
    policy.change(by=None, days=[5, 6], opens="10:00", closes="12:00")

    assert documents.empty()["window"] == {"days": [5, 6], "opens": "10:00", "closes": "12:00"}


def test_a_week_that_allows_less_than_a_day_is_refused():
    with pytest.raises(Invalid, match="fewer mails than a day"):
        policy.change(by=None, per_day=4, per_week=3)
    assert MailPolicy.current().per_day == 1


def test_an_admin_changes_the_settings_and_it_is_on_record(client, alice):
    client.force_login(alice)
    told, url = a_list(a_reader()), reverse("nurturing:mail-policy")
    assert "At most so many marketing mails" in client.get(url).text

    given = {
        "per_day": 2, "per_week": 5, "fresh_days": 4, "days": [0, 1], "opens": "09:00",
        "closes": "17:00", "never": [told.pk], "competitors": "rival.example",
    }  # fmt: skip
    answer = client.post(url, given)

    assert answer.status_code == 303
    row = MailPolicy.current()
    assert (row.per_day, row.window["opens"], list(row.never.all())) == (2, "09:00", [told])
    wrong = client.post(url, given | {"per_week": 1})
    assert wrong.status_code == 422
    assert "fewer mails than a day" in wrong.text


def test_a_segment_that_gets_no_mail_cannot_be_put_away_unnoticed():
    told = a_list(a_reader())
    policy.change(by=None, never=[told])

    with pytest.raises(Exception, match="Marketing mail"):
        segments.archive(told, by=None)


def test_a_document_says_what_is_wrong_with_holdout_and_length():
    sequence = a_sequence(publish=False, holdout=30, max_days=-1, suppress=[987])
    found = dict(documents.problems(sequence.rule_set.versions.get().document))

    assert {"holdout", "max_days", "suppress"} <= set(found)
