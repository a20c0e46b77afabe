"""What stands beside each step on the canvas: what came of it within 30 days, in two statements for all."""

from datetime import timedelta

from django.utils.translation import gettext as _

from leadflow.kit import clock
from leadflow.web.templatetags.formats import number, percent
from nurturing.models import Sequence
from nurturing.selectors import results
from nurturing.selectors.outcomes import Mails

SPAN = timedelta(days=30)


def of(sequence: Sequence) -> dict[str, str]:
    """The figure of each step that anybody took lately, by its id."""
    since = clock.now() - SPAN
    found = {
        step: _("%(n)s came by") % {"n": number(one.taken)}
        for step, one in results.taken(sequence, since=since).items()
        if one.taken
    }
    return found | {
        step: _mail(one) for step, one in results.mails(sequence, since=since).items() if one.sent
    }


def _mail(mails: Mails) -> str:
    clicked = mails.rate("clicked")
    if clicked.share is None:
        return _("%(n)s sent") % {"n": number(mails.sent)}
    if clicked.is_small:
        return _("%(part)s of %(whole)s clicked") % {"part": clicked.part, "whole": clicked.whole}
    return _("%(share)s clicked") % {"share": percent(clicked.share, 0)}
