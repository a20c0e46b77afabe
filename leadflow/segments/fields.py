"""What rules may ask about segments, and which rules the segments themselves are."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from leadflow.conditions import usage
from leadflow.conditions.fields import register
from leadflow.conditions.grammar import Field, Type
from leadflow.conditions.sql import Many
from leadflow.segments.models import Segment

KEY = "lead.in_segment"


def _names() -> Iterable[tuple[int, str]]:
    return Segment.objects.living().order_by("name").values_list("pk", "name")


IN_SEGMENT = Field(
    KEY,
    lazy("Segment"),
    Type.REFERENCES,
    choices_from=_names,
    sql=Many("segments.SegmentMember", "lead", "segment", {"left_at": None}),
    group=lazy("Where they stand"),
)


def _uses() -> Iterable[usage.Use]:
    for segment in Segment.objects.dynamic():
        url = segment.get_absolute_url()
        yield usage.Use(_("Segment: %s") % segment.name, url, segment.rule)


def install() -> None:
    """Make segments known to rules and to the guard on fields; called once by apps.py."""
    register(IN_SEGMENT)
    usage.register_owner("segments", _uses)
