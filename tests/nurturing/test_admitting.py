"""More people than go free in a day wait for a yes, whatever lets them in; nobody is lost."""

from datetime import timedelta

import pytest

from leadflow.approvals import services as approvals
from leadflow.approvals.models import Approval
from leadflow.notifications.models import Notification
from leadflow.people.models import Role, User
from leadflow.runs import leasing, working
from leadflow.runs import services as runs
from leadflow.runs.models import Run
from leadflow.segments import services as segments
from leadflow.services import leads
from nurturing.models import AutomationRun, Enrolment, Reason, Refusal
from nurturing.services import admitting, enrolment, letting_in, policy, sequences
from tests.factories.core import NOON
from tests.factories.nurturing import a_reader, a_sequence, an_automation, mail_step

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def helen():
    return User.objects.create_user(
        email="helen@brightwell.example", name="Helen Okafor", role=Role.MANAGER
    )


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    """The business clock stands where a test puts it."""
    moment = [NOON]
    monkeypatch.setattr("leadflow.kit.clock.now", lambda: moment[0])
    return moment


@pytest.fixture
def limited(helen):
    policy.change(by=None, free_send=2, approver=helen)


def enrol(sequence, *people, at=NOON, **more):
    ids = [lead.pk for lead in people]
    return enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=at, **more)


def readers(n):
    return [a_reader() for _ in range(n)]


def inside():
    return Enrolment.objects.count()


def decide(helen, *, yes=True, words=""):
    row = Approval.objects.get(state="asked")
    return approvals.decide(row, is_approved=yes, words=words, by=helen)


def let_in(drain_events):
    drain_events()
    run = leasing.claim(heavy=True, run_id=Run.objects.latest("pk").pk)
    assert run is not None
    return working.execute(run)


def test_a_segment_that_grows_lets_no_more_in_than_go_free_and_asks(
    limited, helen, max, drain_events
):
    held = segments.create(name="Held", kind="static", lead_ids=[], by=None, at=NOON)
    sequence = a_sequence(trigger={"kind": "segment", "ref": held.pk}, owner=max, name="Welcome")
    people = readers(5)

    segments.add_many(held, lead_ids=[one.pk for one in people], by=None, at=NOON)
    drain_events()

    waiting = admitting.waiting(sequence)
    assert inside() == 2
    assert [row.lead for row in waiting] == people[2:]
    assert {row.get_reason_display() for row in waiting} == {"Waits for approval"}
    asked = Approval.objects.get()
    assert (asked.amount, asked.limit, asked.decider, asked.asked_by) == (3, 2, helen, max)
    assert asked.sentence == "“Welcome”: 3 more people than go free want to enter"
    assert asked.url == f"/sequences/{sequence.pk}/people/?view=waiting"
    assert Notification.objects.filter(user=helen).count() == 1


def test_a_yes_lets_exactly_those_in_by_what_they_came_by(limited, helen, max, drain_events):
    sequence, people = a_sequence(owner=max), readers(5)
    enrol(sequence, *people, cause="form:7")
    assert inside() == 2

    decide(helen)
    assert let_in(drain_events) == "done"

    assert set(Enrolment.objects.values_list("lead", flat=True)) == {one.pk for one in people}
    assert set(Enrolment.objects.values_list("cause", flat=True)) == {"form:7"}
    assert not Refusal.objects.exists()
    assert Run.objects.latest("pk").result == {"sequence": sequence.pk, "entered": 3}


def test_a_yes_adds_its_number_and_what_comes_further_waits_again(
    limited, helen, max, drain_events
):
    sequence = a_sequence(owner=max)
    enrol(sequence, *readers(5))
    decide(helen)
    let_in(drain_events)

    enrol(sequence, *readers(1))

    assert (inside(), admitting.waiting(sequence).count()) == (5, 1)
    assert Approval.objects.filter(state="asked").get().amount == 1


def test_the_next_day_as_many_go_free_again(limited, max):
    sequence = a_sequence(owner=max)
    enrol(sequence, *readers(3))

    enrol(sequence, *readers(2), at=NOON + DAY + timedelta(minutes=1))

    assert (inside(), admitting.waiting(sequence).count()) == (4, 1)


def test_few_at_a_time_are_counted_together_and_one_request_tells_the_number(limited, helen, max):
    sequence = a_sequence(owner=max)
    for person in readers(5):
        enrol(sequence, person)

    assert inside() == 2
    assert Approval.objects.get().amount == 3
    assert Notification.objects.filter(user=helen).count() == 1


def test_a_no_keeps_them_out_with_that_reason(limited, helen, max, drain_events):
    sequence = a_sequence(owner=max)
    enrol(sequence, *readers(3))

    decide(helen, yes=False, words="Not this week")
    drain_events()

    assert inside() == 2
    assert Refusal.objects.get().get_reason_display() == "Not approved"


def test_who_may_not_enter_by_then_is_told_why(limited, helen, max, drain_events):
    sequence, people = a_sequence(owner=max), readers(4)
    enrol(sequence, *people)
    leads.disqualify_many(lead_ids=[people[3].pk], reason="spam", by=None, at=NOON)

    decide(helen)
    assert let_in(drain_events) == "done"

    assert inside() == 3
    assert Refusal.objects.get().reason == Reason.DISQUALIFIED


def test_an_automation_says_in_its_log_who_waits(limited, max, drain_events):
    sequence = a_sequence(owner=max)
    an_automation("stage_entered", step_enrol(sequence), stage="mql")

    for person in readers(3):
        leads.advance(person, to="mql", by=None, at=NOON)
    drain_events()

    assert inside() == 2
    assert AutomationRun.objects.exclude(reason="").get().reason == "Waits for approval"


def step_enrol(sequence):
    return {"id": "e1", "type": "enrol", "sequence": sequence.pk}


def test_letters_of_owners_who_is_held_back_and_a_publishing_are_not_counted(limited, max, bob):
    sales = a_sequence(mail_step("Hello"), kind="sales", owner=max)
    enrol(sales, *[a_reader(owner=bob) for _ in range(4)])
    assert inside() == 4

    published = a_sequence(owner=max)
    enrol(published, *readers(4), cause=admitting.PUBLISHING)
    enrol(published, *readers(2))
    assert inside() == 10
    assert not Approval.objects.exists()


def test_without_a_limit_nobody_waits():
    enrol(a_sequence(), *readers(4))

    assert inside() == 4


def test_a_yes_to_a_paused_sequence_lets_people_in_once_it_goes_on(
    client, limited, helen, max, drain_events
):
    sequence = a_sequence(owner=max)
    enrol(sequence, *readers(5), cause="form:7")
    sequences.pause(sequence, by=max, at=NOON)
    decide(helen)

    assert let_in(drain_events) == "done"
    assert (inside(), admitting.waiting(sequence).count()) == (2, 3)
    client.force_login(max)
    page = text_of(client.get(f"/sequences/{sequence.pk}/people/?view=waiting"))
    assert "3 of them are approved and enter once the sequence goes on." in page
    drain_events()
    assert Run.objects.count() == 1

    sequences.resume(sequence, by=max, at=NOON)
    assert let_in(drain_events) == "done"
    assert (inside(), admitting.waiting(sequence).count()) == (5, 0)
    assert set(Enrolment.objects.values_list("cause", flat=True)) == {"form:7"}


def test_a_sequence_that_goes_on_while_people_are_let_in_leaves_nobody_behind(
    limited, helen, max, drain_events
):
    sequence = a_sequence(owner=max)
    enrol(sequence, *readers(3))
    sequences.pause(sequence, by=max, at=NOON)
    decide(helen)
    drain_events()
    run = leasing.claim(heavy=True, run_id=Run.objects.get().pk)
    told = letting_in.work(working.Work(run.pk, run.token, run.args, None, {}))
    sequences.resume(sequence, by=max, at=NOON)
    drain_events()
    assert Run.objects.count() == 1  # the one that met the pause has not said so yet

    runs.end(run, Run.State.DONE, result=told, at=NOON)
    let_in(drain_events)

    assert (inside(), admitting.waiting(sequence).count()) == (3, 0)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_who_decides_sees_the_numbers_and_the_people(client, limited, helen, max):
    sequence = a_sequence(owner=max, name="Welcome")
    people = [a_reader(first_name=f"Person{n}", owner=helen) for n in range(4)]
    enrol(sequence, *people, cause="form:7")
    client.force_login(helen)

    one = text_of(client.get(f"/approvals/{Approval.objects.get().pk}/"))
    page = text_of(client.get(f"/sequences/{sequence.pk}/people/?view=waiting"))

    assert "2, up to 2 need nobody’s yes" in one
    assert "2 people wait for approval." in page
    assert "More than 2 came within 24 hours by themselves" in page
    assert "Person2" in page
    assert "Person0" not in page
    assert "A form" in page
    assert "Helen Okafor was asked to approve 2" in page


def test_a_request_that_ran_out_is_asked_once_more_from_the_page(
    client, limited, helen, max, at_noon
):
    sequence = a_sequence(owner=max)
    enrol(sequence, *readers(3))
    client.force_login(max)
    url = f"/sequences/{sequence.pk}/people/ask/"
    assert client.post(url).status_code == 409

    Approval.objects.update(expires_at=NOON - DAY)
    assert "Ask for approval" in text_of(
        client.get(f"/sequences/{sequence.pk}/people/?view=waiting")
    )
    assert client.post(url).status_code == 303

    assert Approval.objects.get().expires_at > NOON
    Approval.objects.update(expires_at=NOON - DAY)
    policy.change(by=None, free_send=None)
    client.post(url)
    assert Run.objects.get().kind == "sequence-admit"


def test_by_hand_a_message_says_who_waits(client, limited, max):
    sequence = a_sequence(owner=max)
    client.force_login(max)
    for people in (readers(2), readers(1)):
        given = {"emails": "\n".join(one.email for one in people)}
        client.post(f"/sequences/{sequence.pk}/enrol/", given)

    page = text_of(client.get(f"/sequences/{sequence.pk}/people/"))
    assert "Waits for approval: 1" in page
    assert "Wait for approval: 1" in page
