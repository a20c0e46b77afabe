"""Changing what is known of a deal, its lines and its owner, and the trash."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.kit import clock, text
from leadflow.models import Company, Lead, Origin
from leadflow.people.models import Membership, User
from leadflow.services import own_fields
from pipeline import rules
from pipeline.models import Deal, DealLine
from pipeline.services.deals.locking import changing, the_one
from pipeline.services.deals.opening import LineIn, search_text_of
from pipeline.services.deals.telling import told
from pipeline.services.rates import Rates

# Everything else (stage, status, rank, times) has its own verb.
EDITABLE = frozenset(
    {
        "name", "lead", "company", "owner", "kind", "amount", "currency", "probability",
        "expected_close_on", "need",
    }
)  # fmt: skip
_RELATIONS = ("lead", "company", "owner")


@transaction.atomic
def edit(
    deal: Deal,
    *,
    values: Mapping[str, Any],
    version: int | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Deal:
    """Overwrite fields of a deal, remembering what they were; `custom.KEY` is a field of one's own.

    Records `deal.changed`. Raises Invalid naming every bad field, StaleVersion as `move` does.
    """
    at = at or clock.now()
    with changing([deal.pk], by=by, at=at, cause="edit") as rows:
        row = the_one(rows, version)
        changed = sorted(key for key, value in values.items() if _differs(row, key, value))
        _refuse(row, changed)
        for key in changed:
            _put(row, key, values[key], at)
        if {"amount", "currency"} & set(changed):
            Rates().price(row, row.won_at or at)
        row.search_text = search_text_of(row.name, row.company, row.lead)
        _check(row)
    if changed:
        _record(row, changed, by, at, origin)
    return row


def _differs(deal: Deal, key: str, value: Any) -> bool:
    if key.startswith("custom."):
        return bool(deal.custom.get(key.removeprefix("custom.")) != value)
    if key not in EDITABLE:
        return True
    return bool(getattr(deal, key) != value)


def _refuse(deal: Deal, keys: Sequence[str]) -> None:
    wrong = {
        key: [_("Unknown field.")]
        for key in keys
        if key not in EDITABLE and not key.startswith("custom.")
    }
    if "amount" in keys and deal.follows_lines:
        wrong["amount"] = [_("The amount follows the lines. Change the lines instead.")]
    if "probability" in keys and not deal.is_open:
        wrong["probability"] = [_("This deal is closed.")]
    if wrong:
        raise Invalid(_("Some values cannot be taken."), wrong)


def _put(deal: Deal, key: str, value: Any, at: datetime) -> None:
    if key.startswith("custom."):
        name, given = key.removeprefix("custom."), None if value == "" else value
        deal.custom = own_fields.put(deal.custom, name, given)
        return
    lengths = {"name": 200, "need": 300}
    length = lengths.get(key)
    setattr(deal, key, text.one_line(value)[:length] if length else value)
    if key == "probability":
        deal.probability_at = at if value is not None else None
    if key == "owner":
        deal.team_id = _team_of(value)


def _team_of(owner: User | None) -> int | None:
    if owner is None:
        return None
    if not User.objects.can_own().filter(pk=owner.pk).exists():
        raise Invalid(
            _("Only active reps, managers and admins can own deals."),
            {"owner": [_("Choose another.")]},
        )
    mine = Membership.objects.filter(user=owner).order_by("pk")
    return mine.values_list("team_id", flat=True).first()


def _check(deal: Deal) -> None:
    try:
        deal.clean_fields(exclude=[*_RELATIONS, "team", "pipeline", "stage", "lost_reason"])
    except ValidationError as error:
        raise Invalid(_("Some values cannot be taken."), error.message_dict) from error


def _record(deal: Deal, fields: list[str], by: User | None, at: datetime, origin: str) -> None:
    record(
        Kind.DEAL_CHANGED,
        lead_id=deal.lead_id,
        by=by,
        subject=deal,
        data=told(deal, fields=fields),
        at=at,
        origin=origin,
    )


@transaction.atomic
def set_lines(
    deal: Deal,
    *,
    lines: Sequence[LineIn],
    version: int | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Deal:
    """Replace the lines; the amount follows them from now on, or is typed again where none is left.

    It is their total contract value (`rules.Worth`), without tax.
    """
    at = at or clock.now()
    rows = [
        DealLine(
            deal=deal, product=line.product, text=text.one_line(line.text)[:200],
            quantity=line.quantity, price=line.price, discount=line.discount, billing=line.billing,
            term_months=line.term, tax=line.tax, position=position,
        )
        for position, line in enumerate(lines)
    ]  # fmt: skip
    for row in rows:
        _check_line(row)
    with changing([deal.pk], by=by, at=at, cause="lines") as locked:
        one = the_one(locked, version)
        if not one.is_open:
            raise Conflict(_("This deal is closed. Open it again to change its lines."))
        one.lines.all().delete()
        DealLine.objects.bulk_create(rows)
        one.follows_lines = bool(rows)
        if rows:
            one.amount = round(rules.total_of([row.counted() for row in rows]), 4)
        Rates().price(one, at)
    _record(one, ["lines"], by, at, origin)
    return one


def _check_line(line: DealLine) -> None:
    try:
        line.clean_fields(exclude=["deal", "product"])
    except ValidationError as error:
        raise Invalid(_("Some values cannot be taken."), error.message_dict) from error


@transaction.atomic
def assign_many(
    *,
    deal_ids: Iterable[int],
    owner: User | None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> list[Deal]:
    """Give deals to an owner, or to nobody; returns those whose owner changed."""
    at = at or clock.now()
    team_id = _team_of(owner)
    with changing(deal_ids, by=by, at=at, cause="assign") as rows:
        changed = [
            row for row in rows if row.owner_id != (owner and owner.pk) and not row.deleted_at
        ]
        for row in changed:
            row.owner, row.team_id = owner, team_id
    for row in changed:
        _record(row, ["owner"], by, at, origin)
    return changed


@transaction.atomic
def trash_many(
    *, deal_ids: Iterable[int], by: User | None, at: datetime | None = None
) -> list[Deal]:
    """Put deals in the trash, from which they come back whole for 30 days."""
    return _set_deleted(deal_ids, True, Kind.DEAL_TRASHED, by, at or clock.now())


@transaction.atomic
def restore_many(
    *, deal_ids: Iterable[int], by: User | None, at: datetime | None = None
) -> list[Deal]:
    """Take deals out of the trash, as they were."""
    return _set_deleted(deal_ids, False, Kind.DEAL_RESTORED, by, at or clock.now())


def _set_deleted(
    deal_ids: Iterable[int], is_deleted: bool, kind: Kind, by: User | None, at: datetime
) -> list[Deal]:
    with changing(deal_ids, by=by, at=at, cause=kind.split(".")[1]) as rows:
        changed = [row for row in rows if bool(row.deleted_at) != is_deleted]
        for row in changed:
            row.deleted_at = at if is_deleted else None
    for row in changed:
        record(kind, lead_id=row.lead_id, by=by, subject=row, data=told(row), at=at)
    return changed


@transaction.atomic
def follow_person(*, gone: Iterable[int], keep: Lead, at: datetime) -> list[Deal]:
    """Deals of people who were merged into another belong to her; those in the trash as well."""
    ids = Deal.objects.filter(lead__in=list(gone)).values_list("pk", flat=True)
    with changing(list(ids), by=None, at=at, cause="merged") as rows:
        for row in rows:
            row.lead = keep
            row.search_text = search_text_of(row.name, row.company, keep)
    for row in rows:
        _record(row, ["lead"], None, at, Origin.LIVE)
    return rows


@transaction.atomic
def follow_company(*, deal_ids: Iterable[int], keep: Company, at: datetime) -> list[Deal]:
    """These deals belong to a company that another row was merged into, or taken out of again."""
    with changing(list(deal_ids), by=None, at=at, cause="merged") as rows:
        for row in rows:
            row.company = keep
            row.search_text = search_text_of(row.name, keep, row.lead)
    for row in rows:
        _record(row, ["company"], None, at, Origin.LIVE)
    return rows
