"""The visits of people, as other screens ask for them."""

from typing import Any

from django.db.models import QuerySet

from capture.models import Visit


def began_before(lead: Any, at: Any) -> QuerySet[Visit]:
    """The visits of a lead that began before a moment; both may be columns of the query around."""
    return Visit.objects.filter(lead=lead, started_at__lt=at)
