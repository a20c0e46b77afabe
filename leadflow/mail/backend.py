"""Django's mail door: what Django and allauth send is queued in the ledger as essential mail."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from leadflow.kit.ids import token
from leadflow.mail.services import Message, queue_many


class LedgerBackend(BaseEmailBackend):
    """Queues each message once per receiver; nothing is sent in the request."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them into the ledger; how many receivers that makes."""
        rows = [
            _message(message, receiver)
            for message in email_messages
            for receiver in message.recipients()
        ]
        queue_many(rows)
        return len(rows)


def _message(message: EmailMessage, receiver: str) -> Message:
    return Message(
        key=f"django:{token()}",
        kind="essential",
        to=receiver,
        subject=" ".join(str(message.subject).split()),
        text=str(message.body),
        html=_html(message),
    )


def _html(message: EmailMessage) -> str:
    if not isinstance(message, EmailMultiAlternatives):
        return ""
    parts = [content for content, mimetype in message.alternatives if mimetype == "text/html"]
    return str(parts[0]) if parts else ""
