from datetime import timedelta

import pytest

from leadflow.errors import Conflict
from leadflow.mail.models import Delivery
from leadflow.models import Lead, LeadStage, Suppression
from leadflow.services import addresses, consent, leads
from nurturing.models import Enrolment, Reason, Refusal, Sequence
from nurturing.services import enrolment, sequences
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import a_reader, a_sequence, mail_step, todo_step, wait_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def enrol(sequence, *people, at=NOON, **more):
    ids = [lead.pk for lead in people]
    return enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=at, **more)


def refused(sequence, lead, at=NOON):
    return enrol(sequence, lead, at=at).verdict.refused.get(lead.pk)


def walk(lead):
    return Enrolment.objects.get(lead=lead)


def subjects(lead):
    return list(Delivery.objects.filter(lead=lead).order_by("id").values_list("subject", flat=True))


def test_a_reader_enters_at_the_first_step(recorded):
    sequence, lead = a_sequence(), a_reader()

    enrol(sequence, lead)

    row = walk(lead)
    assert (row.state, row.run_no, row.due_at) == ("pending", 1, NOON)
    assert row.step == row.document["steps"][0]["id"]
    assert "enrolment.started" in recorded(lead)


def test_two_mails_leave_with_their_wait_between():
    sequence, lead = a_sequence(mail_step("One"), wait_step(2), mail_step("Two")), a_reader()
    enrol(sequence, lead)

    advance_due(at=NOON)
    assert subjects(lead) == ["One"]
    assert (walk(lead).state, walk(lead).due_at) == ("waiting", NOON + 2 * DAY)
    advance_due(at=NOON + DAY)
    assert subjects(lead) == ["One"]
    advance_due(at=NOON + 2 * DAY)

    assert subjects(lead) == ["One", "Two"]
    assert (walk(lead).state, walk(lead).reason) == ("finished", "done")


def test_fields_are_filled_in_with_their_fallback():
    sequence = a_sequence(mail_step('Hello {{ lead.first_name | default: "there" }}'))
    ann, nameless = a_reader(first_name="Ann"), a_reader()
    enrol(sequence, ann, nameless)

    advance_due(at=NOON)

    assert subjects(ann) + subjects(nameless) == ["Hello Ann", "Hello there"]


def test_a_to_do_is_made_for_the_owner(bob):
    sequence, lead = a_sequence(todo_step("Call her")), a_reader(owner=bob)
    enrol(sequence, lead)

    advance_due(at=NOON)

    activity = lead.activities.get()
    assert (activity.subject, activity.owner, activity.due_at) == ("Call her", bob, NOON + DAY)


def test_without_consent_nobody_enters():
    sequence, lead = a_sequence(), a_lead()

    assert refused(sequence, lead) == Reason.NO_CONSENT
    assert Refusal.objects.get(lead=lead).reason == Reason.NO_CONSENT


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (Suppression.Reason.COMPLAINT, Reason.COMPLAINT),
        (Suppression.Reason.HARD_BOUNCE, Reason.HARD_BOUNCE),
        (Suppression.Reason.UNSUBSCRIBED, Reason.UNSUBSCRIBED),
        (Suppression.Reason.BLOCKED, Reason.BLOCKED),
    ],
)
def test_a_suppressed_address_is_refused_by_its_reason(given, reason):
    sequence, lead = a_sequence(), a_reader()
    addresses.suppress(email=lead.email, reason=given, by=None)

    assert refused(sequence, lead) == reason


def test_the_weightiest_suppression_is_the_reason():
    sequence, lead = a_sequence(), a_reader()
    for reason in (Suppression.Reason.UNSUBSCRIBED, Suppression.Reason.COMPLAINT):
        addresses.suppress(email=lead.email, reason=reason, by=None)

    assert refused(sequence, lead) == Reason.COMPLAINT


@pytest.mark.parametrize(
    ("purposes", "reason"),
    [
        (["marketing"], Reason.UNSUBSCRIBED_PURPOSE),
        (["marketing", ""], Reason.UNSUBSCRIBED),
        (["product news"], None),
    ],
)
def test_who_unsubscribed_from_all_is_told_apart_from_one_purpose(purposes, reason):
    sequence, lead = a_sequence(), a_reader()
    for purpose in purposes:
        addresses.suppress(
            email=lead.email, purpose=purpose, reason=Suppression.Reason.UNSUBSCRIBED, by=None
        )

    assert refused(sequence, lead) == reason


def test_who_withdrew_her_consent_unsubscribed_from_this_purpose():
    sequence, lead = a_sequence(), a_reader()
    consent.withdraw(lead=lead, at=NOON)
    Suppression.objects.update(lifted_at=NOON)

    assert refused(sequence, lead) == Reason.UNSUBSCRIBED_PURPOSE


def test_a_goal_that_is_met_already_lets_nobody_in():
    goal = {"all": [{"field": "lead.stage", "op": "is", "value": LeadStage.CUSTOMER}]}
    sequence, lead = a_sequence(goal=goal), a_reader(stage=LeadStage.CUSTOMER)

    assert refused(sequence, lead) == Reason.GOAL


def test_who_is_in_a_sequence_that_goes_first_waits_outside():
    lead = a_reader()
    enrol(a_sequence(priority=9), lead)

    assert refused(a_sequence(priority=5), lead) == Reason.GOES_FIRST


def test_nobody_enters_twice_by_default():
    sequence, lead = a_sequence(), a_reader()
    enrol(sequence, lead)

    assert refused(sequence, lead) == Reason.IN_IT
    enrolment.leave(lead_ids=[lead.pk], reason=Reason.BY_HAND, at=NOON)
    assert refused(sequence, lead) == Reason.WAS_IN_IT


def test_who_was_in_it_enters_again_after_the_days_that_were_set():
    sequence, lead = a_sequence(again={"policy": "after", "days": 30}), a_reader()
    enrol(sequence, lead)
    enrolment.leave(lead_ids=[lead.pk], reason=Reason.BY_HAND, at=NOON)

    assert refused(sequence, lead, NOON + 29 * DAY) == Reason.WAS_IN_IT
    assert refused(sequence, lead, NOON + 30 * DAY) is None
    assert Enrolment.objects.filter(lead=lead).latest("pk").run_no == 2


def test_a_draft_takes_nobody_in():
    with pytest.raises(Conflict, match="does not run"):
        enrol(a_sequence(publish=False), a_reader())


def test_the_goal_ends_the_walk_before_the_next_mail(drain_events):
    goal = {"all": [{"field": "lead.stage", "op": "is", "value": LeadStage.SQL}]}
    sequence, lead = a_sequence(goal=goal), a_reader()
    enrol(sequence, lead)

    leads.advance(lead, to=LeadStage.SQL, by=None, at=NOON + DAY)
    drain_events()

    assert (walk(lead).state, walk(lead).reason) == ("goal_met", "goal")


def test_who_unsubscribes_gets_nothing_more(drain_events):
    sequence, lead = a_sequence(), a_reader()
    enrol(sequence, lead)
    advance_due(at=NOON)

    consent.withdraw(lead=lead, at=NOON + DAY)
    drain_events()
    advance_due(at=NOON + 2 * DAY)

    assert (walk(lead).state, walk(lead).reason) == ("suppressed", "unsub_purpose")
    assert subjects(lead) == ["First"]


def test_leaving_stops_the_mail_that_waits_in_the_ledger():
    sequence, lead = a_sequence(), a_reader()
    enrol(sequence, lead)
    advance_due(at=NOON)

    enrolment.leave(lead_ids=[lead.pk], reason=Reason.REPLIED, exit_by="reply", at=NOON)

    assert Delivery.objects.get(lead=lead).state == Delivery.State.SKIPPED
    assert walk(lead).state == "exited"


def test_a_version_that_does_not_exit_by_reply_goes_on():
    sequence, lead = a_sequence(exits={"reply": False}), a_reader()
    enrol(sequence, lead)

    assert enrolment.leave(lead_ids=[lead.pk], reason=Reason.REPLIED, exit_by="reply") == 0
    assert walk(lead).is_under_way


def test_a_second_mail_on_the_same_day_is_put_off_by_the_cap():
    lead = a_reader()
    enrol(a_sequence(mail_step("One")), lead)
    enrol(a_sequence(mail_step("Two")), lead)

    while advance_due(at=NOON):
        pass
    later = Enrolment.objects.under_way().get(lead=lead)

    assert subjects(lead) == ["One"]
    assert later.due_at == NOON + DAY
    advance_due(at=NOON + DAY)
    assert subjects(lead) == ["One", "Two"]


def test_a_mail_waits_for_the_morning_of_the_receiver():
    sequence, lead = a_sequence(mail_step()), a_reader(time_zone="America/New_York")
    enrol(sequence, lead, at=NOON)  # seven in the morning there

    advance_due(at=NOON)

    assert subjects(lead) == []
    due = walk(lead).due_at
    assert NOON + timedelta(hours=1) <= due <= NOON + timedelta(hours=1, minutes=15)


def test_a_mail_that_finds_no_slot_for_three_days_is_left_out():
    lead = a_reader()
    for number in range(3):
        enrol(a_sequence(mail_step(f"Mail {number}")), lead, at=NOON + number * DAY)
        while advance_due(at=NOON + number * DAY):
            pass
    sequence = a_sequence(mail_step("Too much"), wait_step(6), mail_step("Later"))
    enrol(sequence, lead, at=NOON + 3 * DAY)

    while advance_due(at=NOON + 3 * DAY):
        pass

    row = Enrolment.objects.get(sequence=sequence)
    assert row.steps_done.exclude(reason="").get().reason == Reason.TOO_LATE
    assert row.state == "waiting"


def test_a_paused_sequence_writes_to_nobody():
    sequence, lead = a_sequence(), a_reader()
    enrol(sequence, lead)
    sequences.pause(sequence, by=None)

    assert advance_due(at=NOON) == 0
    sequences.resume(sequence, by=None)
    assert advance_due(at=NOON) == 1


def test_people_inside_keep_the_version_that_they_entered_by():
    sequence, lead = a_sequence(mail_step("Old 1"), wait_step(1), mail_step("Old 2")), a_reader()
    enrol(sequence, lead)
    advance_due(at=NOON)
    changed = {**sequence.rule_set.versions.get().document, "steps": [mail_step("New")]}
    sequences.save_draft(sequence, document=changed, by=None)
    sequences.publish(sequence, by=None)

    advance_due(at=NOON + DAY)
    newcomer = a_reader()
    enrol(Sequence.objects.get(pk=sequence.pk), newcomer)
    advance_due(at=NOON + DAY)

    assert subjects(lead) == ["Old 1", "Old 2"]
    assert subjects(newcomer) == ["New"]


def test_one_person_whose_mail_cannot_be_written_stops_nobody_else():
    sequence = a_sequence(mail_step("{{ lead.first_name }}"))
    nameless, ann = a_reader(), a_reader(first_name="Ann")
    enrol(sequence, nameless, ann)

    advance_due(at=NOON)

    assert (walk(nameless).state, walk(nameless).reason) == ("failed", "error")
    assert (walk(ann).state, subjects(ann)) == ("finished", ["Ann"])


def test_what_the_ledger_refuses_fails_alone():
    sequence = a_sequence(mail_step("x" * 450 + "{{ lead.first_name }}"))
    long, short = a_reader(first_name="y" * 100), a_reader(first_name="Ann")
    enrol(sequence, long, short)

    advance_due(at=NOON)

    assert (walk(long).state, walk(short).state) == ("failed", "finished")
    assert len(subjects(short)) == 1


def test_what_is_no_address_is_left_alone():
    sequence, bad, good = a_sequence(mail_step()), a_reader(), a_reader()
    enrol(sequence, bad, good)
    Lead.objects.filter(pk=bad.pk).update(email="not an address")

    advance_due(at=NOON)

    assert (walk(bad).reason, walk(good).state) == ("no_address", "finished")


def test_a_merged_persons_walk_goes_on_with_the_survivor():
    sequence, loser, survivor = a_sequence(), a_reader(), a_reader()
    enrol(sequence, loser)

    enrolment.follow_merge(survivor_id=survivor.pk, merged_id=loser.pk, at=NOON)

    assert walk(survivor).is_under_way


def test_of_two_walks_of_a_merged_person_one_ends():
    sequence, loser, survivor = a_sequence(), a_reader(), a_reader()
    enrol(sequence, loser, survivor)

    enrolment.follow_merge(survivor_id=survivor.pk, merged_id=loser.pk, at=NOON)

    assert (walk(loser).reason, walk(survivor).state) == ("merged", "pending")
