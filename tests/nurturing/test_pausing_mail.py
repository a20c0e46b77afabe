"""What was written before a pause waits in the ledger: no byte of it leaves until the pause ends."""

from datetime import timedelta

import pytest

from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.mail import ledger, outcomes
from leadflow.mail.ledger import Answer
from leadflow.mail.models import Delivery, MailHold
from leadflow.mail.sender import Sender
from nurturing.models import Enrolment, Reason, StepDone
from nurturing.services import enrolment, pausing, sending, sequences
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import (
    a_broadcast,
    a_reader,
    a_sequence,
    cast,
    mail_step,
    wait_step,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    """The business clock stands where a test puts it."""
    moment = [NOON]
    monkeypatch.setattr("leadflow.kit.clock.now", lambda: moment[0])
    return moment


def enrol(sequence, *people):
    ids = [lead.pk for lead in people]
    enrolment.enrol_many(sequence=sequence, lead_ids=ids, by=None, at=NOON)


def written(*steps, people=1):
    """A sequence whose first mails lie in the ledger."""
    sequence = a_sequence(*(steps or [mail_step("One"), wait_step(2), mail_step("Two")]))
    enrol(sequence, *(a_reader() for _ in range(people)))
    advance_due(at=NOON)
    return sequence


def letter():
    return Delivery.objects.get()


def put_off(delivery):
    """A server asked to wait, so that it was tried."""
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")
    outcomes.defer(claimed, Answer(451, "later"), no=no)
    Delivery.objects.filter(pk=delivery.pk).update(not_before=clock.to_real(NOON))


def test_pausing_a_sequence_keeps_what_lies_in_the_ledger_with_the_reason(alice, max):
    sequence = written(people=3)

    waiting = sequences.pause(sequence, by=alice, at=NOON)

    assert waiting == 3
    assert Sender().run().total() == 0
    row = Delivery.objects.first()
    assert (row.state, row.reason, row.is_paused) == ("planned", "The sequence is paused", True)
    assert not Delivery.objects.held().exists()
    assert not ledger.is_overdue(timedelta(0))
    fact = Event.objects.get(kind="sequence.paused")
    assert (fact.actor_id, fact.data) == (alice.pk, {"name": sequence.name, "count": 3})


def test_a_mail_that_a_sender_has_claimed_is_fenced_off():
    sequence = written()
    (claimed,) = ledger.claim()

    sequences.pause(sequence, by=None, at=NOON)

    assert ledger.begin(claimed, transport="smtp") is None
    assert letter().is_paused


def test_what_comes_into_the_ledger_after_the_pause_is_held_at_begin():
    sequence = written()
    sequences.pause(sequence, by=None, at=NOON)
    # as a batch leaves it that was under way while somebody paused
    Delivery.objects.update(state="queued", held_at=None, held_for="", reason="")
    (claimed,) = list(claim_as_if_nothing_were_held())

    assert ledger.begin(claimed, transport="smtp") is None
    assert (letter().is_paused, letter().token) == (True, None)

    Delivery.objects.update(state="queued", held_at=None, held_for="", reason="")
    assert ledger.claim() == []
    assert letter().reason == "The sequence is paused"


def claim_as_if_nothing_were_held():
    holds = list(MailHold.objects.all())
    MailHold.objects.all().delete()
    yield from ledger.claim()
    MailHold.objects.bulk_create(holds)


def test_one_that_is_being_sent_goes_out_and_what_a_server_puts_off_waits():
    sequence = written()
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")

    sequences.pause(sequence, by=None, at=NOON)
    assert letter().state == "sending"
    outcomes.defer(claimed, Answer(451, "later"), no=no)
    Delivery.objects.update(not_before=clock.to_real(NOON))

    assert Sender().run().total() == 0
    assert letter().is_paused


def test_it_leaves_once_when_the_sequence_goes_on(at_noon):
    sequence = written(people=2)
    sequences.pause(sequence, by=None, at=NOON)

    at_noon[0] = NOON + HOUR
    done = sequences.resume(sequence, by=None, at=NOON + HOUR)
    Sender().run()

    assert (done.leave, done.late) == (2, 0)
    assert set(Delivery.objects.values_list("state", "reason")) == {("sent", "")}
    assert not MailHold.objects.exists()
    assert Event.objects.get(kind="sequence.resumed").data["count"] == 2


def test_after_hours_it_waits_for_the_next_opening(at_noon):
    sequence = written()
    sequences.pause(sequence, by=None, at=NOON)

    evening = NOON + 9 * HOUR
    at_noon[0] = evening
    sequences.resume(sequence, by=None, at=evening)

    assert letter().state == "planned"
    assert NOON + 20 * HOUR <= letter().due_at <= NOON + 20.5 * HOUR  # eight in the morning
    assert not letter().is_paused


def test_what_is_stale_when_it_goes_on_is_left_out_with_that_reason(at_noon):
    sequence = written()
    sequences.pause(sequence, by=None, at=NOON)

    at_noon[0] = NOON + 5 * DAY
    done = sequences.resume(sequence, by=None, at=at_noon[0])

    assert (done.leave, done.late) == (0, 1)
    assert (letter().state, letter().reason) == ("skipped", str(Reason.TOO_LATE.label))
    assert StepDone.objects.get(step=Enrolment.objects.get().document["steps"][0]["id"]).reason == (
        Reason.TOO_LATE
    )


def test_the_last_mail_of_somebody_who_came_to_the_end_waits_too():
    sequence = written(mail_step("Only"))
    assert Enrolment.objects.get().state == "finished"

    sequences.pause(sequence, by=None, at=NOON)

    assert letter().is_paused


def test_another_sequence_is_not_concerned():
    sequence, other = written(), a_sequence(mail_step("Other"))
    enrol(other, a_reader())
    advance_due(at=NOON)

    sequences.pause(sequence, by=None, at=NOON)
    Sender().run()

    assert Delivery.objects.get(state="sent").subject == "Other"


def test_putting_it_away_withdraws_what_waits_with_the_reason(alice):
    sequence = written(mail_step("Only"))
    other = a_reader()
    enrol(sequence, other)
    sequences.pause(sequence, by=alice, at=NOON)

    sequences.archive(sequence, by=alice, at=NOON)

    assert (letter().state, letter().reason) == ("skipped", "The sequence was put away")
    assert Enrolment.objects.get(lead=other).detail == "The sequence was put away"
    assert not MailHold.objects.exists()
    assert Event.objects.get(kind="sequence.archived").actor_id == alice.pk


def test_a_mail_that_was_tried_waits_while_its_reader_is_paused(at_noon):
    written()
    put_off(letter())

    pausing.pause_many(enrolments=Enrolment.objects.all(), by=None, at=NOON)
    assert Sender().run().total() == 0
    assert (letter().is_paused, letter().reason) == (True, "Paused by hand")

    at_noon[0] = NOON + HOUR
    pausing.resume_many(enrolments=Enrolment.objects.all(), by=None, at=at_noon[0])
    Sender().run()
    assert letter().state == "sent"


def test_who_is_paused_stays_so_when_the_sequence_goes_on(at_noon):
    sequence = written()
    put_off(letter())
    sequences.pause(sequence, by=None, at=NOON)
    pausing.pause_many(enrolments=Enrolment.objects.all(), by=None, at=NOON)

    sequences.resume(sequence, by=None, at=NOON)

    assert Sender().run().total() == 0
    assert letter().reason == "Paused by hand"
    enrolment.leave(lead_ids=[Enrolment.objects.get().lead_id], reason=Reason.REPLIED, at=NOON)
    assert (letter().state, MailHold.objects.count()) == ("skipped", 0)


def test_what_is_called_off_while_it_is_being_sent_does_not_leave_later():
    written()
    (claimed,) = ledger.claim()
    no = ledger.begin(claimed, transport="smtp")

    enrolment.leave(lead_ids=[Enrolment.objects.get().lead_id], reason=Reason.REPLIED, at=NOON)
    outcomes.defer(claimed, Answer(451, "later"), no=no)
    Delivery.objects.update(not_before=clock.to_real(NOON))
    Sender().run()

    assert (letter().state, letter().reason) == ("skipped", "Replied")


def test_what_was_tried_of_a_broadcast_waits_too(at_noon):
    row = cast(a_broadcast(a_reader()))
    put_off(letter())

    sending.pause(row, by=None, at=NOON)
    assert Sender().run().total() == 0
    assert letter().reason == "The broadcast is paused"

    sending.resume(row, by=None, at=NOON)
    Sender().run()
    assert letter().state == "sent"


def test_the_page_says_what_waits_and_what_became_of_it(client, max):
    sequence = written(people=2)
    client.force_login(max)

    client.post(f"/sequences/{sequence.pk}/state/", {"to": "pause"})
    paused = client.get(f"/sequences/{sequence.pk}/")
    people = client.get(f"/sequences/{sequence.pk}/people/").content.decode()
    outbox = client.get(f"/outbox/{Delivery.objects.first().pk}/").content.decode()
    client.post(f"/sequences/{sequence.pk}/state/", {"to": "resume"})
    on = client.get(f"/sequences/{sequence.pk}/")

    assert "Paused. 2 mails that were written wait." in paused.content.decode()
    assert "2 mails that were written wait in the outbox" in people
    assert "Send now" not in outbox
    assert "The sequence is paused" in outbox
    assert "leave: 2; too late: 0" in on.content.decode()
