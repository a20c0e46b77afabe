"""The rows of a kind of missed opportunity, as a list draws them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.insights.missed import KINDS, Kind
from leadflow.models import Lead, Origin
from leadflow.web.tables import Column, Look, Page, Table
from leadflow.web.templatetags import formats, marks

Said = Callable[[Any], str]
_SAID: Mapping[str, Said] = {
    "known": lambda row: row.label,
    "clocks": lambda row: (
        _("answered %(time)s late") % {"time": formats.duration(row.touched_at - row.due_at)}
        if row.touched_at
        else _("not answered yet")
    ),
    "mail": lambda row: row.subject,
    "handovers": lambda row: row.why,
    "quarantine": lambda row: (
        _("%(form)s, held for %(time)s")
        % {"form": row.form.name, "time": formats.duration(row.processed_at - row.received_at)}
    ),
    "quotes": lambda row: f"{row.quote}, {row.quote.deal.name}",
    "bookings": lambda row: row.meeting_type.name,
}
_OPENED: Mapping[str, Said] = {
    "mail": lambda row: f"/received/{row.pk}/",
    "quarantine": lambda row: row.get_absolute_url(),
    "quotes": lambda row: row.quote.get_absolute_url(),
}


def person_of(kind: Kind, row: Any) -> Lead | None:
    """The lead that a row is about; a quote may be for a company alone."""
    found = row
    for part in kind.lead.split("__"):
        found = getattr(found, part)
    return found if isinstance(found, Lead) else None


def _who(kind: Kind) -> Callable[[Any, Any], SafeString]:
    def cell(row: Any, _look: Any) -> SafeString:
        lead = person_of(kind, row)
        if lead is None:
            deal = row.quote.deal
            shape = '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a></td>'
            return format_html(shape, deal.get_absolute_url(), deal.company or deal.name)
        company = lead.company
        beside = format_html(' <span class="lf-sub">{}</span>', company.name) if company else ""
        demo = format_html(" {}", marks.pill(_("demo"), "line")) if _is_demo(row) else ""
        return format_html(
            '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a>{}{}</td>',
            lead.get_absolute_url(), lead.name, beside, demo,
        )  # fmt: skip

    return cell


def _is_demo(row: Any) -> bool:
    return getattr(row, "origin", "") == Origin.DEMO


def _said(kind: Kind) -> Callable[[Any, Any], SafeString]:
    def cell(row: Any, _look: Any) -> SafeString:
        words = _SAID[kind.key](row) or "–"
        if kind.key not in _OPENED:
            return format_html('<td class="lf-cell-3">{}</td>', words)
        shape = '<td class="lf-cell-3"><a class="lf-quiet-link" href="{}">{}</a></td>'
        return format_html(shape, _OPENED[kind.key](row), words)

    return cell


def _when(kind: Kind) -> Callable[[Any, Any], SafeString]:
    def cell(row: Any, look: Any) -> SafeString:
        return format_html("<td>{}</td>", marks.moment(getattr(row, kind.at), "when", look.at))

    return cell


def _since(row: Any, _look: Any) -> SafeString:
    pill = (
        marks.pill(_("still waits"), "warn", "clock")
        if row.is_still
        else marks.pill(_("reached since"))
    )
    return format_html('<td class="lf-cell-2">{}</td>', pill)


def _owner(kind: Kind) -> Callable[[Any, Any], SafeString]:
    def cell(row: Any, _look: Any) -> SafeString:
        holder: Any = row.quote.deal if kind.owned else person_of(kind, row)
        return format_html('<td class="lf-cell-4">{}</td>', marks.face(holder.owner, show="first"))

    return cell


def _source(kind: Kind) -> Callable[[Any, Any], SafeString]:
    def cell(row: Any, _look: Any) -> SafeString:
        lead = person_of(kind, row)
        return format_html("<td>{}</td>", lead.source.name if lead and lead.source else "–")

    return cell


def _table(kind: Kind) -> Table:
    owner, source = kind.path("owner"), kind.path("source")
    return Table(
        f"insights.missed.{kind.key}",
        columns=[
            Column("name", gettext_lazy("Lead"), always=True, cell=_who(kind)),
            Column("said", gettext_lazy("What"), cell=_said(kind)),
            Column("at", gettext_lazy("When"), sort=kind.at, cell=_when(kind)),
            Column("since", gettext_lazy("Since then"), cell=_since),
            Column("owner", gettext_lazy("Owner"), sort=f"{owner}__name", nullable=True, cell=_owner(kind)),
            Column("source", gettext_lazy("Source"), sort=f"{source}__name", nullable=True, cell=_source(kind)),
        ],
        default_sort="-at",
    )  # fmt: skip


def _form(row: Any, _look: Any) -> SafeString:
    demo = format_html(" {}", marks.pill(_("demo"), "line")) if _is_demo(row) else ""
    shape = '<td class="lf-cell-1"><a href="/forms/{}/numbers/" data-row-link>{}</a>{}</td>'
    return format_html(shape, row.form_id, row.form.name, demo)


def _told(name: str, place: str) -> Callable[[Any, Any], SafeString]:
    def cell(row: Any, _look: Any) -> SafeString:
        return format_html('<td class="{}">{}</td>', place, getattr(row, name) or "–")

    return cell


def _answered(row: Any, _look: Any) -> SafeString:
    return format_html('<td class="lf-right">{}</td>', len(row.touched))


_OPENINGS = Table(
    "insights.missed.forms",
    columns=[
        Column("form", gettext_lazy("Form"), sort="form__name", always=True, cell=_form),
        Column("at", gettext_lazy("Begun"), sort="started_at", cell=_when(KINDS["forms"])),
        Column(
            "touched", gettext_lazy("Questions answered"), align="right", cell=_answered
        ),
        Column("last", gettext_lazy("Last question answered"), cell=_told("last", "lf-cell-3")),
        Column("source", gettext_lazy("Came from"), cell=_told("source", "lf-cell-4")),
        Column("device", gettext_lazy("Device"), cell=_told("device", "")),
    ],
    default_sort="-at",
)  # fmt: skip
TABLES: Mapping[str, Table] = {
    key: _table(kind) if kind.lead else _OPENINGS for key, kind in KINDS.items()
}


def drawable(kind: Kind, rows: QuerySet[Any]) -> QuerySet[Any]:
    """With what the cells show."""
    if not kind.lead:
        return rows.select_related(*kind.related)
    hers = (f"{kind.lead}__{name}" for name in ("company", "source", "owner"))
    return rows.select_related(*hers, *kind.related, f"{kind.holder}owner")


def drawn(kind: Kind, page: Page, *, pick: bool) -> SafeString:
    """The rows as HTML; the box before each names its lead."""
    look, cells = Look(), [head.column.cell for head in page.heads if head.column.cell]
    shape = f"<tr data-row>{'{}' * (len(cells) + pick)}</tr>"
    boxes = [[_box(kind, row)] if pick else [] for row in page.rows]
    return format_html_join(
        "\n", shape,
        (box + [cell(row, look) for cell in cells] for box, row in zip(boxes, page.rows, strict=True)),
    )  # fmt: skip


def _box(kind: Kind, row: Any) -> SafeString:
    lead = person_of(kind, row)
    return marks.pick(lead.pk, lead.name) if lead else format_html("<td>{}</td>", "")
