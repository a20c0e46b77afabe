"""Changing what is known about a lead, and the trash that gives it back for 30 days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, StaleVersion
from leadflow.events.kinds import Kind
from leadflow.events.log import record, record_many
from leadflow.history import changes
from leadflow.kit import clock, emails
from leadflow.models import BuyerStage, Lead, LeadIdentity, LeadScore, Origin, Source
from leadflow.models.copying import rewrite
from leadflow.people.models import User
from leadflow.services.leads import fields as lead_fields
from leadflow.services.leads.lifecycle import locked

SCORE_FIELDS = (
    "fit", "engagement", "bant", "grade", "band", "cell", "priority", "version", "revision",
    "next_crossing_at", "scored_at",
)  # fmt: skip


@transaction.atomic
def update(
    lead: Lead,
    *,
    values: Mapping[str, Any],
    by: User | None,
    version: int | None = None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Lead:
    """Overwrite fields of a lead, remembering what they were.

    `version` is the one that the person saw; StaleVersion where somebody changed the lead since.
    Raises Invalid for bad values, Conflict where the e-mail belongs to another lead.
    """
    at = at or clock.now()
    row = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    if version is not None and row.version != version:
        raise StaleVersion(_("Somebody changed this lead while you were editing. Look again."))
    good = lead_fields.cleaned(values)
    changed = {
        key: value
        for key, value in good.items()
        if lead_fields.current(row, key) != lead_fields.comparable(value)
    }
    if not changed:
        return row
    before = {key: lead_fields.current(row, key) for key in changed}
    for key, value in changed.items():
        lead_fields.put(row, key, value)
    _keep_identities(row, changed, at)
    row.search_text = lead_fields.search_text_of(row)
    row.version += 1
    row.save()
    after = {key: lead_fields.comparable(value) for key, value in changed.items()}
    changes.record(row, before, after, by=by, at=at, cause="edit")
    record(
        Kind.LEAD_CHANGED,
        lead_id=row.pk,
        by=by,
        data={"fields": sorted(changed)},
        at=at,
        origin=origin,
    )
    return row


def update_many(
    edits: Sequence[tuple[Lead, Mapping[str, Any]]],
    *,
    by: User | None,
    at: datetime,
    origin: str,
    cause: str,
    by_publishing: bool = False,
) -> None:
    """Overwrite fields of many leads, remembering what they were; in the caller's transaction.

    The caller holds the locks and has cleaned the values. Raises Conflict where an e-mail belongs to
    another lead.
    """
    history = []
    for lead, values in edits:
        before = {key: lead_fields.current(lead, key) for key in values}
        for key, value in values.items():
            lead_fields.put(lead, key, value)
        _keep_identities(lead, values, at)
        lead.search_text = lead_fields.search_text_of(lead)
        lead.version += 1
        after = {key: lead_fields.comparable(value) for key, value in values.items()}
        history.append((lead, before, after))
    written = {key.partition(".")[0] for _lead, values in edits for key in values}
    rewrite([lead for lead, _values in edits], written | {"search_text", "version"})
    changes.record_many(history, by=by, at=at, cause=cause)
    quiet = {"by_publishing": True} if by_publishing else {}
    record_many(
        Kind.LEAD_CHANGED, [lead.pk for lead, _values in edits], by=by,
        data=[{"fields": sorted(values), **quiet} for _lead, values in edits], at=at, origin=origin,
    )  # fmt: skip


@transaction.atomic
def advance_buyers(
    to: Mapping[int, str], *, at: datetime, origin: str = Origin.LIVE, by_publishing: bool = False
) -> int:
    """Set the buyer's stage that a rule found, {lead: stage}, where it is further than hers.

    `by_publishing` says that new rules moved them, not they: no sequence starts. How many moved.
    """
    order = ["", *BuyerStage.values]
    edits = [
        (lead, {"buyer_stage": to[lead.pk]})
        for lead in (locked(to) if to else [])
        if order.index(to[lead.pk]) > order.index(lead.buyer_stage)
    ]
    if edits:
        update_many(edits, by=None, at=at, origin=origin, cause="rule", by_publishing=by_publishing)
    return len(edits)


@transaction.atomic
def set_source_many(
    *, lead_ids: Iterable[int], source: Source, by: User | None, at: datetime | None = None
) -> int:
    """Say where leads came from, remembering what was known; how many it changed."""
    return _set_many(lead_ids, "source", source, by, at)


@transaction.atomic
def set_country_many(
    *, lead_ids: Iterable[int], country: str, by: User | None, at: datetime | None = None
) -> int:
    """Say where leads are, remembering what was known; how many it changed."""
    return _set_many(lead_ids, "country", country, by, at)


@transaction.atomic
def set_meant_many(
    *, lead_ids: Iterable[int], by: User | None, at: datetime | None = None
) -> tuple[int, int]:
    """Put mistyped addresses right as they were perhaps meant; how many it changed, and how many not.

    Not where that address is another lead's, or would be of two of these: those two are to be merged.
    """
    meant = {lead: emails.suggest(lead.email) for lead in locked(lead_ids)}
    meant = {lead: address for lead, address in meant.items() if address}
    norms = {emails.normalise(address) for address in meant.values()}
    known = LeadIdentity.objects.filter(kind=LeadIdentity.Kind.EMAIL, value_norm__in=norms)
    taken = dict(known.values_list("value_norm", "lead_id"))
    edits = []
    for lead, address in meant.items():
        if taken.setdefault(emails.normalise(address), lead.pk) == lead.pk:
            edits.append((lead, {"email": address}))
    update_many(edits, by=by, at=at or clock.now(), origin=Origin.LIVE, cause="edit")
    return len(edits), len(meant) - len(edits)


def _set_many(
    lead_ids: Iterable[int], key: str, value: Any, by: User | None, at: datetime | None
) -> int:
    new = lead_fields.comparable(value)
    edits = [
        (lead, {key: value}) for lead in locked(lead_ids) if lead_fields.current(lead, key) != new
    ]
    update_many(edits, by=by, at=at or clock.now(), origin=Origin.LIVE, cause="edit")
    return len(edits)


def _keep_identities(lead: Lead, changed: Mapping[str, Any], at: datetime) -> None:
    for key, kind in (("email", LeadIdentity.Kind.EMAIL), ("phone", LeadIdentity.Kind.PHONE)):
        if key not in changed:
            continue
        LeadIdentity.objects.filter(lead=lead, kind=kind).update(is_primary=False)
        value = changed[key]
        if not value:
            continue
        norm = emails.normalise(value) if key == "email" else value
        _claim(lead, kind, value, norm, at)


def _claim(lead: Lead, kind: str, value: str, norm: str, at: datetime) -> None:
    known = LeadIdentity.objects.filter(kind=kind, value_norm=norm)
    mine = known.filter(lead=lead).first()
    if mine:
        mine.is_primary = True
        mine.save(update_fields=["is_primary"])
        return
    if kind == LeadIdentity.Kind.EMAIL and known.exists():
        raise Conflict(
            _("Another lead has the address %(email)s. Merge the two.") % {"email": value}
        )
    LeadIdentity.objects.create(
        lead=lead, kind=kind, value=value, value_norm=norm, is_primary=True, created_at=at
    )


def set_scores(rows: Sequence[LeadScore]) -> None:
    """Write the computed numbers of many leads at once (only qualification computes them)."""
    LeadScore.objects.bulk_create(
        rows,
        batch_size=2_000,
        update_conflicts=True,
        unique_fields=["lead"],
        update_fields=list(SCORE_FIELDS),
    )


@transaction.atomic
def trash_many(
    *, lead_ids: Iterable[int], by: User | None, at: datetime | None = None
) -> list[Lead]:
    """Put leads in the trash, from which they come back whole for 30 days."""
    at = at or clock.now()
    rows = [lead for lead in locked(lead_ids) if lead.deleted_at is None]
    Lead.objects.filter(pk__in=[lead.pk for lead in rows]).update(deleted_at=at)
    record_many(Kind.LEAD_TRASHED, [lead.pk for lead in rows], by=by, data={}, at=at)
    return rows


@transaction.atomic
def restore_many(
    *, lead_ids: Iterable[int], by: User | None, at: datetime | None = None
) -> list[Lead]:
    """Take leads out of the trash, as they were."""
    at = at or clock.now()
    rows = [lead for lead in locked(lead_ids) if lead.deleted_at is not None]
    Lead.objects.filter(pk__in=[lead.pk for lead in rows]).update(deleted_at=None)
    record_many(Kind.LEAD_RESTORED, [lead.pk for lead in rows], by=by, data={}, at=at)
    return rows
