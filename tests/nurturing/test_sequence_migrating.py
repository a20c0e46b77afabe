"""Changing a sequence under the people who are inside: comparing, counting, moving, pausing."""

from datetime import timedelta

import pytest

from leadflow.errors import Conflict
from leadflow.events.models import Event
from leadflow.mail.models import Delivery
from leadflow.models import LeadStage
from leadflow.rulesets import selectors as rulesets
from leadflow.services import leads
from nurturing.models import Enrolment, Sequence, StepDone
from nurturing.services import comparing, enrolment, migrating, pausing, sequences
from nurturing.services.advancing import advance_due
from nurturing.services.sequences import Move
from tests.factories.core import NOON
from tests.factories.nurturing import (
    a_reader,
    a_sequence,
    condition,
    mail_step,
    split,
    todo_step,
    wait_step,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def enrol(sequence, *people, at=NOON):
    ids = [lead.pk for lead in people]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=at)


def subjects(lead, state=""):
    rows = Delivery.objects.filter(lead=lead).order_by("id")
    rows = rows.filter(state=state) if state else rows.exclude(state=Delivery.State.SKIPPED)
    return list(rows.values_list("subject", flat=True))


def walk(lead):
    return Enrolment.objects.get(lead=lead)


def edit(sequence, *steps, at=NOON, move=None, **parts):
    document = rulesets.current(sequence.rule_set).document | {"steps": list(steps)} | parts
    sequences.save_draft(sequence, document=document, by=None)
    return sequences.publish(sequence, by=None, at=at, move=move)


def run(sequence, days, since=NOON):
    for day in days:
        while advance_due(at=since + day * DAY):
            pass


def test_people_inside_stay_at_their_step_and_get_the_new_words():
    one, wait, two = mail_step("One"), wait_step(2), mail_step("Two")
    sequence, lead = a_sequence(one, wait, two), a_reader()
    enrol(sequence, lead)
    run(sequence, [0])

    version = edit(sequence, one, wait, two | {"subject": "Two, better"}, move=Move())

    assert (walk(lead).version, walk(lead).step) == (version, two["id"])
    run(sequence, [2])
    assert subjects(lead) == ["One", "Two, better"]


def test_without_being_asked_publishing_moves_nobody():
    one, wait, two = mail_step("One"), wait_step(2), mail_step("Two")
    sequence, lead = a_sequence(one, wait, two), a_reader()
    enrol(sequence, lead)
    run(sequence, [0])

    version = edit(sequence, one, wait, two | {"subject": "Two, better"})

    assert walk(lead).version != version


def test_who_stands_at_a_step_that_is_gone_goes_to_the_next_one_that_is_left():
    one, gone, last = mail_step("One"), mail_step("Gone"), mail_step("Last")
    wait, rest = wait_step(2), wait_step(2)
    sequence, lead = a_sequence(one, wait, gone, rest, last), a_reader()
    enrol(sequence, lead)
    run(sequence, [0])

    edit(sequence, one, wait, last, move=Move())

    assert walk(lead).step == last["id"]
    run(sequence, [2])
    assert (subjects(lead), walk(lead).state) == (["One", "Last"], "finished")


def test_what_was_done_is_not_done_again_where_steps_change_their_order():
    todo, wait, mail = todo_step("Look"), wait_step(2), mail_step("Mail")
    sequence, lead = a_sequence(todo, wait, mail), a_reader()
    enrol(sequence, lead)
    run(sequence, [0])

    edit(sequence, wait, mail, wait_step(1), todo, move=Move())
    run(sequence, range(2, 5))

    assert (walk(lead).state, lead.activities.count()) == ("finished", 1)


def test_the_waiting_mail_of_a_step_that_is_gone_is_called_off():
    one, wait, two = mail_step("One"), wait_step(2), mail_step("Two")
    sequence, lead = a_sequence(one, wait, two), a_reader()
    enrol(sequence, lead)
    run(sequence, [0])
    told = migrating.preview(sequence, {"steps": [two]})

    edit(sequence, two, move=Move())

    assert (told.moves, told.mails, told.removed) == (1, 1, sorted([one["id"], wait["id"]]))
    assert dict(told.places) == {two["id"]: 1}
    assert subjects(lead, "skipped") == ["One"]


def test_who_is_past_the_step_finishes_the_version_that_she_has():
    one, wait, two, rest, three = (
        mail_step("One"), wait_step(2), mail_step("Two"), wait_step(2), mail_step("Three"),
    )  # fmt: skip
    sequence, early, late = a_sequence(one, wait, two, rest, three), a_reader(), a_reader()
    enrol(sequence, late)
    run(sequence, [0, 2])
    enrol(sequence, early, at=NOON + 2 * DAY)
    run(sequence, [2])
    steps = [one, wait, two, rest, three | {"subject": "Three, better"}]
    told = migrating.preview(sequence, {"steps": steps}, unless_past=two["id"])

    version = edit(sequence, *steps, at=NOON + 3 * DAY, move=Move(unless_past=two["id"]))

    assert (told.moves, told.stays) == (1, 1)
    assert walk(early).version == version
    run(sequence, range(4, 8))
    assert subjects(late) == ["One", "Two", "Three"]
    assert subjects(early)[-1] == "Three, better"


def test_who_had_finished_goes_on_only_where_new_steps_stand_behind_her_end():
    one, more = mail_step("One"), mail_step("More")
    for wanted, comes in ((True, ["One", "More"]), (False, ["One"])):
        sequence, lead = a_sequence(one), a_reader()
        enrol(sequence, lead)
        run(sequence, [0])
        told = migrating.preview(sequence, {"steps": [one, wait_step(1), more]})
        assert told.again == 1
        assert migrating.preview(sequence, {"steps": [mail_step("Before"), one]}).again == 0

        edit(sequence, one, wait_step(1), more, at=NOON + DAY, move=Move(also_finished=wanted))
        run(sequence, range(1, 4))

        assert subjects(lead) == comes


def test_who_rests_in_the_last_wait_goes_on_behind_it():
    one, wait = mail_step("One"), wait_step(2)
    sequence, lead = a_sequence(one, wait), a_reader()
    enrol(sequence, lead)
    run(sequence, [0])
    assert walk(lead).step == ""

    edit(sequence, one, wait, mail_step("New"), move=Move())
    run(sequence, [2])

    assert subjects(lead) == ["One", "New"]


def test_the_move_is_on_record_with_its_count_and_needs_the_version_that_runs(alice):
    one, wait = mail_step("One"), wait_step(2)
    sequence, lead = a_sequence(one, wait, mail_step("Two")), a_reader()
    enrol(sequence, lead)
    old = rulesets.current(sequence.rule_set)
    version = edit(sequence, one)

    assert migrating.migrate(sequence, version, by=alice, at=NOON) == 1

    fact = Event.objects.get(kind="sequence.migrated")
    assert (fact.actor_id, fact.data["count"]) == (alice.pk, 1)
    old.refresh_from_db()
    with pytest.raises(Conflict):
        migrating.migrate(sequence, old, by=alice)


def test_moving_costs_as_much_for_many_as_for_few(django_assert_max_num_queries):
    one, wait, two = mail_step("One"), wait_step(2), mail_step("Two")
    sequence = a_sequence(one, wait, two)
    enrol(sequence, *[a_reader() for _ in range(12)])
    run(sequence, [0])
    version = edit(sequence, one, two)

    with django_assert_max_num_queries(25):
        assert migrating.migrate(sequence, version, by=None) == 12


# --- Comparing ----------------------------------------------------------------------------------------


def test_what_is_different_is_told_step_by_step_in_words():
    kept, gone, moved = mail_step("Kept"), mail_step("Gone"), todo_step("Call")
    added = mail_step("Added")
    before = {"steps": [moved, kept, gone], "holdout": 0}
    after = {"steps": [kept | {"subject": "Kept, better"}, added, moved], "holdout": 10}

    told = comparing.differences(before, after)

    assert [one.words for one in told] == [
        "Held back: Held back changed.",
        "Mail “Gone” was removed.",
        "Mail “Kept, better”: Subject changed.",
        "Mail “Added” was added.",
        "To-do “Call” stands elsewhere.",
    ]
    assert (told[2].fields[0].before, told[2].fields[0].after) == ("Kept", "Kept, better")


def test_a_step_on_another_branch_and_other_shares_are_differences():
    mail, other = mail_step("Mail"), mail_step("Other")
    parts = split([mail], [other])
    shared = parts | {
        "ways": [way | {"share": n} for way, n in zip(parts["ways"], (80, 20), strict=True)]
    }
    asks = condition(yes=[mail], no=[other])

    told = comparing.differences({"steps": [parts]}, {"steps": [shared]})
    assert [one.words for one in told] == ["Split: Shares changed."]
    assert [(one.before, one.after) for one in told[0].fields] == [("50, 50", "80, 20")]
    turned = asks | {"yes": [other], "no": [mail]}
    told = comparing.differences({"steps": [asks]}, {"steps": [turned]})
    assert {one.kind for one in told} == {"moved"}
    assert comparing.differences({"steps": [asks]}, {"steps": [asks]}) == []


def test_another_question_is_told_as_a_sentence():
    asks = condition(yes=[mail_step()])
    rule = {"all": [{"field": "lead.country", "op": "is", "value": "FR"}]}

    told = comparing.differences({"steps": [asks]}, {"steps": [asks | {"rule": rule}]})

    assert "Country" in told[0].fields[0].before
    assert told[0].fields[0].before != told[0].fields[0].after


# --- Pausing one person -------------------------------------------------------------------------------


def test_a_paused_person_gets_nothing_and_goes_on_where_she_was(alice, recorded):
    sequence, lead = a_sequence(mail_step("One"), wait_step(2), mail_step("Two")), a_reader()
    enrol(sequence, lead)
    run(sequence, [0])
    Delivery.objects.update(state=Delivery.State.SENT)

    assert pausing.pause_many(enrolments=[walk(lead)], by=alice, at=NOON + DAY) == 1
    run(sequence, [3, 4])
    assert (walk(lead).state, subjects(lead)) == ("paused", ["One"])
    assert pausing.resume_many(enrolments=[walk(lead)], by=alice, at=NOON + 4 * DAY) == 1
    run(sequence, [4])

    assert subjects(lead) == ["One", "Two"]
    assert {"enrolment.paused", "enrolment.resumed"} <= set(recorded(lead))


def test_a_mail_that_waits_in_the_ledger_is_taken_back_and_comes_after_the_pause():
    sequence, lead = a_sequence(mail_step("One"), wait_step(2), mail_step("Two")), a_reader()
    enrol(sequence, lead)
    run(sequence, [0])

    pausing.pause_many(enrolments=[walk(lead)], by=None, at=NOON)
    assert subjects(lead) == []
    assert StepDone.objects.count() == 0
    pausing.resume_many(enrolments=[walk(lead)], by=None, at=NOON + DAY)
    run(sequence, [1])

    assert (subjects(lead), walk(lead).due_at) == (["One"], NOON + 3 * DAY)


def test_a_paused_walk_still_ends_by_what_ends_it(drain_events):
    goal = {"all": [{"field": "lead.stage", "op": "is", "value": LeadStage.SQL}]}
    sequence, lead = a_sequence(goal=goal), a_reader()
    enrol(sequence, lead)
    pausing.pause_many(enrolments=[walk(lead)], by=None, at=NOON)

    leads.advance(lead, to=LeadStage.SQL, by=None, at=NOON + DAY)
    drain_events()

    assert walk(lead).state == "goal_met"


def test_who_is_paused_does_not_enter_a_second_time():
    sequence, lead = a_sequence(again={"policy": "always"}), a_reader()
    enrol(sequence, lead)
    pausing.pause_many(enrolments=[walk(lead)], by=None, at=NOON)

    entered = enrolment.enrol_many(
        sequence=Sequence.objects.get(), lead_ids=[lead.pk], by=None, at=NOON
    )

    assert entered.verdict.refused == {lead.pk: "in_it"}
