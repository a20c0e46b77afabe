"""Who gets what: people who hear nothing from us, and people who hear most."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from leadflow.kit import clock
from leadflow.models import Lead, LeadStage, Source
from leadflow.people.access import Scope, allowed, scope_of
from leadflow.people.models import User
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest
from leadflow.web.templatetags.formats import number
from nurturing.models import MailPolicy, Sequence
from nurturing.selectors.outcomes import Rate
from nurturing.services import reach
from nurturing.views.broadcasts import number_of
from nurturing.views.casting import Page

PAGE = 50


def reasons() -> dict[str, Any]:
    """Why somebody hears nothing, as far as it is known."""
    return {
        "never": _("Never entered a sequence"),
        "ended": _("Their sequence ended"),
        "inside": _("In a sequence that waits"),
        "refused": _("Was left out of a sequence"),
        "held_back": _("Held back to compare"),
    }


def _days(request: HtmxHttpRequest) -> int:
    days = number_of(request.GET.get("days", "30"))
    if days not in reach.SPANS:
        raise Http404
    return days


@require_safe
@access("broadcast.view")
def page(request: HtmxHttpRequest) -> HttpResponseBase:
    """Both ends: nothing, and most."""
    at, days = clock.now(), _days(request)
    silent = reach.neglected(request.user, days=days, at=at)
    bars = reach.heard(request.user, at=at)
    context = {
        "days": days,
        "spans": reach.SPANS,
        "silent": silent,
        "groups": _groups(silent, days),
        "bars": [_bar(one) for one in bars],
        "most": max((one.people for one in bars), default=1),
        "crowded": reach.over_cap(request.user, at=at).order_by()[:10_000].count(),
        "cap": MailPolicy.current().per_week,
        "is_whole": scope_of(request.user, "lead.view") == Scope.ALL,
    }
    return render(request, "nurturing/reach.html", context)


def _groups(silent: reach.Neglected, days: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """(heading, bars) by why, stage, owner and source."""
    why = reasons()
    named: list[tuple[str, str, list[tuple[str, str, int]]]] = [
        ("why", _("Why, as far as it is known"), [(k, str(why[k]), n) for k, n in silent.by["why"].most_common()]),
        ("stage", _("Stage"), [(k, str(LeadStage(k).label), n) for k, n in silent.by["stage"].most_common()]),
        ("owner", _("Owner"), reach.names_of(silent.by["owner"], User, _("Nobody"))),
        ("source", _("Source"), reach.names_of(silent.by["source"], Source, _("Unknown"))),
    ]  # fmt: skip
    url = reverse("nurturing:reach-people")
    return [
        (
            heading,
            [
                {
                    "label": label,
                    "value": n,
                    "text": number(n),
                    "href": f"{url}?{urlencode({'days': days, 'by': by, 'value': value})}",
                }
                for value, label, n in rows
            ],
        )
        for by, heading, rows in named
    ]


def _bar(one: reach.Bar) -> dict[str, Any]:
    label = str(one.mails) if one.mails < reach.TOP else _("%(n)s or more") % {"n": reach.TOP}
    return {
        "one": one,
        "label": label,
        "unsubscribed": Rate(one.unsubscribed, one.people),
        "complained": Rate(one.complained, one.people),
    }


@require_safe
@access("broadcast.view")
def people(request: HtmxHttpRequest) -> HttpResponseBase:
    """The people behind a number, who can be put into a sequence from here."""
    after = number_of(request.GET.get("after", "")) or 0
    rows, label, asked = _listed(request, after)
    kept = rows[:PAGE]
    words = ngettext("%(n)s person on this page", "%(n)s people on this page", len(kept))
    more = "?" + urlencode(asked | {"after": kept[-1].pk}) if len(rows) > PAGE else ""
    back = "?" + urlencode(asked) if after else ""
    can_enrol = allowed(request.user, "sequence.enrol")
    context = {
        "page": Page(kept, words % {"n": len(kept)}, more, back),
        "label": label,
        "can_enrol": can_enrol,
        "running": Sequence.objects.running().order_by("name") if can_enrol else [],
    }
    return render(request, "nurturing/reach_people.html", context)


def _listed(request: HtmxHttpRequest, after: int) -> tuple[list[Lead], str, dict[str, Any]]:
    """(people, heading, what was asked) of the number that was opened."""
    at = clock.now()
    mails = number_of(request.GET.get("mails", ""))
    if mails is not None:
        found = reach.heard_people(request.user, mails=mails, at=at).filter(pk__gt=after)
        heading = _("Got %(n)s marketing mails in four weeks") % {"n": mails}
        return list(found[: PAGE + 1]), heading, {"mails": mails}
    if request.GET.get("view") == "crowded":
        found = reach.over_cap(request.user, at=at).filter(pk__gt=after)
        return (
            list(found[: PAGE + 1]),
            _("Got more than the cap within a week"),
            {"view": "crowded"},
        )
    days, by = _days(request), request.GET.get("by", "")
    if by and by not in reach.BY:
        raise Http404
    value = request.GET.get("value", "")[:40]
    rows = reach.neglected_people(
        request.user, days=days, at=at, by=by, value=value, after=after, most=PAGE + 1
    )
    heading = _("May be written to, and got nothing in %(n)s days") % {"n": days}
    return rows, heading, {"days": days, "by": by, "value": value}
