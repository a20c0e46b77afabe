"""Start with my own data: everything that the demo made goes, in one transaction."""

from typing import Any

from django.db import models, transaction
from django.db.models import Count, OuterRef, ProtectedError, Q, QuerySet, Subquery
from django.db.models.deletion import CASCADE, SET_NULL

from capture.models import Form, Report, Submission
from distribution.models import Pool
from leadflow.calendars.models import MeetingType
from leadflow.demo import (
    bargaining,
    buyers,
    campaigns,
    cast,
    casting,
    comparing,
    designs,
    diary,
    files,
    gates,
    gatherings,
    habits,
    letters,
    magnets,
    mailing,
    offering,
    phoning,
    planning,
    postbox,
    providers,
    reminding,
    shelf,
    talking,
    visiting,
    writing,
)
from leadflow.events.kinds import Kind
from leadflow.events.models import Event, EventFailure
from leadflow.history.models import FieldChange
from leadflow.insights import rollups
from leadflow.integrations.models import InboundHook
from leadflow.mail.models import Delivery, Mailbox, TrackedLink
from leadflow.models import (
    Activity,
    Address,
    Company,
    Consent,
    Customer,
    Lead,
    LeadIdentity,
    Note,
    Organisation,
    Origin,
    Source,
    SpendEntry,
    Suppression,
)
from leadflow.models.erasing import erasing
from leadflow.people.models import Team, User
from leadflow.rulesets.models import PublishEvent, RuleSet, RuleVersion
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from leadflow.services import addresses
from nurturing.models import Broadcast, Enrolment, Sequence
from pipeline.models import Conversion, Deal, Order, Subscription
from pipeline.services import upkeep

DEMO = Origin.DEMO
# what people set up, and what comes in by it
_DOORS = ((InboundHook, "calls"), (Mailbox, "mails"), (MeetingType, "bookings"))


@transaction.atomic
def remove(*, keep: User | None) -> int:
    """Delete every demo record; `keep` is the demo user who asked and stays as an admin.

    Returns how many leads went. What people added themselves stays, also on a demo lead's company.
    """
    _keep_hers()
    gone = Lead.objects.filter(origin=DEMO).count()
    with erasing():
        postbox.remove()
        writing.remove()
        phoning.remove()
        _wipe(Broadcast.objects.filter(origin=DEMO))
        _mail()
        mailing.remove()
        comparing.remove()
        visiting.remove()
        diary.remove()
        habits.forget_log()
        _records()
        offering.remove()
        talking.remove()
        bargaining.remove()
        buyers.remove()
        files.remove()
        gatherings.remove()
        providers.remove()
        _doors(keep)
        magnets.remove()
        shelf.remove()
        campaigns.remove()
        _history()
        _rules()
        designs.remove()
        planning.remove()
    upkeep.recompute()
    segments.recount()  # lists of her own may have held people of the demo
    gates.take_down()
    _settings()
    _people(keep)
    rollups.rebuild()
    return gone


def _keep_hers() -> None:
    """A person of the demo with whom she has a deal, or into whom she merged one of hers, is hers."""
    merged = Lead.objects.exclude(origin=DEMO).exclude(merged_into=None).values("merged_into")
    dealt = Deal.objects.exclude(origin=DEMO).exclude(lead=None).values("lead")
    hers = Lead.objects.filter(Q(pk__in=merged) | Q(pk__in=dealt), origin=DEMO)
    hers.update(origin=Origin.LIVE)


def _wipe(rows: QuerySet[Any]) -> None:
    """Delete rows and what hangs on them, by statements: Django's delete reads every row first."""
    model = rows.model
    keys = rows.order_by().values("pk")
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.one_to_many or relation.one_to_one) or not relation.auto_created:
            continue
        there = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys})
        if relation.on_delete is CASCADE and relation.related_model is not model:
            _wipe(there)
        elif relation.on_delete is SET_NULL:
            there.update(**{relation.field.name: None})
    rows._raw_delete(rows.db)


def _mail() -> None:
    """Deliveries, the targets of their links, and what their receivers said about further mail."""
    people = LeadIdentity.objects.filter(lead__origin=DEMO, kind=LeadIdentity.Kind.EMAIL)
    refused = Consent.objects.filter(lead__origin=DEMO, state=Consent.State.WITHDRAWN)
    norms = people.filter(lead__in=refused.values("lead")).values_list("value_norm", flat=True)
    hashes = [addresses.address_hash(norm) for norm in norms.iterator()]
    Suppression.objects.filter(email_hash__in=hashes).delete()
    written = Delivery.objects.filter(origin=DEMO)
    known = Address.objects.filter(
        Q(email_norm__in=people.values("value_norm")) | Q(email_norm__in=written.values("to_norm"))
    )
    _wipe(known)
    _wipe(written)
    TrackedLink.objects.filter(url__startswith=letters.SITE).delete()


def _records() -> None:
    """What points at others goes before what it points at."""
    people = Lead.objects.filter(origin=DEMO)
    buyers = Customer.objects.filter(Q(origin=DEMO) | Q(lead__in=people.values("pk")))
    _forget_changes(people)
    _forget_changes(Deal.objects.filter(origin=DEMO))
    Form.objects.filter(origin=DEMO).update(live=None, status=Form.Status.DRAFT)
    Report.objects.filter(form__origin=DEMO).update(live=None)
    for rows in (
        Conversion.objects.filter(Q(lead__in=people.values("pk")) | Q(deal__origin=DEMO)),
        *(
            model.objects.filter(customer__in=buyers.values("pk"))
            for model in (Order, Subscription)
        ),
        buyers,
        Deal.objects.filter(origin=DEMO),
        Activity.objects.filter(origin=DEMO),
        Note.objects.filter(origin=DEMO),
        Submission.objects.filter(origin=DEMO),
        Enrolment.objects.filter(origin=DEMO),
        people,
        Form.objects.filter(origin=DEMO, submissions=None),
        SpendEntry.objects.filter(is_demo=True),
    ):
        _wipe(rows)
    used = (
        Company.objects.exclude(merged_into=None).values("merged_into"),
        Customer.objects.exclude(company=None).values("company"),
    )
    empty = Company.objects.filter(origin=DEMO, leads=None, deals=None)
    empty = empty.exclude(pk__in=used[0]).exclude(pk__in=used[1])
    _forget_changes(empty)
    _wipe(Company.objects.filter(pk__in=list(empty.values_list("pk", flat=True))))


def _doors(keep: User | None) -> None:
    """Hooks, mailboxes and meeting types that people of the demo set up to try them, and nobody used since.

    Those of `keep` are hers. Who set one up, the first entry of the audit says.
    """
    others = User.objects.filter(is_demo=True).exclude(pk=keep.pk if keep else None)
    said = Event.objects.filter(kind=Kind.SETTING_CHANGED, subject_id=OuterRef("pk"))
    for model, used in _DOORS:
        first = said.filter(subject_type=model._meta.label_lower).order_by("pk")
        rows = model._default_manager.annotate(maker=Subquery(first.values("actor_id")[:1]))
        rows.filter(**{"maker__in": others.values("pk"), used: None}).delete()


def _forget_changes(rows: QuerySet[Any]) -> None:
    """What these records were before they became what they are."""
    changes = FieldChange.objects.filter(object_type=rows.model._meta.label_lower)
    _wipe(changes.filter(object_id__in=rows.order_by().values("pk")))


def _history() -> None:
    EventFailure.objects.filter(event__origin=DEMO).delete()
    _wipe(Event.objects.filter(origin=DEMO))


def _rules() -> None:
    """Sequences, segments and pools of the demo, and its rules where nobody changed them since."""
    names = [*letters.SEQUENCES, *habits.SEQUENCES, *planning.SEQUENCES, *reminding.SEQUENCES]
    ours = Sequence.objects.filter(name__in=names, created_by__is_demo=True)
    unused = list(ours.filter(enrolments=None).values_list("pk", "rule_set"))
    ours.exclude(enrolments=None).update(state=Sequence.State.ARCHIVED)
    _wipe(Sequence.objects.filter(pk__in=[pk for pk, _rules in unused]))
    first = RuleSet.objects.filter(kind__in=["routing", "score", "buyer"], created_by__is_demo=True)
    first = first.annotate(n=Count("versions")).filter(n=1)
    if Lead.objects.exists():  # hers are scored and routed by what she saw
        first = first.none()
    sets = [*first.values_list("pk", flat=True), *(rules for _pk, rules in unused)]
    sets += habits.remove()
    _wipe(PublishEvent.objects.filter(rule_set__in=sets))
    _wipe(RuleVersion.objects.filter(rule_set__in=sets))
    _wipe(RuleSet.objects.filter(pk__in=sets))
    names = [*letters.SEGMENTS, letters.FAIR, casting.READERS]
    _wipe(Segment.objects.filter(name__in=names, created_by__is_demo=True))


def _settings() -> None:
    used = Lead.objects.exclude(source=None).values("source")
    ours = Source.objects.filter(name__in=[name for name, *_rest in cast.SOURCES], spend=None)
    for source in ours.exclude(pk__in=used):
        _delete_unless_used(source)
    organisation = Organisation.current()
    organisation.has_demo = False
    if organisation.quote_terms == cast.TERMS:
        organisation.quote_terms = ""
    if (organisation.free_discount, organisation.tax_rate) == (cast.FREE_DISCOUNT, cast.TAX):
        organisation.free_discount, organisation.tax_rate = None, 0
    if organisation.legal_name.endswith("(demo)"):
        organisation.legal_name, organisation.postal_address = "", ""
        organisation.name = "My organisation"
    organisation.save()


def _people(keep: User | None) -> None:
    """Whoever left no trace in her own data goes; the others can no longer sign in."""
    if keep is not None:
        User.objects.filter(pk=keep.pk).update(is_demo=False)
    pools = Pool.objects.filter(members__user__is_demo=True).distinct()
    for pool in pools.exclude(members__user__is_demo=False):
        if RuleSet.objects.filter(kind="routing").exists() or not _delete_unless_used(pool):
            pool.is_archived = True
            pool.save(update_fields=["is_archived"])
    for user in User.objects.filter(is_demo=True):
        if not _delete_unless_used(user):
            user.is_active = False
            user.save(update_fields=["is_active"])
    for team in Team.objects.filter(name__in=cast.TEAMS, memberships=None):
        _delete_unless_used(team)


def _delete_unless_used(row: models.Model) -> bool:
    """Delete a row that nothing of hers points at; whether it went."""
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        return False
    return True
