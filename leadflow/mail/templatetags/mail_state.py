"""Whether mail leaves this installation, for the screens that send."""

from django import template

from leadflow.mail.selectors import leaves

register = template.Library()


@register.simple_tag
def mail_stays_here() -> bool:
    """True while no SMTP is set: every message stays in the local outbox."""
    return not leaves()
