"""One person's data: handed to her, erased for her, kept no longer than promised.

Packages above the core hold personal rows of their own; they register here, in apps.py, what to hand
over, what to erase and whom to keep. So erasure is one transaction and nobody is forgotten.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, Q
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events import erasing as log_erasing
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import clock
from leadflow.kit.ids import code
from leadflow.models import (
    Activity,
    Address,
    Consent,
    Engagement,
    Lead,
    LeadAnswer,
    LeadIdentity,
    LeadTag,
    Merge,
    Note,
    Nudge,
    Pin,
    ProvidedValue,
    ResearchCheck,
    Suppression,
    Touchpoint,
)
from leadflow.models.erasing import erasing
from leadflow.models.lead import ERASED, THROWN_AWAY
from leadflow.people.models import User
from leadflow.rulesets.models import Decision
from leadflow.services import addresses
from leadflow.services.leads.lifecycle import locked

_PERSONAL: tuple[type[Model], ...] = (
    LeadIdentity, LeadAnswer, Consent, Engagement, Touchpoint, Activity, Note, LeadTag,
    Nudge, Pin, ProvidedValue, ResearchCheck,
)  # fmt: skip


@dataclass(frozen=True)
class Holder:
    """What a package holds of a person.

    `export(lead)` gives rows for her file; `erase(leads)` removes what names them;
    `keeps(lead_ids)` gives those of them that retention must not take (an open deal).
    """

    name: str
    export: Callable[[Lead], list[dict[str, Any]]]
    erase: Callable[[list[Lead]], None]
    keeps: Callable[[Iterable[int]], set[int]] = lambda _ids: set()


_holders: dict[str, Holder] = {}


def register(holder: Holder) -> None:
    """Make a package's personal rows part of export, erasure and retention."""
    _holders[holder.name] = holder


def export(lead: Lead) -> dict[str, Any]:
    """Everything that is known about a person, for her to have (GDPR articles 15 and 20)."""
    rows: dict[str, Any] = {"lead": _row(lead)}
    for model in _PERSONAL:
        name = model._meta.model_name or ""
        rows[name] = [_row(one) for one in model._default_manager.filter(lead=lead)]
    decided = Decision.objects.filter(lead=lead).order_by("id")
    rows["decisions"] = list(
        decided.values("version__rule_set__name", "version__number", "outcome", "trace", "at")
    )
    rows["merges"] = list(Merge.objects.filter(survivor=lead).values("before", "after", "at"))
    rows["changes"] = list(changes.of(lead).values("field", "old", "new", "at"))
    return rows | {holder.name: holder.export(lead) for holder in _holders.values()}


def _row(one: Model) -> dict[str, Any]:
    return {"id": one.pk, **model_to_dict(one, fields=[f.name for f in one._meta.concrete_fields])}


@transaction.atomic
def erase(*, lead: Lead, by: User | None, at: datetime | None = None) -> None:
    """Forget a person. What stays is an anonymous row, so that numbers do not move, and the keyed
    hash of her addresses, so that an import cannot bring mail back. Raises Conflict if done before."""
    if lead.is_erased:
        raise Conflict(_("This person was erased already."))
    erase_many(lead_ids=[lead.pk], by=by, at=at)


@transaction.atomic
def erase_many(
    *,
    lead_ids: Iterable[int],
    by: User | None,
    at: datetime | None = None,
    suppressing: bool = True,
) -> int:
    """Erase many at once (retention, the trash); returns how many.

    Without `suppressing` their addresses stay free: who was only thrown away may come back.
    """
    at = at or clock.now()
    wanted = set(lead_ids)
    wanted |= set(Lead.objects.filter(merged_into__in=wanted).values_list("pk", flat=True))
    leads = locked(wanted)
    if suppressing:
        _suppress_addresses(leads, by, at)
    for holder in _holders.values():
        holder.erase(leads)
    ids = [lead.pk for lead in leads]
    with erasing():
        for model in _PERSONAL:
            model._default_manager.filter(lead__in=ids).delete()
        # that something was decided stays, so that numbers do not move; not what was known of her
        Decision.objects.filter(lead__in=ids).update(trace={})
    Merge.objects.filter(Q(survivor__in=ids) | Q(loser__in=ids)).delete()
    changes.forget(Lead, ids)
    log_erasing.forget(ids)
    for lead in leads:
        _blank(lead, at)
    for lead in leads:
        record(Kind.LEAD_ERASED, lead_id=lead.pk, by=by, data={"lead": lead.pk}, at=at)
    return len(leads)


def kept(lead_ids: Iterable[int]) -> set[int]:
    """Those of them that some package needs for work under way (an open deal)."""
    ids = set(lead_ids)
    return {pk for holder in _holders.values() for pk in holder.keeps(ids)}


def _suppress_addresses(leads: list[Lead], by: User | None, at: datetime) -> None:
    rows = LeadIdentity.objects.filter(lead__in=leads, kind=LeadIdentity.Kind.EMAIL)
    emails = sorted(set(rows.values_list("value_norm", flat=True)))
    for email in emails:
        addresses.suppress(email=email, reason=Suppression.Reason.ERASED, by=by, at=at)
    Address.objects.filter(email_norm__in=emails).delete()


def _blank(lead: Lead, at: datetime) -> None:
    lead.first_name, lead.last_name, lead.email, lead.phone = "", _("Erased person"), "", ""
    lead.job_title = lead.department = lead.city = lead.region = lead.time_zone = ""
    lead.preferred_channel = lead.preferred_time = lead.search_text = ""
    lead.birth_year, lead.social, lead.custom = None, {}, {}
    lead.owner = lead.assigned_at = lead.next_step_at = None
    lead.public_id = f"{THROWN_AWAY if lead.deleted_at else ERASED}{code(8)}"
    lead.deleted_at = lead.deleted_at or at
    lead.save()
