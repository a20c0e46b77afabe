"""The page that sets what people say about how they heard of us beside what was tracked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from capture.rules.heard import AGREES, DIFFERS, UNCLEAR, UNTRACKED
from capture.selectors import heard as asking
from leadflow.insights import heard, state
from leadflow.insights.values import Value
from leadflow.insights.views import people_menu
from leadflow.insights.wording import figure
from leadflow.people.access import allowed, require
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.tables import Column, Look, Table
from leadflow.web.templatetags import formats, marks

_WORDS = {
    AGREES: gettext_lazy("Both say the same"),
    DIFFERS: gettext_lazy("They say different things"),
    UNTRACKED: gettext_lazy("Only they say it: nothing was tracked"),
    UNCLEAR: gettext_lazy("Cannot be compared"),
    heard.SILENT: gettext_lazy("Were asked and did not say"),
}
_LOOKS = {AGREES: "ok", DIFFERS: "warn"}


def _read(request: HtmxHttpRequest) -> tuple[state.State, int | None]:
    """The question as on the dashboard, and the form that it is about."""
    told = request.GET.get("form", "")
    known = told.isascii() and told.isdigit() and len(told) < 10
    return state.read(request), int(told) if known else None


def _url(asked: state.State, form: int | None, **more: Any) -> str:
    told = {**({"form": form} if form is not None else {}), **more}
    query = "&".join(part for part in (asked.scope, urlencode(told)) if part)
    return reverse("insights:heard-rows") + (f"?{query}" if query else "")


@access("insights.view")
@require_safe
def report(request: HtmxHttpRequest) -> HttpResponseBase:
    """Said by tracked, how far they agree, and the same of each form."""
    require(request.user, "answer.view")
    asked, form = _read(request)
    now, was = heard.Heard(asked.ask, form), heard.before(asked.ask, asked.before, form)
    columns = now.columns()
    context = {
        "state": asked,
        "form_name": asking.names([form]).get(form, "") if form is not None else "",
        "clear_url": asked.url(form=None),
        "is_asked": asking.is_asked(),
        "has_any": bool(now.cells),
        "tiles": _tiles(asked, form, now, was),
        "columns": [(one.name, one.total, _url(asked, form, source=one.key)) for one in columns],
        "lines": [_line(asked, form, now, one, columns) for one in now.by_answer()],
        "total": now.total,
        "all_url": _url(asked, form),
        "forms": [
            (name, n, _rate(value), asked.url(form=pk), _url(asked, pk))
            for pk, name, n, value in now.by_form()
        ],
        "owners": people_menu(asked, "owner", state.owners_for(request.user)),
        "teams": people_menu(asked, "team", state.teams_for(request.user)),
    }
    return render(request, "insights/heard.html", context)


def _line(
    asked: state.State,
    form: int | None,
    now: heard.Heard,
    line: heard.Line,
    columns: list[heard.Line],
) -> dict[str, Any]:
    cells = []
    for one in columns:
        count = line.counts.get(one.key, 0)
        look = now.judge(line.key, one.key) if count else ""
        url = _url(asked, form, said=line.key, source=one.key)
        cells.append({"n": count, "look": look, "words": _WORDS.get(look, ""), "url": url})
    return {
        "name": line.name,
        "cells": cells,
        "total": line.total,
        "url": _url(asked, form, said=line.key),
    }


def _rate(value: Value) -> dict[str, Any]:
    low, high = value.interval or (None, None)
    between = ""
    if low is not None and high is not None:
        between = f"{formats.plain(low * 100, 1)}–{formats.plain(high * 100, 1)} %"
    return {
        "figure": figure(value.number, "share"),
        "between": between,
        "n": value.n,
        "why": value.why,
        "is_small": value.is_small,
        "is_known": value.number is not None,
    }


def _tiles(
    asked: state.State, form: int | None, now: heard.Heard, was: heard.Heard | None
) -> list[dict[str, Any]]:
    """How many say it, how far it agrees, and who is known by her word alone."""
    tiles = [
        {"label": _("Said how they heard of us"), "rate": _rate(now.answered),
         "was": _rate(was.answered) if was else None,
         "parts": _parts(asked, form, now, {"": now.total, heard.SILENT: now.silent().count()})},
        {"label": _("Said the same as was tracked"), "rate": _rate(now.agreement),
         "was": _rate(was.agreement) if was else None,
         "parts": _parts(asked, form, now, {AGREES: None, DIFFERS: None})},
    ]  # fmt: skip
    alone = _parts(asked, form, now, {UNTRACKED: None, UNCLEAR: None})
    return [*tiles, {"label": _("No data to compare"), "rate": None, "was": None, "parts": alone}]


def _parts(
    asked: state.State, form: int | None, now: heard.Heard, parts: Mapping[str, int | None]
) -> list[dict[str, Any]]:
    return [
        {
            "label": _WORDS.get(part, _("Said it")),
            "n": now.count(part) if n is None else n,
            "url": _url(asked, form, **({"part": part} if part else {})),
        }
        for part, n in parts.items()
    ]


# --- the rows behind ---


@dataclass(frozen=True)
class HeardLook(Look):
    """What all rows share: the words of the answers, and the sources."""

    answers: heard.Heard | None = None

    def words(self, said: str) -> str:
        """An answer as the form says it."""
        return self.answers.labels.get(said, said) if self.answers else said

    def verdict(self, lead: Any) -> str:
        """Her answer beside her source."""
        return self.answers.judge(lead.said, lead.source_id or 0) if self.answers else UNCLEAR


def _name(lead: Any, _look: Any) -> SafeString:
    shape = '<td class="lf-cell-1"><a href="{}" data-row-link>{}</a>{}</td>'
    demo = format_html(" {}", marks.pill(_("demo"), "line")) if lead.origin == "demo" else ""
    return format_html(shape, lead.get_absolute_url(), lead.name, demo)


def _said(lead: Any, look: HeardLook) -> SafeString:
    words = look.words(lead.said) if lead.said else _("did not say")
    return format_html('<td class="lf-cell-3">{}</td>', words)


def _tracked(lead: Any, _look: Any) -> SafeString:
    words = (
        lead.source.name
        if lead.source
        else format_html('<span class="lf-muted">{}</span>', _("no data"))
    )
    return format_html('<td class="lf-cell-4">{}</td>', words)


def _verdict(lead: Any, look: HeardLook) -> SafeString:
    if not lead.said:
        return format_html("<td>{}</td>", "–")
    found = look.verdict(lead)
    return format_html("<td>{}</td>", marks.pill(_WORDS[found], _LOOKS.get(found, "line")))


def _when(lead: Any, look: Any) -> SafeString:
    at = getattr(lead, "said_at", None)
    return format_html(
        '<td class="lf-right lf-cell-2">{}</td>', marks.moment(at, "day", look.at) if at else "–"
    )


def _owner(lead: Any, _look: Any) -> SafeString:
    return format_html("<td>{}</td>", marks.face(lead.owner, show="first"))


ROWS = Table(
    "insights.heard",
    columns=[
        Column("name", gettext_lazy("Lead"), sort="last_name", always=True, cell=_name),
        Column("said", gettext_lazy("Says they heard of us by"), cell=_said),
        Column("tracked", gettext_lazy("Tracked source"), sort="source__name", nullable=True, cell=_tracked),
        Column("verdict", gettext_lazy("Beside each other"), cell=_verdict),
        Column("owner", gettext_lazy("Owner"), cell=_owner),
        Column("created", gettext_lazy("Said on"), sort="created_at", align="right", cell=_when),
    ],
    default_sort="-created",
)  # fmt: skip


@access("insights.view")
@require_safe
def rows(request: HtmxHttpRequest) -> HttpResponseBase:
    """The leads behind a number: what each said, beside what was tracked of her."""
    require(request.user, "answer.view")
    asked, form = _read(request)
    now = heard.Heard(asked.ask, form)
    part, said = request.GET.get("part", ""), request.GET.get("said")
    # here the source is what was tracked, so it narrows the answers and not the question
    now.ask = asked.ask.of_source(None)
    found = now.rows(part=part if part in heard.PARTS else "", said=said, source=asked.ask.source)
    page = ROWS.page(request, found.select_related("source", "owner"))
    context = {
        "state": asked,
        "page": page,
        "body": page.drawn(HeardLook(answers=now), pick=allowed(request.user, "lead.edit")),
        "words": _WORDS.get(part) or (now.labels.get(said, said) if said else ""),
        "may_edit": allowed(request.user, "lead.edit"),
        "sources": sorted((name, pk) for pk, (name, _channel) in now.sources.items()),
        "here": request.get_full_path(),
    }
    return render(request, "insights/heard_rows.html", context)
