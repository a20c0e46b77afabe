"""A process that reads a mailbox is killed: the next one reads on, and nothing is lost or doubled."""

import pytest
from django.db.models.functions import Now

from leadflow.events.models import Event
from leadflow.mail import mailboxes, polling
from leadflow.mail.models import InboundMail, Mailbox
from tests.faults.processes import start
from tests.leadflow.mail.letters import letter
from tests.sinks.imap import ImapSink

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MAILS = 5
# where it dies: how many messages were kept by then
KEPT = {"claimed": 0, "fetched": 1, "kept": 1, "taken": 2, "read": MAILS}


@pytest.mark.parametrize("where", KEPT)
def test_fault_F16_a_killed_poll_loses_and_doubles_nothing(where):
    sink = ImapSink().start()
    mailboxes.add(
        by=None, secret=sink.password, kind="imap", address="leads@north.example", host="127.0.0.1",
        port=sink.port, security="none", username=sink.user, folder="INBOX", from_start=True,
    )  # fmt: skip
    for n in range(MAILS):
        sink.put(letter(n, sender=f"a{n}@roofs.test-mail.com"))

    process = start("tests/faults/poll_process.py", CRASH_AT=where)
    process.communicate(timeout=120)

    assert process.returncode == -9
    assert InboundMail.objects.count() == KEPT[where]
    assert polling.poll_due() == 0  # its lease holds
    Mailbox.objects.update(due_at=Now(), lease_until=Now())
    assert polling.poll_due() == MAILS - KEPT[where]
    sink.stop()
    assert InboundMail.objects.values("message_id").distinct().count() == MAILS
    assert Event.objects.filter(kind="mail.received").count() == MAILS
