"""What visitors began and nobody received: forms left half way, and answers kept back too long."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from capture.models import FormView, Submission
from leadflow.models import Engagement

PATIENCE = timedelta(hours=1)  # who began a form is given so long to send it
LATE = timedelta(days=1)  # who was set aside as spam and is none has gone elsewhere by then


def forms_left(at: datetime) -> QuerySet[FormView]:
    """Openings of a form in which somebody answered and sent nothing. Nobody is named in them."""
    sent = Submission.objects.filter(form=OuterRef("form"), client_submission_id=OuterRef("key"))
    return FormView.objects.filter(started_at__lt=at - PATIENCE).exclude(Exists(sent))


def left_by_known(at: datetime) -> QuerySet[Engagement]:
    """The same by people who agreed to be known: the last time each began a form and did not send it."""
    hers = Engagement.objects.filter(lead=OuterRef("lead"), topic=OuterRef("topic"))
    sent = Q(kind="form.submitted", occurred_at__gte=OuterRef("occurred_at"))
    again = Q(kind="form.started") & (
        Q(occurred_at__gt=OuterRef("occurred_at"))
        | Q(occurred_at=OuterRef("occurred_at"), pk__gt=OuterRef("pk"))
    )
    began = Engagement.objects.filter(
        kind="form.started", topic__startswith="form:", occurred_at__lt=at - PATIENCE
    )
    return began.exclude(Exists(hers.filter(sent | again)))


def restored_late() -> QuerySet[Submission]:
    """Real answers that were set aside as spam and came back a day after they were sent, or later."""
    kept = Submission.objects.filter(state=Submission.State.PROCESSED, lead__isnull=False)
    return kept.exclude(reason="").filter(processed_at__gte=F("received_at") + LATE)
