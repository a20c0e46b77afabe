"""Which companies show buying intent now: what providers told of a company, or of its people.

A company stands here with or without a lead. What is told of a person is counted where the reader may
see that person; it stays a fact of hers, and nothing that is told of a company becomes one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadflow.desk import cells
from leadflow.desk.tables import NOBODY, owned_by
from leadflow.kit import clock
from leadflow.models import Company, CompanySignal, Engagement, Lead
from leadflow.models.engagement import INTENT
from leadflow.people.models import User
from leadflow.web import tables
from leadflow.web.filters import Applied, Choices, Filter, FilterSet, Named, choices_of
from leadflow.web.tables import Column, Table
from leadflow.web.templatetags import formats, marks

USUAL_DAYS = 30
MOST_TOPICS = 3


def _everything(_values: list[str]) -> Q:
    """What these filter are the reports, not the companies: `Asked` reads them."""
    return Q()


def _has_leads(values: list[str]) -> Q:
    known = Q(pk__in=Lead.objects.living().filter(company__isnull=False).values("company"))
    return known if values[-1] == "some" else ~known


def _providers() -> Choices:
    names = CompanySignal.objects.filter(kind=INTENT).exclude(provider="").values("provider")
    return [
        (one, one)
        for one in names.distinct().order_by("provider").values_list("provider", flat=True)[:200]
    ]


def _owners() -> dict[str, Choices]:
    return {"owner": [NOBODY, *choices_of(owner=Named(User.objects.can_own()))["owner"]]}


FILTERS = FilterSet(
    [
        Filter("days", gettext_lazy("Told in the last"), build=_everything, icon="calendar", many=False,
               choices=lambda: [("7", gettext_lazy("7 days")), ("90", gettext_lazy("90 days")), ("365", gettext_lazy("365 days"))]),
        Filter("provider", gettext_lazy("Provider"), build=_everything, icon="webhook", choices=_providers),
        Filter("sure", gettext_lazy("Confidence"), build=_everything, icon="gauge", many=False,
               choices=lambda: [("0.5", gettext_lazy("at least 50 %")), ("0.75", gettext_lazy("at least 75 %"))]),
        Filter("people", gettext_lazy("People known"), build=_has_leads, icon="users", many=False,
               choices=lambda: [("some", gettext_lazy("some")), ("none", gettext_lazy("nobody yet"))]),
        Filter("owner", gettext_lazy("Owner"), build=owned_by, icon="user"),
    ],
    together=_owners,
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Which reports count: how recent, of whom, how sure."""

    user: User
    since: datetime
    days: int
    providers: Sequence[str] = ()
    least: float | None = None

    @classmethod
    def of(cls, applied: Applied, user: User) -> "Asked":
        """As the filters of the list say."""
        said = {chip.filter.key: chip.values for chip in applied.chips}
        days = int(said.get("days", [str(USUAL_DAYS)])[-1])
        least = float(said["sure"][-1]) if "sure" in said else None
        return cls(user, clock.now() - timedelta(days=days), days, said.get("provider", ()), least)

    def _counted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = rows.filter(kind=INTENT, occurred_at__gte=self.since)
        if self.providers:
            rows = rows.filter(provider__in=self.providers)
        return rows if self.least is None else rows.filter(confidence__gte=self.least)

    def signals(self) -> QuerySet[CompanySignal]:
        """What was told of companies."""
        return self._counted(CompanySignal.objects.all())

    def facts(self) -> QuerySet[Engagement]:
        """What was told of people whom the reader may see."""
        hers = Lead.objects.visible_to(self.user).filter(company__isnull=False)
        return self._counted(Engagement.objects.filter(lead__in=hers.order_by().values("pk")))

    def companies(self) -> QuerySet[Company]:
        """Every company that any of it is about, with when it was told last."""
        wanted = Q(pk__in=self.signals().values("company")) | Q(
            pk__in=self.facts().values("lead__company")
        )
        newest = self.signals().filter(company=OuterRef("pk")).order_by("-occurred_at")
        of_people = self.facts().filter(lead__company=OuterRef("pk")).order_by("-occurred_at")
        seen = Greatest(
            Subquery(newest.values("occurred_at")[:1]),
            Subquery(of_people.values("occurred_at")[:1]),
        )
        rows = Company.objects.visible_to(self.user).filter(wanted)
        return rows.annotate(seen_at=seen).select_related("owner")


@dataclass
class Told:
    """What stands beside one company."""

    topics: list[str] = field(default_factory=list)
    providers: list[str] = field(default_factory=list)
    sure: float | None = None
    reports: int = 0
    of_people: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """One topic of one provider, with how often and how surely it was told."""
        for name, place in (("topic", self.topics), ("provider", self.providers)):
            if row[name] and row[name] not in place:
                place.append(row[name])
        self.reports += row["n"]
        if row["best"] is not None:
            self.sure = max(row["best"], self.sure or 0.0)


@dataclass(frozen=True)
class Look(tables.Look):
    """What all rows of the page share: the reports and the people of its companies."""

    told: Mapping[int, Told] = field(default_factory=dict)
    people: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of_page(cls, asked: Asked, rows: Sequence[Company]) -> "Look":
        """Three statements, however many companies there are."""
        ids = [row.pk for row in rows]
        told = {pk: Told() for pk in ids}
        for row in _grouped(asked.signals().filter(company__in=ids), "company"):
            told[row["company"]].add(row)
        for row in _grouped(asked.facts().filter(lead__company__in=ids), "lead__company"):
            told[row["lead__company"]].add(row)
            told[row["lead__company"]].of_people += row["n"]
        people = Lead.objects.visible_to(asked.user).order_by().filter(company__in=ids)
        counts = people.values_list("company").annotate(n=Count("pk"))
        return cls(told=told, people=dict(counts))


def _grouped(rows: QuerySet[Any], company: str) -> Iterator[dict[str, Any]]:
    grouped = rows.order_by().values(company, "topic", "provider")
    told = grouped.annotate(n=Count("pk"), best=Max("confidence"), last=Max("occurred_at"))
    yield from told.order_by("-last")


def _name(row: Company, look: Look) -> SafeString:
    return cells.company_name(row, look)  # type: ignore[arg-type]  # it reads nothing of a look


def _topics(row: Company, look: Look) -> SafeString:
    said = look.told[row.pk].topics
    pills = format_html_join(" ", "{}", ((marks.pill(one, "line"),) for one in said[:MOST_TOPICS]))
    more = f" +{len(said) - MOST_TOPICS}" if len(said) > MOST_TOPICS else ""
    return format_html('<td class="lf-cell-3">{}{}</td>', pills or "–", more)


def _sure(row: Company, look: Look) -> SafeString:
    value = look.told[row.pk].sure
    words = _("not told") if value is None else formats.percent(value, 0)
    return format_html('<td class="lf-right">{}</td>', words)


def _by(row: Company, look: Look) -> SafeString:
    return format_html(
        "<td>{}</td>", ", ".join(look.told[row.pk].providers) or _("Unnamed provider")
    )


def _reports(row: Company, look: Look) -> SafeString:
    told = look.told[row.pk]
    about = ngettext(", %(n)d about a person", ", %(n)d about people", told.of_people) % {
        "n": told.of_people
    }
    beside = format_html('<span class="lf-sub">{}</span>', about) if told.of_people else ""
    shape = '<td class="lf-right lf-cell-4"><a href="{}#signals">{}</a>{}</td>'
    return format_html(shape, row.get_absolute_url(), told.reports, beside)


def _people(row: Company, look: Look) -> SafeString:
    known = look.people.get(row.pk, 0)
    if not known:
        return format_html("<td>{}</td>", marks.pill(_("nobody yet"), "warn"))
    return format_html('<td><a href="/leads/?company={}">{}</a></td>', row.pk, known)


def _seen(row: Any, look: Look) -> SafeString:
    return format_html(
        '<td class="lf-right lf-cell-2">{}</td>', marks.moment(row.seen_at, "age", look.at)
    )


COMPANIES = Table(
    "desk.intent",
    columns=[
        Column("name", gettext_lazy("Company"), sort="name_norm", always=True, cell=_name),
        Column("topics", gettext_lazy("Looks for"), cell=_topics),
        Column("sure", gettext_lazy("Confidence"), align="right", cell=_sure),
        Column("by", gettext_lazy("Provider"), cell=_by),
        Column("reports", gettext_lazy("Reports"), align="right", cell=_reports),
        Column("people", gettext_lazy("People known"), cell=_people),
        Column("owner", gettext_lazy("Owner"), cell=cells.owner),
        Column("seen", gettext_lazy("Last told"), sort="seen_at", align="right", cell=_seen),
    ],
    default_sort="-seen",
)
