"""Where the rows of my day come from. A further source is one function and its line in `SOURCES`.

Each takes the person and the time and answers with rows; a lead stands in the queue once for each of
her to-dos, and else for the first source that names her.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from distribution import selectors as distribution
from leadflow.approvals.models import Approval
from leadflow.desk.queue.rows import Group, Row, beside, group_of, left_until
from leadflow.models import Activity, Lead, LeadStage, Nudge, Organisation
from leadflow.people.models import User
from pipeline import selectors as pipeline
from pipeline.selectors import negotiation, quotes

MOST = 100  # rows of one source: nobody works more in a day
Source = Callable[[User, datetime], Iterable[Row]]


def clocks(user: User, at: datetime) -> Iterable[Row]:
    """Leads of hers who wait for a first answer, and for how long they still may."""
    for clock in distribution.running_clocks(user)[:MOST]:
        group = group_of(clock.due_at, at)
        yield Row(
            key=f"clock:{clock.pk}",
            group=group,
            reason=left_until(clock.due_at, at),
            tone="bad" if clock.due_at <= at else "warn" if group == Group.NOW else "",
            icon="clock",
            title=clock.lead.name,
            beside=beside(clock.lead),
            why=_("Waits for your first answer"),
            act="call",
            lead=clock.lead,
            due_at=clock.due_at,
        )


_NUDGES = {
    Nudge.Kind.REPLIED: ("message-reply", "answer"),
    Nudge.Kind.HEATED_UP: ("trending-up", "call"),
}


def nudges(user: User, at: datetime) -> Iterable[Row]:
    """Leads of hers who wrote back or warmed up since anybody reached out."""
    mine = Lead.objects.visible_to(user).active().filter(owner=user)
    rows = Nudge.objects.filter(settled_at=None, at__lte=at, lead__in=mine)
    newest = rows.select_related("lead__company", "lead__score").order_by("-at")[:MOST]
    # a lead stands once: her words say more than that they warmed her score up
    for nudge in sorted(newest, key=lambda one: one.kind != Nudge.Kind.REPLIED):
        icon, act = _NUDGES[Nudge.Kind(nudge.kind)]
        yield Row(
            key=f"nudge:{nudge.pk}",
            group=Group.NOW,
            reason=nudge.get_kind_display(),
            tone="accent",
            icon=icon,
            title=nudge.lead.name,
            beside=beside(nudge.lead),
            why=nudge.words,
            act=act,
            lead=nudge.lead,
            nudge=nudge,
        )


def hand_overs(user: User, at: datetime) -> Iterable[Row]:
    """Leads that marketing offers her and that wait for her word."""
    for one in distribution.waiting_for(user)[:MOST]:
        group = group_of(one.due_at, at)
        yield Row(
            key=f"handover:{one.pk}",
            group=group,
            reason=_("Hand-over"),
            tone="line" if group == Group.TODAY else "warn",
            icon="arrows-exchange",
            title=one.lead.name,
            beside=beside(one.lead),
            why=" · ".join(part for part in (one.why, getattr(one, "routed", "")) if part),
            act="accept",
            lead=one.lead,
            due_at=one.due_at,
            handover=one,
        )


_ACTS: dict[str, str] = {Activity.Kind.CALL: "call", Activity.Kind.EMAIL: "mail"}
_SIGNS = {"call": "phone", "email": "mail", "meeting": "calendar-event", "todo": "checkbox"}


def planned(user: User) -> QuerySet[Activity]:
    """What she has to do, by when it is due, with what its rows show."""
    todo = Activity.objects.open().of_living().filter(owner=user)
    shown = todo.select_related("lead__company", "lead__score", "booking", "given_by")
    return shown.order_by("due_at", "pk")


def steps(user: User, at: datetime) -> Iterable[Row]:
    """What she planned to do until tonight."""
    tonight = localtime(at).replace(hour=23, minute=59, second=59)
    for activity in planned(user).filter(due_at__lte=tonight)[:MOST]:
        yield step_row(activity, at)


def step_row(activity: Activity, at: datetime) -> Row:
    """One thing that is planned."""
    due = activity.due_at or at
    is_late = due < at
    kind = str(activity.get_kind_display())
    return Row(
        key=f"activity:{activity.pk}",
        group=Group.LATE if is_late else Group.TODAY,
        reason=left_until(due, at) if is_late else kind,
        tone="bad" if is_late else "line",
        icon="alert-triangle" if is_late else _SIGNS.get(activity.kind, "calendar-event"),
        title=activity.lead.name if activity.lead else activity.subject,
        beside=beside(activity.lead) if activity.lead else "",
        why=" · ".join(
            [f"{kind}: {activity.subject}" if activity.lead else kind, *_said(activity)]
        ),
        act=_ACTS.get(activity.kind, "done"),
        lead=activity.lead,
        due_at=due,
        activity=activity,
        deal_url="" if activity.lead else _record_url(activity),
    )


def _said(activity: Activity) -> Iterable[str]:
    """What stands beside a plan: that it matters, that it repeats, who asked for it with which words."""
    if activity.priority == Activity.Priority.HIGH:
        yield _("High priority")
    if activity.repeat:
        yield activity.get_repeat_display()
    if activity.given_by:
        who = _("from %(who)s") % {"who": activity.given_by.name}
        yield f"{who}: {activity.given_words}" if activity.given_words else who


def _record_url(activity: Activity) -> str:
    """The page of what a plan without a person is about."""
    if activity.subject_ref.startswith("deal:"):
        return f"/deals/{activity.subject_ref.removeprefix('deal:')}/"
    return f"/companies/{activity.company_id}/" if activity.company_id else ""


EXPIRES_SOON = timedelta(days=3)


def papers(user: User, at: datetime) -> Iterable[Row]:
    """Quotes on her open deals that were accepted, and those that run out soon without an answer."""
    for one in quotes.accepted_by(user, MOST):
        said = {"who": one.signer, "quote": one.number}
        why = _("%(who)s accepted %(quote)s: close the deal") % said
        row = _paper(one, Group.NOW, _("Quote accepted"), why)
        yield replace(row, tone="accent", icon="circle-check", act="close")
    today = localtime(at).date()
    for one in quotes.running_out(user, today, today + EXPIRES_SOON, MOST):
        ends = {"quote": one.number, "day": date_format(one.valid_until, "j M")}
        why = _("%(quote)s holds until %(day)s, and nobody has answered") % ends
        yield _paper(one, Group.TODAY, _("Quote ends"), why)


def _paper(one: quotes.Pending, group: Group, reason: str, why: str) -> Row:
    return Row(
        key=f"quote:{one.pk}",
        group=group,
        reason=reason,
        tone="warn",
        icon="hourglass",
        title=one.lead.name if one.lead else one.deal_name,
        beside=beside(one.lead) if one.lead else "",
        why=why,
        act="call" if one.lead else "close",
        lead=one.lead,
        deal_url=one.deal_url,
    )


def offers(user: User, at: datetime) -> Iterable[Row]:
    """Offers that she gave on open deals and that end soon: the last reason to call."""
    for one in negotiation.ending(user, at, at + EXPIRES_SOON)[:MOST]:
        lead, ends = one.deal.lead, one.offer.ends_at or at
        said = {"offer": one.offer.name, "deal": one.deal.name}
        yield Row(
            key=f"offer:{one.pk}",
            group=group_of(ends, at),
            reason=_("Offer ends"),
            tone="warn",
            icon="hourglass",
            title=lead.name if lead else one.deal.name,
            beside=beside(lead) if lead else "",
            why=_("%(offer)s on %(deal)s") % said,
            act="call" if lead else "close",
            lead=lead,
            due_at=ends,
            deal_url=one.deal.get_absolute_url(),
        )


def approvals(user: User, at: datetime) -> Iterable[Row]:
    """What somebody asked of her: discounts, concessions, offers above what is free."""
    rows = Approval.objects.decidable_by(user).waiting(at).select_related("asked_by")
    if not Organisation.current().approves_own:
        rows = rows.exclude(asked_by=user)
    for one in rows.order_by("asked_at", "pk")[:MOST]:
        yield Row(
            key=f"approval:{one.pk}",
            group=Group.TODAY,
            reason=one.get_kind_display(),
            tone="warn",
            icon="scale",
            title=one.sentence,
            why=_("%(who)s asks for your yes") % {"who": one.asked_by.name},
            act="decide",
            due_at=one.expires_at,
            deal_url=f"/approvals/{one.pk}/",
        )


def idle(user: User, at: datetime) -> Iterable[Row]:
    """Her working leads on which nothing is planned, warmest first."""
    for lead in without_step(user)[:MOST]:
        yield Row(
            key=f"idle:{lead.pk}",
            group=Group.IDLE,
            reason=_("No next step"),
            tone="warn",
            icon="calendar-off",
            title=lead.name,
            beside=beside(lead),
            why=_last_touch(lead.last_activity_at, at),
            act="plan",
            lead=lead,
        )


def idle_deals(user: User, at: datetime) -> Iterable[Row]:
    """Her open deals on which nothing is planned, the largest first."""
    rows = pipeline.without_next_step(user)
    for deal in rows.select_related("stage", "company", "lead__company", "lead__score")[:MOST]:
        yield Row(
            key=f"deal:{deal.pk}",
            group=Group.IDLE,
            reason=_("No next step"),
            tone="warn",
            icon="calendar-off",
            title=deal.lead.name if deal.lead else deal.name,
            beside=beside(deal.lead) if deal.lead else deal.company.name if deal.company else "",
            why=" · ".join(
                [
                    *([deal.name] if deal.lead else []),
                    deal.stage.name,
                    _last_touch(deal.last_touch_at, at),
                ]
            ),
            act="plan",
            lead=deal.lead,
            deal=deal.pk,
            deal_url=deal.get_absolute_url(),
            worth=None if deal.lead else deal.base_amount,
        )


def without_step(user: User) -> QuerySet[Lead]:
    """Leads in work that have an owner and no next step."""
    working = [LeadStage.MQL, LeadStage.SAL, LeadStage.SQL]
    rows = Lead.objects.visible_to(user).active().in_stage(*working)
    return (
        rows.filter(owner=user, next_step_at=None)
        .select_related("company", "score")
        .order_by("-score__engagement", "pk")
    )


def _last_touch(touched: datetime | None, at: datetime) -> str:
    if not touched:
        return _("Never touched")
    days = (localtime(at).date() - localtime(touched).date()).days
    if days <= 0:
        return _("Last touch today")
    words = ngettext("Last touch %(days)d day ago", "Last touch %(days)d days ago", days)
    return words % {"days": days}


# In the order in which they may claim a lead.
SOURCES: tuple[Source, ...] = (
    clocks, nudges, papers, offers, hand_overs, approvals, steps, idle_deals, idle,
)  # fmt: skip
