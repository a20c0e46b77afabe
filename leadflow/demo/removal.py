"""Start with my own data: everything that the demo made goes, in one transaction."""

from django.db import transaction
from django.db.models import Model, QuerySet

from capture.models import Form, FormDay, FormVersion, Submission
from distribution.models import Assignment, Pool
from leadflow.demo import letters
from leadflow.events.models import Event, EventFailure
from leadflow.handover.models import Handover
from leadflow.history.models import FieldChange
from leadflow.insights import rollups
from leadflow.mail.models import Delivery
from leadflow.models import (
    Activity,
    Company,
    Customer,
    Lead,
    Note,
    Organisation,
    Origin,
    Source,
    SpendEntry,
)
from leadflow.models.erasing import erasing
from leadflow.people.models import User
from leadflow.segments.models import SegmentMember
from nurturing.models import Enrolment, StepDone
from pipeline.models import Conversion, Deal

DEMO = Origin.DEMO


@transaction.atomic
def remove(*, keep: User | None) -> int:
    """Delete every demo record; `keep` is the demo user who asked and stays as an admin.

    Returns how many leads went. What people added themselves stays, also on a demo lead's company.
    """
    people = list(Lead.objects.filter(origin=DEMO).values_list("pk", flat=True))
    with erasing():
        Form.objects.filter(origin=DEMO).update(live=None, status="draft")
        for rows in _in_order(people):
            rows.delete()
        EventFailure.objects.filter(event__origin=DEMO).delete()
        Event.objects.filter(origin=DEMO).delete()
        FieldChange.objects.filter(object_type="leadflow.lead", object_id__in=people).delete()
    _people_and_settings(keep)
    organisation = Organisation.current()
    organisation.has_demo = False
    if organisation.legal_name.endswith("(demo)"):
        organisation.name, organisation.legal_name, organisation.postal_address = "", "", ""
        organisation.name = "My organisation"
    organisation.save()
    rollups.rebuild()
    return len(people)


def _in_order(people: list[int]) -> list[QuerySet[Model]]:
    """What points at others goes before what it points at."""
    demo_deals = Deal.objects.filter(origin=DEMO)
    return [
        Conversion.objects.filter(lead__in=people),
        Customer.objects.filter(origin=DEMO),
        demo_deals,
        Handover.objects.filter(origin=DEMO),
        Assignment.objects.filter(lead__in=people),
        SegmentMember.objects.filter(lead__in=people),
        StepDone.objects.filter(enrolment__origin=DEMO),
        Enrolment.objects.filter(origin=DEMO),
        Delivery.objects.filter(origin=DEMO),
        Activity.objects.filter(origin=DEMO),
        Note.objects.filter(origin=DEMO),
        Submission.objects.filter(origin=DEMO),
        Lead.objects.filter(pk__in=people),
        FormVersion.objects.filter(document__origin=DEMO),
        FormDay.objects.filter(form__origin=DEMO),
        Form.objects.filter(origin=DEMO),
        SpendEntry.objects.filter(is_demo=True),
        Company.objects.filter(origin=DEMO, leads=None),
    ]


def _people_and_settings(keep: User | None) -> None:
    Pool.objects.filter(members__user__is_demo=True).update(is_archived=True)
    letters.put_away()
    used = Lead.objects.exclude(source=None).values("source")
    Source.objects.exclude(pk__in=used).filter(spend=None).delete()
    staff = User.objects.filter(is_demo=True)
    if keep is not None:
        User.objects.filter(pk=keep.pk).update(is_demo=False)
        staff = staff.exclude(pk=keep.pk)
    staff.update(is_active=False)
