"""How answers are narrowed down: by what was said, what became of whom, and where they came in."""

from datetime import timedelta

from django.db.models import Q

from capture.models import LandingPage
from capture.selectors.windows import begin_of, day_of
from leadflow.kit import clock
from leadflow.models import LeadStage

LADDER = list(LeadStage.values)
REACHED = (LeadStage.LEAD, LeadStage.MQL, LeadStage.CUSTOMER)
DAYS = ("30", "90", "365")


def said(values: list[str]) -> Q:
    """Answers to one question: "role=boss", by the names in the data; of several answers, any."""
    found = Q()
    for told in values:
        name, _sign, value = told.partition("=")
        plain = {"true": True, "false": False}.get(value, value)
        found |= Q(answers__contains={name: plain}) | Q(answers__contains={name: [value]})
    return found


def reached(values: list[str]) -> Q:
    """Answers of leads who came at least so far, whenever."""
    return Q(lead__furthest_stage__in=LADDER[LADDER.index(values[0]) :])


def within(values: list[str]) -> Q:
    """Answers of the last so many days."""
    return Q(received_at__gte=clock.now() - timedelta(days=int(values[0])))


def since(values: list[str]) -> Q:
    """Answers of this day and later."""
    day = day_of(values[0])
    return Q(received_at__gte=begin_of(day)) if day else Q()


def until(values: list[str]) -> Q:
    """Answers of this day and earlier."""
    day = day_of(values[0])
    return Q(received_at__lt=begin_of(day + timedelta(days=1))) if day else Q()


def pages() -> list[tuple[str, str]]:
    """The landing pages that answers can have come from."""
    rows = LandingPage.objects.order_by("name").values_list("pk", "name")[:200]
    return [(str(pk), name) for pk, name in rows]
