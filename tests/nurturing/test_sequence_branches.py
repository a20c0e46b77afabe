import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.errors import Invalid
from leadflow.mail.models import Delivery
from leadflow.rulesets import services as rulesets
from nurturing.models import Enrolment, Sequence, StepDone, WayChosen
from nurturing.services import documents, enrolment, sequences
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import (
    a_reader,
    a_sequence,
    condition,
    mail_step,
    split,
    step,
    todo_step,
    wait_step,
)

pytestmark = pytest.mark.django_db


def enrol(sequence, *people, at=NOON):
    ids = [lead.pk for lead in people]
    return enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=at)


def subjects(lead):
    return list(Delivery.objects.filter(lead=lead).order_by("id").values_list("subject", flat=True))


def ways(lead):
    rows = StepDone.objects.filter(enrolment__lead=lead).order_by("id")
    return list(rows.values_list("step", "way"))


def test_a_condition_sends_each_by_her_own_branch_and_joins_them_again():
    asks = condition(yes=[mail_step("Guten Tag")], no=[mail_step("Good day")])
    after = todo_step("Look at it")
    sequence = a_sequence(asks, after)
    german, other = a_reader(country="DE"), a_reader(country="FR")
    enrol(sequence, german, other)

    advance_due(at=NOON)

    assert (subjects(german), subjects(other)) == (["Guten Tag"], ["Good day"])
    assert german.activities.count() == other.activities.count() == 1
    assert ways(german) == [(asks["id"], "yes"), (asks["yes"][0]["id"], ""), (after["id"], "")]
    assert ways(other)[0] == (asks["id"], "no")


def test_one_question_is_asked_for_all_who_stand_at_a_condition(django_assert_max_num_queries):
    sequence = a_sequence(condition(yes=[step("end")], no=[wait_step()]), mail_step())
    people = [a_reader(country="DE" if n % 2 else "FR") for n in range(12)]
    enrol(sequence, *people[:2])
    advance_due(at=NOON)
    enrol(sequence, *people[2:])

    with django_assert_max_num_queries(30):
        advance_due(at=NOON)

    assert Enrolment.objects.filter(state="finished").count() == 6


def test_a_tick_with_nothing_due_asks_one_question_of_an_index():
    sequence = a_sequence(mail_step())
    enrol(sequence, *[a_reader() for _ in range(3)], at=NOON.replace(year=NOON.year + 1))

    with CaptureQueriesContext(connection) as asked:
        assert advance_due(at=NOON) == 0

    questions = [one["sql"] for one in asked if one["sql"].startswith("SELECT")]
    assert len(questions) == 1
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE nurturing_enrolment")  # else the plan hangs on what ran before
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {questions[0]}")
        assert "enrolment_due" in str(cursor.fetchall())


def test_many_walks_are_taken_further_by_as_many_statements_as_few():
    def statements(count):
        sequence = a_sequence(mail_step(), wait_step(), mail_step())
        enrol(sequence, *[a_reader() for _ in range(count)])
        with CaptureQueriesContext(connection) as asked:
            assert advance_due(at=NOON) == count
        return len(asked)

    assert statements(2) == statements(20)


def test_every_step_that_was_taken_stands_written_down_once():
    first, wait, second = mail_step("One"), wait_step(), mail_step("Two")
    sequence, lead = a_sequence(first, wait, second), a_reader()
    enrol(sequence, lead)

    advance_due(at=NOON)
    advance_due(at=NOON.replace(day=NOON.day + 2))

    assert [one for one, _way in ways(lead)] == [first["id"], wait["id"], second["id"]]


def test_a_split_shares_people_out_and_writes_down_who_went_where():
    parts = split([mail_step("A")], [mail_step("B")])
    sequence, people = a_sequence(parts), [a_reader() for _ in range(20)]
    enrol(sequence, *people)

    advance_due(at=NOON)

    one, other = (way["id"] for way in parts["ways"])
    went = dict(StepDone.objects.filter(step=parts["id"]).values_list("enrolment__lead", "way"))
    assert set(went.values()) == {one, other}
    assert all(subjects(lead) == ["A" if went[lead.pk] == one else "B"] for lead in people)


def test_whoever_comes_after_a_choice_goes_the_way_that_won():
    parts = split([mail_step("A")], [mail_step("B")])
    sequence, people = a_sequence(parts), [a_reader() for _ in range(8)]
    won = parts["ways"][1]["id"]
    WayChosen.objects.create(sequence=sequence, step=parts["id"], way=won, by_what="goal", at=NOON)
    enrol(sequence, *people)

    advance_due(at=NOON)

    assert {subject for lead in people for subject in subjects(lead)} == {"B"}


def test_an_end_on_a_branch_ends_the_walk_and_lets_its_mail_leave():
    sequence = a_sequence(condition(yes=[mail_step("Bye"), step("end")]), mail_step("More"))
    lead = a_reader(country="DE")
    enrol(sequence, lead)

    advance_due(at=NOON)

    row = Enrolment.objects.get(lead=lead)
    assert (row.state, row.reason) == ("finished", "done")
    assert [(d.subject, d.state) for d in Delivery.objects.filter(lead=lead)] == [("Bye", "queued")]


def test_a_goal_step_counts_as_the_goal_and_lets_its_mail_leave():
    sequence, lead = a_sequence(mail_step("Won"), step("goal")), a_reader()
    enrol(sequence, lead)

    advance_due(at=NOON)

    row = Enrolment.objects.get(lead=lead)
    assert (row.state, row.reason, row.goal_at) == ("goal_met", "goal", NOON)
    assert Delivery.objects.get(lead=lead).state == Delivery.State.QUEUED


def problems(*steps):
    sequence = a_sequence(*steps, publish=False)
    document = sequence.rule_set.versions.get().document
    return [sentence for _place, sentence in documents.named_problems(document)]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: condition({"all": []}, yes=[mail_step()]), "Condition: Say what it asks."),
        (lambda: condition(), "Condition: Put a step on one of its two branches."),
        (lambda: split([mail_step()], [], shares=[60, 60]), "make 100 % together"),
        (lambda: split([mail_step()], [], shares=[100, 0]), "a share of 1 to 99 %"),
        (lambda: split([mail_step()], shares=[100]), "two to four ways"),
        (lambda: split([], []), "Split: Put a step on one of its ways."),
        (lambda: condition(yes=[mail_step(), wait_step(0)]), "Wait: Wait between 1 and 365."),
        (lambda: condition(yes=[step("end"), mail_step()]), "End: What stands behind it is never"),
        (lambda: condition(yes=[mail_step(""), todo_step()]), "Mail: Write a subject."),
        (
            lambda: step("wait_until", until="todo", step="gone", most_days=3),
            "Wait until: Choose a to-do or call that comes before this step.",
        ),
    ],
)
def test_what_is_wrong_on_a_branch_is_said_with_the_step(wrong, sentence):
    found = problems(mail_step(), wrong())

    assert any(sentence in one for one in found), found


def test_branches_go_four_deep_and_no_deeper():
    nested = [mail_step()]
    for _ in range(4):
        nested = [condition(yes=nested)]
    assert not problems(*nested)
    assert (
        "four" in problems(condition(yes=nested))[0]
        or "4 deep" in problems(condition(yes=nested))[0]
    )


def test_a_step_that_stands_twice_in_the_tree_keeps_it_from_being_published():
    one = mail_step()
    with pytest.raises(Invalid, match="Two steps are the same one"):
        a_sequence(one, condition(yes=[one]))


def test_a_mail_on_a_branch_is_compiled_and_its_fields_are_known_to_be_used():
    words = 'Hello {{ lead.first_name | default: "you" }}'
    sequence = a_sequence(condition(yes=[mail_step(words)]))

    document = sequence.rule_set.versions.get().document
    assert document["steps"][0]["yes"][0]["programs"]["subject"]
    uses = list(sequences._uses())
    assert any("lead.country" in str(use.document) for use in uses)
    assert any("lead.first_name" in str(use.document) for use in uses)


def test_a_version_without_the_newer_keys_walks_as_before():
    sequence, lead = a_sequence(mail_step("Old"), publish=False), a_reader()
    draft = sequence.rule_set.versions.get().document
    old = {key: draft[key] for key in ("trigger", "goal", "exits", "again", "window", "steps")}
    old["again"].pop("segment")
    rulesets.save_draft(sequence.rule_set, document=old, by=None)
    sequences.publish(sequence, by=None, at=NOON)
    enrol(Sequence.objects.get(pk=sequence.pk), lead)

    advance_due(at=NOON)

    assert subjects(lead) == ["Old"]
