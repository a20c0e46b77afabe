"""The lists of the desk: their columns, their filters, and the rows behind them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from leadflow.kit import text
from leadflow.models import Company, Disposition, Lead, LeadStage, Origin, Source, Tag
from leadflow.people.models import User
from leadflow.web.filters import Filter, FilterSet
from leadflow.web.tables import Column, Table

LEADS = Table(
    "desk.leads",
    columns=[
        Column("name", _("Lead"), sort="last_name", always=True),
        Column("company", _("Company"), sort="company__name", nullable=True),
        Column("score", _("Score"), sort="score__engagement", align="left"),
        Column("stage", _("Stage"), sort="stage_since"),
        Column("source", _("Source"), sort="source__name", nullable=True),
        Column("owner", _("Owner"), sort="owner__name", nullable=True),
        Column("touch", _("Last touch"), sort="last_activity_at", nullable=True, align="right"),
        Column("next", _("Next step"), sort="next_step_at", nullable=True),
        Column("email", _("Email"), sort="email", default=False),
        Column("phone", _("Phone"), default=False),
        Column("country", _("Country"), sort="country", default=False),
        Column("created", _("Created"), sort="created_at", align="right", default=False),
    ],
    default_sort="-created",
)

COMPANIES = Table(
    "desk.companies",
    columns=[
        Column("name", _("Company"), sort="name", always=True),
        Column("domain", _("Domain"), sort="domain", nullable=True),
        Column("industry", _("Industry"), sort="industry"),
        Column("size", _("People"), sort="size", nullable=True, align="right"),
        Column("country", _("Country"), sort="country"),
        Column("owner", _("Owner"), sort="owner__name", nullable=True),
        Column("created", _("Created"), sort="created_at", align="right", default=False),
    ],
    default_sort="name",
)


def _owners() -> Sequence[tuple[str, str]]:
    rows = User.objects.can_own().order_by("name").values_list("pk", "name")
    return [("none", str(_("Nobody"))), *((str(pk), name) for pk, name in rows)]


def _owned_by(values: list[str]) -> Q:
    condition = Q(owner__in=[v for v in values if v != "none"])
    return condition | Q(owner=None) if "none" in values else condition


def _worked(values: list[str]) -> Q:
    conditions = {
        "no_step": Q(next_step_at=None),
        "no_touch": Q(last_activity_at=None),
        "off": ~Q(disposition=Disposition.ACTIVE),
    }
    combined = Q()
    for value in values:
        combined |= conditions[value]
    return combined


def _search(values: list[str]) -> Q:
    words = text.search_text(values[0]).split()
    condition = Q()
    for word in words[:5]:
        condition &= Q(search_text__contains=word)
    return condition


LEAD_FILTERS = FilterSet(
    [
        Filter("stage", _("Stage"), "stage__in", lambda: LeadStage.choices, icon="circle-dashed"),
        Filter(
            "grade", _("Fit"), "score__grade__in", lambda: [(g, g) for g in "ABCD"], icon="gauge"
        ),
        Filter(
            "band",
            _("Engagement"),
            "score__band__in",
            lambda: [(b, b) for b in "1234"],
            icon="gauge",
        ),
        Filter("owner", _("Owner"), choices=_owners, build=_owned_by, icon="user"),
        Filter(
            "source",
            _("Source"),
            "source__in",
            lambda: [(str(pk), name) for pk, name in Source.objects.values_list("pk", "name")],
            icon="coin",
        ),
        Filter(
            "tag",
            _("Tag"),
            "tags__in",
            lambda: [(str(pk), name) for pk, name in Tag.objects.values_list("pk", "name")[:200]],
            icon="tag",
        ),
        Filter(
            "work",
            _("Attention"),
            choices=lambda: [
                ("no_step", _("No next step")),
                ("no_touch", _("Never touched")),
                ("off", _("Disqualified or recycled")),
            ],
            build=_worked,
            icon="alert-triangle",
        ),
        Filter("origin", _("Came in as"), "origin__in", lambda: Origin.choices, icon="file-upload"),
        Filter("q", _("Search"), build=_search, icon="search"),
        Filter("company", _("Company"), "company", icon="building"),
    ]
)

COMPANY_FILTERS = FilterSet(
    [
        Filter("owner", _("Owner"), choices=_owners, build=_owned_by, icon="user"),
        Filter("q", _("Search"), build=_search, icon="search"),
    ]
)


def leads_of(user: User) -> QuerySet[Lead]:
    """The rows of the lead list, with what its cells show."""
    return Lead.objects.visible_to(user).select_related("company", "source", "owner", "score")


def companies_of(user: User) -> QuerySet[Company]:
    """The rows of the company list."""
    return Company.objects.visible_to(user).select_related("owner")


def standard_tabs(user: User) -> list[tuple[Any, str]]:
    """The tabs that everybody has before any saved view: label and query."""
    return [
        (_("All leads"), ""),
        (_("My leads"), f"owner={user.pk}"),
        (_("Hot, never touched"), "grade=A&grade=B&band=1&work=no_touch&sort=-score"),
        (_("No next step"), "work=no_step&stage=mql&stage=sal&stage=sql"),
    ]
