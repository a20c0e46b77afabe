"""Two rows that are one person: the older identified one survives, old ids redirect for ever."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import clock
from leadflow.models import (
    Activity,
    Consent,
    Customer,
    Engagement,
    EngagementSum,
    Lead,
    LeadAnswer,
    LeadCycle,
    LeadIdentity,
    LeadTag,
    Merge,
    Note,
    Nudge,
    Pin,
    ProvidedValue,
    ResearchCheck,
    Touchpoint,
)
from leadflow.models.stages import STAMP, furthest
from leadflow.people.models import User
from leadflow.services import unmerging
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads.lifecycle import locked

_MOVED = (LeadAnswer, Touchpoint, Consent, Activity, Note, Pin)


def survivor_of(lead: Lead) -> Lead:
    """The living lead that an old id stands for: the row itself, or what it was merged into."""
    return lead.merged_into or lead


def survivor_first(one: Lead, other: Lead) -> tuple[Lead, Lead]:
    """(survivor, loser): an identified row outlives an anonymous one, then the older outlives."""
    rank = {
        lead.pk: (not LeadIdentity.objects.filter(lead=lead).exists(), lead.created_at, lead.pk)
        for lead in (one, other)
    }
    first, second = sorted((one, other), key=lambda lead: rank[lead.pk])
    return first, second


@transaction.atomic
def merge(
    *,
    survivor: Lead,
    loser: Lead,
    by: User | None,
    at: datetime | None = None,
    batch: int | None = None,
) -> Lead:
    """Make `loser` part of `survivor`: blanks are filled, nothing is overwritten, all facts move.

    The loser stays as a row that only redirects; `unmerging` takes the two apart again. `batch` is the
    run that merges many. Records `lead.merged`, by which stages move what they hold. Raises Conflict where the two are one row or either was merged before.
    """
    at = at or clock.now()
    if survivor.pk == loser.pk:
        raise Conflict(_("This is the same lead."))
    rows = {lead.pk: lead for lead in locked([survivor.pk, loser.pk])}
    keep, drop = rows[survivor.pk], rows[loser.pk]
    if keep.merged_into_id or drop.merged_into_id:
        raise Conflict(_("One of the two was merged already. Look again."))
    before = unmerging.picture(keep.pk, drop.pk)
    _fill(keep, drop, by, at)
    _move(keep, drop)
    drop.merged_into = keep
    drop.owner, drop.assigned_at = None, None
    drop.save(update_fields=["merged_into", "owner", "assigned_at"])
    Lead.objects.filter(merged_into=drop).update(merged_into=keep)
    row = Merge.objects.create(survivor=keep, loser=drop, before=before, batch=batch, at=at, by=by)
    record(
        Kind.LEAD_MERGED,
        lead_id=keep.pk,
        by=by,
        data={"merged": drop.pk, "merge": row.pk},
        at=at,
    )
    return keep


def _fill(keep: Lead, drop: Lead, by: User | None, at: datetime) -> None:
    before, after = {}, {}
    for key in sorted(lead_fields.EDITABLE):
        was, other = lead_fields.current(keep, key), lead_fields.current(drop, key)
        if was in (None, "", {}) and other not in (None, "", {}):
            before[key], after[key] = was, other
            setattr(keep, Lead._meta.get_field(key).attname, other)  # type: ignore[union-attr]
    keep.custom = {**drop.custom, **keep.custom}
    keep.created_at = min(keep.created_at, drop.created_at)
    keep.furthest_stage = furthest(keep.furthest_stage, drop.furthest_stage)
    if keep.owner_id is None and drop.owner_id:
        keep.owner, keep.team_id, keep.assigned_at = drop.owner, drop.team_id, drop.assigned_at
    keep.last_activity_at = max(
        filter(None, [keep.last_activity_at, drop.last_activity_at]), default=None
    )
    keep.search_text = lead_fields.search_text_of(keep)
    keep.version += 1
    keep.save()
    changes.record(keep, before, after, by=by, at=at, cause=f"merge:{drop.pk}")


def _move(keep: Lead, drop: Lead) -> None:
    for model in _MOVED:
        model._default_manager.filter(lead=drop).update(lead=keep)
    LeadIdentity.objects.filter(lead=drop).update(lead=keep, is_primary=False)
    _move_engagements(keep, drop)
    _move_provided(keep, drop)
    _move_research(keep, drop)
    _move_nudges(keep, drop)
    LeadTag.objects.filter(lead=drop).exclude(tag__in=keep.tags.all()).update(lead=keep)
    LeadTag.objects.filter(lead=drop).delete()
    EngagementSum.objects.filter(lead__in=[keep, drop]).delete()  # qualification folds them anew
    if not Customer.objects.filter(lead=keep).exists():
        Customer.objects.filter(lead=drop).update(lead=keep)
    _join_cycles(keep, drop)


def _move_engagements(keep: Lead, drop: Lead) -> None:
    def same(other: Lead) -> QuerySet[Engagement]:
        return Engagement.objects.filter(
            lead=other,
            kind=OuterRef("kind"),
            source_type=OuterRef("source_type"),
            source_id=OuterRef("source_id"),
        )

    Engagement.objects.filter(lead=drop).exclude(Exists(same(keep))).update(lead=keep)


def _move_nudges(keep: Lead, drop: Lead) -> None:
    """What wants an answer of both, of one kind, wants it once."""
    asked = Nudge.objects.filter(lead=keep, settled_at=None).values("kind")
    rows = Nudge.objects.filter(lead=drop)
    rows.filter(settled_at=None, kind__in=asked).update(settled_at=F("at"))
    rows.update(lead=keep)


def _move_provided(keep: Lead, drop: Lead) -> None:
    """What a provider says of both is said of the survivor already."""
    same = ProvidedValue.objects.filter(
        lead=keep, field=OuterRef("field"), provider=OuterRef("provider")
    )
    ProvidedValue.objects.filter(lead=drop).exclude(Exists(same)).update(lead=keep)


def _move_research(keep: Lead, drop: Lead) -> None:
    """What was found out of either is found out of the survivor, in her own words where both were."""
    same = ResearchCheck.objects.filter(lead=keep, item=OuterRef("item"))
    ResearchCheck.objects.filter(lead=drop).exclude(Exists(same)).update(lead=keep)


def _join_cycles(keep: Lead, drop: Lead) -> None:
    """The survivor's first cycle keeps the earliest time at which either reached each stage."""
    first = LeadCycle.objects.filter(lead=keep).order_by("number").first()
    if first is None:
        return
    for other in LeadCycle.objects.filter(lead=drop):
        for stamp in ("started_at", *STAMP.values()):
            times = [t for t in (getattr(first, stamp), getattr(other, stamp)) if t]
            setattr(first, stamp, min(times, default=None))
    first.save()
