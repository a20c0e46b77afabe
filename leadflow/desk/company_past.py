"""A company as it was on a day: its fields walked back, who worked there, and which deals were open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import localtime

from leadflow.desk.past_words import Fact, Words, custom, end_of, told
from leadflow.history import changes
from leadflow.history.models import FieldChange
from leadflow.kit import clock
from leadflow.models import Company, CustomField, Lead
from leadflow.people.models import User
from pipeline.selectors.then import OpenThen, open_then

FIELDS = (
    "name", "domain", "industry", "size", "revenue", "country", "city", "founded", "parent", "owner", "team",
    "tier",
)  # fmt: skip
MOST = 200  # people and deals that one page shows
LEAD, COMPANY = "leadflow.lead", "leadflow.company"


@dataclass(frozen=True, slots=True)
class Past:
    """A company as it was at a moment; facts that were blank then and are blank now are left out."""

    at: datetime
    name: str
    facts: Sequence[Fact]
    people: Sequence[Lead]  # who worked there then, as they stood then
    deals: Sequence[OpenThen]
    earlier: date | None  # the nearest days on which a field changed
    later: date | None

    @property
    def changed(self) -> int:
        """How many facts are something else today."""
        return sum(fact.is_other for fact in self.facts)


def as_it_was(company: Company, day: date, user: User) -> Past | None:
    """The company at the end of that day; None before it was known. The caller has checked access."""
    at = min(end_of(day), clock.now())
    then = changes.as_of(company, at)
    if then is None:
        return None
    facts = Words(Company, FIELDS, [then, company]).facts(then, company)
    facts += custom(CustomField.Subject.COMPANY, then.custom, company.custom)
    mine = FieldChange.objects.filter(object_type=COMPANY, object_id=company.pk)
    return Past(
        at=at,
        name=then.name,
        facts=told(facts),
        people=_people(company, at, user),
        deals=open_then(user, company, at, MOST),
        earlier=_day(mine.filter(at__lt=_begin(day)).order_by("-at").first()),
        later=_day(mine.filter(at__gt=end_of(day)).order_by("at").first()),
    )


def _begin(day: date) -> datetime:
    return end_of(date.fromordinal(day.toordinal() - 1))


def _day(change: FieldChange | None) -> date | None:
    return localtime(change.at).date() if change else None


def _people(company: Company, at: datetime, user: User) -> list[Lead]:
    """Whom she may see of those who were there then: who is there today, and who left since."""
    left = FieldChange.objects.filter(object_type=LEAD, field="company", at__gt=at, old=company.pk)
    rows = Lead.objects.visible_to(user).filter(
        Q(company=company) | Q(pk__in=left.values("object_id"))
    )
    latest = rows.order_by("-last_activity_at", "-pk")[:MOST]
    then = changes.many_as_of(list(latest), at)
    return [lead for lead in then if lead.company_id == company.pk]
