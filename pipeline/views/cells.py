"""How the rows of the deal list look, cell by cell; drawn by Python as those of leads are."""

from datetime import date, datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadflow.web.tables import Look, once_per
from leadflow.web.templatetags import formats, marks
from pipeline.models import Deal, StageKind


def plain(words: Any) -> SafeString:
    """A cell of words; a dash where there are none."""
    return format_html("<td>{}</td>", words or "–")


def name(deal: Deal, _look: Look) -> SafeString:
    """The deal, linked, and how it ended."""
    end: SafeString | str = ""
    if deal.status == StageKind.WON:
        end = format_html(" {}", marks.pill(_("Won"), "ok", "trophy"))
    elif deal.status == StageKind.LOST:
        end = format_html(" {}", marks.pill(_("Lost"), sign="circle-x"))
    shape = '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a>{}</td>'
    return format_html(shape, deal.get_absolute_url(), deal.name, end)


def company(deal: Deal, _look: Look) -> SafeString:
    """Who would buy."""
    return format_html('<td class="lf-cell-2">{}</td>', deal.company.name if deal.company else "–")


@once_per(lambda deal: deal.stage_id)
def stage(deal: Deal, _look: Look) -> SafeString:
    """Where it stands."""
    return plain(deal.stage.name)


def amount(deal: Deal, _look: Look) -> SafeString:
    """What it is worth, in its own currency."""
    worth = marks.NOTHING if deal.amount is None else formats.money(deal.amount, deal.currency)
    return format_html('<td class="lf-right">{}</td>', worth)


def closes(deal: Deal, look: Look) -> SafeString:
    """When it is expected to close."""
    return _day(deal.expected_close_on, look)


def next_step(deal: Deal, look: Look) -> SafeString:
    """When the next step is due."""
    due = deal.next_step_at
    return format_html("<td>{}</td>", formats.when(due, look.at) if due else marks.NOTHING)


@once_per(lambda deal: deal.owner_id)
def owner(deal: Deal, _look: Look) -> SafeString:
    """Whose it is."""
    return format_html("<td>{}</td>", marks.face(deal.owner, size="20", show="first"))


def opened(deal: Deal, look: Look) -> SafeString:
    """Since when there is a deal."""
    if deal.opened_at:
        return _day(deal.opened_at, look)
    return format_html('<td><span class="lf-muted">{}</span></td>', _("no date"))


def won(deal: Deal, look: Look) -> SafeString:
    """When it was won."""
    return _day(deal.won_at, look)


def lost(deal: Deal, look: Look) -> SafeString:
    """When it was lost."""
    return _day(deal.lost_at, look)


def reason(deal: Deal, _look: Look) -> SafeString:
    """Why it was lost."""
    return plain(deal.lost_reason.name if deal.lost_reason else "")


def created(deal: Deal, look: Look) -> SafeString:
    """When it was put in here."""
    return _day(deal.created_at, look)


def _day(at: date | datetime | None, look: Look) -> SafeString:
    return format_html("<td>{}</td>", formats.day(at, look.at) if at else marks.NOTHING)
