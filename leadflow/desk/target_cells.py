"""How the rows of the target companies look: a line for each, a column for each role."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from leadflow.desk import cells
from leadflow.desk.coverage import WANTED, Holder
from leadflow.desk.targeting import Known, Look, gaps
from leadflow.models import BuyingRole, Company, LeadStage, Seniority
from leadflow.models.stages import ORDER
from leadflow.web.tables import Column, Table, once_per
from leadflow.web.templatetags import formats, marks

_OF_RANK = {
    Seniority.STAFF: ngettext_lazy("%(n)d of the staff", "%(n)d of the staff", "n"),
    Seniority.MANAGER: ngettext_lazy("%(n)d manager", "%(n)d managers", "n"),
    Seniority.DIRECTOR: ngettext_lazy("%(n)d director", "%(n)d directors", "n"),
    Seniority.VP: ngettext_lazy("%(n)d vice president", "%(n)d vice presidents", "n"),
    Seniority.CHIEF: ngettext_lazy("%(n)d chief officer", "%(n)d chief officers", "n"),
    Seniority.OWNER: ngettext_lazy("%(n)d owner", "%(n)d owners", "n"),
}
_STAGES = {place: stage for stage, place in ORDER.items()}


def _name(row: Company, look: Look) -> SafeString:
    """Its name; on a phone, which has no columns for roles, how many of them are known."""
    covered = look.covered[row.pk]
    known = _("%(known)d of %(all)d roles known") % {"known": covered.known, "all": covered.wanted}
    shape = '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a>{}<span class="lf-only-phone-text"><span class="lf-sub">{}</span></span></td>'
    return format_html(shape, row.get_absolute_url(), row.name, cells.demo(row.origin), known)


def _tier(row: Company, _look: Look) -> SafeString:
    return format_html("<td>{}</td>", marks.pill(row.get_tier_display(), "line"))


def _score(row: Any, _look: Look) -> SafeString:
    shape = '<td class="lf-right lf-cell-2"><a class="lf-quiet-link" href="{}#account">{}</a></td>'
    return format_html(shape, row.get_absolute_url(), formats.number(row.score, 0))


def _change(row: Any, _look: Look) -> SafeString:
    """Against a month ago; nothing where no earlier day was kept, or it rounds to no change."""
    if row.change is None:
        words = _("Kept from the day on which it became a target")
        return format_html('<td class="lf-right" title="{}">–</td>', words)
    if abs(row.change) < 0.5:
        return format_html('<td class="lf-right lf-muted">{}</td>', 0)
    tone = "lf-ok" if row.change > 0 else "lf-bad"
    shape = '<td class="lf-right"><span class="{}" title="{}">{}</span></td>'
    words = _("Was %(score)s") % {"score": formats.number(row.was, 0)}
    return format_html(shape, tone, words, formats.signed(row.change, 0))


def _people(row: Company, look: Look) -> SafeString:
    known = look.known[row.pk]
    if not known.people:
        return format_html("<td>{}</td>", 0)
    shape = '<td class="lf-whom" title="{}"><a href="/leads/?company={}">{}</a><span class="lf-sub">{}</span></td>'
    number, ranks = _whom(known)
    return format_html(shape, f"{number}{ranks}", row.pk, number, ranks)


def _whom(known: Known) -> tuple[str, str]:
    """The people as words: "3 managers" where all are of one rank, else the number and the ranks."""
    ranks = [
        _OF_RANK[Seniority(rank)] % {"n": n} for rank, n in sorted(known.ranks.items(), key=_rank)
    ]
    unknown = known.people - sum(known.ranks.values())
    if not ranks:
        return str(known.people), _(", rank not known")
    if len(ranks) == 1 and not unknown:
        return ranks[0], ""
    if unknown:
        ranks.append(_("%(n)d unknown") % {"n": unknown})
    return str(known.people), ": " + ", ".join(ranks)


def _rank(one: tuple[str, int]) -> int:
    return -list(Seniority.values).index(one[0])


def _gaps(row: Company, look: Look) -> SafeString:
    found = gaps(row, look.known[row.pk], look.covered[row.pk], look)
    pills = format_html_join(" ", "{}", ((marks.pill(one, "warn"),) for one in found))
    return format_html('<td class="lf-gaps">{}</td>', pills or "–")


def _stage(row: Any, look: Look) -> SafeString:
    """How far it has come, with the furthest of its open deals."""
    stage = _STAGES.get(row.rank)
    drawn = marks.pill(LeadStage(stage).label) if stage else marks.NOTHING
    open_ones = look.deals.get(row.pk, ())
    if not open_ones:
        return format_html('<td class="lf-cell-3">{}</td>', drawn)
    deal, more = open_ones[0], len(open_ones) - 1
    also = format_html('<span class="lf-sub"> +{}</span>', more) if more else ""
    return format_html(
        '<td class="lf-cell-3" title="{}">{}{}</td>',
        deal.name, marks.pill(deal.stage.name, "accent", href=deal.get_absolute_url()), also,
    )  # fmt: skip


def _covered(row: Company, look: Look) -> SafeString:
    shape = '<td><a class="lf-quiet-link" href="{}#coverage">{}</a></td>'
    words = _("%(known)d of %(all)d") % {"known": look.covered[row.pk].known, "all": len(WANTED)}
    return format_html(shape, row.get_absolute_url(), words)


def _role(row: Company, look: Look, *, role: BuyingRole) -> SafeString:
    """Who it is, or the way to somebody."""
    covered = look.covered[row.pk]
    if holders := covered.held.get(role):
        more = len(holders) - 1
        also = format_html('<span class="lf-sub">+{}</span>', more) if more else ""
        return format_html('<td class="lf-role">{}{}</td>', _holder(holders[0]), also)
    if not look.may_fill:
        return format_html('<td class="lf-role lf-muted">{}</td>', _("nobody"))
    label = _("%(role)s at %(company)s: nobody yet. Add somebody") % {
        "role": role.label,
        "company": row.name,
    }
    shape = (
        '<td class="lf-role"><a class="lf-pill lf-pill-gap" href="{}" aria-label="{}">{}{}</a></td>'
    )
    return format_html(shape, covered.url_of(role), label, marks.icon("plus"), _("Add"))


def _holder(one: Holder) -> SafeString:
    """Her name; who says so in person has a question mark."""
    if one.lead is None:
        return format_html('<span class="lf-muted">{}</span>', _("other team’s"))
    shape = '<a class="lf-quiet-link" href="{}" title="{}">{}</a>'
    about = one.lead.job_title if one.is_sure else _("by their own word, nobody has confirmed it")
    name = one.lead.name if one.is_sure else f"{one.lead.name}?"
    title = f"{one.lead.name}, {about}" if about else one.lead.name
    return format_html(shape, one.lead.get_absolute_url(), title, name)


@once_per(lambda row: row.owner_id)
def _owner(row: Company, _look: Look) -> SafeString:
    """A face, since the columns of roles need the room."""
    return format_html("<td>{}</td>", marks.face(row.owner))


def _touched(row: Any, look: Look) -> SafeString:
    drawn = marks.moment(row.touched_at, "age", look.at)
    return format_html('<td class="lf-right lf-cell-4">{}</td>', drawn)


def _role_columns() -> list[Column]:
    def drawn(role: BuyingRole) -> Callable[[Any, Any], SafeString]:
        return partial(_role, role=role)

    return [
        Column(f"role-{role}", role.label, default=role in WANTED, cell=drawn(role))
        for role in BuyingRole
    ]


COMPANIES = Table(
    "desk.targets",
    columns=[
        Column("name", gettext_lazy("Company"), sort="name_norm", always=True, cell=_name),
        Column("tier", gettext_lazy("Tier"), sort="tier", cell=_tier),
        Column("score", gettext_lazy("Score"), sort="score", align="right", cell=_score),
        Column(
            "change",
            gettext_lazy("In 30 days"),
            sort="change",
            nullable=True,
            align="right",
            cell=_change,
        ),
        Column("stage", gettext_lazy("Stage"), sort="rank", cell=_stage),
        Column("covered", gettext_lazy("Roles known"), default=False, cell=_covered),
        *_role_columns(),
        Column("people", gettext_lazy("People known"), default=False, cell=_people),
        Column("gaps", gettext_lazy("Also missing"), default=False, cell=_gaps),
        Column("owner", gettext_lazy("Owner"), cell=_owner),
        Column(
            "touch",
            gettext_lazy("Last touch"),
            sort="touched_at",
            nullable=True,
            align="right",
            cell=_touched,
        ),
        Column(
            "industry",
            gettext_lazy("Industry"),
            sort="industry",
            default=False,
            cell=cells.industry,
        ),
    ],
    default_sort="-score",
)
