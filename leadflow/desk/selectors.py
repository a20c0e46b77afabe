"""What the pages of the desk show, read in few queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Q, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from capture import selectors as capture
from capture.selectors import heard
from capture.selectors.occasions import occasions_of
from leadflow.calendars import links
from leadflow.calendars.models import MeetingType
from leadflow.desk import colleagues, reaching, saying
from leadflow.desk.colleagues import Colleagues
from leadflow.desk.matching import Match, companies_at_address, match_of, who_chose_company
from leadflow.desk.owners import owners_for
from leadflow.desk.reaching import Reach
from leadflow.kit import clock, emails, text
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
from leadflow.models.beside import Aside, beside
from leadflow.models.stages import ORDER, STAMP
from leadflow.notifications import following
from leadflow.offers.models import OfferGrant
from leadflow.people.access import allowed, reaches
from leadflow.people.models import User
from leadflow.services import consent, duplicates
from pipeline import selectors as pipeline

TOUCH = ("channel", "occurred_at", "utm", "landing")
STEPS = [LeadStage.LEAD, LeadStage.MQL, LeadStage.SAL, LeadStage.SQL, LeadStage.OPPORTUNITY, LeadStage.CUSTOMER]  # fmt: skip


@dataclass(frozen=True)
class NextStep:
    """What is to be done next, and how late it is."""

    activity: Activity | None
    state: str  # late, today, later, none


@dataclass(frozen=True)
class Bookable:
    """A meeting type, and the link by which this lead books it without typing her name."""

    meeting: MeetingType
    url: str


@dataclass
class LeadPage:
    """Everything on a lead's page that is not embedded by its address."""

    lead: Lead
    words: saying.Words  # her fields, where a form keeps the key of a choice
    steps: list[dict[str, Any]]
    next: NextStep
    identities: list[LeadIdentity]
    meant: str
    consents: list[Consent]
    suppressions: list[Suppression]
    first_touch: Touchpoint | None
    last_touch: Touchpoint | None
    match: Match | None  # why she stands at her company
    heard: heard.Word | None  # her own word on where she heard of us
    colleagues: Colleagues
    tags: list[str]
    duplicates: list[Lead]
    sees_contacts: bool
    is_customer: bool
    is_followed: bool
    open_deal: Any  # the newest of the deals with her that are open
    is_converted: bool  # in her present cycle: to convert her again opens that deal
    reach: Reach
    offers: list[OfferGrant]
    owners: list[User]  # to whom she may be given
    meetings: list[Bookable] = field(default_factory=list)
    embeds: dict[str, str] = field(default_factory=dict)


def bookable_by(lead: Lead, user: User) -> list[Bookable]:
    """What she can be offered, each with her link."""
    return _bookable(lead, meetings_for(user))


def meetings_for(user: User) -> QuerySet[MeetingType]:
    """The meetings that a lead can be offered; opening her link tells her address, so it is for who may
    see that."""
    if not allowed(user, "lead.contact_fields"):
        return MeetingType.objects.none()
    return MeetingType.objects.filter(
        pk__in=MeetingType.objects.visible_to(user).open_to_visitors().order_by().values("pk")
    )


def _bookable(lead: Lead, meetings: Iterable[MeetingType]) -> list[Bookable]:
    return [Bookable(one, links.personal_url(one.slug, lead)) for one in meetings]


def lead_page(lead: Lead, user: User, *, at: datetime | None = None) -> LeadPage:
    """The page of one lead. The caller has checked that the user may see her."""
    at = at or clock.now()
    sees, found = allowed(user, "lead.contact_fields"), beside(lead, **asides_of(lead, user))
    consents, identities = found["consents"], found["identities"]
    step, deal = next(iter(found["steps"]), None), next(iter(found["deals"]), None)
    meetings = _bookable(lead, found["meetings"])
    return LeadPage(
        lead=lead,
        words=saying.words_of(lead, found["own_fields"], sees=sees),
        steps=steps_of(lead, next(iter(found["cycles"]), None)),
        next=NextStep(step, state_of(step, at)),
        meant=emails.suggest(lead.email),
        identities=identities,
        consents=consents,
        suppressions=consent.suppressions_of(
            {one.value_norm for one in identities if one.kind == LeadIdentity.Kind.EMAIL}
        ),
        first_touch=next(iter(found["first_touch"]), None),
        last_touch=next((t for t in found["last_touch"] if t not in found["first_touch"]), None),
        match=match_of(lead, found["at_address"], found["chosen_by"]),
        heard=heard.beside(lead, found["heard"]) if sees else None,
        colleagues=colleagues.read(found),
        tags=[tag.name for tag in found["tags"]],
        duplicates=duplicates.alike(lead, user, found["pairs"]),
        sees_contacts=sees,
        is_customer=found["is_customer"],
        is_followed=found["is_followed"],
        open_deal=deal,
        is_converted=bool(deal and found["is_converted"]),
        reach=reaching.reach(
            lead,
            at,
            sees=sees,
            writes=reaches(user, "mail.send", lead),
            refused={c.channel for c in consents if c.state == Consent.State.WITHDRAWN},
            booking_url=meetings[0].url if meetings else "",
        ),
        meetings=meetings,
        offers=found["offers"],
        owners=found["owners"],
        embeds=embeds_of(lead),
    )


def asides_of(lead: Lead, user: User) -> dict[str, Aside | Exists | Subquery]:
    """The short lists of her page, for one statement: none grows with what happened to her."""
    steps = Activity.objects.open().filter(lead=lead).order_by("due_at", "pk")
    gives = allowed(user, "lead.give")
    return {
        "identities": Aside(
            lead.identities.order_by("kind", "-is_primary", "pk"), "kind", "value", "value_norm"
        ),
        "consents": Aside(consents_of(lead), "channel", "purpose", "state", "at"),
        "steps": Aside(steps[:1], "kind", "due_at", "subject", "body"),
        "cycles": Aside(LeadCycle.objects.filter(lead=lead).order_by("-number")[:1], *STAMP.values()),
        "first_touch": Aside(lead.touchpoints.order_by("occurred_at", "pk")[:1], *TOUCH),
        "last_touch": Aside(lead.touchpoints.order_by("-occurred_at", "-pk")[:1], *TOUCH),
        "tags": Aside(lead.tags.all(), "name"),
        "own_fields": Aside(saying.own_fields(lead), "key", "label", "type"),
        "at_address": Aside(companies_at_address(lead), "name", "merged_into__id", "merged_into__name"),
        "chosen_by": Aside(who_chose_company(lead), "name"),
        "heard": Aside(heard.last_words(lead), "value", "answered_at"),
        "pairs": Aside(duplicates.pairs_of(lead), "one", "two", "is_different"),
        "offers": Aside(
            lead.offers_given.order_by("-given_at", "-pk"), "given_at", "own_code", "offer__id",
            "offer__name", "offer__code", "offer__ends_at",
        ),
        "meetings": Aside(meetings_for(user), "name", "slug", "minutes"),
        **colleagues.asides_of(lead, user),
        "deals": Aside(pipeline.open_deals_of(user, lead.pk)[:1], "name"),
        "owners": Aside(owners_for(user) if gives else User.objects.none(), "name", "email"),
        "is_customer": Exists(customers_of(lead)),
        "is_followed": Exists(following.own(user, lead=lead)),
        "is_converted": Exists(pipeline.conversions_of(lead)),
    }  # fmt: skip


def state_of(step: Activity | None, at: datetime) -> str:
    """late, today, later or none."""
    if step is None:
        return "none"
    if (due := step.due_at) is None:
        return "later"
    if due < at:
        return "late"
    return "today" if localtime(due).date() == localtime(at).date() else "later"


def steps_of(lead: Lead, cycle: LeadCycle | None) -> list[dict[str, Any]]:
    """The stage stepper: what is done with its date, where she stands, what lies ahead."""
    organisation = Organisation.current()
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


def consents_of(lead: Lead) -> QuerySet[Consent]:
    """The consent in force per channel and purpose."""
    rows = Consent.objects.filter(lead=lead).order_by("channel", "purpose", "-at", "-pk")
    return rows.distinct("channel", "purpose")


def customers_of(lead: Lead) -> QuerySet[Customer]:
    """The customer that the person or her company is."""
    mine = Q(lead=lead) | (Q(company=lead.company_id) if lead.company_id else Q(pk__in=[]))
    return Customer.objects.filter(mine, reverted_at=None)


def embeds_of(lead: Lead) -> dict[str, str]:
    """The addresses of what other packages show about a lead; missing while they are not built."""
    names = {
        "timeline": "timeline:lead",
        "bant": "qualification:bant",
        "discovery": "qualification:discovery-call",
        "receipt": "qualification:receipt",
        "deals": "pipeline:of-lead",
        "objections": "pipeline:objections-of-lead",
        "shared": "pipeline:shares-of-lead",
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


def people_at(company: Company) -> int:
    """How many people work there, whoever may see them."""
    return Lead.objects.living().filter(company=company).count()


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
        _("Events"): _occasions(user, words, limit),
    }


def _forms(user: User, words: str, limit: int) -> list[Hit]:
    if not allowed(user, "form.view"):
        return []
    rows = capture.forms_of(user).filter(name__icontains=words.strip())[:limit]
    return [
        Hit(form.name, str(form.get_status_display()), f"/forms/{form.pk}/", "forms")
        for form in rows
    ]


def _occasions(user: User, words: str, limit: int) -> list[Hit]:
    rows = occasions_of(user).filter(title__icontains=words.strip()).order_by("-starts_at")[:limit]
    return [
        Hit(row.title, str(row.state.label), row.get_absolute_url(), "calendar-event")
        for row in rows
    ]


def _who(lead: Lead) -> str:
    parts = [lead.job_title, lead.company.name if lead.company else ""]
    return ", ".join(part for part in parts if part)


def meetings_today(user: User, at: datetime) -> list[Activity]:
    """What stands in her calendar today: meetings, demos and discovery calls, in their order."""
    morning = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    kinds = [Activity.Kind.MEETING, Activity.Kind.DEMO, Activity.Kind.DISCOVERY]
    rows = Activity.objects.open().filter(
        owner=user, kind__in=kinds, due_at__gte=morning, due_at__lt=morning + timedelta(days=1)
    )
    return list(rows.select_related("lead__company").order_by("due_at", "pk")[:8])
