"""What the screens of segments ask."""

from django.db.models import QuerySet

from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.segments.models import Segment, SegmentMember


def members(segment: Segment, user: User) -> QuerySet[SegmentMember]:
    """Who is in it now, as far as the user may see them, the newest first."""
    leads = Lead.objects.visible_to(user).values("pk")
    rows = segment.members.current().filter(lead__in=leads)
    return rows.select_related("lead__company", "lead__owner").order_by("-id")


def of_lead(lead: Lead) -> list[Segment]:
    """The segments that a lead is in."""
    rows = Segment.objects.living().filter(members__lead=lead, members__left_at=None)
    return list(rows.order_by("name"))
