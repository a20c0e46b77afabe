"""Planning to-dos and calls."""

from datetime import timedelta

from leadflow.models import Activity
from leadflow.services import activities
from nurturing.models import TodoMade
from nurturing.services.acts.subjects import Job


def plan(job: Job) -> None:
    """A to-do or call for whoever has to do with the subject, once per occurrence."""
    keys = [one.key for one in job.going]
    known = set(TodoMade.objects.filter(key__in=keys).values_list("key", flat=True))
    fresh = [one for one in job.going if one.key not in known]
    kind = job.step.get("kind") or Activity.Kind.TODO
    due_at = job.at + timedelta(days=int(job.step.get("due_days") or 0))
    rows = Activity.objects.bulk_create(
        Activity(
            kind=kind, subject=str(job.step["title"])[:200], body=job.cause, lead=one.lead,
            company=None if one.lead else one.company, subject_ref=one.ref, owner=one.whose,
            due_at=due_at, created_by=job.by, created_at=job.at, origin=job.origin,
        )
        for one in fresh
    )  # fmt: skip
    TodoMade.objects.bulk_create(
        TodoMade(key=one.key, activity=row) for one, row in zip(fresh, rows, strict=True)
    )
    activities.tell_planned(rows, by=job.by, at=job.at)
