"""Who else works where a lead does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Subquery

from leadflow.models import Lead
from leadflow.models.beside import Aside, beside
from leadflow.people.models import User
from pipeline.selectors import people

SHOWN = 5
SHOWS = ("first_name", "last_name", "email", "phone", "job_title", "stage", "last_activity_at", "owner__id",
         "owner__name")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Colleagues:
    """The first of those at her company whom the reader may see, and how many they are."""

    first: Sequence[Lead] = ()
    count: int = 0

    @property
    def everybody(self) -> int:
        """How many work there with her."""
        return self.count + 1

    @property
    def has_more(self) -> bool:
        """Whether there are some who are not shown."""
        return self.count > len(self.first)


def colleagues_of(lead: Lead, user: User) -> Colleagues:
    """Those who were touched last come first, each with her `roles` in deals that the reader may see.

    One query, however many work there.
    """
    if lead.company_id is None:
        return Colleagues()
    return read(beside(lead, **asides_of(lead, user)))


def asides_of(lead: Lead, user: User) -> dict[str, Aside | Subquery]:
    """The same for a statement that asks for more: `colleagues` and their `count`."""
    rows = Lead.objects.visible_to(user).filter(company=lead.company_id).exclude(pk=lead.pk)
    if lead.company_id is None:
        rows = rows.none()
    newest = rows.order_by(F("last_activity_at").desc(nulls_last=True), "pk")[:SHOWN]
    counted = rows.order_by().values("company").annotate(n=Count("pk")).values("n")
    first = Aside(newest.annotate(held=people.roles_held(user)), *SHOWS, "held")
    return {"colleagues": first, "count": Subquery(counted)}


def read(found: Mapping[str, Any]) -> Colleagues:
    """What such a statement told of them."""
    for one in found["colleagues"]:
        one.roles = people.labels_of(one.held)
    return Colleagues(found["colleagues"], found["count"] or 0)
