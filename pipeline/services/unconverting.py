"""Taking a conversion back: the lead as she was, and what happened since where it belongs.

By three values, as merges are taken apart (docs/adr/0024): what each column was before, what the
conversion made of it, what it is now. A column that nobody changed since gets its old value; what
somebody changed stays and is told. A deal that the conversion opened goes to the trash, from which
it comes back whole; a deal that the lead joined loses her and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.history import changes
from leadflow.kit import clock
from leadflow.models import Activity, Company, Lead, LeadCycle, Note
from leadflow.people.models import User
from leadflow.services.leads.unmaking import drop_unused_companies, give_back
from pipeline import rules
from pipeline.models import Conversion, Deal, DealPerson, Order, StageKind, Subscription
from pipeline.selectors.quotes import accepted_of
from pipeline.services import roles
from pipeline.services.deals import edit, trash_many
from pipeline.services.deals.locking import raise_boards

_STANDING = ("stage", "stage_since", "furthest_stage", "status", "disposition")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "lead": ("company_id", *_STANDING),
    "cycle": ("sql_at", "opportunity_at"),
    "deal": ("lead_id", "company_id", "need"),
}
Values = dict[str, dict[str, Any]]  # lead, cycle or deal -> column -> value


def picture(lead: Lead, cycle: LeadCycle, deal: Deal | None) -> Values:
    """What a conversion may change, as it stands in the database."""
    rows: dict[str, models.Model] = {"lead": lead, "cycle": cycle}
    rows |= {"deal": deal} if deal else {}
    return {
        name: {
            column: changes.plain(value)
            for column, value in type(row)
            ._base_manager.values(*_COLUMNS[name])
            .get(pk=row.pk)
            .items()
        }
        for name, row in rows.items()
    }


def changed(before: Values, after: Values) -> dict[str, Any]:
    """What differs: column -> [what it was, what it became]."""
    return {
        name: {
            column: [was, after[name][column]]
            for column, was in columns.items()
            if was != after[name][column]
        }
        for name, columns in before.items()
    }


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What taking a conversion back does: shown before, told after."""

    trashes: Deal | None = None
    leaves: Deal | None = None
    back: Values = field(default_factory=dict)
    stays: list[str] = field(default_factory=list)  # company, stage, deal
    freed: int = 0  # activities that no longer belong to the deal
    since: int = 0  # notes and activities that came to the deal since: they stay with it


def outlook(conversion: Conversion) -> Outlook:
    """What taking it back would do now."""
    lead, deal = conversion.lead, conversion.deal
    now = picture(lead, conversion.cycle, deal)
    back, stays = _leads_back(conversion.changed, now)
    is_here = deal is not None and deal.deleted_at is None
    joined = is_here and not conversion.made_deal
    if joined:
        back["deal"], kept = _unchanged(conversion.changed.get("deal", {}), now["deal"])
        stays += ["deal"] if kept else []
    linked = conversion.changed.get("activities", [])
    ref = deal.ref if deal else ""
    acts = Activity.objects.filter(subject_ref=ref) if ref else Activity.objects.none()
    return Outlook(
        trashes=deal if is_here and conversion.made_deal else None,
        leaves=deal if joined else None,
        back=back,
        stays=stays,
        freed=acts.filter(pk__in=linked).count(),
        since=_since(conversion, acts.exclude(pk__in=linked)),
    )


def _since(conversion: Conversion, others: "models.QuerySet[Activity]") -> int:
    if not conversion.made_deal or conversion.deal is None:
        return 0
    notes = Note.objects.filter(subject_ref=conversion.deal.ref)
    return others.count() + notes.count()


def _leads_back(written: Mapping[str, Any], now: Values) -> tuple[Values, list[str]]:
    """Her company by itself; where she stands only as a whole, with the stamps of her cycle."""
    of_lead = written.get("lead", {})
    standing = {name: pair for name, pair in of_lead.items() if name in _STANDING}
    company = {name: pair for name, pair in of_lead.items() if name == "company_id"}
    found: dict[str, Any] = {}
    cycle: dict[str, Any] = {}
    stays: list[str] = []
    for label, pairs in (("company", company), ("stage", standing)):
        same, kept = _unchanged(pairs, now["lead"])
        if kept:
            stays.append(label)
            continue
        found |= same
        if label == "stage" and same:
            cycle = _unchanged(written.get("cycle", {}), now["cycle"])[0]
    return {"lead": found, "cycle": cycle}, stays


def _unchanged(
    pairs: Mapping[str, list[Any]], now: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The old values of the columns that nobody changed since, and the names of the others."""
    same = {name: was for name, (was, then) in pairs.items() if now[name] == then}
    return same, [name for name in pairs if name not in same]


def is_recent(conversion: Conversion, at: datetime | None = None) -> bool:
    """Whether it is young enough to be taken back."""
    return (at or clock.now()) - conversion.at <= timedelta(days=rules.UNDO_DAYS)


def company_before(conversion: Conversion) -> Company | None:
    """Where she worked before, if the conversion changed that."""
    was = conversion.changed.get("lead", {}).get("company_id", [None])[0]
    return Company.objects.filter(pk=was).first() if was else None


def may_unconvert(conversion: Conversion, at: datetime | None = None) -> str:
    """Why a conversion cannot be taken back (now); empty where it can."""
    lead, deal = conversion.lead, conversion.deal
    reasons = (
        (conversion.undone_at is not None, _("This conversion was taken back already.")),
        (
            not is_recent(conversion, at),
            _("A conversion can be taken back within 30 days. This one is older."),
        ),
        (
            not conversion.changed,
            _("This conversion is from before conversions could be taken back."),
        ),
        (
            bool(lead.deleted_at or lead.merged_into_id or lead.is_erased),
            _("The lead is gone: merged, erased or in the trash."),
        ),
        (
            deal is not None and deal.status == StageKind.WON,
            _("The deal is won. Open it again first, then take the conversion back."),
        ),
        (bool(bought := _bought(deal)), bought),
        (
            _is_built_on(conversion),
            _("Somebody was converted since, on top of this. Take that back first."),
        ),
    )
    return next((why for holds, why in reasons if holds), "")


def _bought(deal: Deal | None) -> str:
    """What was bought by the deal, in the sentence that refuses."""
    if deal is None:
        return ""
    if (quote := accepted_of(deal)) is not None:
        words = _(
            "The customer accepted the quote %(quote)s of this deal. A conversion that led to it stays."
        )
        return words % {"quote": quote.quote}
    if Order.objects.filter(deal=deal, cancelled_at=None).exists():
        return _("There are orders of this deal. Cancel them first, then take the conversion back.")
    if Subscription.objects.filter(deal=deal).exists():
        return _("There are subscriptions of this deal. A conversion that led to them stays.")
    return ""


def _is_built_on(conversion: Conversion) -> bool:
    later = Conversion.objects.filter(undone_at=None, pk__gt=conversion.pk)
    same_deal = later.filter(deal=conversion.deal_id) if conversion.made_deal else later.none()
    return later.filter(lead=conversion.lead_id).exists() or same_deal.exists()


@transaction.atomic
def unconvert(
    conversion: Conversion, *, by: User | None, at: datetime | None = None
) -> tuple[Conversion, Outlook]:
    """Make the lead what she was before; what was done and what was left alone.

    Records `lead.unconverted`, and the facts of the deal. Raises Conflict where it cannot be done.
    """
    at = at or clock.now()
    row = _locked(conversion)
    if why := may_unconvert(row, at):
        raise Conflict(why)
    seen = outlook(row)
    made = row.company if row.made_company else None
    company_id = made.pk if made else None
    _free_activities(row)
    _take_role(row, by, at)
    _part_with_deal(seen, drops_company=company_id, by=by, at=at)
    if values := _revived(Lead, seen.back["lead"]):
        give_back(row.lead, values, by=by, at=at, cause="unconvert")
    LeadCycle.objects.filter(pk=row.cycle_id).update(**seen.back["cycle"])
    row.undone_at, row.undone_by = at, by
    row.company = None if made else row.company
    row.save(update_fields=["undone_at", "undone_by", "company"])
    if made:
        drop_unused_companies([made.pk], made.origin)
    data = {"deal": row.deal_id, "company": company_id, "cycle": row.cycle.number}
    record(
        Kind.LEAD_UNCONVERTED, lead_id=row.lead_id, by=by, subject=row.deal,
        data={**data, "stayed": seen.stays}, at=at,
    )  # fmt: skip
    return row, seen


def _locked(conversion: Conversion) -> Conversion:
    """Locked in the order of all writers: the board, the deal, the lead; then the row itself."""
    if conversion.deal:
        raise_boards([conversion.deal.pipeline_id])
        list(Deal.objects.select_for_update(of=("self",)).filter(pk=conversion.deal.pk))
    list(Lead.objects.select_for_update(of=("self",)).filter(pk=conversion.lead_id))
    rows = Conversion.objects.select_for_update(of=("self",))
    return rows.select_related("lead", "deal", "cycle", "company").get(pk=conversion.pk)


def _free_activities(conversion: Conversion) -> None:
    if conversion.deal:
        linked = Activity.objects.filter(pk__in=conversion.changed.get("activities", []))
        linked.filter(subject_ref=conversion.deal.ref).update(subject_ref="")


def _take_role(conversion: Conversion, by: User | None, at: datetime) -> None:
    """Of a deal that she joined, the role that the conversion gave her, unless it is another by now."""
    given = conversion.changed.get("role")
    if not given or conversion.made_deal or conversion.deal is None:
        return
    was, then = given
    deal, lead = conversion.deal, conversion.lead
    if not DealPerson.objects.filter(deal=deal, lead=lead, role=then).exists():
        return
    if was:
        roles.give(deal=deal, lead=lead, role=was, by=by, at=at)
    else:
        roles.take(deal=deal, lead=lead, by=by, at=at)


def _part_with_deal(
    seen: Outlook, *, drops_company: int | None, by: User | None, at: datetime
) -> None:
    if seen.leaves and (back := seen.back.get("deal")):
        # it had none: it was filled
        values = {name.removesuffix("_id"): "" if name == "need" else None for name in back}
        edit(seen.leaves, values=values, by=by, at=at)
    if seen.trashes:
        if drops_company and seen.trashes.company_id == drops_company:
            edit(seen.trashes, values={"company": None}, by=by, at=at)
        trash_many(deal_ids=[seen.trashes.pk], by=by, at=at)


def _revived(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    fields = {one.attname: one for one in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in values.items()}
