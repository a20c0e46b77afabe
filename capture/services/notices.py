"""Telling the people whom a form names that somebody sent it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import override

from capture.models import Submission
from leadflow.notifications.models import Notice
from leadflow.notifications.services import Told, tell_many
from leadflow.people.models import User


def tell(submission_ids: Iterable[int]) -> None:
    """Tell each person of each submission once, by the channels that she chose."""
    rows = (
        Submission.objects.filter(pk__in=list(submission_ids), form__notify__isnull=False)
        .select_related("form", "lead")
        .prefetch_related("form__notify")
        .distinct()
    )
    tell_many([_told(row, person) for row in rows for person in row.form.notify.all()])


def _told(row: Submission, person: User) -> Told:
    with override(person.language):
        who = row.lead.name if row.lead else _("Somebody")
        sentence = _("%(who)s answered “%(form)s”") % {"who": who, "form": row.form.name}
    place = row.lead.get_absolute_url() if row.lead else row.get_absolute_url()
    return Told(
        user=person,
        key=f"report:{row.pk}",
        kind=Notice.FORM_ANSWERED,
        sentence=sentence,
        url=place,
        lead_id=row.lead_id,
        at=row.received_at,
        origin=row.origin,
    )
