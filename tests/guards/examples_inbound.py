"""What the doors of received mail are shown."""

from leadflow.kit import clock
from leadflow.mail import mailboxes
from leadflow.mail.models import InboundMail
from tests.guards.world import MARKERS, WHOSE


def prepare(world):
    world.made["mailbox"] = mailboxes.add(
        by=None, secret="s" * 20, kind="imap", address="leads@world.example", host="127.0.0.1",
        port=1, security="none", username="leads", folder="INBOX",
    )  # fmt: skip
    world.made["door"] = mailboxes.add(
        by=None, secret="s" * 20, kind="postmark", address="door@world.example", host="",
        folder="INBOX",
    )  # fmt: skip
    world.made["letters"] = {whose: _letter(world, whose) for whose in WHOSE}


def _letter(world, whose):
    lead = world.leads[whose]
    return InboundMail.objects.create(
        mailbox=world.made["mailbox"], message_id=f"<{whose}@world.example>", subject=MARKERS[whose],
        said=MARKERS[whose], from_address=lead.email, from_norm=lead.email, lead=lead, state="filed",
        received_at=clock.now(),
    )  # fmt: skip


def mailbox(world, whose):
    return {"pk": world.made["mailbox"].pk}


def a_letter(world, whose):
    return {"pk": world.made["letters"][whose].pk}


def door(world, whose):
    return {"code": world.made["door"].code}


EXAMPLES = {
    "console:inbound-edit": mailbox,
    "console:inbound-try": mailbox,
    "console:inbound-pause": mailbox,
    "console:inbound-remove": mailbox,
    "mail:received-mail": a_letter,
    "mail:received-decide": a_letter,
    "mail:received-means": a_letter,
    "mail:received-follow": a_letter,
    "mail:hand-over": door,
    "mail:hand-over-mime": door,
}
PAYLOADS = {
    "console:inbound": lambda world, whose: {
        "address": "new@world.example", "kind": "imap", "host": "imap.world.example", "port": 993,
        "security": "tls", "username": "u", "secret": "p", "folder": "INBOX",
    },
    "console:inbound-edit": lambda world, whose: {
        "host": "imap.world.example", "port": 993, "security": "tls", "username": "u",
        "folder": "INBOX",
    },
    "mail:received-decide": lambda world, whose: {"decision": "ignore"},
    "mail:received-means": lambda world, whose: {"to": "question"},
    "mail:received-follow": lambda world, whose: {"do": "stop"},
}  # fmt: skip
