from datetime import timedelta

import pytest

from leadflow.mail.models import Delivery
from leadflow.services import consent
from nurturing.models import Enrolment, Reason, Recipient
from nurturing.services import enrolment, why
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON, a_lead
from tests.factories.nurturing import (
    a_broadcast,
    a_reader,
    a_sequence,
    cast,
    condition,
    mail_step,
    wait_step,
)

pytestmark = pytest.mark.django_db


def enrol(sequence, lead, at=NOON):
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=at)
    advance_due(at=at)


def said(sequence, lead, at=NOON):
    (walk,) = why.of_sequence(sequence, lead, at=at).walks
    return walk.sentence, [(one.tone, one.sentence) for one in walk.steps]


def test_each_step_says_what_happened_and_what_is_to_come():
    sequence, lead = a_sequence(mail_step("One"), wait_step(2), mail_step("Two")), a_reader()
    enrol(sequence, lead)
    Delivery.objects.update(state="sent", sent_at=NOON)

    sentence, steps = said(sequence, lead)

    assert "Next: Mail “Two”" in sentence
    assert [tone for tone, _words in steps] == ["done", "done", "here"]
    assert steps[0][1].startswith("Sent ")
    assert steps[2][1].startswith("Is here. Due ")


def test_the_way_that_she_did_not_go_says_so():
    asks = condition(yes=[mail_step("Guten Tag")], no=[mail_step("Hello")])
    sequence, lead = a_sequence(asks, wait_step(1), mail_step("After")), a_reader(country="DE")
    enrol(sequence, lead)

    _sentence, steps = said(sequence, lead)

    assert steps[0][1].startswith("The answer was yes")
    assert steps[2] == ("not", "Not for this lead, who went another way.")
    assert steps[4][0] == "here"


def test_a_walk_that_ended_says_why_the_rest_never_came():
    sequence, lead = a_sequence(mail_step("One"), wait_step(2), mail_step("Two")), a_reader()
    enrol(sequence, lead)
    row = Enrolment.objects.get()
    enrolment.stop_many(
        enrolments=[row], reason=Reason.REPLIED, by=None, at=NOON + timedelta(days=1)
    )

    sentence, steps = said(sequence, lead)

    assert "It ended: Replied." in sentence
    assert steps[2][1].startswith("Did not come here: Replied")


def test_a_mail_that_was_put_off_says_by_what():
    lead = a_reader()
    enrol(a_sequence(mail_step("Elsewhere")), lead)
    sequence = a_sequence(mail_step("One"))
    enrol(sequence, lead)

    _sentence, steps = said(sequence, lead)

    assert steps[0][0] == "here"
    assert "Has had enough mail this week" in steps[0][1]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("bounced", "and came back: The address does not exist."),
        ("skipped", "Not sent: The address does not exist."),
        ("failed", "A server refused it"),
        ("uncertain", "the answer was lost"),
        ("queued", "It waits to leave"),
        ("complained", "marked it as spam"),
    ],
)
def test_what_became_of_a_mail_is_a_sentence(state, words):
    sequence, lead = a_sequence(mail_step("One")), a_reader()
    enrol(sequence, lead)
    Delivery.objects.update(state=state, reason="The address does not exist", sent_at=NOON)

    assert words in said(sequence, lead)[1][0][1]


def test_who_never_entered_is_told_why_and_how_things_are_now():
    sequence, lead = a_sequence(), a_lead()
    enrol(sequence, lead)
    before = why.of_sequence(sequence, lead, at=NOON)
    consent.give(lead=lead, text="Yes.", method="form", at=NOON)

    after = why.of_sequence(sequence, lead, at=NOON)

    assert before.sentence.endswith("did not: No consent for email.")
    assert before.now == "As things are, this lead could not enter: No consent for email."
    assert after.now == "As things are, this lead could enter now."


def test_a_broadcast_says_why_she_got_it_or_did_not():
    got, not_got = a_reader(), a_lead()
    row = cast(a_broadcast(got, not_got), at=NOON)
    rows = {one.lead: one for one in Recipient.objects.filter(broadcast=row)}

    assert why.of_recipient(rows[got]).startswith("It waits to leave")
    assert "No consent for email" in why.of_recipient(rows[not_got])
    assert "none of its segments" in why.of_recipient(None)


def test_why_is_a_page_for_whoever_may_see_the_lead(client, max, bob):
    lead, sequence = a_reader(), a_sequence()
    enrol(sequence, lead)
    url = f"/sequences/{sequence.pk}/why/{lead.pk}/"
    client.force_login(max)

    assert "Mail “First”" in client.get(url).content.decode()
    client.force_login(bob)
    assert client.get(url).status_code == 404


def test_who_is_not_let_in_a_second_time_reads_why():
    sequence, lead = a_sequence(), a_reader()
    enrol(sequence, lead)
    enrolment.enrol_many(
        sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON + timedelta(days=1)
    )

    told = why.of_sequence(sequence, lead, at=NOON + timedelta(days=1))

    assert len(told.walks) == 1
    assert told.sentence.startswith("They were to enter once more on 3 Mar 2026")


def test_of_anybody_it_can_be_asked_why_she_is_not_in_it(client, max, bob, carl):
    inside, outside = a_reader(first_name="Ann", owner=bob), a_lead(first_name="Anna", owner=bob)
    sequence, cast_to = a_sequence(), cast(a_broadcast(inside))
    enrol(sequence, inside)
    client.force_login(max)

    for base in (f"/sequences/{sequence.pk}", f"/broadcasts/{cast_to.pk}"):
        page = client.get(f"{base}/people/?q=ann")
        assert [row.lead for row in page.context["page"].rows] == [inside]
        assert page.context["others"] == [outside]
        assert f"{base}/why/{outside.pk}/" in page.content.decode()
        assert not client.get(f"{base}/people/").context.get("others")
    client.force_login(carl)
    assert client.get(f"/sequences/{sequence.pk}/people/?q=ann").context["others"] == []


def test_a_leads_page_names_what_left_her_out_with_the_way_to_the_answer(client, max):
    sequence, lead = a_sequence(name="Spring"), a_lead()
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    client.force_login(max)

    page = client.get(f"/sequences/of-lead/{lead.pk}/").content.decode()

    assert f'href="/sequences/{sequence.pk}/why/{lead.pk}/"' in page
    assert "No consent for email" in page
