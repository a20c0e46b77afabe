"""How the rows of the lead list and the company list look, cell by cell.

Python draws them: fifty rows of template components took most of a request (docs/benchmarks.md).
"""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadflow.kit import emails
from leadflow.models import Company, Customer, Lead, LeadScore, Organisation, Origin
from leadflow.people.access import allowed
from leadflow.people.models import User
from leadflow.web import tables
from leadflow.web.tables import once_per
from leadflow.web.templatetags import formats, marks


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
    """Her address, for those who may see it; beside one that looks mistyped, where it was perhaps to be."""
    meant = emails.suggest(lead.email) if look.sees_contacts else ""
    if not meant:
        return _contact(lead.email, look)
    words = _("%(domain)s?") % {"domain": meant.rpartition("@")[2]}
    return format_html('<td>{} <span class="lf-muted">{}</span></td>', lead.email, words)


def phone(lead: Lead, look: Look) -> SafeString:
    """Her number, for those who may see it."""
    return _contact(lead.phone, look)


def prefers(lead: Lead, look: Look) -> SafeString:
    """How and when she likes to be reached, for those who may see it."""
    said = (lead.get_preferred_channel_display(), lead.preferred_time)
    return _contact(", ".join(str(words) for words in said if words), look)


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


def tier(row: Company, _look: Look) -> SafeString:
    """How much it matters as a target; a dash for none."""
    return plain(row.get_tier_display() if row.tier else "")


def size(row: Company, _look: Look) -> SafeString:
    """How many people work there."""
    return format_html(
        '<td class="lf-right lf-cell-4">{}</td>',
        "–" if row.size is None else formats.number(row.size),
    )


def customer_name(row: Customer, _look: Look) -> SafeString:
    """The company or the person, linked."""
    shape = '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a>{}</td>'
    url = row.get_absolute_url() if getattr(row, "is_mine", False) else row.who.get_absolute_url()
    return format_html(shape, url, row.who.name, demo(row.origin))


def customer_value(row: Customer, _look: Look) -> SafeString:
    """What it brought so far, in the base currency; a dash where that is not hers to see."""
    value = getattr(row, "value", None) if getattr(row, "is_mine", False) else None
    shown = marks.NOTHING if value is None else formats.money(value, _base_currency())
    return format_html('<td class="lf-right lf-num lf-cell-4">{}</td>', shown)


def _base_currency() -> str:
    return Organisation.current().base_currency


def customer_renews(row: Customer, _look: Look) -> SafeString:
    """When its next subscription renews."""
    when = getattr(row, "renews_on", None) if getattr(row, "is_mine", False) else None
    return format_html("<td>{}</td>", formats.day(when) if when else marks.NOTHING)


def customer_since(row: Customer, look: Look) -> SafeString:
    """When it first bought."""
    shape = '<td class="lf-cell-3">{}</td>'
    return format_html(shape, marks.moment(row.started_at, "day", look.at))


def customer_state(row: Customer, _look: Look) -> SafeString:
    """Whether it still is one."""
    left = row.churned_at is not None
    mark = marks.pill(_("Left"), "bad") if left else marks.pill(_("Active"), "ok")
    return format_html('<td class="lf-cell-2">{}</td>', mark)


def customer_owner(row: Customer, look: Look) -> SafeString:
    """Who looks after it."""
    return owner(row.who, look)
