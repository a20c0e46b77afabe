"""Which deals close on which day: expected ones by their date, won ones by the day they were won."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Value, Window
from django.db.models.functions import Coalesce, RowNumber, TruncDate

from leadflow.kit.periods import Period
from leadflow.people.models import User
from pipeline.models import Deal, StageKind


@dataclass(frozen=True)
class Close:
    """A deal on a day; `of_day` is how many close on it."""

    deal: Deal
    on: date
    of_day: int


def closes(
    user: User, period: Period, *, zone: ZoneInfo, each: int, owner: User | None = None
) -> Sequence[Close]:
    """The largest `each` deals of every day of the period, one query. `owner` leaves hers alone."""
    expected = Q(
        status=StageKind.OPEN,
        expected_close_on__gte=period.start_on,
        expected_close_on__lt=period.end_on,
    )
    won = Q(status=StageKind.WON, won_at__gte=period.start, won_at__lt=period.end)
    rows: QuerySet[Deal] = Deal.objects.visible_to(user).filter(expected | won)
    if owner:
        rows = rows.filter(owner=owner)
    rows = rows.annotate(
        on=Coalesce(TruncDate("won_at", tzinfo=zone), F("expected_close_on")),
        size=Coalesce(F("base_amount"), Value(0), output_field=Deal._meta.get_field("base_amount")),
    )
    place = Window(RowNumber(), partition_by="on", order_by=[F("size").desc(), "pk"])
    rows = rows.annotate(place=place, of_day=Window(Count("pk"), partition_by="on"))
    shown = rows.filter(place__lte=each).select_related("company", "owner").order_by("on", "place")
    return [Close(row, row.on, row.of_day) for row in shown]
