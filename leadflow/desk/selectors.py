"""What the pages of the desk show, read in few queries."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from capture import selectors as capture
from leadflow.kit import clock, text
from leadflow.models import (
    Activity,
    Company,
    Consent,
    Customer,
    Disposition,
    Lead,
    LeadCycle,
    LeadIdentity,
    LeadStage,
    Organisation,
    Suppression,
    Touchpoint,
)
from leadflow.models.stages import ORDER, STAMP
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.services import consent
from pipeline import selectors as pipeline

STEPS = [LeadStage.LEAD, LeadStage.MQL, LeadStage.SAL, LeadStage.SQL, LeadStage.OPPORTUNITY, LeadStage.CUSTOMER]  # fmt: skip


@dataclass(frozen=True)
class NextStep:
    """What is to be done next, and how late it is."""

    activity: Activity | None
    state: str  # late, today, later, none


@dataclass
class LeadPage:
    """Everything on a lead's page that is not embedded by its address."""

    lead: Lead
    steps: list[dict[str, Any]]
    next: NextStep
    open_activities: list[Activity]
    identities: list[LeadIdentity]
    consents: list[Consent]
    suppressions: list[Suppression]
    first_touch: Touchpoint | None
    last_touch: Touchpoint | None
    colleagues: int
    tags: list[str]
    duplicates: list[Lead]
    sees_contacts: bool
    customer: Customer | None
    embeds: dict[str, str] = field(default_factory=dict)


def lead_page(lead: Lead, user: User, *, at: datetime | None = None) -> LeadPage:
    """The page of one lead. The caller has checked that the user may see her."""
    at = at or clock.now()
    todo = list(
        Activity.objects.open()
        .filter(lead=lead)
        .select_related("owner")
        .order_by("due_at", "pk")[:5]
    )
    touches = list(lead.touchpoints.select_related("source").order_by("occurred_at"))
    return LeadPage(
        lead=lead,
        steps=steps_of(lead),
        next=NextStep(
            todo[0] if todo else None, state_of(todo[0].due_at if todo else None, at, todo)
        ),
        open_activities=todo[1:],
        identities=list(lead.identities.order_by("kind", "-is_primary", "pk")),
        consents=consents_of(lead),
        suppressions=consent.suppressions_of(lead),
        first_touch=touches[0] if touches else None,
        last_touch=touches[-1] if len(touches) > 1 else None,
        colleagues=_colleagues(lead, user),
        tags=list(lead.tags.values_list("name", flat=True)),
        duplicates=duplicates_of(lead, user),
        sees_contacts=allowed(user, "lead.contact_fields"),
        customer=customer_of(lead),
        embeds=embeds_of(lead),
    )


def state_of(due: datetime | None, at: datetime, todo: list[Activity]) -> str:
    """late, today, later or none."""
    if not todo:
        return "none"
    if due is None:
        return "later"
    if due < at:
        return "late"
    return "today" if localtime(due).date() == localtime(at).date() else "later"


def steps_of(lead: Lead) -> list[dict[str, Any]]:
    """The stage stepper: what is done with its date, where she stands, what lies ahead."""
    organisation = Organisation.current()
    cycle = LeadCycle.objects.filter(lead=lead).order_by("-number").first()
    stages = [s for s in STEPS if not (organisation.hide_sal and s == LeadStage.SAL)]
    here = ORDER[lead.stage]
    is_lost = lead.disposition == Disposition.DISQUALIFIED
    steps = []
    for stage in stages:
        when = getattr(cycle, STAMP[stage], None) if cycle else None
        state = "done" if ORDER[stage] < here else "later"
        if ORDER[stage] == here:
            state = "lost" if is_lost else "done" if stage == LeadStage.CUSTOMER else "now"
        label = organisation.stage_label(stage)
        steps.append(
            {"label": label, "when": _short(when) if state != "later" else "", "state": state}
        )
    return steps


def _short(when: datetime | None) -> str:
    if when is None:
        return ""
    there, today = localtime(when), localtime(clock.now())
    if there.date() == today.date():
        return _("today %(time)s") % {"time": there.strftime("%H:%M")}
    return f"{there.day} {there:%b}" + ("" if there.year == today.year else f" {there.year}")


def consents_of(lead: Lead) -> list[Consent]:
    """The consent in force per channel and purpose."""
    return list(
        Consent.objects.filter(lead=lead)
        .order_by("channel", "purpose", "-at", "-pk")
        .distinct("channel", "purpose")
    )


def _colleagues(lead: Lead, user: User) -> int:
    if lead.company_id is None:
        return 0
    return Lead.objects.visible_to(user).filter(company=lead.company_id).exclude(pk=lead.pk).count()


def duplicates_of(lead: Lead, user: User) -> list[Lead]:
    """Other rows that look like the same person: her phone, or her name at the same company."""
    same = Q(pk__in=[])
    if lead.phone:
        same |= Q(phone=lead.phone)
    if lead.last_name and lead.company_id:
        same |= Q(
            last_name__iexact=lead.last_name,
            first_name__iexact=lead.first_name,
            company=lead.company_id,
        )
    rows = Lead.objects.visible_to(user).filter(same).exclude(pk=lead.pk).order_by("pk")
    return list(rows[:5])


def customer_of(lead: Lead) -> Customer | None:
    """The customer that the person or her company is."""
    mine = Q(lead=lead) | (Q(company=lead.company_id) if lead.company_id else Q(pk__in=[]))
    return Customer.objects.filter(mine, reverted_at=None).first()


def embeds_of(lead: Lead) -> dict[str, str]:
    """The addresses of what other packages show about a lead; missing while they are not built."""
    names = {
        "timeline": "timeline:lead",
        "bant": "qualification:bant",
        "receipt": "qualification:receipt",
        "deals": "pipeline:of-lead",
        "convert": "pipeline:convert",
        "sequences": "nurturing:of-lead",
        "handover": "distribution:of-lead",
        "messages": "console:messages-of-lead",
    }
    found = {}
    for key, name in names.items():
        try:
            found[key] = reverse(name, args=[lead.pk])
        except NoReverseMatch:
            continue
    return found


@dataclass(frozen=True)
class Hit:
    """One result of the search: where it leads, and what kind of thing it is."""

    label: str
    note: str
    url: str
    icon: str


def having(words: str) -> Q | None:
    """The condition that a row's text holds every word; None where there are no words."""
    wanted = text.search_text(words).split()[:5]
    condition = Q()
    for word in wanted:
        condition &= Q(search_text__contains=word)
    return condition if wanted else None


def leads_like(user: User, words: str, *, but: Lead) -> list[Lead]:
    """Other leads whose text holds every word, to merge with."""
    condition = having(words)
    if condition is None:
        return []
    rows = Lead.objects.visible_to(user).filter(condition).exclude(pk=but.pk)
    return list(rows.select_related("company").order_by("-created_at", "-pk")[:10])


def search(user: User, words: str, *, limit: int = 6) -> dict[str, list[Hit]]:
    """Leads and companies whose text holds every word; newest first."""
    condition = having(words)
    if condition is None:
        return {}
    people = Lead.objects.visible_to(user).filter(condition).select_related("company")
    firms = Company.objects.visible_to(user).filter(condition)
    return {
        _("Leads"): [
            Hit(p.name, _who(p), p.get_absolute_url(), "user")
            for p in people.order_by("-created_at", "-pk")[:limit]
        ],
        _("Companies"): [
            Hit(c.name, c.domain or c.industry, c.get_absolute_url(), "building")
            for c in firms.order_by("-created_at", "-pk")[:limit]
        ],
        _("Deals"): [
            Hit(d.name, d.stage.name, d.get_absolute_url(), "layout-kanban")
            for d in pipeline.found(user, words, limit)
        ],
        _("Forms"): _forms(user, words, limit),
    }


def _forms(user: User, words: str, limit: int) -> list[Hit]:
    if not allowed(user, "form.view"):
        return []
    rows = capture.forms_of(user).filter(name__icontains=words.strip())[:limit]
    return [
        Hit(form.name, str(form.get_status_display()), f"/forms/{form.pk}/", "forms")
        for form in rows
    ]


def _who(lead: Lead) -> str:
    parts = [lead.job_title, lead.company.name if lead.company else ""]
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Row:
    """One line of my day: what to do, for whom, and why now."""

    reason: str
    tone: str
    icon: str
    title: str
    why: str
    url: str
    lead: Lead | None = None
    activity: Activity | None = None
    due_at: datetime | None = None


def my_day(user: User, *, at: datetime | None = None) -> dict[str, list[Row]]:
    """The queue of a person: late, today, then leads of hers without a next step."""
    at = at or clock.now()
    tonight = localtime(at).replace(hour=23, minute=59, second=59)
    todo = (
        Activity.objects.open()
        .filter(owner=user, due_at__lte=tonight)
        .filter(Q(lead=None) | Q(lead__deleted_at=None, lead__merged_into=None))
        .select_related("lead__company", "lead__score")
        .order_by("due_at", "pk")[:100]
    )
    rows = [_todo_row(activity, at) for activity in todo]
    return {
        _("Late"): [row for row in rows if row.due_at and row.due_at < at],
        _("Today"): [row for row in rows if row.due_at and row.due_at >= at],
        _("No next step"): [_idle_row(lead) for lead in without_step(user)],
    }


def _todo_row(activity: Activity, at: datetime) -> Row:
    late = activity.due_at is not None and activity.due_at < at
    return Row(
        reason=_("Late") if late else _("Due today"),
        tone="bad" if late else "ok",
        icon="alert-triangle" if late else "clock",
        title=activity.lead.name if activity.lead else activity.subject,
        why=f"{activity.get_kind_display()}: {activity.subject}",
        url=activity.lead.get_absolute_url() if activity.lead else "",
        lead=activity.lead,
        activity=activity,
        due_at=activity.due_at,
    )


def without_step(user: User, *, limit: int = 30) -> QuerySet[Lead]:
    """Her working leads on which nothing is planned, hottest first."""
    working = [LeadStage.MQL, LeadStage.SAL, LeadStage.SQL]
    rows = (
        Lead.objects.visible_to(user)
        .active()
        .in_stage(*working)
        .filter(owner=user, next_step_at=None)
    )
    return rows.select_related("company", "score").order_by("-score__engagement", "pk")[:limit]


def _idle_row(lead: Lead) -> Row:
    touched = (
        _("last touch %(days)d days ago")
        % {"days": (clock.now() - lead.last_activity_at) // timedelta(days=1)}
        if lead.last_activity_at
        else _("never touched")
    )
    return Row(
        reason=_("No next step"),
        tone="warn",
        icon="calendar-off",
        title=lead.name,
        why=f"{_who(lead)} · {touched}" if _who(lead) else touched,
        url=lead.get_absolute_url(),
        lead=lead,
    )
