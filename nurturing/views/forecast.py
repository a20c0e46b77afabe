"""What publishing a sequence would do, before it is done; and the people and mails behind each number."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leadflow.kit import clock
from leadflow.models import Lead
from leadflow.rulesets.models import RuleVersion
from leadflow.runs.models import Run
from leadflow.web.charts import Chart, Series
from leadflow.web.gate import access
from leadflow.web.htmx import HtmxHttpRequest, redirect, render_part
from leadflow.web.templatetags.formats import number
from nurturing import rules
from nurturing.models import MailPolicy, Reason, Sequence
from nurturing.services import (
    approving,
    checking,
    documents,
    existing,
    forecast,
    offering,
    senders,
    worst_cases,
)
from nurturing.services.eligibility import caps
from nurturing.views import shown
from nurturing.views.broadcasts import number_of
from nurturing.views.build import head, sequence_or_404
from nurturing.views.casting import Page
from nurturing.views.versions import publish_form

PAGE = 50
DAYS_SHOWN = 7


def mails_of(document: dict[str, Any]) -> list[rules.Step]:
    """Its mails, in order."""
    return [step for step in rules.all_steps(document["steps"]) if step["type"] == "email"]


@require_safe
@access("sequence.edit")
def check(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """What publishing the draft would do by today's data, and what stands in its way."""
    sequence = sequence_or_404(pk)
    context = head(request, sequence, "check")
    version, at = context["version"], clock.now()
    run = forecast.counted(sequence, version)
    if run is not None and run.state == Run.State.DONE:
        told: forecast.Forecast | None = forecast.forecast_of(run)
    else:
        told = forecast.forecast(sequence, version, user=request.user, at=at)
    mails = mails_of(version.document)
    context |= {
        "told": told,
        "bars": _bars(sequence, told) if told else [],
        "left": sum(n for _reason, n in told.left_out) if told else 0,
        "calendar": _calendar(told) if told else None,
        "hours": _hours(told) if told else [],
        "busiest": told.tally.others.most_common(3) if told else [],
        "cap": dict(caps())[rules.WEEK],
        "publish_form": publish_form(context["live"], version.number),
        "run": run if run and run.state != Run.State.DONE else None,
        "by_segment": forecast.is_by_segment(version.document),
        "enters": shown.trigger_words(version.document),
        "mails": mails,
        "senders": senders.checked(mails),
        "problems": problems_of(sequence, version.document),
        "hints": list(_hints(mails)),
        "stocks": offering.stocks(
            dict.fromkeys(offering.named_by(mails), 0) | (told.codes if told else {})
        ),
        "standing": _standing(request, sequence, version, told),
        "limit": MailPolicy.current().free_send,
        "running": context["live"] if context["inside"] else None,
    }
    return render_part(request, "nurturing/check.html", "radius", context)


# On which page of a sequence each part of its document is put right.
_PARTS = {
    "trigger": "entry",
    "suppress": "entry",
    "holdout": "entry",
    "goal": "goal",
    "exits": "goal",
    "max_days": "goal",
    "window": "hours",
}


def problems_of(sequence: Sequence, document: dict[str, Any]) -> list[tuple[str, str]]:
    """(where it is put right, sentence) of everything that keeps a draft from being published."""
    ids = {str(step["id"]) for step in rules.all_steps(document["steps"])}

    def url(place: str) -> str:
        if place in ids:
            return f"{sequence.get_absolute_url()}?step={place}"
        if place in _PARTS:
            return reverse(f"nurturing:{_PARTS[place]}", args=[sequence.pk])
        return sequence.get_absolute_url() if place == "steps" else ""

    return [(url(place), said) for place, said in documents.named_problems(document)]


def _standing(
    request: HtmxHttpRequest,
    sequence: Sequence,
    version: RuleVersion,
    told: forecast.Forecast | None,
) -> approving.Standing | None:
    """Where the yes stands for letting in who matches; nothing where nobody was counted exactly."""
    if told is None or told.is_sample:
        return None
    asked = approving.of_sequence(sequence, version, told.entering)
    return approving.standing(asked, by=request.user)


@require_POST
@access("sequence.edit")
def check_ask(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Ask for the yes to let in who matches."""
    sequence = sequence_or_404(pk)
    version = head(request, sequence, "check")["version"]
    asked = existing.wanted(sequence, version, by=request.user)
    approving.ask(asked, by=request.user, reason=request.POST.get("reason", ""))
    messages.success(request, _("Asked. You are told when it is decided."))
    return redirect(request, reverse("nurturing:check", args=[pk]))


def _bars(sequence: Sequence, told: forecast.Forecast) -> list[dict[str, Any]]:
    url = reverse("nurturing:check-people", args=[sequence.pk])
    return [
        {"label": reason.label, "value": n, "text": number(n), "href": f"{url}?view={reason}"}
        for reason, n in sorted(told.left_out, key=lambda pair: -pair[1])
    ]


def _days(told: forecast.Forecast) -> dict[str, dict[int, int]]:
    """{day: {hour: how many}} of the first mails, by the clocks of their readers."""
    found: dict[str, dict[int, int]] = {}
    for place, n in sorted(told.tally.calendar.items()):
        day, _sep, hour = place.partition(" ")
        found.setdefault(day, {})[int(hour)] = told.scaled(n)
    return found


def _calendar(told: forecast.Forecast) -> Chart | None:
    days = list(_days(told).items())
    if not days:
        return None
    kept = days[:DAYS_SHOWN]
    labels = [date_format(date.fromisoformat(day), "D j M") for day, _hours in kept]
    noon = forecast.NOON
    parts: list[list[int]] = [
        [sum(n for hour, n in hours.items() if hour < noon) for _day, hours in kept],
        [sum(n for hour, n in hours.items() if hour >= noon) for _day, hours in kept],
    ]
    later = [n for _day, hours in days[DAYS_SHOWN:] for n in hours.items()]
    if later:
        labels.append(_("Later"))
        parts[0].append(sum(n for hour, n in later if hour < noon))
        parts[1].append(sum(n for hour, n in later if hour >= noon))
    series = [
        Series(_("To 13:00"), parts[0], colour="c1"),
        Series(_("From 13:00"), parts[1], colour="c5"),
    ]
    return Chart(labels, series, x_label=_("Day"))


def _hours(told: forecast.Forecast) -> list[tuple[str, list[tuple[str, int]]]]:
    """(day, [(hour, how many)]) for the table by the hour."""
    return [
        (
            date_format(date.fromisoformat(day), "D j M"),
            [(f"{hour:02}:00", n) for hour, n in sorted(hours.items())],
        )
        for day, hours in list(_days(told).items())[:DAYS_SHOWN]
    ]


def _hints(mails: list[rules.Step]) -> Any:
    for step in mails:
        for name in sorted(worst_cases.bare_fields(worst_cases.programs_of(step))):
            words = {
                "mail": shown.mail_name(step),
                "field": name.rpartition(".")[2].replace("_", " "),
            }
            yield (
                _("“%(mail)s”: “%(field)s” has no fallback, whoever has none reads a gap.") % words
            )
        body = "" if step.get("design") else step["body"]
        for said in checking.wary([step["subject"]], body):
            yield f"“{shown.mail_name(step)}”: {said}"


@require_safe
@access("sequence.edit")
def check_people(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """The people behind a number of the check."""
    sequence = sequence_or_404(pk)
    context = head(request, sequence, "check")
    view = request.GET.get("view", "entering")
    labels = {"entering": _("Would enter"), "crowded": _("Would get many mails in a week")}
    if view not in labels and view not in Reason.values:
        raise Http404
    after = number_of(request.GET.get("after", "")) or 0
    found = forecast.behind(
        sequence,
        context["version"],
        user=request.user,
        at=clock.now(),
        view=view,
        after=after,
        most=PAGE,
    )
    words = ngettext("%(n)s person on this page", "%(n)s people on this page", len(found.leads)) % {
        "n": len(found.leads)
    }
    more = "?" + urlencode({"view": view, "after": found.further}) if found.further else ""
    back = f"?view={view}" if after else ""
    context |= {
        "page": Page(found.leads, words, more, back),
        "label": labels.get(view) or Reason(view).label,
    }
    return render(request, "nurturing/check_people.html", context)


@dataclass(frozen=True)
class MailTab:
    """One mail to choose from."""

    id: str
    title: str


@require_safe
@access("sequence.edit")
def check_mails(request: HtmxHttpRequest, pk: int) -> HttpResponseBase:
    """A mail as ten people would read it who would enter now, the hardest cases first."""
    sequence = sequence_or_404(pk)
    context = head(request, sequence, "check")
    version = context["version"]
    mails = mails_of(version.document)
    if not mails:
        raise Http404
    wanted = request.GET.get("step", "")
    step = next((one for one in mails if one["id"] == wanted), mails[0])
    ids = forecast.some_entering(sequence, version, user=request.user, at=clock.now())
    if ids:
        people = Lead.objects.visible_to(request.user).filter(pk__in=ids)
    else:
        people = Lead.objects.visible_to(request.user).filter(
            pk__in=Lead.objects.visible_to(request.user).order_by("-pk").values("pk")[:200]
        )
    context |= {
        "cases": worst_cases.worst_cases(step, people),
        "is_entering": bool(ids),
        "step": step,
        "mails": [MailTab(one["id"], shown.mail_name(one)) for one in mails],
    }
    return render(request, "nurturing/check_mails.html", context)


@require_POST
@access("sequence.edit")
def check_count(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Count everybody exactly, in the background."""
    sequence = sequence_or_404(pk)
    version = head(request, sequence, "check")["version"]
    forecast.count_all(sequence, version, by=request.user)
    return redirect(request, reverse("nurturing:check", args=[pk]))
