"""The people and the calls behind the numbers of a call list, as a page draws them."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from leadflow.calling import results, rules, selectors
from leadflow.desk import cells
from leadflow.desk.cells import Look
from leadflow.kit.text import truncate
from leadflow.web.tables import Cell, Column, Page, Table
from leadflow.web.templatetags import marks

_PERSON = ("lead__company",)
_CALL = "entry__lead__company", "by", "activity"
LONGEST = 120  # of what was said, in a row


def _of_lead(cell: Any, *path: str) -> Cell:
    """A cell of the list of leads, for the lead that a row is about."""

    def drawn(row: Any, look: Look) -> SafeString:
        for part in path:
            row = getattr(row, part)
        found: SafeString = cell(row, look)
        return found

    return drawn


def _place(row: Any, _look: Look) -> SafeString:
    words = selectors.WORDS[row.reason]
    return format_html('<td class="lf-cut">{}</td>', words)


def _tries(row: Any, _look: Look) -> SafeString:
    return format_html('<td class="lf-right lf-num">{}</td>', row.tries)


def _last(row: Any, _look: Look) -> SafeString:
    drawn = _outcome(row.last_said) if row.last_at else marks.NOTHING
    return format_html('<td class="lf-cell-2">{}</td>', drawn)


def _called(row: Any, look: Look) -> SafeString:
    drawn = marks.moment(row.last_at, "when", look.at) if row.last_at else marks.NOTHING
    return format_html('<td class="lf-cell-4">{}</td>', drawn)


def _next(row: Any, look: Look) -> SafeString:
    waits = row.state == rules.State.WAITING and row.tries
    drawn = marks.moment(row.next_at, "when", look.at) if waits else marks.NOTHING
    return format_html("<td>{}</td>", drawn)


def _outcome(said: str) -> SafeString:
    kind = "ok" if said in rules.GOOD else "line" if said in rules.AGAIN else ""
    return marks.pill(results.OUTCOMES[said], kind)


def _said(row: Any, _look: Look) -> SafeString:
    return format_html('<td class="lf-cell-2">{}</td>', _outcome(row.outcome))


def _at(row: Any, look: Look) -> SafeString:
    return format_html('<td class="lf-cell-4">{}</td>', marks.moment(row.at, "when", look.at))


def _by(row: Any, _look: Look) -> SafeString:
    return format_html("<td>{}</td>", marks.face(row.by, show="first"))


def _words(row: Any, _look: Look) -> SafeString:
    return cells.plain(truncate(row.activity.body, LONGEST) if row.activity else "")


PEOPLE = Table(
    "desk.call-people",
    columns=[
        Column("name", _("Lead"), sort="lead__last_name", always=True, cell=_of_lead(cells.name, "lead")),
        Column("company", _("Company"), cell=_of_lead(cells.company, "lead")),
        Column("said", _("Last call"), sort="last_said", nullable=True, cell=_last),
        Column("last", _("When"), sort="last_at", nullable=True, cell=_called),
        Column("tries", _("Tries"), sort="tries", align="right", cell=_tries),
        Column("next", _("Next try from"), sort="next_at", cell=_next),
        Column("place", _("Now"), cell=_place),
    ],
    default_sort="-last",
)  # fmt: skip
CALLS = Table(
    "desk.calls",
    columns=[
        Column(
            "name", _("Lead"), sort="entry__lead__last_name", always=True,
            cell=_of_lead(cells.name, "entry", "lead"),
        ),
        Column("company", _("Company"), cell=_of_lead(cells.company, "entry", "lead")),
        Column("said", _("How it went"), sort="outcome", cell=_said),
        Column("words", _("What was said"), cell=_words),
        Column("at", _("When"), sort="at", cell=_at),
        Column("by", _("Called by"), sort="by__name", nullable=True, cell=_by),
    ],
    default_sort="-at",
)  # fmt: skip


def page_of(request: Any, found: results.Rows) -> Page:
    """The page of these rows that the request asks for, with all that its lines show."""
    rows = found.seen_by(request.user)
    if found.are_calls:
        return CALLS.page(request, rows.select_related(*_CALL))
    return PEOPLE.page(request, results.with_last_call(rows).select_related(*_PERSON))
