"""A form may be where a trial begins: whoever sends it has one from then on."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from capture.models import Submission
from leadflow.services import engagement, trials


@transaction.atomic(savepoint=False)
def begin_many(submission_ids: Iterable[int]) -> None:
    """Note for these answers that a trial began, where their form begins one: once for a person and form."""
    rows = Submission.objects.filter(
        pk__in=set(submission_ids),
        state=Submission.State.PROCESSED,
        lead__merged_into=None,
        version__content__settings__begins_trial=True,
    ).exclude(lead=None)
    by_origin: dict[str, list[engagement.Fact]] = defaultdict(list)
    for row in rows.select_related("form").order_by("pk"):
        by_origin[row.origin].append(fact_of(row))
    for origin, facts in sorted(by_origin.items()):
        trials.begin(facts, origin=origin)


def fact_of(row: Submission) -> engagement.Fact:
    """What an answer tells; the name of the form says which trial it is."""
    return engagement.Fact(
        row.lead_id or 0, trials.BEGUN, "form", row.form.public_id, label=row.form.name,
        at=row.received_at,
    )  # fmt: skip
