"""Whose calendar a rule reads: the organisation's, so that it means the same to everybody."""

from datetime import datetime
from zoneinfo import ZoneInfo

from leadflow.kit.clock import now
from leadflow.models import Organisation


def here(at: datetime | None = None) -> datetime:
    """The moment (default: now) in the organisation's time zone, as the evaluators want it."""
    return (at or now()).astimezone(ZoneInfo(Organisation.current().time_zone))
