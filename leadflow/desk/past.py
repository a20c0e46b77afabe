"""A lead as she was on a day: her fields walked back, what was agreed, and what was known of her."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadflow.desk.past_words import Fact, Words, custom, end_of, told
from leadflow.events.kinds import Kind
from leadflow.events.models import Event
from leadflow.history import changes
from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.models import Consent, CustomField, Lead
from leadflow.people.access import allowed
from leadflow.people.models import User
from qualification import selectors as qualification

STANDS = ("stage", "disposition", "owner", "team")
ABOUT = (
    "first_name", "last_name", "job_title", "seniority", "department", "company", "city", "region", "country",
    "language", "buyer_stage", "funnel_position", "source", "campaign",
)  # fmt: skip
CONTACT = ("email", "phone", "preferred_channel", "preferred_time")
_TOLD = ("lead.changed", "lead.advanced", "lead.assigned", "bant.changed", "score.changed")


@dataclass(frozen=True, slots=True)
class Past:
    """A lead as she was at a moment; facts that were blank then and are blank now are left out."""

    at: datetime
    name: str
    facts: Sequence[Fact]
    consents: Sequence[Consent]
    tags: Sequence[str]
    earlier: date | None  # the nearest days on which something changed
    later: date | None

    @property
    def changed(self) -> int:
        """How many facts are something else today."""
        return sum(fact.is_other for fact in self.facts)


def as_it_was(lead: Lead, day: date, user: User) -> Past | None:
    """The lead at the end of that day; None before she was known. The caller has checked access."""
    at = min(end_of(day), clock.now())
    then = changes.as_of(lead, at)
    if then is None:
        return None
    walked = changes.first_changes_after(lead, at)
    facts = [*_fields(then, lead, user), *_bant(lead, walked), *_cell(lead, at)]
    return Past(
        at=at,
        name=then.name,
        facts=told(facts),
        consents=_consents(lead, at),
        tags=_tags(lead, at),
        earlier=_earlier(lead, day),
        later=_later(lead, day),
    )


def _fields(then: Lead, now: Lead, user: User) -> list[Fact]:
    if not allowed(user, "lead.contact_fields"):
        return Words(Lead, [*STANDS, *ABOUT], [then, now]).facts(then, now)
    facts = Words(Lead, [*STANDS, *ABOUT, *CONTACT], [then, now]).facts(then, now)
    return facts + custom(CustomField.Subject.LEAD, then.custom, now.custom)


def _bant(lead: Lead, walked: Sequence[FieldChange]) -> list[Fact]:
    """Budget, authority, need and timing: today's answers, walked back."""
    before = {
        change.field.removeprefix("bant."): str(change.old)
        for change in walked
        if change.field.startswith("bant.")
    }
    return [Fact(*row) for row in qualification.bant_beside(lead, before)]


def _cell(lead: Lead, at: datetime) -> list[Fact]:
    """Fit letter and engagement digit; known from the first time that they changed."""
    crossings = Event.objects.filter(lead_id=lead.pk, kind=Kind.SCORE_CHANGED).order_by("-id")
    before = crossings.filter(occurred_at__lte=at).values_list("data", flat=True).first()
    score = getattr(lead, "score", None)
    now = score.cell if score and score.scored_at else ""
    then = str((before or {}).get("to") or "")
    return [Fact(_("Score"), then, now)]


def _consents(lead: Lead, at: datetime) -> list[Consent]:
    rows = Consent.objects.filter(lead=lead, at__lte=at)
    return list(rows.order_by("channel", "purpose", "-at", "-pk").distinct("channel", "purpose"))


def _tags(lead: Lead, at: datetime) -> list[str]:
    """Today's tags without what was put on since, and with what was taken off since."""
    tags = set(lead.tags.values_list("name", flat=True))
    later = Event.objects.filter(lead_id=lead.pk, kind=Kind.LEAD_TAGGED, occurred_at__gt=at)
    for data in later.order_by("-id").values_list("data", flat=True):
        for word in data.get("fields") or []:
            (tags.discard if word[0] == "+" else tags.add)(word[1:])
    return sorted(tags)


def _changes(lead: Lead) -> "models.QuerySet[Event]":
    return Event.objects.filter(lead_id=lead.pk, kind__in=_TOLD)


def _earlier(lead: Lead, day: date) -> date | None:
    """The last day before this one on which a field or the score changed."""
    rows = _changes(lead).filter(occurred_at__lte=end_of(day - timedelta(days=1)))
    return _day(rows.order_by("-occurred_at"))


def _later(lead: Lead, day: date) -> date | None:
    """The first day after this one on which a field or the score changed."""
    rows = _changes(lead).filter(occurred_at__gt=end_of(day))
    return _day(rows.order_by("occurred_at"))


def _day(rows: "models.QuerySet[Event]") -> date | None:
    at = rows.values_list("occurred_at", flat=True).first()
    return localtime(at).date() if at else None
