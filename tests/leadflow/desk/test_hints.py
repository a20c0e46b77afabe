"""What to do next with a lead and why: what her owner's day says, else what is missing."""

from datetime import timedelta

import pytest

from distribution.models import ResponseClock
from leadflow.desk import queue
from leadflow.desk.hints import hint_for
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock
from leadflow.models import LeadCycle, LeadStage, Nudge
from leadflow.services import activities, leads, nudges
from pipeline.models import ObjectionAnswer, ObjectionKind
from pipeline.services import objections, roles
from pipeline.services.objections import Told
from qualification.services import bant
from tests.factories.core import a_lead
from tests.factories.pipeline import deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(bob):
    return a_lead(owner=bob, first_name="Ann")


@pytest.fixture
def qualified(ann, bob):
    """She is an SQL with something planned for later, so nothing is due."""
    leads.advance(ann, to=LeadStage.SQL, by=bob, reason="hand")
    plan(ann, bob, days=5)
    ann.refresh_from_db()
    return ann


def plan(lead, owner, *, days, subject="Call Ann"):
    due = clock.now() + timedelta(days=days)
    return activities.plan(
        kind="call", subject=subject, lead=lead, owner=owner, due_at=due, by=owner
    )


def know(lead, *letters):
    values = {"budget": "none", "authority": "champion", "need": "urgent", "timing": "now"}
    from qualification.models import VALUES

    for letter in letters:
        value = values[letter] if values[letter] in VALUES[letter].values else None
        value = value or next(one for one in VALUES[letter].values if one != "unknown")
        bant.answer(lead=lead, letter=letter, value=value, by=None)


def test_a_running_clock_is_what_comes_first_as_in_my_day(ann, bob):
    at = clock.now()
    ResponseClock.objects.create(
        cycle=LeadCycle.objects.get(lead=ann), lead=ann, started_at=at,
        due_at=at + timedelta(minutes=20),
    )  # fmt: skip
    (row,) = queue.build(bob).rows

    hint = hint_for(ann, bob)

    assert hint.words == "Call them"
    assert hint.why == f"{row.reason} · Waits for your first answer"
    assert hint.dialog == "call"


def test_what_is_late_is_named_by_its_own_words(ann, bob):
    plan(ann, bob, days=-1, subject="Send the offer")

    hint = hint_for(ann, bob)

    assert hint.words == "Send the offer"
    assert hint.is_late


def test_what_the_owner_put_off_is_not_what_is_next(ann, bob):
    record(Kind.REPLY_RECEIVED, lead_id=ann.pk, data={"title": "Hm"}, at=clock.now())
    nudge = Nudge.objects.create(lead=ann, kind="replied", event_id=1, words="Hm", at=clock.now())
    assert hint_for(ann, bob).words == "Answer them"

    nudges.put_off(user=bob, key=f"nudge:{nudge.pk}", until=clock.now() + timedelta(days=1))

    assert hint_for(ann, bob).words != "Answer them"


def test_the_words_of_her_mail_are_for_those_who_may_read_mail(ann, bob, vera):
    Nudge.objects.create(lead=ann, kind="replied", event_id=1, words="My salary", at=clock.now())

    assert "My salary" in hint_for(ann, bob).why
    assert "My salary" not in hint_for(ann, vera).why


def test_a_lead_of_nobody_needs_an_owner(alice):
    hint = hint_for(a_lead(), alice)

    assert (hint.words, hint.dialog) == ("Give them an owner", "owner")


def test_an_open_objection_is_answered_with_the_answer_of_the_playbook(qualified, bob):
    kind = ObjectionKind.objects.create(name="Too dear")
    ObjectionAnswer.objects.create(kind=kind, title="What waiting costs", words="Count it.")
    row = objections.hear(qualified, told=Told(kind=kind), by=bob)

    hint = hint_for(qualified, bob)

    assert hint.words == "Answer “Too dear”"
    assert "The playbook says “What waiting costs”." in hint.why
    assert hint.url == row.get_absolute_url()


def test_what_is_not_known_of_a_qualified_lead_is_asked(qualified, bob):
    know(qualified, "budget", "authority")

    hint = hint_for(qualified, bob)

    assert hint.words == "Ask about need"
    assert hint.why == "Qualified, and not known yet: need, timing."


def test_a_lead_of_whom_all_is_known_becomes_a_deal(qualified, bob):
    know(qualified, "budget", "authority", "need", "timing")

    hint = hint_for(qualified, bob)

    assert (hint.words, hint.url) == ("Convert to deal", f"/deals/convert/{qualified.pk}/")


def test_a_deal_without_somebody_who_decides_asks_for_one(qualified, bob):
    open_one = deal(bob, lead=qualified, name="Roof")
    roles.give(deal=open_one, lead=qualified, role="champion", by=bob)

    hint = hint_for(qualified, bob)

    assert hint.words == "Find the decision maker"
    assert hint.why == "Nobody is known as that in Roof."


def test_what_is_planned_is_next_where_nothing_else_is(ann, bob):
    plan(ann, bob, days=5)

    hint = hint_for(ann, bob)

    assert hint.words == "Call Ann"
    assert hint.why.endswith("nothing is due before.")


def test_without_any_plan_one_is_to_be_made(ann, bob):
    hint = hint_for(ann, bob)

    assert (hint.words, hint.dialog) == ("Plan the next step", "todo")


def test_a_lead_off_the_road_has_no_next(ann, bob):
    leads.disqualify_many(lead_ids=[ann.pk], reason="no fit", by=bob)
    ann.refresh_from_db()

    assert hint_for(ann, bob) is None


def test_the_line_on_her_page_says_what_and_why(client, bob, ann):
    client.force_login(bob)

    part = client.get(f"/leads/{ann.pk}/next/", HTTP_HX_REQUEST="true").content.decode()

    assert "Next: Plan the next step" in part
    assert 'data-open="todo"' in part
    assert f"/leads/{ann.pk}/next/" in client.get(ann.get_absolute_url()).content.decode()


def test_a_reader_gets_no_button_for_what_she_may_not_do(client, vera, ann):
    client.force_login(vera)

    part = client.get(f"/leads/{ann.pk}/next/", HTTP_HX_REQUEST="true").content.decode()

    assert "Next: Plan the next step" in part
    assert "data-open" not in part


def test_the_line_costs_the_same_however_full_her_owners_day_is(
    ann, bob, django_assert_max_num_queries
):
    for number in range(12):
        plan(a_lead(owner=bob), bob, days=-1, subject=f"Call {number}")

    with django_assert_max_num_queries(40):
        hint_for(ann, bob)


def test_abuse_E02_what_is_next_with_a_lead_out_of_reach_is_not_told(client, carl, ann):
    client.force_login(carl)

    assert client.get(f"/leads/{ann.pk}/next/").status_code == 404
