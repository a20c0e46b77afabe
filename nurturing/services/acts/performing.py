"""Doing one step for many subjects, in the caller's transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from leadflow.errors import Invalid, LeadflowError
from leadflow.events.log import require_transaction
from leadflow.models import Origin
from leadflow.people.models import User
from nurturing.services import texting
from nurturing.services.acts import records, telling, work
from nurturing.services.acts.kinds import OF_PERSON
from nurturing.services.acts.subjects import Done, Job, Step, Subject

_VERBS: Mapping[str, Callable[[Job], None]] = {
    "todo": work.plan,
    "set_field": records.set_field,
    "tag": records.tag,
    "list": records.put_in_list,
    "score_event": records.score,
    "move_stage": records.move_stage,
    "webhook": telling.webhook,
    "notify": telling.notify,
    "text": texting.plan,
}


def perform(
    step: Step,
    subjects: Sequence[Subject],
    *,
    cause: str,
    by: User | None,
    at: datetime,
    origin: str = Origin.LIVE,
) -> list[Done]:
    """Do an effect for these subjects, set-based; how it went for each, in their order.

    Inside the caller's transaction. `cause` says in words why ("From the sequence “Welcome”."). Raises
    Invalid for a kind of step that is no effect; whatever else speaks against it is a reason.
    """
    require_transaction()
    verb = _VERBS.get(step["type"])
    if verb is None:
        raise Invalid(_("There is no such step."))
    job = Job(step=step, subjects=list(subjects), cause=cause, by=by, at=at, origin=origin)
    _look(job)
    if job.going:
        try:
            verb(job)
        except LeadflowError as error:  # refused before anything was written
            for one in job.going:
                job.skip(one, error.message)
    return [Done(one.key, job.skipped.get(one.key, "")) for one in subjects]


def _look(job: Job) -> None:
    """Leave out whom nothing can be done for."""
    for one in job.subjects:
        if one.lead is None and job.step["type"] in OF_PERSON:
            job.skip(one, _("This step needs a person, and there is none."))
        elif one.lead is not None and (one.lead.deleted_at or one.lead.merged_into_id):
            job.skip(one, _("The person is no longer here."))
