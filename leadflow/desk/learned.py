"""What a lead, or the people of a company, showed of themselves, and how it ended with others like them.

What they read, downloaded, clicked and answered; and the deals of the same industry, size, country and
source. Each number opens its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capture.selectors.spoken import in_words
from leadflow.models import Company, Engagement, Lead, LeadAnswer
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web.tables import Column, Look, Table
from leadflow.web.templatetags import marks
from pipeline.selectors.alike import Ended, ended_alike

MOST = 6
# What tells of interest; an opened mail does not, since programs open them too.
_READ: dict[str, tuple[str, Promise]] = {
    "page.viewed": ("eye", gettext_lazy("Read")),
    "file.downloaded": ("download", gettext_lazy("Downloaded")),
    "asset.downloaded": ("download", gettext_lazy("Downloaded")),
    "mail.clicked": ("click", gettext_lazy("Clicked")),
    "link.clicked": ("click", gettext_lazy("Clicked")),
}


@dataclass(frozen=True, slots=True)
class Interest:
    """A page, file or link that she, or that people of a company, looked at."""

    kind: str
    icon: str
    verb: str
    label: str
    times: int
    people: int
    last_at: datetime


@dataclass(frozen=True)
class Learned:
    """All that the part of a page shows."""

    interests: Sequence[Interest]
    answers: Sequence[tuple[str, str]]
    alike: Sequence[tuple[str, Ended]]

    @property
    def is_empty(self) -> bool:
        return not (self.interests or self.answers or self.alike)


def learned_of(lead: Lead, user: User) -> Learned:
    """Four queries, however much she did. The caller has checked that the user may see her."""
    return Learned(_interests(Q(lead=lead)), _answers(lead, user), _alike(lead))


def learned_at(company: Company, user: User) -> Learned:
    """The same of a company: of its people whom the user may see, and of companies like it."""
    return Learned(_interests(_people_of(company, user)), [], _alike(company))


def _people_of(company: Company, user: User) -> Q:
    return Q(lead__in=Lead.objects.visible_to(user).filter(company=company).values("pk"))


def _looked_at(whose: Q) -> QuerySet[Engagement]:
    rows = Engagement.objects.filter(whose, kind__in=_READ).exclude(label="")
    return rows.exclude(actor_class=Engagement.Actor.MACHINE)


def _interests(whose: Q) -> list[Interest]:
    sums = _looked_at(whose).order_by().values("kind", "label")
    sums = sums.annotate(
        times=Count("pk"), people=Count("lead", distinct=True), last_at=Max("occurred_at")
    )
    return [
        Interest(
            row["kind"], _READ[row["kind"]][0], str(_READ[row["kind"]][1]), row["label"],
            row["times"], row["people"], row["last_at"],
        )
        for row in sums.order_by("-last_at")[:MOST]
    ]  # fmt: skip


def _answers(lead: Lead, user: User) -> list[tuple[str, str]]:
    """The newest answer to each question; they are her own words, so not for everybody."""
    if not allowed(user, "lead.contact_fields"):
        return []
    rows = LeadAnswer.objects.filter(lead=lead).order_by("key", "-answered_at").distinct("key")
    newest = sorted(rows, key=lambda row: row.answered_at, reverse=True)[:MOST]
    words = in_words(newest)
    return [(row.label or row.key, words.get(row.pk) or _plain(row.value)) for row in newest]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _alike(about: Lead | Company) -> list[tuple[str, Ended]]:
    words = {
        "industry": _("Industry"),
        "size": _("Employees"),
        "country": _("Country"),
        "source": _("Source"),
    }
    return [(words[one.shared], one) for one in ended_alike(about)]


# --- the rows behind an interest ---


def _at(row: Engagement, look: Look) -> SafeString:
    return format_html(
        '<td class="lf-cell-2">{}</td>', marks.moment(row.occurred_at, "when", look.at)
    )


def _who(row: Engagement, _look: Look) -> SafeString:
    shape = '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a></td>'
    return format_html(shape, row.lead.get_absolute_url(), row.lead.name)


def _what(row: Engagement, _look: Look) -> SafeString:
    return format_html('<td class="lf-cell-3">{} {}</td>', str(_READ[row.kind][1]), row.label)


READINGS = Table(
    "desk.readings",
    columns=[
        Column("at", gettext_lazy("When"), sort="occurred_at", always=True, cell=_at),
        Column("who", gettext_lazy("Who"), always=True, cell=_who),
        Column("what", gettext_lazy("What"), always=True, cell=_what),
    ],
    default_sort="-at",
)


def readings_of(about: Lead | Company, user: User, kind: str, label: str) -> QuerySet[Engagement]:
    """Each time that she, or somebody of the company, looked at one thing; of everything without a kind."""
    whose = Q(lead=about) if isinstance(about, Lead) else _people_of(about, user)
    rows = _looked_at(whose).select_related("lead")
    return rows.filter(kind=kind, label=label) if kind else rows
