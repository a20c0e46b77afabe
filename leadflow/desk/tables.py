"""The lists of the desk: their columns, their filters, and the rows behind them."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from leadflow.desk import cells, editing
from leadflow.kit import text
from leadflow.models import (
    Company,
    ContactChannel,
    Customer,
    Disposition,
    Lead,
    LeadStage,
    LeadTag,
    Origin,
    Source,
    Tag,
)
from leadflow.people.models import User
from leadflow.web.filters import Choices, Filter, FilterSet, Named, choices_of
from leadflow.web.tables import Column, Table
from pipeline.selectors import customers as selling

NOBODY = ("none", _("Nobody"))

LEADS = Table(
    "desk.leads",
    columns=[
        Column("name", _("Lead"), sort="last_name", always=True, cell=cells.name),
        Column(
            "company",
            _("Company"),
            sort="company__name_norm",
            nullable=True,
            cell=cells.company,
            edit=editing.LEAD_COMPANY,
        ),
        Column(
            "score",
            _("Score"),
            sort="score__engagement",
            nullable=True,
            align="left",
            cell=cells.score,
        ),
        Column("stage", _("Stage"), sort="stage_since", cell=cells.stage),
        Column("source", _("Source"), cell=cells.source, edit=editing.LEAD_SOURCE),
        Column("owner", _("Owner"), cell=cells.owner, edit=editing.LEAD_OWNER),
        Column(
            "touch",
            _("Last touch"),
            sort="last_activity_at",
            nullable=True,
            align="right",
            cell=cells.touch,
        ),
        Column("next", _("Next step"), sort="next_step_at", nullable=True, cell=cells.next_step),
        Column("email", _("Email"), sort="email", default=False, cell=cells.email),
        Column("phone", _("Phone"), default=False, cell=cells.phone),
        Column(
            "prefers", _("Prefers"), default=False, cell=cells.prefers, edit=editing.LEAD_CHANNEL
        ),
        Column(
            "country",
            _("Country"),
            sort="country",
            default=False,
            cell=cells.country,
            edit=editing.LEAD_COUNTRY,
        ),
        Column(
            "created",
            _("Created"),
            sort="created_at",
            align="right",
            default=False,
            cell=cells.created,
        ),
    ],
    default_sort="-created",
)

COMPANIES = Table(
    "desk.companies",
    columns=[
        Column("name", _("Company"), sort="name_norm", always=True, cell=cells.company_name),
        Column(
            "domain",
            _("Domain"),
            sort="domain",
            nullable=True,
            cell=cells.domain,
            edit=editing.company_field("domain"),
        ),
        Column(
            "industry",
            _("Industry"),
            sort="industry",
            cell=cells.industry,
            edit=editing.company_field("industry"),
        ),
        Column(
            "size",
            _("People"),
            sort="size",
            nullable=True,
            align="right",
            cell=cells.size,
            edit=editing.company_field("size"),
        ),
        Column(
            "country",
            _("Country"),
            sort="country",
            cell=cells.country,
            edit=editing.company_field("country"),
        ),
        Column("owner", _("Owner"), cell=cells.owner),
        Column(
            "tier",
            _("Target tier"),
            default=False,
            cell=cells.tier,
            edit=editing.company_field("tier"),
        ),
        Column(
            "created",
            _("Created"),
            sort="created_at",
            align="right",
            default=False,
            cell=cells.created,
        ),
    ],
    default_sort="name",
)

CUSTOMERS = Table(
    "desk.customers",
    columns=[
        Column("name", _("Customer"), always=True, cell=cells.customer_name),
        Column("since", _("Since"), sort="started_at", cell=cells.customer_since),
        Column("state", _("State"), cell=cells.customer_state),
        Column("renews", _("Next renewal"), cell=cells.customer_renews),
        Column("value", _("Value so far"), align="right", cell=cells.customer_value),
        Column("owner", _("Owner"), default=False, cell=cells.customer_owner),
    ],
    default_sort="-since",
)


def _choices() -> dict[str, Choices]:
    """Owners, sources and tags, in one query."""
    found = choices_of(
        owner=Named(User.objects.can_own()),
        source=Named(Source.objects.all()),
        tag=Named(Tag.objects.all()),
    )
    return found | {"owner": [NOBODY, *found["owner"]]}


def _owners() -> dict[str, Choices]:
    return {"owner": [NOBODY, *choices_of(owner=Named(User.objects.can_own()))["owner"]]}


def owned_by(values: list[str]) -> Q:
    """Whose they are; "none" asks for those that nobody owns."""
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


def _tagged(values: list[str]) -> Q:
    """With any of these tags; a lead that has two of them is one row."""
    return Q(pk__in=LeadTag.objects.filter(tag__in=map(int, values)).values("lead"))


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
        Filter("owner", _("Owner"), build=owned_by, icon="user"),
        Filter("source", _("Source"), "source__in", icon="coin"),
        Filter("tag", _("Tag"), "tags__in", build=_tagged, icon="tag"),
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
        Filter(
            "prefers",
            _("Prefers"),
            "preferred_channel__in",
            lambda: ContactChannel.choices,
            icon="message-circle",
        ),
        Filter("origin", _("Came in as"), "origin__in", lambda: Origin.choices, icon="file-upload"),
        Filter("q", _("Search"), build=_search, icon="search"),
        Filter("company", _("Company"), "company", icon="building"),
    ],
    together=_choices,
)

COMPANY_FILTERS = FilterSet(
    [
        Filter("owner", _("Owner"), build=owned_by, icon="user"),
        Filter("q", _("Search"), build=_search, icon="search"),
    ],
    together=_owners,
)


_MINE = Q(is_mine=True)  # what another team sells is not told by a filter either


def _customer_is(values: list[str]) -> Q:
    conditions = {"active": Q(churned_at=None), "left": Q(churned_at__isnull=False)}
    combined = Q()
    for value in values:
        combined |= conditions[value]
    return combined


def _selling_more(values: list[str]) -> Q:
    conditions = {"none": ~selling.with_open_deal(), "some": selling.with_open_deal()}
    combined = Q()
    for value in values:
        combined |= conditions[value]
    return combined & _MINE


def _customer_owned_by(values: list[str]) -> Q:
    owned = owned_by(values)
    return Q(company__in=Company.objects.filter(owned)) | Q(
        company=None, lead__in=Lead.objects.filter(owned)
    )


def _search_customer(values: list[str]) -> Q:
    found = _search(values)
    return Q(company__in=Company.objects.filter(found)) | Q(
        company=None, lead__in=Lead.objects.filter(found)
    )


def _customer_choices() -> dict[str, Choices]:
    """Owners, and products that may be offered to them, in one query."""
    found = choices_of(owner=Named(User.objects.can_own()), lacks=Named(selling.products()))
    return {**found, "owner": [NOBODY, *found["owner"]]}


CUSTOMER_FILTERS = FilterSet(
    [
        Filter(
            "state",
            _("State"),
            choices=lambda: [("active", _("Active")), ("left", _("Left"))],
            build=_customer_is,
            icon="circle-dashed",
        ),
        Filter(
            "renews",
            _("Renews"),
            choices=lambda: [
                ("30", _("in 30 days")),
                ("60", _("in 60 days")),
                ("90", _("in 90 days")),
            ],
            build=lambda values: selling.renewing_within(max(map(int, values))) & _MINE,
            icon="repeat",
        ),
        Filter(
            "lacks",
            _("Has not bought"),
            build=lambda values: selling.without([int(value) for value in values]) & _MINE,
            icon="box",
        ),
        Filter(
            "deal",
            _("Open deal"),
            choices=lambda: [("none", _("none")), ("some", _("one or more"))],
            build=_selling_more,
            icon="layout-kanban",
        ),
        Filter("owner", _("Owner"), build=_customer_owned_by, icon="user"),
        Filter("q", _("Search"), build=_search_customer, icon="search"),
    ],
    together=_customer_choices,
)


def leads_of(user: User) -> QuerySet[Lead]:
    """The rows of the lead list, with what its cells show."""
    return Lead.objects.visible_to(user).select_related("company", "source", "owner", "score")


def drawn(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """With what the cells show and the page's key needs, and nothing that they do not."""
    return leads.only(
        "first_name", "last_name", "email", "phone", "preferred_channel", "preferred_time",
        "job_title", "country", "stage", "stage_since",
        "disposition", "origin", "last_activity_at", "next_step_at", "created_at",
        "company__name", "company__name_norm", "source__name", "owner__name",
        "score__grade", "score__band", "score__engagement", "score__scored_at",
    )  # fmt: skip


def companies_of(user: User) -> QuerySet[Company]:
    """The rows of the company list."""
    return Company.objects.visible_to(user).select_related("owner")


def customers_of(user: User) -> QuerySet[Customer]:
    """Who bought, as far as she sees them: every company, and the people in her reach."""
    # asked row by row along the index of the order: as a list of ids it would read every lead
    mine = Exists(Lead.objects.visible_to(user).order_by().filter(pk=OuterRef("lead")))
    rows = Customer.objects.filter(Q(company__isnull=False) | mine, reverted_at=None)
    return selling.with_figures_of(rows.select_related("company__owner", "lead__owner"), user)


def standard_tabs(user: User) -> list[tuple[Any, str]]:
    """The tabs that everybody has before any saved view: label and query."""
    return [
        (_("All leads"), ""),
        (_("My leads"), f"owner={user.pk}"),
        (_("Hot, never touched"), "grade=A&grade=B&band=1&work=no_touch&sort=-score"),
        (_("No next step"), "work=no_step&stage=mql&stage=sal&stage=sql"),
    ]
