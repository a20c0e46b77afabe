"""Whom a call list can be made of: a segment, a saved view, or the list of leads as it is filtered."""

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from leadflow.calling.models import CallList
from leadflow.desk.tables import LEADS
from leadflow.models import Lead
from leadflow.people.access import within
from leadflow.people.models import User
from leadflow.segments.models import Segment, SegmentMember
from leadflow.web.models import SavedView


def sources(user: User, query: str) -> list[tuple[str, str]]:
    """Segments and saved views by their keys; what she came from stands first."""
    views = SavedView.objects.visible_to(user).on(LEADS.key)
    segments = Segment.objects.living().order_by("name")
    came = [("", _("The leads that you came from"))] if query else [("", _("All leads"))]
    return [
        *came,
        *((f"segment:{one.pk}", _("Segment: %(name)s") % {"name": one.name}) for one in segments),
        *((f"view:{one.pk}", _("View: %(name)s") % {"name": one.name}) for one in views),
    ]


def query_of(user: User, source: str, query: str) -> QueryDict:
    """What a saved view asks for; else the query that she came with."""
    kind, _sep, number = source.partition(":")
    if kind == "view" and number.isdecimal():
        view = SavedView.objects.visible_to(user).on(LEADS.key).filter(pk=int(number)).first()
        asked = QueryDict(mutable=True)
        for key, values in (view.state if view else {}).items():
            asked.setlist(key, [str(value) for value in values])
        return asked
    return QueryDict(query[:8_000])


def within_reach(leads: QuerySet[Lead], user: User, source: str) -> QuerySet[Lead]:
    """Of these leads those whom she may have called, and of a segment its members."""
    rows = leads.filter(within(user, "activity.add"))
    kind, _sep, number = source.partition(":")
    if kind == "segment" and number.isdecimal():
        members = SegmentMember.objects.filter(segment=int(number), left_at=None)
        rows = rows.filter(pk__in=members.values("lead"))
    return rows


def lists_of(user: User) -> QuerySet[CallList]:
    """Her call lists, the open ones first."""
    rows = CallList.objects.visible_to(user).select_related("created_by")
    return rows.order_by("closed_at", "-created_at", "-pk")
