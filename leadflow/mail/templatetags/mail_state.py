"""Whether mail leaves this installation, for the screens that send."""

from django import template

from leadflow.mail import guarding
from leadflow.mail.models import SenderGuard
from leadflow.mail.selectors import leaves

register = template.Library()


@register.simple_tag
def mail_stays_here() -> bool:
    """True while no SMTP is set: every message stays in the local outbox."""
    return not leaves()


@register.simple_tag
def paused_senders() -> list[SenderGuard]:
    """The senders whose marketing waits for a person's word."""
    return guarding.paused()
