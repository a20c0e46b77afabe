"""Visitors who agreed to be known, by their first visit, and which of them became a lead.

A visitor is a browser that agreed. Who did not agree is another one every day, so nobody can tell what
became of her: those are counted apart (`unknown`) and only estimated.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from capture.models import Behaviour, Form, Submission, Visit, Visitor, VisitorPolicy
from leadflow.kit.remembering import remembered
from leadflow.models import LeadCycle

WITHIN = timedelta(days=30)  # a visitor has so long to become a lead


@remembered
def is_followed() -> bool:
    """Whether visitors are followed at all, or were once."""
    return Visitor.objects.exists() or VisitorPolicy.current().mode != VisitorPolicy.Mode.OFF


def visitors(start: datetime, end: datetime) -> QuerySet[Any]:
    """Those who came first in this time, with how they came and whom they became.

    Who was a lead before her first visit can become none, and is not among them.
    """
    rows = _came(start, end).filter(is_anonymous=False)
    return rows.exclude(Exists(_earlier()))


def known_before(start: datetime, end: datetime) -> QuerySet[Any]:
    """Those who were leads already when they came first."""
    rows = _came(start, end).filter(is_anonymous=False)
    return rows.filter(Exists(_earlier()))


def unknown(start: datetime, end: datetime) -> QuerySet[Any]:
    """Visitors of one day who did not agree: somebody who comes on two days is two."""
    return _came(start, end).filter(is_anonymous=True)


def _came(start: datetime, end: datetime) -> QuerySet[Any]:
    visits = Visit.objects.filter(visitor=OuterRef("pk"))
    first = visits.order_by("started_at", "pk")
    became = _cycles().filter(
        lead_at__gte=OuterRef("first_seen_at"), lead_at__lt=OuterRef("first_seen_at") + WITHIN
    ).order_by("lead_at", "pk")  # fmt: skip
    rows = Visitor.objects.filter(first_seen_at__gte=start, first_seen_at__lt=end)
    return rows.filter(Exists(visits)).annotate(
        source=Subquery(first.values("source")[:1]),
        device=Subquery(first.values("device")[:1]),
        landing=Subquery(first.values("landing")[:1]),
        became=Subquery(became.values("lead")[:1]),
        became_at=Subquery(became.values("lead_at")[:1]),
    )


def _cycles() -> QuerySet[LeadCycle]:
    """The walks of whoever a visitor turned out to be; a shared browser is whoever sent from it."""
    return LeadCycle.objects.filter(lead__visits__visitor=OuterRef("pk"), lead_at__isnull=False)


def _earlier() -> QuerySet[LeadCycle]:
    return _cycles().filter(lead_at__lt=OuterRef("first_seen_at"))


CONVERTED = Q(became__isnull=False)


def counts(start: datetime, end: datetime, *, at: datetime, source: Q) -> dict[str, int]:
    """How many of `visitors`, `known_before` and `unknown` came, in one statement.

    Of the visitors also how many became a lead, whose time for it is over at `at` (`ripe`), how many of
    those became one, and how often all of them came (`sessions`).
    """
    visits = Visit.objects.filter(visitor=OuterRef("pk")).order_by().values("visitor")
    rows = _came(start, end).annotate(
        was_lead=Exists(_earlier()), times=Subquery(visits.annotate(n=Count("pk")).values("n"))
    )
    new, ripe = Q(is_anonymous=False, was_lead=False), Q(first_seen_at__lte=at - WITHIN)
    found: dict[str, int] = rows.filter(source).aggregate(
        all=Count("pk", filter=new),
        reached=Count("pk", filter=new & CONVERTED),
        ripe=Count("pk", filter=new & ripe),
        ripe_reached=Count("pk", filter=new & ripe & CONVERTED),
        known=Count("pk", filter=Q(is_anonymous=False, was_lead=True)),
        unknown=Count("pk", filter=Q(is_anonymous=True)),
        sessions=Coalesce(Sum("times", filter=new), 0),
    )
    return found


def who_saw(rows: QuerySet[Any], form: int) -> QuerySet[Any]:
    """Those of these visitors who saw a form."""
    seen = Behaviour.objects.filter(
        visit__visitor=OuterRef("pk"), kind__startswith="form.", topic=f"form:{form}"
    )
    return rows.filter(Exists(seen))


def by_form(rows: QuerySet[Any]) -> dict[int, tuple[str, int, int]]:
    """Each form that these visitors saw: its name, how many saw it, and how many of them became a lead."""
    acts = Behaviour.objects.filter(kind__startswith="form.", topic__startswith="form:")

    def counted(some: QuerySet[Any]) -> dict[int, int]:
        seen = (
            acts.filter(visit__visitor__in=some.order_by().values("pk")).order_by().values("topic")
        )
        told = seen.annotate(n=Count("visit__visitor", distinct=True)).values_list("topic", "n")
        return {int(topic[5:]): n for topic, n in told if topic[5:].isdigit()}

    saw, became = counted(rows), counted(rows.filter(CONVERTED))
    names = Form.objects.filter(pk__in=saw).values_list("pk", "name")
    return {pk: (name, saw[pk], became.get(pk, 0)) for pk, name in names}


def leads_without_visit(start: datetime, end: datetime) -> QuerySet[LeadCycle]:
    """People who became a lead in this time by sending a form of ours, and whose visits nobody knows."""
    sent = Submission.objects.filter(
        lead=OuterRef("lead"), lead_created=True, channel__in=[Submission.Channel.HOSTED, Submission.Channel.EMBED],
    ).exclude(state__in=[Submission.State.QUARANTINED, Submission.State.TRASHED])  # fmt: skip
    rows = LeadCycle.objects.filter(
        lead_at__gte=start, lead_at__lt=end, lead__merged_into=None, lead__deleted_at=None
    )
    return rows.filter(Exists(sent)).exclude(Exists(Visit.objects.filter(lead=OuterRef("lead"))))
