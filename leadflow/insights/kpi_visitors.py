"""The KPI of visitors who became a lead: a cohort by first visit, with 30 days to get there."""

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from capture.selectors import visiting
from leadflow.insights.asking import NOBODY, Ask
from leadflow.insights.values import Fact, LeftOut, Maturity, Value, share
from leadflow.models import Source

if TYPE_CHECKING:
    from leadflow.insights.figures import Figures

DAYS = visiting.WITHIN.days
_NOBODY_CAME = _("No visitor who agreed to be known came first in this range.")
_OFF = _("Visitors are not followed. A choice under Settings, Visitors turns it on.")
_SPLIT = _("Visitors belong to nobody yet. They cannot be told apart by owner or team.")


def cohort(ask: Ask) -> QuerySet[Any]:
    """The visitors of the range; nobody for who may see a part of the organisation alone."""
    return _narrowed(ask, visiting.visitors(ask.period.start, ask.period.end))


def _narrowed(ask: Ask, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(_from_source(ask)) if ask.is_whole else rows.none()


def _from_source(ask: Ask) -> Q:
    if ask.source is None:
        return Q()
    if ask.source == NOBODY:
        return Q(source="")
    names = Source.objects.filter(pk=ask.source).values_list("name", flat=True)
    return Q(source__iexact=names.first() or "\x01")


def rate(figures: "Figures") -> Value:
    """Visitors who became a lead within 30 days of their first visit, of all."""
    ask = figures.ask
    if not ask.is_whole:
        return Value(None, why=_SPLIT)
    start, end = ask.period.start, ask.period.end
    n = visiting.counts(start, end, at=ask.at, source=_from_source(ask))
    left = [
        LeftOut(_("were leads before they came"), n["known"], "known"),
        LeftOut(_("did not agree to be known, each of one day"), n["unknown"], "unknown"),
    ]
    nothing = _NOBODY_CAME if n["all"] or visiting.is_followed() else _OFF
    return share(
        n["reached"], n["all"], why=nothing, left_out=left,
        maturity=Maturity(DAYS, n["ripe"], n["all"], n["ripe_reached"]),
        facts=(Fact("sessions", _("visits of theirs"), n["sessions"], "visits"),),
    )  # fmt: skip


def became(figures: "Figures") -> QuerySet[Any]:
    """The visitors who did."""
    return cohort(figures.ask).filter(visiting.CONVERTED)


def everybody(figures: "Figures") -> QuerySet[Any]:
    """All visitors of the range."""
    return cohort(figures.ask)


def mature(figures: "Figures") -> QuerySet[Any]:
    """Those whose 30 days are over."""
    return cohort(figures.ask).filter(first_seen_at__lte=figures.ask.at - visiting.WITHIN)


def known(ask: Ask) -> QuerySet[Any]:
    """Those who were leads before."""
    return _narrowed(ask, visiting.known_before(ask.period.start, ask.period.end))


def without_consent(ask: Ask) -> QuerySet[Any]:
    """Visitors of one day."""
    return _narrowed(ask, visiting.unknown(ask.period.start, ask.period.end))
