"""Answers that visitors kept to go on later: how many, and how far they came; never what they typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from capture.models import Form, Unfinished
from leadflow.kit import clock


@dataclass(frozen=True)
class Kept:
    """The pages where people paused: number of the page, how many, and how many wait for their reminder.

    Page 0 gathers those of pages that the form has no more.
    """

    pages: Sequence[tuple[int, int, int]]

    @property
    def total(self) -> int:
        """How many may go on by their link."""
        return sum(count for _page, count, _reminded in self.pages)


def kept_of(form: Form) -> Kept:
    """What is kept for visitors of a form at this moment; what has run out is not."""
    if not form.live_id:
        return Kept(())
    places = {page["id"]: n for n, page in enumerate(form.live_version.content["pages"], 1)}
    rows = (
        Unfinished.objects.filter(form=form, expires_at__gt=clock.now())
        .values_list("page")
        .annotate(n=Count("pk"), reminded=Count("pk", filter=Q(remind_at__isnull=False)))
    )
    found: dict[int, tuple[int, int]] = {}
    for page, count, reminded in rows:
        before = found.get(place := places.get(page, 0), (0, 0))
        found[place] = (before[0] + count, before[1] + reminded)
    return Kept([(place, *found[place]) for place in sorted(found)])
