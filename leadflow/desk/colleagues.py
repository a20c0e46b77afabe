"""Who else works where a lead does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Window

from leadflow.models import Lead
from leadflow.people.models import User
from pipeline.selectors import people

SHOWN = 5


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
    rows = Lead.objects.visible_to(user).filter(company=lead.company_id).exclude(pk=lead.pk)
    rows = rows.select_related("owner").annotate(
        there=Window(Count("pk")), held=people.roles_held(user)
    )
    first: list[Any] = list(
        rows.order_by(F("last_activity_at").desc(nulls_last=True), "pk")[:SHOWN]
    )
    for one in first:
        one.roles = people.labels_of(one.held)
    return Colleagues(first, first[0].there if first else 0)
