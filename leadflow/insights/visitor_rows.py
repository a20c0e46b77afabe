"""Visitors as a list draws them: how each came, and whom she became where she agreed to be known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.models import Lead
from leadflow.people.models import User
from leadflow.web.tables import Column, Look, Table
from leadflow.web.templatetags import formats, marks


@dataclass(frozen=True)
class Visitors(Look):
    """What all rows share: the leads whom they became, as far as the reader sees them."""

    people: Mapping[int, Lead] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Any], user: User) -> "Visitors":
        """One statement for the page."""
        ids = {row.became for row in rows if row.became}
        found = Lead.objects.visible_to(user).filter(pk__in=ids) if ids else []
        return cls(people={lead.pk: lead for lead in found})


def _came(row: Any, look: Visitors) -> SafeString:
    words = _("Visitor %(n)s") % {"n": row.pk}
    shape = '<td class="lf-cell-1">{} <span class="lf-sub">{}</span></td>'
    return format_html(shape, words, marks.moment(row.first_seen_at, "when", look.at))


def _became(row: Any, look: Visitors) -> SafeString:
    if row.became is None:
        return format_html(
            '<td class="lf-cell-2"><span class="lf-muted">{}</span></td>', _("not yet")
        )
    lead = look.people.get(row.became)
    took = formats.duration(row.became_at - row.first_seen_at)
    name = (
        format_html('<a href="{}">{}</a>', lead.get_absolute_url(), lead.name)
        if lead
        else _("a lead")
    )
    beside = _("after %(time)s") % {"time": took}
    return format_html('<td class="lf-cell-2">{} <span class="lf-sub">{}</span></td>', name, beside)


def _source(row: Any, _look: Any) -> SafeString:
    return format_html('<td class="lf-cell-3">{}</td>', row.source or _("directly"))


def _landing(row: Any, _look: Any) -> SafeString:
    return format_html("<td>{}</td>", row.landing.partition("://")[2] or "–")


def _device(row: Any, _look: Any) -> SafeString:
    return format_html('<td class="lf-cell-4">{}</td>', row.device or "–")


VISITORS = Table(
    "insights.visitors",
    columns=[
        Column("came", gettext_lazy("First visit"), sort="first_seen_at", always=True, cell=_came),
        Column("became", gettext_lazy("Became"), cell=_became),
        Column("source", gettext_lazy("Came from"), cell=_source),
        Column("landing", gettext_lazy("First page"), cell=_landing),
        Column("device", gettext_lazy("Device"), cell=_device),
    ],
    default_sort="-came",
)
