"""Winning, losing and opening again."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadflow.errors import Conflict, Invalid, InvalidTransition
from leadflow.events.kinds import Kind
from leadflow.events.log import record
from leadflow.events.models import Event
from leadflow.kit import clock, days, text
from leadflow.models import LeadStage, Origin
from leadflow.people.models import User
from leadflow.services import customers, leads
from pipeline.models import Deal, LostReason, Objection, PipelineStage, StageCheck, StageKind
from pipeline.selectors import quotes
from pipeline.services import rivals, selling
from pipeline.services.deals import gating
from pipeline.services.deals.locking import changing, the_one
from pipeline.services.deals.placing import rank_in
from pipeline.services.deals.telling import told
from pipeline.services.rates import Rates


@transaction.atomic
def win(
    deal: Deal,
    *,
    amount: Decimal | None,
    checks: Sequence[StageCheck] = (),
    won_at: datetime | None = None,
    version: int | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Deal:
    """Close a deal as won at what was agreed; its company, or its person, becomes a customer.

    `checks` are the lines of the pipeline's checklist for winning that are done now; who ticked them
    and when stays with the deal, and they are not asked again. Lines that are paid again and again
    begin their subscriptions (`selling.begin`). Records `deal.won` at `won_at`. Raises
    Invalid for a missing amount, a line that is not done or a time that cannot be,
    InvalidTransition for a deal that is closed, StaleVersion as `move` does.
    """
    at = at or clock.now()
    won_at = won_at or at
    with changing([deal.pk], by=by, at=at, cause="won") as rows:
        row = the_one(rows, version)
        was = row.stage
        _refuse(row, won_at, at)
        _agree(row, amount, won_at)
        _confirm(row, checks, by, at)
        stage = row.pipeline.stages.get(kind=StageKind.WON)
        _close(row, stage, won_at)
        row.won_at = won_at
    customer = customers.start(
        lead=row.lead, company=row.company, won_by=row.ref, by=by, at=won_at, origin=origin
    )
    selling.begin(row, customer, by=by, at=won_at, origin=origin)
    _record(Kind.DEAL_WON, row, was, by, won_at, origin)
    return row


def _refuse(deal: Deal, closed_at: datetime, at: datetime) -> None:
    if not deal.is_open:
        raise InvalidTransition(_("This deal is closed already. Open it again first."))
    if closed_at > at:
        raise Invalid(_("Look at the date."), {"on": [_("This day is still to come.")]})
    if deal.opened_at and closed_at < deal.opened_at:
        day = date_format(timezone.localtime(deal.opened_at), days.full())
        words = _("The deal was opened on %(day)s. Pick that day or a later one.")
        raise Invalid(_("Look at the date."), {"on": [words % {"day": day}]})


def _agree(deal: Deal, amount: Decimal | None, won_at: datetime) -> None:
    if amount is None:
        raise Invalid(_("Say what was agreed."), {"amount": [_("Enter the amount.")]})
    if amount < 0:
        raise Invalid(_("Look at the amount."), {"amount": [_("Enter 0 or more.")]})
    accepted = quotes.accepted_of(deal)
    is_accepted = accepted is not None and amount == accepted.totals.net
    if deal.follows_lines and amount != deal.amount and not is_accepted:
        raise Invalid(
            _("Look at the amount."),
            {"amount": [_("The amount follows the lines. Change the lines instead.")]},
        )
    if is_accepted and amount != deal.amount:
        deal.follows_lines = False  # the customer's word stands over what the lines say now
    deal.amount = amount
    Rates().price(deal, won_at)


def _confirm(deal: Deal, checks: Sequence[StageCheck], by: User | None, at: datetime) -> None:
    """What winning asks, ticked before or now."""
    asked = gating.checks_of_winning(deal)
    done = {check.pk for check in checks}
    wrong = {f"check_{one.pk}": [_("Not done yet.")] for one in asked if one.pk not in done}
    if wrong:
        lacks = ", ".join(one.words for one in asked if one.pk not in done)
        raise Invalid(_("Winning asks for: %(what)s.") % {"what": lacks}, wrong)
    gating.tick(deal, checks=asked, by=by, at=at)


def _close(deal: Deal, stage: PipelineStage, closed_at: datetime) -> None:
    deal.status = stage.kind
    deal.stage = stage
    deal.stage_since = closed_at
    deal.first_closed_at = deal.first_closed_at or closed_at
    deal.probability = deal.probability_at = None


@transaction.atomic
def lose(
    deal: Deal,
    *,
    reason: LostReason | None,
    stage: PipelineStage | None = None,
    competitor: str = "",
    objection: Objection | None = None,
    return_on: date | None = None,
    lost_at: datetime | None = None,
    version: int | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Deal:
    """Close a deal as lost, saying why, and over which objection where there was one.

    `return_on` asks to come back to the person then: she is recycled until that day, unless another
    deal with her is open or she is a customer, and then her next cycle begins
    (`leadflow.services.returning`). Records `deal.lost`. Raises Invalid where the reason or the
    competitor it asks for is missing.
    """
    at = at or clock.now()
    lost_at = lost_at or at
    competitor = text.one_line(competitor)[:120]
    _check_loss(reason, competitor, return_on, lost_at)
    with changing([deal.pk], by=by, at=at, cause="lost") as rows:
        row = the_one(rows, version)
        was = row.stage
        _refuse(row, lost_at, at)
        _close(row, _lost_stage(row, stage), lost_at)
        row.lost_at, row.lost_reason = lost_at, reason
        row.competitor, row.return_on = competitor, return_on
    if objection is not None:
        Objection.objects.filter(deal=row, pk=objection.pk).update(decided=True)
    rivals.lost_to([row], by=by, at=lost_at)
    _record(Kind.DEAL_LOST, row, was, by, lost_at, origin)
    _recycle(row, by, at, origin)
    return row


def _recycle(deal: Deal, by: User | None, at: datetime, origin: str) -> None:
    others = Deal.objects.living().open().filter(lead=deal.lead_id).exclude(pk=deal.pk)
    if deal.lead_id is None or deal.return_on is None or others.exists():
        return
    gone = leads.recycle_many(
        lead_ids=[deal.lead_id], reason=deal.lost_reason.name if deal.lost_reason else "",
        return_on=deal.return_on, by=by, at=at, origin=origin,
    )  # fmt: skip
    if gone:  # she comes back herself on that day, with her to-do
        deal.asked_again_for = deal.return_on
        Deal.objects.filter(pk=deal.pk).update(asked_again_for=deal.return_on)


def _check_loss(
    reason: LostReason | None, competitor: str, return_on: date | None, at: datetime
) -> None:
    wrong: dict[str, list[str]] = {}
    if reason is None:
        wrong["reason"] = [_("Choose why it was lost.")]
    elif reason.asks_competitor and not competitor:
        wrong["competitor"] = [_("Name who won it.")]
    if return_on and return_on <= at.date():
        wrong["return_on"] = [_("Pick a day to come.")]
    if wrong:
        raise Invalid(_("Say why it was lost."), wrong)


def _lost_stage(deal: Deal, wanted: PipelineStage | None) -> PipelineStage:
    stages = deal.pipeline.stages.filter(kind=StageKind.LOST)
    chosen = stages.filter(pk=wanted.pk).first() if wanted else stages.first()
    if chosen is None:
        raise Invalid(_("This pipeline has no such stage."))
    return chosen


@transaction.atomic
def reopen(
    deal: Deal,
    *,
    to: PipelineStage | None = None,
    version: int | None = None,
    by: User | None,
    at: datetime | None = None,
    origin: str = Origin.LIVE,
) -> Deal:
    """Open a closed deal again, in the stage it was closed from or in `to`.

    The first closing stays known; numbers use the last. A customer whom this deal alone had made is
    taken back. Records `deal.reopened`. Raises Conflict where the deal is open.
    """
    at = at or clock.now()
    with changing([deal.pk], by=by, at=at, cause="reopen") as rows:
        row = the_one(rows, version)
        if row.is_open:
            raise Conflict(_("This deal is open."))
        was, stage = row.stage, to or _stage_before(row)
        if stage.kind != StageKind.OPEN or stage.pipeline_id != row.pipeline_id:
            raise Invalid(_("Choose an open stage of the same pipeline."))
        put_back(row, by=by, at=at)
        row.stage, row.stage_since = stage, at
        row.rank = rank_in(stage, but=row.pk)
    _record(Kind.DEAL_REOPENED, row, was, by, at, origin)
    return row


def put_back(deal: Deal, *, by: User | None, at: datetime) -> None:
    """Make a locked closed deal open, wherever it will stand, and take back what its win had done."""
    was_won = deal.status == StageKind.WON
    deal.status = StageKind.OPEN
    if deal.lead_id and deal.return_on:
        leads.take_back_recycling(lead_id=deal.lead_id, return_on=deal.return_on, by=by, at=at)
    deal.won_at = deal.lost_at = None
    Objection.objects.filter(deal=deal, decided=True).update(decided=False)
    deal.lost_reason, deal.competitor = None, ""
    deal.return_on = deal.asked_again_for = None
    rivals.race_again(deal)
    if was_won:
        selling.take_back(deal, by=by, at=at)
    if was_won and customers.revert(won_by=deal.ref, by=by, at=at):
        _after_revert(deal, by, at)


def _after_revert(deal: Deal, by: User | None, at: datetime) -> None:
    """The buyer stays a customer by another won deal, else her lead is back at the deal stage."""
    mine = {"company": deal.company_id} if deal.company_id else {"lead": deal.lead_id}
    other = Deal.objects.living().won().filter(**mine).exclude(pk=deal.pk)
    first = other.exclude(won_at=None).order_by("won_at").first()
    if first:
        customers.start(
            lead=first.lead, company=first.company, won_by=first.ref, by=by, at=first.won_at
        )
    elif deal.lead_id:
        leads.advance_many(
            lead_ids=[deal.lead_id], to=LeadStage.OPPORTUNITY, by=by, reason=deal.ref, at=at
        )


def _stage_before(deal: Deal) -> PipelineStage:
    """Where the deal stood when it was closed, as the log has it; else the first open stage."""
    closings = Event.objects.filter(
        subject_type=Deal._meta.label_lower,
        subject_id=deal.pk,
        kind__in=[Kind.DEAL_WON, Kind.DEAL_LOST],
    )
    last = closings.order_by("-pk").first()
    stages = deal.pipeline.stages.filter(kind=StageKind.OPEN)
    before = stages.filter(pk=last.data.get("from_stage")).first() if last else None
    found = before or stages.first()
    if found is None:
        raise Conflict(_("This pipeline has no open stage."))
    return found


def _record(
    kind: Kind, deal: Deal, was: PipelineStage, by: User | None, at: datetime, origin: str
) -> None:
    data = {"from": was.name, "from_stage": was.pk}
    if kind == Kind.DEAL_LOST:
        data["reason"] = deal.lost_reason.name if deal.lost_reason else ""
        data["competitor"] = deal.competitor
        data["return_on"] = deal.return_on.isoformat() if deal.return_on else None
    record(
        kind,
        lead_id=deal.lead_id,
        by=by,
        subject=deal,
        data=told(deal, **data),
        at=at,
        origin=origin,
    )
