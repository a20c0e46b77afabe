"""What comes into the day of a person in the next days: what is planned, and what she put off until then."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leadflow.desk.queue.building import Queue
from leadflow.desk.queue.rows import Row
from leadflow.desk.queue.sources import MOST, planned, step_row
from leadflow.models import Activity
from leadflow.people.models import User

DAYS = timedelta(days=7)


@dataclass(frozen=True)
class Ahead:
    """The rows by the time at which they come."""

    rows: list[Row]
    at: datetime

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def days(self) -> list[tuple[str, list[Row]]]:
        """Each day that has any, with its name."""
        return [(self._name(day), list(rows)) for day, rows in groupby(self.rows, _day)]

    def _name(self, day: date) -> str:
        away = (day - localtime(self.at).date()).days
        names = {0: _("Later today"), 1: _("Tomorrow")}
        return names.get(away) or date_format(day, "l j F")


def build(user: User, found: Queue) -> Ahead:
    """The week after the queue `found`. One query: what was put off is known with the queue."""
    until = found.at + DAYS
    back = [replace(row, due_at=when) for row, when in found.away if when <= until]
    rows = [*(step_row(one, found.at) for one in _steps(user, found.at, until)), *back]
    return Ahead(sorted(rows, key=lambda row: (row.due_at or until, row.key)), found.at)


def _steps(user: User, at: datetime, until: datetime) -> QuerySet[Activity]:
    tonight = localtime(at).replace(hour=23, minute=59, second=59)
    return planned(user).filter(due_at__gt=tonight, due_at__lte=until)[:MOST]


def _day(row: Row) -> date:
    return localtime(row.due_at).date()
