"""Taking people back out whom an import brought, as if they had never come."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from leadflow.events import erasing as log_erasing
from leadflow.events.kinds import Kind
from leadflow.events.log import record_many
from leadflow.history import changes
from leadflow.models import Company, Lead, LeadIdentity, Origin
from leadflow.models.erasing import erasing
from leadflow.people.models import User
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads.editing import update_many
from leadflow.services.leads.lifecycle import locked

# What follows from a lead by itself and goes with her; anything else is somebody's work or word.
_OWN = frozenset(
    {
        "leadflow.leadidentity", "leadflow.leadcycle", "leadflow.leadscore", "leadflow.engagementsum",
        "rulesets.decision", "segments.segmentmember", "leadflow.twin",
    }
)  # fmt: skip


_CALLED = {
    "leadflow.activity": _l("activities"), "leadflow.note": _l("notes"),
    "leadflow.consent": _l("a consent"), "leadflow.leadtag": _l("tags"),
    "leadflow.leadanswer": _l("answers"), "leadflow.engagement": _l("their own doings"),
    "leadflow.lead": _l("people"), "leadflow.company": _l("another company"),
    "leadflow.customer": _l("a customer"), "capture.submission": _l("a form that they sent"),
    "mail.delivery": _l("mail"), "mail.inboundmail": _l("mail of theirs"), "nurturing.enrolment": _l("a sequence"),
    "pipeline.deal": _l("deals"), "pipeline.dealperson": _l("a role in a deal"), "handover.handover": _l("a hand-over"),
    "distribution.assignment": _l("an owner"),
    "leadflow.providedvalue": _l("what a provider says"),
    "leadflow.companysignal": _l("what a provider says"),
}  # fmt: skip


def in_use(model: type[models.Model], ids: Collection[int]) -> dict[int, str]:
    """Which of these records other records stand on, with what those are called."""
    found: dict[int, str] = {}
    for relation in _relations(model):
        if relation.related_model._meta.label_lower in _OWN:
            continue
        name = relation.field.attname
        rows = relation.related_model._base_manager.filter(**{f"{name}__in": list(ids)})
        called = str(_CALLED.get(relation.related_model._meta.label_lower, _("other records")))
        for pk in rows.order_by().values_list(name, flat=True).distinct():
            found.setdefault(pk, called)
    return found


def _relations(model: type[models.Model]) -> list[Any]:
    fields = model._meta.get_fields(include_hidden=True)
    return [
        f for f in fields if f.auto_created and not f.concrete and (f.one_to_many or f.one_to_one)
    ]


@transaction.atomic
def unmake_many(*, versions: Mapping[int, int], by: User | None, at: datetime) -> dict[int, str]:
    """Delete leads that nobody has touched since; who stays, with the reason.

    `versions` holds for each the version that she has untouched. Records `lead.removed`.
    """
    leads = locked(versions)
    stays = {
        lead.pk: _("It was changed since.") for lead in leads if lead.version != versions[lead.pk]
    }
    for pk, called in in_use(Lead, [lead.pk for lead in leads]).items():
        stays.setdefault(pk, _("Something stands on it since: %(what)s.") % {"what": called})
    _drop(Lead, [lead.pk for lead in leads if lead.pk not in stays], by, at)
    return stays


def _drop(model: type[Lead], ids: Sequence[int], by: User | None, at: datetime) -> None:
    if not ids:
        return
    with erasing():
        for relation in _relations(model):
            if relation.related_model._meta.label_lower in _OWN:
                rows = relation.related_model._base_manager.filter(
                    **{f"{relation.field.attname}__in": ids}
                )
                rows._raw_delete(rows.db)
    changes.forget(model, ids)
    log_erasing.forget(ids)
    rows = model.objects.filter(pk__in=ids)
    rows._raw_delete(rows.db)
    record_many(Kind.LEAD_REMOVED, ids, by=by, data={}, at=at, origin=Origin.IMPORT)


@transaction.atomic
def put_back_many(
    edits: Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any], Collection[tuple[str, str]]]],
    *,
    by: User | None,
    at: datetime,
    cause: str,
    origin: str = Origin.IMPORT,
) -> dict[int, str]:
    """Give leads the values back that they had: id -> (before, after, identities that were added).

    A field that no longer has its value of `after` was changed since and stays; returns for whom that
    holds, with the names of the fields.
    """
    leads = {lead.pk: lead for lead in locked(edits)}
    stays = {pk: _("It is not here any more.") for pk in edits if pk not in leads}
    back = []
    for pk, lead in leads.items():
        before, after, _added = edits[pk]
        same = [key for key in before if lead_fields.current(lead, key) == after[key]]
        other = sorted(set(before) - set(same))
        if other:
            stays[pk] = _("Changed since: %(fields)s.") % {"fields": ", ".join(other)}
        back.append((lead, {key: _revived(key, before[key]) for key in same}))
    update_many([edit for edit in back if edit[1]], by=by, at=at, origin=origin, cause=cause)
    for pk in leads:
        for kind, norm in edits[pk][2]:
            added = LeadIdentity.objects.filter(lead=pk, kind=kind, value_norm=norm)
            added.filter(is_primary=False).delete()
    return stays


def _revived(key: str, value: Any) -> Any:
    """A relation is kept by its id; one whose row is gone comes back empty."""
    if value is None or key.startswith("custom."):
        return value
    field = Lead._meta.get_field(key)
    if not isinstance(field, models.ForeignKey):
        return value
    return field.related_model._default_manager.filter(pk=value).first()


def give_back(
    lead: Lead, values: Mapping[str, Any], *, by: User | None, at: datetime, cause: str
) -> None:
    """Give a locked lead values of columns back that something had changed, with history.

    For taking back what changed a row as a whole (a merge, a conversion): stage, owner and contact
    data are not asked whether they may go there, for they come from there. The caller records the fact.
    """
    before = {column: getattr(lead, column) for column in values}
    for column, value in values.items():
        setattr(lead, column, value)
    lead.search_text = lead_fields.search_text_of(lead)
    lead.version += 1
    lead.save()
    names = {Lead._meta.get_field(name).name: name for name in values if name != "search_text"}
    was = {name: before[column] for name, column in names.items()}
    new = {name: values[column] for name, column in names.items()}
    changes.record(lead, was, new, by=by, at=at, cause=cause)


def drop_unused_companies(ids: Collection[int], origin: str = Origin.IMPORT) -> int:
    """Delete companies that came with what was taken back, where nothing else stands on them."""
    rows = Company.objects.select_for_update().filter(pk__in=ids, version=1, origin=origin)
    found = list(rows.values_list("pk", flat=True))
    going = set(found) - set(in_use(Company, found))
    return Company.objects.filter(pk__in=going).delete()[0] if going else 0
