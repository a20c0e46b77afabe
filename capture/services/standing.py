"""Where a form or a landing page stands for visitors: shown, put away, taken out again."""

from datetime import datetime
from typing import TypeVar

from django.utils.translation import gettext as _

from capture.models import Form, LandingPage
from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.experiments.selectors import is_running_on
from leadflow.people.models import User

Row = TypeVar("Row", Form, LandingPage)


def show(row: Row, *, kind: Kind, number: int, by: User | None, at: datetime | None) -> None:
    """Visitors see version `number` from now on; in the caller's transaction.

    Raises Conflict while an A/B test runs: what it compares stays what it was.
    """
    refuse_while_tested(row)
    type(row)._default_manager.filter(pk=row.pk).update(status=row.Status.PUBLISHED)
    row.refresh_from_db()
    data = {"name": row.name, "number": number}
    record(kind, by=by, subject=row, data=data, at=at, origin=row.origin)


def refuse_while_tested(row: Form | LandingPage) -> None:
    """Raise Conflict while visitors are shared out among variants of it."""
    if is_running_on(row.block_set, row.pk):
        raise Conflict(_("An A/B test runs here, and what it compares must stay. Stop it first."))


def put_away(row: Row, *, kind: Kind, by: User | None, refusal: str) -> Row:
    """Close it to visitors. Raises Conflict with `refusal` where it is closed already, or while tested."""
    refuse_while_tested(row)
    locked = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if locked.status == row.Status.ARCHIVED:
        raise Conflict(refusal)
    locked.status = row.Status.ARCHIVED
    locked.save(update_fields=["status"])
    record(kind, by=by, subject=locked, data={"name": locked.name}, origin=locked.origin)
    return locked


def take_out(row: Row, *, refusal: str) -> Row:
    """As a draft again. Raises Conflict with `refusal` where it is not archived."""
    locked = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if locked.status != row.Status.ARCHIVED:
        raise Conflict(refusal)
    locked.status = row.Status.DRAFT
    locked.save(update_fields=["status"])
    return locked
