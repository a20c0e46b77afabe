"""Changing what is known of people: fields, tags, lists, score events, stages. Core services write it."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from leadflow.conditions.zone import here
from leadflow.errors import Invalid
from leadflow.models import Campaign, CustomField, Lead, LeadStage, Source, Tag
from leadflow.models.stages import may_advance
from leadflow.segments import services as segments
from leadflow.segments.models import Segment
from leadflow.services import engagement, leads, notes
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads.editing import update_many
from leadflow.services.leads.lifecycle import locked
from nurturing.services.acts.kinds import MOVABLE_STAGES, SETTABLE, SIGNAL
from nurturing.services.acts.subjects import Job, Step

_BEHIND = {"source": Source, "campaign": Campaign}


def value_of(step: Step, today: str) -> Any:
    """What a step writes into its field, fit to store. Raises Invalid saying what is wrong with it.

    A field that holds a day may be given "today".
    """
    key, value = str(step["field"]), step["value"]
    if not key.startswith("custom.") and key not in SETTABLE:
        raise Invalid(_("There is no field “%(key)s” that a step can set.") % {"key": key})
    if key in _BEHIND and value not in (None, ""):
        found = _BEHIND[key]._default_manager.filter(pk=value).first()
        if found is None:
            raise Invalid(_("What the field should be set to is gone. Choose again."))
        return found
    if value == "today" and _holds_a_day(key):
        value = today
    try:
        return lead_fields.cleaned({key: value})[key]
    except Invalid as error:
        why = next(iter(error.fields.values()))[0] if error.fields else error.message
        raise Invalid(str(why)) from None


def _holds_a_day(key: str) -> bool:
    name = key.removeprefix("custom.")
    rows = CustomField.objects.filter(subject="lead", key=name, type=CustomField.Type.DATE)
    return key.startswith("custom.") and rows.exists()


def set_field(job: Job) -> None:
    """Write one value, remembering what was there; who has it already is left as she is."""
    key = str(job.step["field"])
    value = value_of(job.step, here(job.at).date().isoformat())
    new = lead_fields.comparable(value)
    edits = [
        (lead, {key: value})
        for lead in locked(job.lead_ids)
        if lead_fields.current(lead, key) != new
    ]
    prefetch_related_objects([lead for lead, _values in edits], "company")  # search names it
    if edits:
        update_many(edits, by=job.by, at=job.at, origin=job.origin, cause="step")


def tag(job: Job) -> None:
    """Put a tag on, or take it off."""
    name = str(job.step["tag"])
    if not Tag.objects.filter(name=name).exists():
        raise Invalid(_("There is no tag “%(name)s” any more.") % {"name": name})
    if job.step.get("remove"):
        notes.untag_many(lead_ids=job.lead_ids, name=name, by=job.by, at=job.at)
    else:
        notes.tag_many(lead_ids=job.lead_ids, names=[name], by=job.by, at=job.at, origin=job.origin)


def put_in_list(job: Job) -> None:
    """Put people into a list that is kept by hand, or take them out."""
    segment = Segment.objects.living().filter(pk=job.step["segment"] or 0).first()
    if segment is None:
        raise Invalid(_("The list is gone."))
    if segment.is_dynamic:
        raise Invalid(_("A rule keeps this list; nobody can be put into it."))
    act = segments.remove_many if job.step.get("remove") else segments.add_many
    act(segment, lead_ids=job.lead_ids, by=job.by, at=job.at)


def score(job: Job) -> None:
    """Append a fact that score models and rules may count, once per occurrence."""
    points = job.step.get("points")
    engagement.append(
        [
            engagement.Fact(
                lead_id=one.lead.pk, kind=SIGNAL, source_type="step", source_id=one.key[:80],
                label=str(job.step["event"]), value=points, at=job.at,
            )
            for one in job.going
            if one.lead
        ],
        origin=job.origin,
    )  # fmt: skip


def move_stage(job: Job) -> None:
    """Move people through the lifecycle, where their stage allows it."""
    to = str(job.step["stage"])
    if to not in MOVABLE_STAGES:
        raise Invalid(_("A step cannot move people to this stage."))
    stages = dict(Lead.objects.filter(pk__in=job.lead_ids).values_list("pk", "stage"))
    for one in job.going:
        stage = stages.get(one.lead.pk) if one.lead else None
        if stage != to and (stage is None or not may_advance(stage, to)):
            words = _("A lead cannot go from %(from)s to %(to)s.")
            names = {"from": LeadStage(stage).label if stage else "", "to": LeadStage(to).label}
            job.skip(one, words % names)
    going = [pk for pk in job.lead_ids if stages[pk] != to]
    if going:
        leads.advance_many(
            lead_ids=going, to=to, by=job.by, reason=job.cause[:200], at=job.at, origin=job.origin
        )
