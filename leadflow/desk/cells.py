"""How the rows of the lead list and the company list look, cell by cell.

Python draws them: fifty rows of template components took most of a request (docs/benchmarks.md).
"""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadflow.models import Company, Lead, LeadScore, Origin
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web import tables
from leadflow.web.tables import once_per
from leadflow.web.templatetags import marks


@dataclass(frozen=True)
class Look(tables.Look):
    """How one person sees the rows of a page."""

    sees_contacts: bool = False

    @classmethod
    def of(cls, user: User) -> "Look":
        """As this person sees rows now."""
        return cls(sees_contacts=allowed(user, "lead.contact_fields"))


def plain(words: str | int | None) -> SafeString:
    """A cell of words; a dash where there are none."""
    return format_html("<td>{}</td>", "–" if words in (None, "") else words)


def demo(origin: str) -> SafeString | str:
    """The mark of a made-up record."""
    return format_html(" {}", marks.pill(_("demo"), "line")) if origin == Origin.DEMO else ""


def name(lead: Lead, _look: Look) -> SafeString:
    """Who she is, linked, with what she does."""
    job = format_html(' <span class="lf-sub">{}</span>', lead.job_title) if lead.job_title else ""
    return format_html(
        '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a>{}{}</td>',
        lead.get_absolute_url(), lead.name, job, demo(lead.origin),
    )  # fmt: skip


def company(lead: Lead, _look: Look) -> SafeString:
    """Where she works."""
    if lead.company is None:
        return format_html('<td class="lf-cell-3">{}</td>', marks.NOTHING)
    shape = '<td class="lf-cell-3"><a class="lf-quiet-link" href="{}">{}</a></td>'
    return format_html(shape, lead.company.get_absolute_url(), lead.company.name)


@once_per(lambda lead: (rated := _rated(lead)) and (rated.grade, rated.band))
def score(lead: Lead, _look: Look) -> SafeString:
    """Fit and engagement."""
    rated = _rated(lead)
    drawn = marks.score(rated.grade, rated.band) if rated else marks.score()
    return format_html('<td class="lf-cell-2">{}</td>', drawn)


def _rated(lead: Lead) -> LeadScore | None:
    found: LeadScore | None = getattr(lead, "score", None)
    return found if found and found.scored_at else None


@once_per(lambda lead: (lead.disposition, lead.stage))
def stage(lead: Lead, _look: Look) -> SafeString:
    """How far she has come, or why nobody works her."""
    if lead.disposition:
        drawn = marks.pill(lead.get_disposition_display(), "warn")
    else:
        drawn = marks.pill(lead.get_stage_display())
    return format_html('<td class="lf-cell-4">{}</td>', drawn)


@once_per(lambda lead: lead.source_id)
def source(lead: Lead, _look: Look) -> SafeString:
    """Where she came from."""
    return plain(lead.source.name if lead.source else "")


@once_per(lambda row: row.owner_id)
def owner(row: Lead | Company, _look: Look) -> SafeString:
    """Whose she, or it, is."""
    return format_html("<td>{}</td>", marks.face(row.owner, show="first"))


def touch(lead: Lead, look: Look) -> SafeString:
    """How long ago anybody was in touch."""
    drawn = marks.moment(lead.last_activity_at, "age", look.at)
    return format_html('<td class="lf-right">{}</td>', drawn)


def next_step(lead: Lead, look: Look) -> SafeString:
    """When the next step is due."""
    due = lead.next_step_at
    if due is None:
        return format_html("<td>{}</td>", marks.next_step())
    state = "late" if due < look.at else "later"
    return format_html("<td>{}</td>", marks.next_step(state, marks.moment(due, "when", look.at)))


def email(lead: Lead, look: Look) -> SafeString:
    """Her address, for those who may see it."""
    return _contact(lead.email, look)


def phone(lead: Lead, look: Look) -> SafeString:
    """Her number, for those who may see it."""
    return _contact(lead.phone, look)


def _contact(value: str, look: Look) -> SafeString:
    if look.sees_contacts:
        return plain(value)
    return format_html('<td><span class="lf-muted">{}</span></td>', _("hidden"))


@once_per(lambda row: row.country)
def country(row: Lead | Company, _look: Look) -> SafeString:
    """The country, by its code."""
    return plain(row.country)


def created(row: Lead | Company, look: Look) -> SafeString:
    """Since when we know her, or it."""
    return format_html('<td class="lf-right">{}</td>', marks.moment(row.created_at, "day", look.at))


def company_name(row: Company, _look: Look) -> SafeString:
    """The company, linked."""
    shape = '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a>{}</td>'
    return format_html(shape, row.get_absolute_url(), row.name, demo(row.origin))


def domain(row: Company, _look: Look) -> SafeString:
    """By which its people are known."""
    return format_html('<td class="lf-cell-3">{}</td>', "–" if row.domain is None else row.domain)


def industry(row: Company, _look: Look) -> SafeString:
    """What it does."""
    return plain(row.industry)


def size(row: Company, _look: Look) -> SafeString:
    """How many people work there."""
    return format_html(
        '<td class="lf-right lf-cell-4">{}</td>', "–" if row.size is None else row.size
    )
