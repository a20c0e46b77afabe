"""A mail of a sequence is answered: the sequence stops, and the answer stands in her story."""

import pytest

from leadflow.mail import mailboxes, polling
from leadflow.mail.models import Delivery
from leadflow.mail.sender import send_due
from nurturing.models import Enrolment
from nurturing.services import enrolment
from nurturing.services.advancing import advance_due
from tests.factories.core import NOON
from tests.factories.nurturing import (
    a_reader,
    a_sequence,
    mail_step,
    wait_step,
)
from tests.leadflow.mail.letters import letter
from tests.sinks.imap import ImapSink

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(alice):
    """The mailbox that answers come to."""
    made = ImapSink().start()
    mailboxes.add(
        by=alice, secret=made.password, kind="imap", address="leads@north.example", host="127.0.0.1",
        port=made.port, security="none", username=made.user, folder="INBOX", from_start=True,
    )  # fmt: skip
    yield made
    made.stop()


def test_an_answer_in_the_mailbox_stops_her_sequence_and_is_read_on_her_page(
    client, alice, sink, drain_events
):
    lead = a_reader()
    sequence = a_sequence(mail_step("A roof"), wait_step(2), mail_step("Another"))
    enrolment.enrol_many(sequence=sequence, lead_ids=[lead.pk], by=None, at=NOON)
    advance_due(at=NOON)
    send_due()
    mail = Delivery.objects.get(lead=lead)

    sink.put(
        letter(1, lead.email, body="Yes, call me.\r\n\r\n> A roof", In_Reply_To=mail.message_id)
    )
    assert polling.poll_due() == 1
    drain_events()

    row = Enrolment.objects.get(lead=lead)
    assert (row.state, row.reason) == ("exited", "replied")
    client.force_login(alice)
    page = client.get(f"/leads/{lead.pk}/timeline/").content.decode()
    assert "Yes, call me." in page
